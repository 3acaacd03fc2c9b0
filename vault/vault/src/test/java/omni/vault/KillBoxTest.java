package omni.vault;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.BufferedReader;
import java.io.IOException;
import java.nio.file.Path;
import java.util.List;
import java.util.Random;
import java.util.Set;
import java.util.TreeSet;
import java.util.concurrent.locks.LockSupport;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** A writer is killed at random moments: whatever it had acknowledged is as it said. */
class KillBoxTest {
    private static final int KILLS = Integer.getInteger("omni.kills", 20);

    @TempDir
    Path folder;

    @Test
    void nothingThatWasAcknowledgedIsLost() throws Exception {
        Random random = new Random(20260301);
        Path place = folder.resolve("v");
        Set<Long> alive = new TreeSet<>();
        long acknowledged = 0;
        for (int kill = 0; kill < KILLS; kill++) {
            acknowledged += writeUntilKilled(place, random, alive);
            try (FakeKeys keys = new FakeKeys("vault")) {
                assertEquals(List.of(), contents(place, keys));
            }
            check(place, alive, "after kill " + kill);
        }
        assertTrue(acknowledged >= KILLS, "acknowledged " + acknowledged);
    }

    /** Opening it lets SQLite go over the journal; the check is of what that leaves. */
    private static List<String> contents(Path place, DataKeys keys) throws VaultException {
        try (Records records = Records.open(place, keys)) {
            return RecordsCheck.open(records).problems();
        }
    }

    private static long writeUntilKilled(Path place, Random random, Set<Long> alive)
            throws IOException, InterruptedException {
        Process process =
                Jvm.process(List.of(), WriterMain.class, place.toString()).start();
        BufferedReader out = process.inputReader();
        int wanted = random.nextInt(6);
        long count = 0;
        for (int i = 0; i < wanted; i++) {
            count += take(out.readLine(), alive);
        }
        // What is tried is a moment that nobody has chosen.
        LockSupport.parkNanos(random.nextLong(wanted == 0 ? 1_500_000_000L : 40_000_000L));
        // By its handle: the process itself would close what it had printed.
        process.toHandle().destroyForcibly();
        for (String line = out.readLine(); line != null; line = out.readLine()) {
            count += take(line, alive);
        }
        process.waitFor();
        return count;
    }

    private static int take(String line, Set<Long> alive) {
        long number = Long.parseLong(line);
        if (number > 0) {
            alive.add(number);
        } else {
            alive.remove(-number);
        }
        return 1;
    }

    /** The last change may have happened without having been acknowledged; nothing else may differ. */
    static void check(Path place, Set<Long> alive, String when) throws VaultException {
        Set<Long> found = Numbers.in(place);
        Set<Long> more = new TreeSet<>(found);
        more.removeAll(alive);
        Set<Long> fewer = new TreeSet<>(alive);
        fewer.removeAll(found);
        assertTrue(more.size() + fewer.size() <= 1, when + ": more " + more + ", fewer " + fewer);
        long last = alive.stream().mapToLong(number -> number).max().orElse(0);
        assertTrue(more.stream().allMatch(number -> number > last), when + ": more " + more);
        assertTrue(fewer.stream().allMatch(number -> last % 3 == 0 && number == last - 1), when + ": fewer " + fewer);
        alive.clear();
        alive.addAll(found);
    }
}
