package omni.runtime;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.concurrent.Executors;
import java.util.concurrent.TimeUnit;
import java.util.regex.Pattern;
import java.util.stream.Stream;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;

/**
 * Omni under a real systemd: a Debian guest in QEMU installs the units that {@code omni units systemd} writes, starts
 * them, chats, cuts itself off, has the engine and the supervisor killed and the supervisor frozen, and stops. It then boots
 * again with the gap that it has kept and with somebody who sends from {@code sysinit.target} on, once as it is and once
 * without the unit that holds the gap. What is checked stands in supervisor/init/src/test/guest, in run.sh and held.sh, which
 * run inside; here their verdicts are read from a serial line, and frames are counted at the other end of the network card.
 */
class GuestBoxTest {
    private static final Pattern RESULT = Pattern.compile("(?m)^RESULT (\\S+) (ok|FAILED)\\s*$");

    /** The first boot takes about five minutes on an idle machine, the others one or two. */
    private static final int GUEST_MINUTES_MAX = 40;

    private static final int TAIL_CHARACTERS = 20_000;

    /** What the guest says, check by check. */
    private static final Map<String, String> RESULTS = new TreeMap<>();

    private static final StringBuilder SAID = new StringBuilder();

    /** Frames at the other end of the card: in a gap, and in the boot without the unit. */
    private static long framesHeld = -1;

    private static long framesOpen = -1;

    @BeforeAll
    static void bootTheGuest() throws Exception {
        Path work = Path.of(System.getProperty("omni.root"), "target", "guest");
        Path base = Guest.base();
        Path disk = Guest.disk(work);
        Path root = work.resolve("root.ext4");
        Guest.run(
                List.of("cp", "--sparse=always", base.resolve("base.ext4").toString(), root.toString()),
                work.resolve("disk.log"));
        Path verdicts = work.resolve("result.log");
        Path console = work.resolve("console.log");
        Process first = Guest.start(base, new Guest.Boot(root, disk, true, "", ""), console, verdicts);
        read(verdicts, console, ended(first));
        try (var boots = Executors.newFixedThreadPool(2)) {
            var held = boots.submit(() -> boot("held", base, root, disk, "held-until-here ok"));
            var open = boots.submit(
                    () -> boot("open systemd.mask=omni-airgap-early.service", base, root, disk, "open-end ok"));
            framesHeld = held.get();
            framesOpen = open.get();
        }
    }

    private static long boot(String words, Path base, Path root, Path disk, String until) throws Exception {
        Path folder = Files.createDirectories(root.resolveSibling(words.substring(0, 4)));
        try (GuestCable cable = new GuestCable(folder)) {
            return boot(words, base, root, disk, cable, folder, until);
        }
    }

    /** Boots once more, and gives the frames that had arrived when the guest said that. */
    private static long boot(String words, Path base, Path root, Path disk, GuestCable cable, Path folder, String until)
            throws Exception {
        Path verdicts = folder.resolve("result.log");
        Guest.Boot boot = new Guest.Boot(root, disk, false, "omni.boot=" + words, cable.network());
        Process qemu = Guest.start(base, boot, folder.resolve("console.log"), verdicts);
        long end = System.nanoTime() + TimeUnit.MINUTES.toNanos(GUEST_MINUTES_MAX);
        long frames = 0;
        boolean seen = false;
        while (!seen && qemu.isAlive() && System.nanoTime() < end) {
            qemu.waitFor(200, TimeUnit.MILLISECONDS);
            frames += cable.frames();
            seen = Files.exists(verdicts) && Files.readString(verdicts).contains("RESULT " + until);
        }
        read(verdicts, folder.resolve("console.log"), ended(qemu));
        return frames;
    }

    private static boolean ended(Process qemu) throws InterruptedException {
        boolean ended = qemu.waitFor(GUEST_MINUTES_MAX, TimeUnit.MINUTES);
        qemu.destroyForcibly();
        return ended;
    }

    private static synchronized void read(Path verdicts, Path console, boolean ended) throws IOException {
        String said = Files.readString(verdicts);
        SAID.append(said);
        long before = RESULTS.size();
        RESULT.matcher(said).results().forEach(match -> RESULTS.put(match.group(1), match.group(2)));
        assertTrue(ended, () -> "the guest does not end:\n" + tail(said));
        assertTrue(RESULTS.size() > before, () -> "the guest says nothing:\n" + tail(console(console)));
    }

    /** From its first moment on, whoever sends. */
    @Test
    void noFrameLeavesAMachineThatStartsInAGap() {
        assertEquals(0, framesHeld, () -> tail(SAID.toString()));
    }

    /** The control: the same disk and the same sender without the one unit. */
    @Test
    void withoutTheEarlyUnitTheSameMachineLeaks() {
        assertTrue(framesOpen > 100, () -> framesOpen + " frames:\n" + tail(SAID.toString()));
    }

    @Test
    void everyCheckInTheGuestHolds() {
        assertEquals(
                List.of(),
                RESULTS.entrySet().stream()
                        .filter(e -> !e.getValue().equals("ok"))
                        .map(Map.Entry::getKey)
                        .toList(),
                () -> tail(SAID.toString()));
    }

    /** A script that stops early, or a check that goes missing, is seen. */
    @Test
    void noCheckIsLeftOut() throws IOException {
        for (String script : List.of("run.sh", "held.sh")) {
            try (Stream<String> lines = Files.lines(Guest.folder().resolve(script))) {
                List<String> missing = lines.map(String::strip)
                        .filter(line -> line.startsWith("check "))
                        .map(line -> line.split(" ", 3)[1].replace("\"", ""))
                        .flatMap(GuestBoxTest::names)
                        .filter(name -> !RESULTS.containsKey(name))
                        .toList();
                assertEquals(List.of(), missing, () -> tail(SAID.toString()));
            }
        }
        assertEquals("ok", RESULTS.get("end"), () -> tail(SAID.toString()));
        assertEquals("ok", RESULTS.get("held-end"), () -> tail(SAID.toString()));
        assertEquals("ok", RESULTS.get("open-end"), () -> tail(SAID.toString()));
        assertTrue(RESULTS.size() > 60, RESULTS.toString());
    }

    /** The names of a check that stands in a loop. */
    private static Stream<String> names(String name) {
        if (name.startsWith("$unit-")) {
            return Stream.of("engine", "daemon").map(unit -> unit + name.substring(5));
        }
        return name.startsWith("$kind-")
                ? Stream.of("sctp", "packet", "udp").map(kind -> kind + name.substring(5))
                : Stream.of(name);
    }

    private static String tail(String text) {
        return text.substring(Math.max(0, text.length() - TAIL_CHARACTERS));
    }

    private static String console(Path file) {
        try {
            return Files.readString(file);
        } catch (IOException e) {
            return "no console: " + e.getMessage();
        }
    }
}
