package omni.llama;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.concurrent.TimeUnit;

/** Where a package comes from; a command in the build, something else in tests. */
@FunctionalInterface
interface Npm {
    /** Longer than this a fetch may not take. */
    Duration WAIT_MAX = Duration.ofMinutes(15);

    /**
     * Fetches a package.
     *
     * @param spec name and version, such as {@code @scope/name@1.2.3}
     * @param folder an empty folder of its own
     * @return the package's archive in that folder
     */
    Path pack(String spec, Path folder) throws IOException;

    /** {@code npm pack}, with the user's own settings. */
    static Npm command() {
        return (spec, folder) -> {
            System.out.println("Fetching " + spec + " with npm (once; it stays in the cache)");
            var output = folder.resolve("npm.txt");
            run(List.of("npm", "pack", spec, "--pack-destination", folder.toString()), folder, output);
            try (var list = Files.list(folder)) {
                return list.filter(f -> f.toString().endsWith(".tgz"))
                        .findFirst()
                        .orElseThrow(() -> failed("npm made no archive"));
            }
        };
    }

    private static void run(List<String> command, Path folder, Path output) throws IOException {
        Process process;
        try {
            process = new ProcessBuilder(command)
                    .directory(folder.toFile())
                    .redirectErrorStream(true)
                    .redirectOutput(output.toFile())
                    .start();
        } catch (IOException e) {
            throw new LlamaException(
                    "npm cannot be started",
                    String.valueOf(e.getMessage()),
                    "Install Node.js with npm; for llama.cpp's libraries, OMNI_LLAMA_LIB may name a folder instead.",
                    e);
        }
        try {
            if (!process.waitFor(WAIT_MAX.toSeconds(), TimeUnit.SECONDS)) {
                throw failed("no answer in " + WAIT_MAX.toMinutes() + " minutes");
            }
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            throw failed("interrupted");
        } finally {
            process.destroy();
        }
        if (process.exitValue() != 0) {
            throw failed(lastLines(output));
        }
    }

    private static String lastLines(Path output) throws IOException {
        var lines = new String(Files.readAllBytes(output), StandardCharsets.UTF_8)
                .lines()
                .filter(l -> l.contains("error"))
                .toList();
        return String.join(" / ", lines.subList(0, Math.min(3, lines.size())));
    }

    private static LlamaException failed(String detail) {
        return new LlamaException(
                "npm could not fetch the package",
                detail,
                "Connect once (afterwards the cache serves), or check npm's registry setting; for llama.cpp's libraries,"
                        + " OMNI_LLAMA_LIB may name a folder instead.");
    }
}
