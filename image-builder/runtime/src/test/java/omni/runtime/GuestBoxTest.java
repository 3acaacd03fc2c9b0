package omni.runtime;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.concurrent.TimeUnit;
import java.util.regex.Pattern;
import java.util.stream.Stream;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;

/**
 * Omni under a real systemd: a Debian guest in QEMU installs the units that {@code omni units systemd} writes, starts
 * them, chats, has the engine and the supervisor killed and the supervisor frozen, and stops. What is checked stands in
 * supervisor/init/src/test/guest/run.sh, which runs inside; here its verdicts are read from the serial console.
 */
class GuestBoxTest {
    private static final Pattern RESULT = Pattern.compile("(?m)^RESULT (\\S+) (ok|FAILED)\\s*$");

    /** The guest takes about five minutes on an idle machine. */
    private static final int GUEST_MINUTES_MAX = 40;

    private static final int TAIL_CHARACTERS = 20_000;

    /** What the guest says, check by check. */
    private static Map<String, String> results = Map.of();

    private static String said = "";

    @BeforeAll
    static void bootTheGuest() throws Exception {
        Path work = Path.of(System.getProperty("omni.root"), "target", "guest");
        Path base = Guest.base();
        Path disk = Guest.disk(work);
        Path console = work.resolve("console.log");
        Path verdicts = work.resolve("result.log");
        Process qemu = Guest.boot(base, disk, console, verdicts);
        boolean ended = qemu.waitFor(GUEST_MINUTES_MAX, TimeUnit.MINUTES);
        qemu.destroyForcibly();
        said = Files.readString(verdicts);
        results = new TreeMap<>();
        RESULT.matcher(said).results().forEach(match -> results.put(match.group(1), match.group(2)));
        assertTrue(ended, () -> "the guest does not end:\n" + tail(said));
        assertTrue(!results.isEmpty(), () -> "the guest says nothing:\n" + tail(read(console)));
    }

    @Test
    void everyCheckInTheGuestHolds() {
        assertEquals(
                List.of(),
                results.entrySet().stream()
                        .filter(e -> !e.getValue().equals("ok"))
                        .map(Map.Entry::getKey)
                        .toList(),
                () -> tail(said));
    }

    /** A script that stops early, or a check that goes missing, is seen. */
    @Test
    void noCheckIsLeftOut() throws IOException {
        Path script = Guest.folder().resolve("run.sh");
        try (Stream<String> lines = Files.lines(script)) {
            List<String> expected = lines.map(String::strip)
                    .filter(line -> line.startsWith("check "))
                    .map(line -> line.split(" ", 3)[1])
                    .flatMap(name -> name.startsWith("$unit-")
                            ? Stream.of("supervisor", "engine", "daemon").map(unit -> unit + name.substring(5))
                            : Stream.of(name))
                    .filter(name -> !results.containsKey(name))
                    .toList();
            assertEquals(List.of(), expected, () -> tail(said));
        }
        assertEquals("ok", results.get("end"), () -> tail(said));
        assertTrue(results.size() > 30, results.toString());
    }

    private static String tail(String text) {
        return text.substring(Math.max(0, text.length() - TAIL_CHARACTERS));
    }

    private static String read(Path file) {
        try {
            return Files.readString(file);
        } catch (IOException e) {
            return "no console: " + e.getMessage();
        }
    }
}
