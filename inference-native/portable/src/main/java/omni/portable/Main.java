package omni.portable;

import java.io.IOException;
import java.io.OutputStream;
import java.io.PrintStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import omni.bus.BusServer;
import omni.engine.PortableProtocol;

/**
 * The process: {@code Main SOCKET MODEL CONTEXT_TOKENS BATCH_TOKENS THREADS OWN_POOLING} loads a model, prints {@code
 * ready} or in one line why it cannot, and serves until its standard input ends. {@code Main unpack FOLDER} writes the
 * library for this system into a folder; the build does so.
 */
public final class Main {
    private static final int EXIT_FAILED = 1;

    private Main() {}

    /** Runs the process; see the class. */
    public static void main(String[] args) throws IOException {
        if (args[0].equals("unpack")) {
            Unpack.into(Path.of(args[1]));
            return;
        }
        PrintStream out = System.out;
        // The library prints as it likes, of prompts too.
        System.setOut(new PrintStream(OutputStream.nullOutputStream(), false, StandardCharsets.UTF_8));
        Path socket = Path.of(args[0]);
        try {
            JavaLlama model = JavaLlama.load(
                    Path.of(args[1]),
                    Integer.parseInt(args[2]),
                    Integer.parseInt(args[3]),
                    Integer.parseInt(args[4]),
                    Boolean.parseBoolean(args[5]));
            var _ = BusServer.at(socket)
                    .service(PortableProtocol.service(new Answers(model)))
                    .start();
        } catch (JavaLlama.Unusable e) {
            end(out, e.reason);
            return;
        }
        out.println("ready");
        out.flush();
        System.in.transferTo(OutputStream.nullOutputStream());
        Files.deleteIfExists(
                socket); // and no waiting for answers: the engine is gone, and so is to be what it was told
        end(out, "");
    }

    /** Ends the process though the library's threads live. */
    private static void end(PrintStream out, String reason) {
        out.println(reason.replaceAll("\\s+", " "));
        out.flush();
        Runtime.getRuntime().halt(reason.isEmpty() ? 0 : EXIT_FAILED);
    }
}
