package omni.device;

import java.nio.charset.StandardCharsets;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.util.HexFormat;

/** What of a report decides speed, as one hash. Memory is counted in whole GiB: kernels reserve a little differently. */
final class Fingerprint {
    private Fingerprint() {}

    static String of(Report report) {
        StringBuilder text = new StringBuilder();
        Cpu cpu = report.cpu();
        text.append(cpu.model()).append('\n').append(cpu.architecture()).append('\n');
        text.append(cpu.usable(Cpu.Kind.PERFORMANCE)).append('+').append(cpu.usable(Cpu.Kind.EFFICIENCY));
        text.append(" cores, ").append(cpu.online().size()).append(" threads\n");
        text.append(cpu.isa()).append('\n').append(cpu.caches()).append('\n');
        text.append(report.memory().cgroup().quotaCores()).append('\n');
        text.append(report.memory().limitBytes() >> 30).append(" GiB\n");
        if (report.nvidia() instanceof Finding.Found<Nvidia>(Nvidia nvidia)) {
            text.append(nvidia.driverVersion())
                    .append(' ')
                    .append(nvidia.cudaVersion())
                    .append('\n');
            nvidia.gpus().forEach(gpu -> append(text, gpu));
        }
        if (report.apple() instanceof Finding.Found<Apple>(Apple apple)) {
            text.append(apple.processor()).append('\n');
            apple.gpus().forEach(gpu -> append(text, gpu));
        }
        report.jetson()
                .ifPresent(jetson -> text.append(jetson.module())
                        .append(' ')
                        .append(jetson.release())
                        .append(' ')
                        .append(jetson.powerMode())
                        .append('\n'));
        try {
            byte[] hash =
                    MessageDigest.getInstance("SHA-256").digest(text.toString().getBytes(StandardCharsets.UTF_8));
            return HexFormat.of().formatHex(hash);
        } catch (NoSuchAlgorithmException e) {
            throw new DeviceException("This Java has no SHA-256: use a complete JDK 25.", e);
        }
    }

    private static void append(StringBuilder text, Gpu gpu) {
        text.append(gpu.name()).append(' ').append(gpu.capability()).append(' ').append(gpu.memoryBytes());
        text.append('\n');
    }
}
