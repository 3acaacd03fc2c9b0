package omni.api;

import java.io.File;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.concurrent.TimeUnit;
import java.util.stream.Collectors;
import omni.bus.BusClient;
import omni.bus.BusException;
import omni.engine.EngineProtocol;

/** The real engine role as a process of its own, with the seed model, over the real bus. */
final class EngineProcess implements AutoCloseable {
    private final Path home;
    private final Path log;
    private Process process;

    /** Starts it and waits until it serves. */
    EngineProcess(Path home) throws IOException {
        this.home = home;
        this.log = home.resolve("engine.log");
        Files.createDirectories(home.resolve("run"));
        process = launch();
    }

    /** Where it serves. */
    Path socket() {
        return home.resolve("run").resolve("engine.sock");
    }

    /** Everything it wrote. */
    String log() throws IOException {
        return Files.readString(log);
    }

    /** Ends it as a crash does, and waits until it is gone. */
    void kill() throws InterruptedException {
        process.destroyForcibly().waitFor();
    }

    /** Starts it again after {@link #kill}. */
    void again() throws IOException {
        process = launch();
    }

    @Override
    public void close() {
        process.destroy();
        if (process.onExit()
                .completeOnTimeout(process, 20, TimeUnit.SECONDS)
                .join()
                .isAlive()) {
            process.destroyForcibly();
        }
    }

    private Process launch() throws IOException {
        var root = Path.of(System.getProperty("omni.root"));
        var modules = Arrays.stream(System.getProperty("java.class.path").split(File.pathSeparator))
                .filter(
                        entry -> (entry.endsWith("classes") && !entry.endsWith("test-classes"))
                                || Path.of(entry)
                                        .getFileName()
                                        .toString()
                                        .matches(
                                                "(omni|jackson|helidon|micrometer|prometheus|tink|protobuf|gson|jsr305|error_prone|bcprov|sqlite-jdbc|org\\.eclipse\\.jgit|JavaEWAH|commons-codec|slf4j).*\\.jar"))
                .collect(Collectors.joining(File.pathSeparator));
        var builder = new ProcessBuilder(
                        Path.of(System.getProperty("java.home"), "bin", "java").toString(),
                        "--enable-native-access=omni.airgap,omni.llama,omni.role,omni.vault",
                        "--module-path",
                        modules,
                        "-m",
                        "omni.role/omni.role.Main",
                        "engine")
                .redirectErrorStream(true)
                .redirectOutput(ProcessBuilder.Redirect.appendTo(log.toFile()))
                .redirectInput(ProcessBuilder.Redirect.PIPE);
        var environment = builder.environment();
        environment.put("OMNI_HOME", home.toString());
        environment.put("OMNI_RUN", home.resolve("run").toString());
        environment.put("OMNI_APP", root.resolve("inference-native").toString());
        environment.putIfAbsent(
                "OMNI_LLAMA_LIB", root.resolve("target").resolve("native").toString());
        var started = builder.start();
        try (var bus = BusClient.to(socket())) {
            Await.until("the engine serves: " + log, () -> serves(bus, started));
        }
        return started;
    }

    private static boolean serves(BusClient bus, Process process) {
        if (!process.isAlive()) {
            throw new IllegalStateException("The engine ended with " + process.exitValue());
        }
        try {
            return !EngineProtocol.Client.of(bus)
                    .models(new EngineProtocol.ModelsParams())
                    .models()
                    .isEmpty();
        } catch (BusException.Unavailable _) {
            return false;
        }
    }
}
