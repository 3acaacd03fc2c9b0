package omni.device;

import java.nio.file.Path;
import java.util.List;

/** A process that writes what it may have: processors, bytes, where the limit is from, cores of quota. */
final class Limits {
    private Limits() {}

    public static void main(String[] args) {
        var probe = DeviceProbe.live(Path.of("/"));
        var memory = probe.memory();
        System.out.println(probe.cpu().usable());
        System.out.println(memory.limitBytes());
        System.out.println(memory.cgroup().memoryLimitFrom());
        System.out.println(memory.cgroup().quotaCores().orElse(0));
        System.out.println(memory.leftBytes());
    }

    static List<String> command() throws Exception {
        var main = Path.of(DeviceProbe.class
                .getProtectionDomain()
                .getCodeSource()
                .getLocation()
                .toURI());
        var tests = Tools.MODULE.resolve("target/test-classes");
        var jackson = System.getProperty("jdk.module.path", System.getProperty("java.class.path"));
        return List.of(
                Path.of(System.getProperty("java.home"), "bin/java").toString(),
                "-XX:+UseSerialGC",
                "-cp",
                main + ":" + tests + ":" + jackson,
                "omni.device.Limits");
    }
}
