package omni.device;

import java.io.IOException;
import java.io.InputStream;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;
import org.jspecify.annotations.Nullable;
import tools.jackson.core.JacksonException;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.json.JsonMapper;

/**
 * Asks drivers, each in a short-lived Java process of its own ({@link DriverMain}), all at the same time and within one
 * time limit. A process that hangs is killed; one that crashes takes nothing with it. Where a library is missing no
 * process is started.
 */
final class DriverProbe {
    /** What drivers said. */
    record Answers(Finding<Nvidia> nvidia, Finding<Apple> apple) {}

    /** An answer is a few kilobytes; a process that writes more is cut off. */
    static final int ANSWER_BYTES_MAX = 1 << 20;

    private static final Duration KILL_MAX = Duration.ofSeconds(1);

    private final DriverLibraries libraries;
    private final List<String> java;
    private final Duration limit;

    /**
     * Makes a probe.
     *
     * @param libraries where the libraries are
     * @param java the command line up to the main class, as {@link OwnJava} gives it
     * @param limit how long all of them together may take
     */
    DriverProbe(DriverLibraries libraries, List<String> java, Duration limit) {
        this.libraries = libraries;
        this.java = java;
        this.limit = limit;
    }

    /** Returns what the drivers say; waits no longer than the limit and a second. */
    Answers ask() {
        long deadline = System.nanoTime() + limit.toNanos();
        Child cuda = libraries.cuda().map(path -> start("cuda", path)).orElse(null);
        Child nvml = libraries.nvml().map(path -> start("nvml", path)).orElse(null);
        Child apple = libraries
                .objc()
                .flatMap(objc -> libraries.metal().map(metal -> start("apple", objc, metal)))
                .orElse(null);
        Finding<JsonNode> nvmlSaid = answer(nvml, deadline, "NVML");
        return new Answers(
                NvidiaAnswer.of(answer(cuda, deadline, "The CUDA driver"), nvmlSaid),
                AppleAnswer.of(answer(apple, deadline, "Metal")));
    }

    /** A process and what it writes; a thread empties its pipe, so that it never waits for us. */
    private record Child(Process process, CompletableFuture<byte[]> output) {}

    private Child start(String what, Path... paths) {
        List<String> line = new ArrayList<>(java);
        line.add(what);
        for (Path path : paths) {
            line.add(path.toString());
        }
        try {
            Process process = new ProcessBuilder(line)
                    .redirectErrorStream(false)
                    .redirectError(ProcessBuilder.Redirect.DISCARD)
                    .start();
            process.getOutputStream().close();
            CompletableFuture<byte[]> output = new CompletableFuture<>();
            Thread.ofVirtual().name("omni-driver-" + what).start(() -> {
                try (InputStream in = process.getInputStream()) {
                    output.complete(in.readNBytes(ANSWER_BYTES_MAX));
                } catch (IOException e) {
                    output.completeExceptionally(e);
                }
            });
            return new Child(process, output);
        } catch (IOException e) {
            throw new UncheckedIOException("A process for the driver could not be started: " + e.getMessage(), e);
        }
    }

    private static Finding<JsonNode> answer(@Nullable Child child, long deadline, String who) {
        if (child == null) {
            return new Finding.Absent<>(who + " is not installed.");
        }
        Process process = child.process();
        try {
            if (!process.waitFor(Math.max(0, deadline - System.nanoTime()), TimeUnit.NANOSECONDS)) {
                process.destroyForcibly();
                // One that the kernel itself does not let go stays behind; nobody waits for it.
                process.waitFor(KILL_MAX.toMillis(), TimeUnit.MILLISECONDS);
                return new Finding.Failed<>(who + " did not answer in time; its process was ended.");
            }
            byte[] bytes = child.output().get(KILL_MAX.toMillis(), TimeUnit.MILLISECONDS);
            if (process.exitValue() != 0) {
                return new Finding.Failed<>(who + " ended its process with " + process.exitValue() + ".");
            }
            return read(new String(bytes, StandardCharsets.UTF_8), who);
        } catch (InterruptedException _) {
            process.destroyForcibly();
            Thread.currentThread().interrupt();
            return new Finding.Failed<>(who + " was not waited for.");
        } catch (java.util.concurrent.ExecutionException | java.util.concurrent.TimeoutException _) {
            return new Finding.Failed<>(who + " gave no answer that could be read.");
        }
    }

    private static Finding<JsonNode> read(String text, String who) {
        try {
            JsonNode answer = JsonMapper.shared().readTree(text);
            JsonNode absent = answer.path("absent");
            JsonNode failed = answer.path("failed");
            return absent.isString()
                    ? new Finding.Absent<>(absent.stringValue())
                    : failed.isString() ? new Finding.Failed<>(failed.stringValue()) : new Finding.Found<>(answer);
        } catch (JacksonException _) {
            return new Finding.Failed<>(who + " gave no answer that could be read.");
        }
    }
}
