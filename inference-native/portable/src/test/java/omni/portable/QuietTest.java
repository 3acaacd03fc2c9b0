package omni.portable;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.BufferedReader;
import java.io.File;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.TimeUnit;
import omni.bus.BusClient;
import omni.engine.PortableProtocol;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** What the model's process prints: nothing that anybody wrote. */
class QuietTest {
    private static final String CANARY = "canary-in-the-coal-mine";

    @TempDir
    Path folder;

    @BeforeEach
    void unpack() throws Exception {
        Unpack.into(folder.resolve("native"));
    }

    private ProcessBuilder java(Class<?> main, String... arguments) throws Exception {
        String tests = Path.of(Loud.class
                        .getProtectionDomain()
                        .getCodeSource()
                        .getLocation()
                        .toURI())
                .resolveSibling("test-classes")
                .toString();
        List<String> line = new ArrayList<>(List.of(
                Path.of(System.getProperty("java.home"), "bin/java").toString(),
                "--enable-native-access=ALL-UNNAMED",
                "-Dde.kherud.llama.lib.path=" + folder.resolve("native"),
                "-Dde.kherud.llama.tmpdir=" + folder.resolve("native"),
                "-cp",
                String.join(
                        File.pathSeparator,
                        System.getProperty("jdk.module.path", ""),
                        System.getProperty("java.class.path"),
                        tests),
                main.getName()));
        line.addAll(List.of(arguments));
        return new ProcessBuilder(line).redirectError(folder.resolve("err").toFile());
    }

    @Test
    void theProcessPrintsThatItIsReadyAndNoMore() throws Exception {
        Path socket = folder.resolve("p.sock");
        Process process = java(Main.class, socket.toString(), Box.SEED.toString(), "512", "512", "1", "false")
                .start();
        try (BufferedReader out = process.inputReader(StandardCharsets.UTF_8);
                BusClient bus = BusClient.to(socket)) {
            assertEquals("ready", out.readLine());
            PortableProtocol.Client client = PortableProtocol.Client.of(bus);
            client.generate(new PortableProtocol.GenerateParams(CANARY, 3, 0, 1, 0, 0, 1));
            client.embed(new PortableProtocol.EmbedParams(CANARY));
            client.tokenize(new PortableProtocol.TokenizeParams(CANARY));
            process.getOutputStream().close();
            assertTrue(process.waitFor(60, TimeUnit.SECONDS), "the end of its input ends it");
            assertEquals("", out.lines().reduce("", String::concat));
        }
        assertFalse(Files.readString(folder.resolve("err")).contains(CANARY));
    }

    /** The control: the same prompt is in what the library prints when it is not told to be silent. */
    @Test
    void theLibraryLeftAlonePrintsThePrompt() throws Exception {
        Process process = java(Loud.class, Box.SEED.toString(), CANARY).start();
        String out = new String(process.getInputStream().readAllBytes(), StandardCharsets.UTF_8);
        assertTrue((out + Files.readString(folder.resolve("err"))).contains(CANARY), "it is loud");
    }
}
