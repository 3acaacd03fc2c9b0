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
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Stream;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;

/**
 * Omni under a real systemd: a Debian guest in QEMU installs the units that {@code omni units systemd} writes, starts
 * them, chats, cuts itself off, has the engine and the supervisor killed and the supervisor frozen, and stops. It then boots
 * again with the gap that it has kept and with somebody who sends from {@code sysinit.target} on, once as it is and once
 * without the unit that holds the gap; the one with it ends with the lift at a serial line, the one without with the lift at its screen:
 * this test types the keys.
 * What is checked stands in supervisor/init/src/test/guest, in run.sh and held.sh, which run inside; here their verdicts are
 * read from another serial line, and frames are counted at the other end of the network card. With
 * {@code -Domni.guest=whole} all of run.sh runs; without, its sections "if whole" do not, which take most of its time.
 */
class GuestBoxTest {
    private static final Pattern RESULT = Pattern.compile("(?m)^RESULT (\\S+) (ok|FAILED)\\s*$");

    private static final boolean WHOLE = System.getProperty("omni.guest", "").equals("whole");

    /** The first boot, where it is the whole one, takes half an hour beside other checks, the others some minutes. */
    private static final int GUEST_MINUTES_MAX = 50;

    private static final int TAIL_CHARACTERS = 20_000;

    /** What the guest says, check by check. */
    private static final Map<String, String> RESULTS = new TreeMap<>();

    private static final StringBuilder SAID = new StringBuilder();

    private static final Pattern STEP_UP = Pattern.compile("omni-step-up-[A-Za-z0-9_-]{43}");

    private static final String PROMPT = "Step-up key: ";

    /** What is typed at the keyboard in a gap, as held.sh awaits it. */
    private static final String WORDS = "Omni_in-a-Gap 42";

    /** Frames at the other end of the card. */
    private record Frames(long before, long after) {}

    /** In a gap and when it is lifted. */
    private static Frames held = new Frames(-1, -1);

    /** In the boot without the unit. */
    private static Frames open = new Frames(-1, -1);

    /** What came over the serial line at which the gap was lifted. */
    private static String line = "";

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
        Guest.Boot install = new Guest.Boot(root, disk, true, WHOLE ? "omni.whole" : "", "", "");
        Process first = Guest.start(base, install, console, verdicts);
        read(verdicts, console, ended(first));
        Matcher key = STEP_UP.matcher(SAID);
        assertTrue(key.find(), () -> "no step-up key:\n" + tail(SAID.toString()));
        String right = key.group();
        try (var boots = Executors.newFixedThreadPool(2)) {
            var one = boots.submit(() -> boot("held", base, root, disk, "closed-until-here ok", right));
            var other = boots.submit(
                    () -> boot("open systemd.mask=omni-airgap-early.service", base, root, disk, "open-end ok", right));
            held = one.get();
            open = other.get();
        }
    }

    private static Frames boot(String words, Path base, Path root, Path disk, String until, String key)
            throws Exception {
        Path folder = Files.createDirectories(root.resolveSibling(words.substring(0, 4)));
        try (GuestCable cable = new GuestCable(folder)) {
            Guest.Boot boot =
                    new Guest.Boot(root, disk, false, "omni.boot=" + words, cable.network(), folder.toString());
            Process qemu = Guest.start(base, boot, folder.resolve("console.log"), folder.resolve("result.log"));
            try (GuestLine typist = GuestLine.to(folder.resolve(Guest.LINE));
                    GuestKeyboard keyboard = GuestKeyboard.to(folder.resolve(Guest.KEYS))) {
                return follow(qemu, cable, typist, keyboard, folder, until, key);
            } finally {
                qemu.destroyForcibly();
            }
        }
    }

    /**
     * Counts the frames until the guest says that, and from then on; types at the line a wrong key at a first prompt, and then the right one,
     * and at the keyboard what is asked for there.
     */
    private static Frames follow(
            Process qemu,
            GuestCable cable,
            GuestLine typist,
            GuestKeyboard keyboard,
            Path folder,
            String until,
            String key)
            throws Exception {
        Path verdicts = folder.resolve("result.log");
        String wrong = key.substring(0, key.length() - 5) + "AAAAA";
        long end = System.nanoTime() + TimeUnit.MINUTES.toNanos(GUEST_MINUTES_MAX);
        long before = 0;
        boolean seen = false;
        while (!seen && qemu.isAlive() && System.nanoTime() < end) {
            qemu.waitFor(200, TimeUnit.MILLISECONDS);
            typist.answer(PROMPT, wrong);
            String said = Files.exists(verdicts) ? Files.readString(verdicts) : "";
            keyboard.answer(said, "RESULT the-keyboard-is-awaited ok", WORDS);
            keyboard.answer(said, "RESULT the-screen-asks ok", key);
            seen = said.contains("RESULT " + until);
            before += cable.frames();
        }
        long after = 0;
        while (qemu.isAlive() && System.nanoTime() < end) {
            qemu.waitFor(200, TimeUnit.MILLISECONDS);
            typist.answer(PROMPT, key);
            after += cable.frames();
        }
        String typed = typist.seen();
        Files.writeString(folder.resolve("line.log"), typed);
        if (!typed.isEmpty()) {
            line = typed;
        }
        read(verdicts, folder.resolve("console.log"), !qemu.isAlive());
        return new Frames(before, after);
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
        assertEquals(0, held.before(), () -> tail(SAID.toString()));
    }

    /** The owner at the box, with every role dead: asked once a try, nothing of the key to be seen, and the card works again. */
    @Test
    void liftAtTheSerialLineOpensIt() {
        assertEquals(
                PROMPT + "\r\nThe step-up key is wrong. The gap stays closed.\r\n" + PROMPT
                        + "\r\nThe gap is lifted.\r\n",
                line);
        assertTrue(held.after() > 0, () -> tail(SAID.toString()));
    }

    /** The control: the same disk and the same sender without the one unit. */
    @Test
    void withoutTheEarlyUnitTheSameMachineLeaks() {
        assertTrue(open.before() > 100, () -> open.before() + " frames:\n" + tail(SAID.toString()));
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
            List<String> missing = asked(Files.readString(Guest.folder().resolve(script)))
                    .lines()
                    .map(String::strip)
                    .filter(line -> line.startsWith("check "))
                    .map(line -> line.split(" ", 3)[1].replace("\"", ""))
                    .flatMap(GuestBoxTest::names)
                    .filter(name -> !RESULTS.containsKey(name))
                    .toList();
            assertEquals(List.of(), missing, () -> tail(SAID.toString()));
        }
        assertEquals("ok", RESULTS.get("end"), () -> tail(SAID.toString()));
        assertEquals("ok", RESULTS.get("held-end"), () -> tail(SAID.toString()));
        assertEquals("ok", RESULTS.get("open-end"), () -> tail(SAID.toString()));
        assertTrue(RESULTS.size() > 60, RESULTS.toString());
    }

    /** What of a script this run has asked for. */
    private static String asked(String script) {
        return WHOLE ? script : script.replaceAll("(?ms)^if whole; then$.*?^fi$", "");
    }

    /** The names of a check that stands in a loop. */
    private static Stream<String> names(String name) {
        if (name.startsWith("$unit-")) {
            return Stream.of("engine", "daemon").map(unit -> unit + name.substring(5));
        }
        return name.startsWith("$kind-")
                ? Stream.of("sctp", "sctp6", "packet", "udp").map(kind -> kind + name.substring(5))
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
