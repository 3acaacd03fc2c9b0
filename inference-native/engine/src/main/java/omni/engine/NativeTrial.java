package omni.engine;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.TimeUnit;
import omni.device.NativeFit.Kind;
import omni.device.OwnJava;
import omni.llama.Device;
import omni.llama.LlamaException;
import omni.llama.LlamaLibrary;

/**
 * Opens a folder of native libraries in a process of its own: what was loaded once stays in a process, so that trying the
 * next one in the same process would mix the two, and a driver may hang or crash.
 */
final class NativeTrial implements NativeChoice.Trial {
    /** A cold driver on a box with many GPUs takes seconds to show them. */
    private static final Duration LIMIT = Duration.ofSeconds(30);

    private static final int ANSWER_BYTES_MAX = 4096;
    private static final Duration KILL_MAX = Duration.ofSeconds(1);
    private static final String OPENS = "opens";

    private final List<String> java;
    private final Duration limit;

    NativeTrial() {
        this(OwnJava.command(NativeTrial.class, "omni.llama"), LIMIT);
    }

    NativeTrial(List<String> java, Duration limit) {
        this.java = java;
        this.limit = limit;
    }

    /**
     * Is the process: writes one line, {@code opens} or why not.
     *
     * @param args the folder, and the kind that must compute there
     */
    public static void main(String[] args) {
        System.out.println(outcome(Path.of(args[0]), Kind.valueOf(args[1])));
        System.out.flush();
        // A driver's own threads may still live; nothing of this process is worth waiting for.
        Runtime.getRuntime().halt(0);
    }

    private static String outcome(Path folder, Kind kind) {
        try {
            LlamaLibrary library = LlamaLibrary.open(folder);
            boolean computes = kind == Kind.CPU || library.devices().stream().anyMatch(NativeTrial::isGpu);
            return computes ? OPENS : "It opens, and shows no GPU.";
        } catch (LlamaException e) {
            return e.toString().replaceAll("\\s+", " ");
        }
    }

    private static boolean isGpu(Device device) {
        return device.kind() == Device.Kind.GPU || device.kind() == Device.Kind.INTEGRATED_GPU;
    }

    @Override
    public Optional<String> refusal(Path folder, Kind kind) {
        List<String> line = new ArrayList<>(java);
        line.addAll(List.of(folder.toString(), kind.name()));
        try {
            Process process = new ProcessBuilder(line)
                    .redirectError(ProcessBuilder.Redirect.DISCARD)
                    .start();
            process.getOutputStream().close();
            // One line is far less than a pipe holds: the process never waits for us.
            if (!process.waitFor(limit.toNanos(), TimeUnit.NANOSECONDS)) {
                process.destroyForcibly();
                process.waitFor(KILL_MAX.toNanos(), TimeUnit.NANOSECONDS);
                return Optional.of("It does not open within " + limit.toSeconds() + " s.");
            }
            String said =
                    new String(process.getInputStream().readNBytes(ANSWER_BYTES_MAX), StandardCharsets.UTF_8).strip();
            if (process.exitValue() != 0 || said.isEmpty()) {
                return Optional.of("Its trial ended with " + process.exitValue() + ".");
            }
            return said.equals(OPENS) ? Optional.empty() : Optional.of(said);
        } catch (IOException e) {
            throw new UncheckedIOException("A process for the trial could not be started: " + e.getMessage(), e);
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            return Optional.of("Its trial was not waited for.");
        }
    }
}
