package omni.vault;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertNotEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.BufferedReader;
import java.io.IOException;
import java.io.Writer;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** What is in the memory of a process that opens a vault and closes it, looked at from another. Needs to be root. */
final class CanaryBoxTest {
    private static final String PASSWORD = "a canary that sings in the mine";

    @TempDir
    Path folder;

    @TempDir
    Path run;

    private final Map<String, byte[]> hidden = new LinkedHashMap<>();
    private final Map<String, byte[]> keys = new LinkedHashMap<>();

    /** A vault all of whose secrets are known here. */
    @BeforeEach
    void makeVault() throws IOException {
        KeyWork.Outcome made = new KeyWork(Argon2::stretch).create(Made.password(PASSWORD), Made.LEAST);
        KeyFile file = made.file().orElseThrow();
        Files.write(folder.resolve(KeyKeeper.FILE), file.json());
        Argon2 argon2 = file.password().argon2();
        byte[] password = PASSWORD.getBytes(StandardCharsets.US_ASCII);
        byte[] derived = Argon2.stretch(password, argon2);
        String context = KeyFile.PasswordSlot.context(file.vault(), argon2, false, Optional.empty());
        hidden.put("derived key", derived);
        hidden.put("root key", file.password().wrap().open(derived, context).orElseThrow());
        hidden.put("recovery words", made.words().orElseThrow());
        made.keys().forEach(key -> keys.put("key for " + key.purpose().text(), key.key()));
        Files.write(run.resolve("password"), password);
        Files.write(run.resolve("root"), hidden.get("root key"));
    }

    /** The counts while the vault is open, and after it was closed. */
    private record Seen(Map<String, Integer> open, Map<String, Integer> closed) {}

    private Seen look(String collector, String... kept) throws IOException, InterruptedException {
        Map<String, byte[]> all = new LinkedHashMap<>(hidden);
        all.putAll(keys);
        all.put("password", PASSWORD.getBytes(StandardCharsets.US_ASCII));
        String[] arguments = new String[3 + kept.length];
        arguments[0] = folder.toString();
        arguments[1] = run.toString();
        arguments[2] = run.resolve("password").toString();
        for (int i = 0; i < kept.length; i++) {
            arguments[3 + i] = run.resolve(kept[i]).toString();
        }
        List<String> flags = List.of("-XX:+Use" + collector + "GC", "-Xmx64m");
        Process process = new ProcessBuilder(TestJava.command(flags, CanaryMain.class, arguments))
                .redirectError(ProcessBuilder.Redirect.INHERIT)
                .start();
        try (BufferedReader out = process.inputReader(StandardCharsets.UTF_8);
                Writer in = process.outputWriter(StandardCharsets.UTF_8)) {
            assertEquals("open", out.readLine());
            Map<String, Integer> open = MemoryScan.of(process.pid(), all);
            in.write("\n");
            in.flush();
            assertEquals("closed", out.readLine());
            assertTrue(process.children().toList().isEmpty(), "no child is left");
            return new Seen(open, MemoryScan.of(process.pid(), all));
        } finally {
            process.destroyForcibly().waitFor();
        }
    }

    @ParameterizedTest
    @ValueSource(strings = {"Serial", "G1", "Z"})
    void nothingIsLeftAndTheRootKeyNeverCame(String collector) throws Exception {
        Seen seen = look(collector);
        hidden.keySet().forEach(name -> assertEquals(0, seen.open().get(name), name + " while it is open"));
        keys.keySet().forEach(name -> assertEquals(1, seen.open().get(name), name + " while it is open"));
        assertEquals(1, seen.open().get("password"));
        seen.closed().forEach((name, count) -> assertEquals(0, count, name + " after the close"));
    }

    /** The control: what is on the heap is found. That it is with the other collectors, the keys above show. */
    @Test
    void whatIsKeptOnTheHeapIsFound() throws Exception {
        Seen seen = look("Serial", "password", "root");
        assertNotEquals(0, seen.closed().get("password"));
        assertNotEquals(0, seen.closed().get("root key"));
    }
}
