package omni.vault;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.Optional;

/**
 * A whole vault's life for power cuts: session after session it puts other keys into {@code keys.json}, unlocks, keeps a
 * conversation, writes lines of the audit log, locks, and writes down what happens while it is sealed. Before each it prints what it
 * is about to do, and afterwards that it is done:
 *
 * <pre>
 *   keys HASH | line NUMBER | conversation NUMBER | sealed NUMBER, each with "begin" or "done" before it
 * </pre>
 */
final class PowerCutVault {
    private static final KeyWork WORK = new KeyWork(Made::quick);

    private final List<String> lines;

    private PowerCutVault(List<String> lines) {
        this.lines = lines;
    }

    /** Arguments: the folder, how many sessions. */
    public static void main(String[] args) throws IOException {
        Path place = Files.createDirectories(Path.of(args[0]));
        KeyWork.Outcome made = WORK.create(Made.password(Made.PASSWORD), Made.LEAST);
        KeyFile keys = made.file().orElseThrow();
        int sealed = 0;
        for (int session = 1; session <= Integer.parseInt(args[1]); session++) {
            KeyFile next = keys;
            done("keys " + hash(next.json()), () -> KeyKeeper.write(place.resolve(KeyKeeper.FILE), next));
            String number = Integer.toString(session);
            try (OpenVault vault = OpenVault.open(place, WholeVault.ring(made), WholeVault.CLOCK)) {
                done(
                        "conversation " + number,
                        () -> vault.conversations()
                                .create(
                                        Map.of("number", number),
                                        List.of(TestVault.message(number)),
                                        Optional.empty()));
                long line = vault.audit().head().number() + 1;
                done("line " + line, () -> vault.audit().add(AuditEvent.PROVED, Map.of()));
            }
            for (int i = 0; i < 2; i++) {
                sealed++;
                done(
                        "sealed " + sealed,
                        () -> new SealedLog(place, WholeVault.CLOCK).add(AuditEvent.WRONG_SECRET, Map.of()));
            }
            keys = WORK.changePassword(keys, Made.password(Made.PASSWORD), Made.password(Made.PASSWORD), Made.LEAST)
                    .file()
                    .orElseThrow();
        }
    }

    private interface Step {
        void run() throws IOException;
    }

    private static void done(String what, Step step) throws IOException {
        System.out.println("begin " + what);
        step.run();
        System.out.println("done " + what);
    }

    private static String hash(byte[] json) {
        return AuditJson.hash(new String(json, java.nio.charset.StandardCharsets.ISO_8859_1));
    }

    /** As {@link PowerCutMain.Check}: of what was done all is there, of what was begun it may be. */
    static int check(Path place, List<String> lines, String when) throws VaultException {
        try {
            return new PowerCutVault(lines).check(place);
        } catch (VaultException e) {
            throw e;
        } catch (IOException e) {
            throw new AssertionError(when + ": " + e, e);
        }
    }

    private int check(Path place) throws IOException {
        int acknowledged =
                (int) lines.stream().filter(line -> line.startsWith("done ")).count();
        Optional<String> keys = keys(place);
        require(
                keys.equals(last("done", "keys")) || keys.equals(last("begin", "keys")),
                "keys.json is neither that which was written last nor the next");
        if (keys.isEmpty()) {
            return acknowledged;
        }
        try (OpenVault vault = OpenVault.open(place, WholeVault.keys(place), WholeVault.CLOCK)) {
            require(vault.audit().alarms().isEmpty(), "alarms: " + vault.audit().alarms());
            require(vault.audit().head().number() >= number("done", "line"), "the audit log is shorter");
            long conversations =
                    vault.conversations().list(Optional.empty(), 100).entries().size();
            require(
                    conversations >= number("done", "conversation") && conversations <= number("begin", "conversation"),
                    "there are " + conversations + " conversations");
            long sealed = sealed(vault);
            require(
                    sealed >= number("done", "sealed") && sealed <= number("begin", "sealed"),
                    sealed + " events of sealed times are written down");
        }
        List<String> problems = WholeVault.problems(place);
        require(problems.isEmpty(), "problems: " + problems);
        return acknowledged;
    }

    private static Optional<String> keys(Path place) throws IOException {
        try {
            return Optional.of(hash(Files.readAllBytes(place.resolve(KeyKeeper.FILE))));
        } catch (NoSuchFileException e) {
            return Optional.empty();
        }
    }

    /** How often a wrong secret was written down, each time once. */
    private static long sealed(OpenVault vault) throws VaultException {
        long sealed = 0;
        for (AuditRow row : new AuditTable(vault.records()).read(1, AuditTable.ROWS_MAX)) {
            AuditLine line = AuditLine.read(row.line());
            if (line.event() == AuditEvent.WRONG_SECRET) {
                sealed += Long.parseLong(line.details().getOrDefault("sealed-count", "0"));
            }
        }
        return sealed;
    }

    private Optional<String> last(String how, String what) {
        String begin = how + " " + what + " ";
        return lines.stream()
                .filter(line -> line.startsWith(begin))
                .map(line -> line.substring(begin.length()))
                .reduce((_, later) -> later);
    }

    private long number(String how, String what) {
        return last(how, what).map(Long::parseLong).orElse(0L);
    }

    private static void require(boolean holds, String otherwise) {
        if (!holds) {
            throw new AssertionError(otherwise);
        }
    }
}
