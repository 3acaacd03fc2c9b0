package omni.engine;

import java.io.BufferedReader;
import java.io.IOException;
import java.io.InputStreamReader;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import omni.bus.BusClient;
import omni.bus.RunDirectory;
import omni.device.OwnJava;

/**
 * A process with one model in java-llama.cpp, and the line to it. It ends with this one: its standard input is a pipe
 * from here.
 */
final class PortableProcess implements AutoCloseable {
    /** What the process prints when it serves; any other line is why it cannot. */
    static final String READY = "ready";

    private static final String MAIN = "omni.portable.Main";
    private static final int LINE_MAX = 500;
    private static final AtomicInteger COUNT = new AtomicInteger();

    private final Process process;
    private final Path socket;
    private final BusClient bus;

    private PortableProcess(Process process, Path socket) {
        this.process = process;
        this.socket = socket;
        this.bus = BusClient.to(socket);
    }

    /**
     * How a model is loaded.
     *
     * @param contextTokens tokens of prompt and answer together
     * @param batchTokens most tokens computed at once, and of a text to embed
     * @param threads that compute
     * @param ownPooling whether the model's file says how to make one vector of a text's; else it is the last token's
     */
    record Settings(int contextTokens, int batchTokens, int threads, boolean ownPooling) {}

    /** Whether java-llama.cpp lies here for this system. */
    static boolean isHere(Path app) {
        return Files.isRegularFile(library(app));
    }

    private static Path library(Path app) {
        return app.resolve("portable/native").resolve(System.mapLibraryName("jllama"));
    }

    /**
     * Starts it and waits until it serves.
     *
     * @param app the program's own files
     * @param run where its socket is put
     * @throws EngineException.LoadFailed if it cannot load the model
     */
    static PortableProcess start(Path app, Path run, String name, Path model, Settings settings) {
        Path socket = RunDirectory.socket(run, "portable-" + COUNT.incrementAndGet());
        List<String> line = new ArrayList<>(OwnJava.command(
                "omni.portable",
                MAIN,
                "omni.portable,llama",
                app.resolve("portable").toString(),
                List.of(
                        "-Dde.kherud.llama.lib.path=" + library(app).getParent(),
                        // Where it would sweep files that look like its own, and unpack one: no such place.
                        "-Dde.kherud.llama.tmpdir=" + library(app).resolve("none"))));
        line.addAll(List.of(
                socket.toString(),
                model.toString(),
                String.valueOf(settings.contextTokens()),
                String.valueOf(settings.batchTokens()),
                String.valueOf(settings.threads()),
                String.valueOf(settings.ownPooling())));
        Process process;
        try {
            process = new ProcessBuilder(line)
                    .redirectError(ProcessBuilder.Redirect.DISCARD)
                    .start();
        } catch (IOException e) {
            throw new EngineException.LoadFailed(name, "its process could not be started: " + e.getMessage());
        }
        String said = firstLine(process);
        if (!said.equals(READY)) {
            process.destroyForcibly();
            throw new EngineException.LoadFailed(
                    name,
                    said.isEmpty()
                            ? "java-llama.cpp ended its process while it loaded it"
                            : "java-llama.cpp cannot load it: " + said);
        }
        return new PortableProcess(process, socket);
    }

    private static String firstLine(Process process) {
        // Not closed: the process prints nothing more, and a pipe that it could not write to would end it.
        BufferedReader out =
                new BufferedReader(new InputStreamReader(process.getInputStream(), StandardCharsets.UTF_8));
        try {
            String line = out.readLine();
            return line == null ? "" : line.substring(0, Math.min(line.length(), LINE_MAX));
        } catch (IOException _) {
            return "";
        }
    }

    PortableProtocol.Client client() {
        return PortableProtocol.Client.of(bus);
    }

    /** Ends every call under way; returns at once. */
    void cut() {
        bus.close();
    }

    /** Ends it at once: it has nothing to tidy up but its memory. */
    @Override
    public void close() {
        bus.close();
        process.destroyForcibly();
        try {
            process.waitFor(5, TimeUnit.SECONDS);
            Files.deleteIfExists(socket);
        } catch (InterruptedException _) {
            Thread.currentThread().interrupt();
        } catch (IOException e) {
            System.getLogger(PortableProcess.class.getName())
                    .log(System.Logger.Level.DEBUG, "A socket stays behind.", e);
        }
    }
}
