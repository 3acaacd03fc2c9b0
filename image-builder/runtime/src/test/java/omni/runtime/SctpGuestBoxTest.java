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
import java.util.stream.Collectors;
import java.util.stream.Stream;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;

/**
 * Sockets of SCTP in a gap, on a kernel that has them: what is written into one in a gap never arrives, for a lift waits for the end of
 * each, and for what the kernel keeps of a connection whose program has ended. The controls: over a link that was merely down it
 * arrives, also when its program has been killed meanwhile. All of it happens in a guest, by its script
 * supervisor/init/src/test/guest/sctp.sh; here its verdicts are read.
 */
@Tag("whole")
class SctpGuestBoxTest {
    private static final Pattern RESULT = Pattern.compile("(?m)^RESULT (\\S+) (ok|FAILED)\\s*$");
    private static final List<String> KINDS = List.of("sctp", "sctp6", "sctp-many", "sctp6-many");
    private static final int GUEST_MINUTES_MAX = 30;

    @Test
    void whatIsWrittenInAGapNeverArrives() throws Exception {
        Path work = Path.of(System.getProperty("omni.root"), "target", "guest-sctp");
        Path base = Guest.base();
        Path disk = Guest.disk(work);
        Path verdicts = work.resolve("result.log");
        Guest.Boot boot = new Guest.Boot(base.resolve("base.ext4"), disk, false, "omni.boot=sctp", "", "");
        Process qemu = Guest.start(base, boot, work.resolve("console.log"), verdicts);
        boolean ended = qemu.waitFor(GUEST_MINUTES_MAX, TimeUnit.MINUTES);
        qemu.destroyForcibly();
        String said = Files.readString(verdicts);
        assertTrue(ended, () -> "the guest does not end:\n" + said);
        Map<String, String> wanted =
                checks().collect(Collectors.toMap(name -> name, _ -> "ok", (a, _) -> a, TreeMap::new));
        Map<String, String> results = new TreeMap<>();
        RESULT.matcher(said)
                .results()
                .forEach(match -> results.merge(match.group(1), match.group(2), SctpGuestBoxTest::worse));
        assertEquals(wanted, results, said);
    }

    private static String worse(String one, String other) {
        return one.equals("ok") ? other : one;
    }

    /** Every check that stands in the script, so that one which goes missing is seen. */
    private static Stream<String> checks() throws IOException {
        Stream<String> named = Files.readAllLines(Guest.folder().resolve("sctp.sh")).stream()
                .map(line -> line.replaceFirst("^.*\\bdo check ", "check ").strip())
                .filter(line -> line.startsWith("check "))
                .map(line -> line.split(" ", 3)[1].replace("\"", ""))
                .flatMap(name -> name.startsWith("$kind-")
                        ? KINDS.stream().map(kind -> kind + name.substring(5))
                        : Stream.of(name));
        return Stream.concat(named, Stream.of("sctp-end"));
    }
}
