package omni.vault;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertNotEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Clock;
import java.time.Duration;
import java.util.Comparator;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.FutureTask;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.locks.LockSupport;
import java.util.stream.Stream;
import omni.role.Attempts;
import omni.swtpm.Swtpm;
import omni.tpm.Tpm;
import omni.tpm.TpmDevice;
import omni.tpm.TpmException;
import omni.vault.SecretCall.Verb;
import omni.vault.VaultException.Reason;
import omni.vault.VaultProtocol.VaultBoundTo;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** A vault with a TPM, by swtpm: what belongs to a password, and what tells that all was put back to an earlier state. */
final class TpmVaultBoxTest {
    private static final String PASSWORD = "correct horse";
    private static final String OTHER = "battery staple";

    @TempDir
    Path home;

    @TempDir
    Path state;

    @TempDir
    Path otherState;

    private Path folder;
    private Path run;
    private Swtpm swtpm;

    @BeforeEach
    void start() throws IOException {
        folder = Files.createDirectories(home.resolve("vault"));
        run = Files.createTempDirectory("ov");
        swtpm = Swtpm.socket(state);
    }

    @AfterEach
    void stop() {
        swtpm.close();
    }

    private TpmDevice here() {
        return new TpmDevice(Optional.of(swtpm.path()));
    }

    /** As after a start of the process, where the tries before are forgotten: the TPM counts its own. */
    private Vault started(TpmDevice device) throws IOException {
        Files.deleteIfExists(folder.resolve("attempts"));
        Clock clock = Clock.systemUTC();
        return new Vault(
                folder,
                new KeyKeeper(folder, run, Made.MACHINE, device),
                new Attempts(folder.resolve("attempts"), clock),
                clock,
                () -> {},
                new TpmCounter(device));
    }

    private static Reason refused(Vault vault, Verb verb, String... fields) {
        return assertThrows(VaultException.class, () -> VaultHome.call(vault, verb, fields))
                .reason();
    }

    /** A vault whose password the TPM belongs to, locked again, and its recovery key. */
    private String bound() throws IOException {
        Vault vault = started(here());
        String words = VaultHome.call(vault, Verb.CREATE, PASSWORD, "");
        assertEquals(Reason.DENIED, refused(vault, Verb.BIND_TPM, OTHER, ""));
        Files.delete(folder.resolve("attempts"));
        VaultHome.call(vault, Verb.BIND_TPM, PASSWORD, "");
        vault.lock("a test");
        return words;
    }

    private List<String> unlocked(TpmDevice device, String password) throws IOException {
        Vault vault = started(device);
        VaultHome.call(vault, Verb.UNLOCK, password, "");
        List<String> alarms = vault.open().audit().alarms();
        vault.lock("a test");
        return alarms;
    }

    @Test
    @Tag("whole")
    void thePasswordOpensWithItsTpmAlone() throws Exception {
        String words = bound();
        assertEquals(List.of(), unlocked(here(), PASSWORD));
        assertEquals(Reason.DENIED, refused(started(here()), Verb.UNLOCK, OTHER, ""));
        assertEquals(Reason.REFUSED, refused(started(TpmDevice.NONE), Verb.UNLOCK, PASSWORD, ""));
        try (Swtpm other = Swtpm.socket(otherState)) {
            TpmDevice board = new TpmDevice(Optional.of(other.path()));
            assertEquals(Reason.REFUSED, refused(started(board), Verb.UNLOCK, PASSWORD, ""));
            Vault moved = started(board);
            VaultHome.call(moved, Verb.RECOVER, words, OTHER, "");
            assertTrue(
                    moved.open().audit().alarms().getFirst().contains("is not there"),
                    moved.open().audit().alarms().toString());
            moved.lock("a test");
            assertEquals(List.of(), unlocked(board, OTHER), "told once, and counted by this one from now on");
        }
    }

    /** From the first moment on: no key file that the password alone opens is ever written. */
    @Test
    void aVaultIsMadeWithItsTpmOrNotAtAll() throws Exception {
        assertEquals(Reason.REFUSED, refused(started(TpmDevice.NONE), Verb.CREATE_WITH_TPM, PASSWORD, ""));
        TpmDevice nowhere = new TpmDevice(Optional.of(home.resolve("none")));
        assertEquals(Reason.FAILED, refused(started(nowhere), Verb.CREATE_WITH_TPM, PASSWORD, ""));
        assertEquals(Vault.State.ABSENT, started(here()).status().state());
        assertTrue(Files.notExists(folder.resolve(KeyKeeper.FILE)));

        Vault vault = started(here());
        String words = VaultHome.call(vault, Verb.CREATE_WITH_TPM, PASSWORD, "");
        assertEquals(Optional.of(VaultBoundTo.TPM), vault.boundTo());
        vault.lock("a test");
        assertEquals(List.of(), unlocked(here(), PASSWORD));
        assertEquals(Reason.REFUSED, refused(started(TpmDevice.NONE), Verb.UNLOCK, PASSWORD, ""));
        VaultHome.call(started(TpmDevice.NONE), Verb.RECOVER, words, OTHER, "");
    }

    /** A disk that does not take the keys: the TPM is given nothing that no file knows of. */
    @Test
    void aVaultThatCouldNotBeWrittenLeavesNothingInTheTpm() throws Exception {
        Files.createDirectory(folder.resolve(KeyKeeper.FILE + ".new"));
        Files.createFile(folder.resolve(KeyKeeper.FILE + ".new/in-the-way"));
        Vault vault = started(here());
        int before = swtpm.indices();
        assertEquals(Reason.FAILED, refused(vault, Verb.CREATE_WITH_TPM, PASSWORD, ""));
        assertEquals(before, swtpm.indices());
        Files.delete(folder.resolve(KeyKeeper.FILE + ".new/in-the-way"));
        VaultHome.call(vault, Verb.CREATE_WITH_TPM, PASSWORD, "");
        assertTrue(swtpm.indices() > before, "the control: what it is given is counted");
    }

    /** Looked at without an unlock, which would count: the same is seen, again and again, and nothing is changed by it. */
    @Test
    @Tag("whole")
    void thatTheWholeVaultWasPutBackIsSeenOffline() throws Exception {
        VaultHome.call(started(here()), Verb.CREATE, PASSWORD, "");
        unlocked(here(), PASSWORD);
        assertEquals(List.of(), offline(here()), "the control");
        Path copy = copy("yesterday");
        unlocked(here(), PASSWORD);
        unlocked(here(), PASSWORD);
        assertEquals(List.of(), offline(here()));
        putBack(copy);
        for (int i = 0; i < 2; i++) {
            assertTrue(offline(here()).getFirst().contains("put back to an earlier state"));
        }
        assertTrue(offline(TpmDevice.NONE).getFirst().contains("is not there"));
        assertEquals(1, unlocked(here(), PASSWORD).size());
    }

    private List<String> offline(TpmDevice device) throws IOException {
        try (var check = new OfflineCheck(folder, home, Clock.systemUTC());
                SecretMemory password = VaultHome.secret(PASSWORD)) {
            var keeper = new KeyKeeper(folder, run, Made.MACHINE, device);
            try (KeyRing keys = keeper.open(new Secret.Password(password.buffer(), Optional.empty()))) {
                return check.check(keeper.present(), keys, new TpmCounter(device), List.of())
                        .problems();
            }
        }
    }

    @Test
    @Tag("whole")
    void anotherPasswordKeepsTheTpmAndTheOldOneIsDeadInEveryCopy() throws Exception {
        bound();
        Path copy = copy("before");
        Vault vault = started(here());
        VaultHome.call(vault, Verb.CHANGE_PASSWORD, PASSWORD, "", OTHER, "");
        assertEquals(List.of(), unlocked(here(), OTHER));
        assertEquals(Reason.REFUSED, refused(started(TpmDevice.NONE), Verb.UNLOCK, OTHER, ""));
        putBack(copy);
        assertEquals(Reason.REFUSED, refused(started(here()), Verb.UNLOCK, PASSWORD, ""));
    }

    /**
     * Another TPM in the place of the one that has just opened does not take over with the new password; the control, at the first
     * binding, shows that it could. The path is a link, which is turned when the new password is derived.
     */
    @Test
    void aTpmThatTakesTheOthersPlaceMeanwhileDoesNotTakeOver() throws Exception {
        try (Swtpm other = Swtpm.socket(otherState)) {
            Path link = home.resolve("tpm");
            AtomicInteger derived = new AtomicInteger();
            Argon2.Stretch turns = (password, argon2) -> {
                if (derived.incrementAndGet() == 2) {
                    turn(link, other.path());
                }
                return Made.quick(password, argon2);
            };
            KeyWork work = new KeyWork(turns, new TpmDevice(Optional.of(link)));
            KeyWork still = new KeyWork(Made::quick, new TpmDevice(Optional.of(link)));
            Secret.Password password = Made.password(PASSWORD);
            KeyFile made = still.create(password, Made.LEAST).file().orElseThrow();
            turn(link, swtpm.path());
            KeyFile bound = still.bind(made, password, Made.LEAST, true).file().orElseThrow();

            for (boolean changes : List.of(true, false)) {
                derived.set(0);
                VaultException refused = assertThrows(VaultException.class, () -> {
                    if (changes) {
                        work.changePassword(bound, password, Made.password(OTHER), Made.LEAST);
                    } else {
                        work.bind(bound, password, Made.LEAST, true);
                    }
                });
                assertEquals(Reason.REFUSED, refused.reason());
                assertTrue(refused.getMessage().contains("Another TPM answers now"), refused.getMessage());
                try (Tpm tpm = Tpm.open(other.path())) {
                    for (int handle : TpmSlot.handles(bound.vault())) {
                        assertEquals(
                                TpmException.Reason.MISSING,
                                assertThrows(TpmException.class, () -> tpm.secret(handle, new byte[32]))
                                        .reason());
                    }
                }
                turn(link, swtpm.path());
                assertFalse(still.open(bound, password).keys().isEmpty(), "the old one holds");
            }
            KeyFile changed = still.changePassword(bound, password, Made.password(OTHER), Made.LEAST)
                    .file()
                    .orElseThrow();
            assertEquals(
                    bound.password().tpm().orElseThrow().key(),
                    changed.password().tpm().orElseThrow().key(),
                    "the control: the same TPM keeps it");
            derived.set(0);
            KeyFile first = work.bind(made, password, Made.LEAST, true).file().orElseThrow();
            assertNotEquals(
                    bound.password().tpm().orElseThrow().key(),
                    first.password().tpm().orElseThrow().key(),
                    "the control: where no TPM belonged to it, the turned link is followed");
        }
    }

    private static void turn(Path link, Path to) {
        try {
            Files.deleteIfExists(link);
            Files.createSymbolicLink(link, to);
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    @Test
    void unboundItOpensWithoutOne() throws Exception {
        bound();
        VaultHome.call(started(here()), Verb.UNBIND_TPM, PASSWORD, "");
        Vault without = started(TpmDevice.NONE);
        VaultHome.call(without, Verb.UNLOCK, PASSWORD, "");
        assertFalse(without.countsUnlocks());
        assertEquals(1, without.open().audit().alarms().size(), "that its counter is not there");
        without.lock("a test");
        assertEquals(List.of(), unlocked(TpmDevice.NONE, PASSWORD), "told once");
    }

    @Test
    @Tag("whole")
    void tooManyWrongOnesLockTheTpmAndTheRecoveryKeyStillOpens() throws Exception {
        String words = bound();
        Reason last = Reason.DENIED;
        for (int tries = 0; last == Reason.DENIED && tries < 40; tries++) {
            last = refused(started(here()), Verb.UNLOCK, OTHER, "");
        }
        assertEquals(Reason.LATER, last);
        assertEquals(Reason.LATER, refused(started(here()), Verb.UNLOCK, PASSWORD, ""), "the right one, too");
        Vault vault = started(here());
        VaultHome.call(vault, Verb.RECOVER, words, OTHER, "");
        assertEquals(List.of(), vault.open().audit().alarms());
        vault.lock("a test");
    }

    /** It takes what it is asked and never answers: that is said in time, counts no try, and ends with it. */
    @Test
    @Tag("whole")
    void aTpmThatHangsHoldsNobody() throws Exception {
        String words = bound();
        Vault vault = started(here());
        swtpm.hang();
        assertSilent(vault, Verb.UNLOCK, PASSWORD, "");
        assertSilent(vault, Verb.CHANGE_PASSWORD, PASSWORD, "", OTHER, "");
        assertEquals(Vault.State.SEALED, vault.status().state());
        assertEquals(0, vault.standing().wrong());
        swtpm.goOn();
        VaultHome.call(vault, Verb.UNLOCK, PASSWORD, "");
        assertEquals(List.of(), vault.open().audit().alarms());
        vault.lock("a test");
        swtpm.hang();
        Vault again = started(here());
        VaultHome.call(again, Verb.RECOVER, words, OTHER, "");
        assertTrue(
                again.open().audit().alarms().getFirst().contains("is not there"),
                again.open().audit().alarms().toString());
        again.lock("a test");
    }

    private static void assertSilent(Vault vault, Verb verb, String... fields) {
        long begun = System.nanoTime();
        VaultException silent = assertThrows(VaultException.class, () -> VaultHome.call(vault, verb, fields));
        Duration took = Duration.ofNanos(System.nanoTime() - begun);
        assertEquals(Reason.FAILED, silent.reason(), silent.getMessage());
        assertTrue(silent.getMessage().contains("The TPM has not answered within 10 s"), silent.getMessage());
        assertTrue(silent.getMessage().contains("omni vault recover"), silent.getMessage());
        assertTrue(took.compareTo(Tpm.PATIENCE) >= 0 && took.compareTo(Duration.ofMinutes(1)) < 0, took.toString());
    }

    /** Wiped, a copy of all files and the password open nothing; the control is the copy before. */
    @Test
    @Tag("whole")
    void whatTheTpmForgetsNoCopyBringsBack() throws Exception {
        bound();
        Path copy = copy("forensic");
        putBack(copy);
        assertEquals(List.of(), unlocked(here(), PASSWORD), "the control");
        var keeper = new KeyKeeper(folder, run, KeyKeeper.Machine.ours(), here());
        keeper.forgetTpm(binding());
        keeper.forgetTpm(binding());
        putBack(copy);
        assertEquals(Reason.REFUSED, refused(started(here()), Verb.UNLOCK, PASSWORD, ""));
        var none = new KeyKeeper(folder, run, KeyKeeper.Machine.ours());
        assertEquals(
                Reason.REFUSED,
                assertThrows(VaultException.class, () -> none.forgetTpm(binding()))
                        .reason());
        try (Swtpm other = Swtpm.socket(otherState)) {
            var board = new KeyKeeper(folder, run, KeyKeeper.Machine.ours(), new TpmDevice(Optional.of(other.path())));
            VaultException another = assertThrows(VaultException.class, () -> board.forgetTpm(binding()));
            assertEquals(Reason.REFUSED, another.reason(), "it must not look as if it was done");
        }
    }

    private TpmBinding binding() throws IOException {
        return TpmBinding.of(KeyFile.of(Files.readAllBytes(folder.resolve(KeyKeeper.FILE))))
                .orElseThrow();
    }

    @Test
    @Tag("whole")
    void whatThePasswordIsBoundToIsAWord() throws Exception {
        String keyFile = "k".repeat(Secret.KEY_FILE_BYTES_MIN);
        Vault vault = started(here());
        assertEquals(Optional.empty(), vault.boundTo(), "there is none");
        VaultHome.call(vault, Verb.CREATE, PASSWORD, "");
        assertEquals(Optional.of(VaultBoundTo.NONE), vault.boundTo());
        VaultHome.call(vault, Verb.BIND_TPM, PASSWORD, "");
        assertEquals(Optional.of(VaultBoundTo.TPM), vault.boundTo());
        VaultHome.call(vault, Verb.CHANGE_PASSWORD, PASSWORD, "", OTHER, keyFile);
        assertEquals(Optional.of(VaultBoundTo.BOTH), vault.boundTo());
        VaultHome.call(vault, Verb.UNBIND_TPM, OTHER, keyFile);
        assertEquals(Optional.of(VaultBoundTo.KEY_FILE), vault.boundTo());
        vault.lock("a test");
        Files.writeString(folder.resolve(KeyKeeper.FILE), "{");
        assertEquals(Optional.empty(), vault.boundTo(), "not to be read");
    }

    @Test
    @Tag("whole")
    void aWipeSaysWhatTheTpmHasDestroyed() throws Exception {
        VaultHome.call(started(here()), Verb.CREATE, PASSWORD, "");
        Vault unbound = started(here());
        assertEquals(TpmPart.NONE, unbound.wipe().tpm());
        assertEquals("wiped", started(here()).status().cause());

        Path copy = home;
        TpmPart part = TpmPart.NOT_ANSWERED;
        for (int tries = 0; part != TpmPart.DESTROYED && tries < 5; tries++) { // a busy machine has no 300 ms for it
            started(here());
            bound();
            copy = copy("forensic " + tries);
            part = started(here()).wipe().tpm();
            assertFalse(Files.exists(folder.resolve(KeyKeeper.FILE)));
        }
        assertEquals(TpmPart.DESTROYED, part);
        Vault after = started(here());
        assertEquals(Vault.State.ABSENT, after.status().state());
        assertEquals(TpmPart.DESTROYED.cause(), after.status().cause());
        putBack(copy);
        assertEquals(Reason.REFUSED, refused(started(here()), Verb.UNLOCK, PASSWORD, ""));
    }

    /** A password that is being bound when the wipe comes: what the child gives the TPM then does not stay there. */
    @Test
    void whatAChangeGivesTheTpmDuringAWipeGoes() throws Exception {
        Vault vault = started(here());
        VaultHome.call(vault, Verb.CREATE, PASSWORD, "");
        String name = vault.name();
        var bind = new FutureTask<>(() -> refused(vault, Verb.BIND_TPM, PASSWORD, ""));
        Thread.ofPlatform().start(bind);
        while (vault.standing().wrong() == 0) {
            LockSupport.parkNanos(1_000_000);
        }
        assertEquals(TpmPart.NONE, vault.wipe().tpm());
        assertEquals(Reason.REFUSED, bind.get());
        assertFalse(Files.exists(folder.resolve(KeyKeeper.FILE)));
        try (Tpm tpm = here().open()) {
            TpmException none =
                    assertThrows(TpmException.class, () -> tpm.secret(TpmSlot.handles(name)[0], new byte[32]));
            assertEquals(TpmException.Reason.MISSING, none.reason(), "not a wrong secret, but none there");
        }
    }

    /** The keys go first and at once; the next start asks the TPM again. */
    @Test
    @Tag("whole")
    void aWipeDoesNotWaitForATpmThatHangsAndTheNextStartAsksItAgain() throws Exception {
        bound();
        Path copy = copy("forensic");
        Vault vault = started(here());
        swtpm.hang();
        long begun = System.nanoTime();
        assertEquals(TpmPart.NOT_ANSWERED, vault.wipe().tpm());
        Duration took = Duration.ofNanos(System.nanoTime() - begun);
        assertTrue(
                took.compareTo(Duration.ofSeconds(2)) < 0, took + ": 300 ms are the TPM's, the rest a busy machine's");
        assertFalse(Files.exists(folder.resolve(KeyKeeper.FILE)));
        swtpm.goOn();
        assertEquals(TpmPart.DESTROYED.cause(), started(here()).status().cause());
        putBack(copy);
        assertEquals(Reason.REFUSED, refused(started(here()), Verb.UNLOCK, PASSWORD, ""));
    }

    /** The control: where it says so, the TPM has kept its part, and a copy opens by the password. */
    @Test
    void whatTheTpmDidNotAnswerIsSaidAndIsTrue() throws Exception {
        bound();
        Path copy = copy("forensic");
        try (Swtpm other = Swtpm.socket(otherState)) {
            TpmDevice board = new TpmDevice(Optional.of(other.path()));
            for (TpmDevice device : List.of(TpmDevice.NONE, board)) {
                assertEquals(TpmPart.NOT_ANSWERED, started(device).wipe().tpm());
                Vault after = started(device);
                assertEquals(Vault.State.ABSENT, after.status().state());
                assertEquals(TpmPart.NOT_ANSWERED.cause(), after.status().cause());
                putBack(copy);
            }
        }
        assertEquals(List.of(), unlocked(here(), PASSWORD));
    }

    @Test
    void allThatIsPutBackIsSeen() throws Exception {
        VaultHome.call(started(here()), Verb.CREATE, PASSWORD, "");
        assertEquals(List.of(), unlocked(here(), PASSWORD));
        Path copy = copy("yesterday");
        assertEquals(List.of(), unlocked(here(), PASSWORD));
        assertEquals(List.of(), unlocked(here(), PASSWORD));
        putBack(copy);
        List<String> alarms = unlocked(here(), PASSWORD);
        assertEquals(1, alarms.size(), alarms.toString());
        assertTrue(
                alarms.getFirst().contains("was put back to an earlier state: the TPM has counted 2 more"),
                alarms.getFirst());
        assertEquals(List.of(), unlocked(here(), PASSWORD), "told once");
        assertTrue(Files.exists(folder.resolve("records.db")));
    }

    @Test
    @Tag("whole")
    void byOneUnlockIsSeenAsWell() throws Exception {
        VaultHome.call(started(here()), Verb.CREATE, PASSWORD, "");
        unlocked(here(), PASSWORD);
        Path copy = copy("yesterday");
        unlocked(here(), PASSWORD);
        putBack(copy);
        assertEquals(1, unlocked(here(), PASSWORD).size());
    }

    /** The control: without a TPM the same passes without a word, and the status says so beforehand. */
    @Test
    void withoutTheCounterItPassesSilently() throws Exception {
        VaultHome.call(started(TpmDevice.NONE), Verb.CREATE, PASSWORD, "");
        unlocked(TpmDevice.NONE, PASSWORD);
        Path copy = copy("yesterday");
        unlocked(TpmDevice.NONE, PASSWORD);
        unlocked(TpmDevice.NONE, PASSWORD);
        putBack(copy);
        assertEquals(List.of(), unlocked(TpmDevice.NONE, PASSWORD));
        assertFalse(started(TpmDevice.NONE).countsUnlocks());
        assertTrue(started(here()).countsUnlocks());
    }

    /** To a time before the TPM counted, and with the TPM switched off in the configuration that was put back with it. */
    @Test
    @Tag("whole")
    void whoTakesTheCounterAwayIsSeen() throws Exception {
        VaultHome.call(started(TpmDevice.NONE), Verb.CREATE, PASSWORD, "");
        Path before = copy("before");
        assertEquals(List.of(), unlocked(here(), PASSWORD), "it begins to count");
        Path counted = copy("counted");
        assertEquals(List.of(), unlocked(here(), PASSWORD));
        putBack(before);
        assertEquals(1, unlocked(here(), PASSWORD).size(), "to before it counted");
        putBack(counted);
        assertEquals(1, unlocked(TpmDevice.NONE, PASSWORD).size(), "without the TPM");
        putBack(counted);
        try (Tpm tpm = Tpm.open(swtpm.path())) {
            tpm.forget(TpmSlot.counter(KeyFile.of(Files.readAllBytes(folder.resolve(KeyKeeper.FILE)))
                    .vault()));
        }
        assertEquals(1, unlocked(here(), PASSWORD).size(), "with the counter gone");
    }

    /** A crash between the line and the count: the line is there, and the TPM did not count. */
    @Test
    @Tag("whole")
    void aCrashBetweenLineAndCountIsNoAlarm() throws Exception {
        VaultHome.call(started(here()), Verb.CREATE, PASSWORD, "");
        unlocked(here(), PASSWORD);
        swtpm.close();
        Path tpmBefore = copyOf(state, home.resolve("tpm-before"));
        swtpm = Swtpm.socket(state);
        unlocked(here(), PASSWORD);
        swtpm.close();
        replace(state, tpmBefore); // the TPM as if it had not counted
        swtpm = Swtpm.socket(state);
        assertEquals(List.of(), unlocked(here(), PASSWORD));
        assertEquals(List.of(), unlocked(here(), PASSWORD));
    }

    /** The TPM's own memory put back, as whoever has a virtual machine's files can: it is behind by more than a crash explains. */
    @Test
    void aTpmThatIsPutBackIsSeen() throws Exception {
        VaultHome.call(started(here()), Verb.CREATE, PASSWORD, "");
        swtpm.close();
        Path tpmBefore = copyOf(state, home.resolve("tpm-before"));
        swtpm = Swtpm.socket(state);
        unlocked(here(), PASSWORD);
        unlocked(here(), PASSWORD);
        swtpm.close();
        replace(state, tpmBefore);
        swtpm = Swtpm.socket(state);
        List<String> alarms = unlocked(here(), PASSWORD);
        assertEquals(1, alarms.size(), alarms.toString());
        assertTrue(alarms.getFirst().contains("behind the log"), alarms.getFirst());
    }

    private Path copy(String name) throws IOException {
        return copyOf(folder, home.resolve(name));
    }

    private void putBack(Path copy) throws IOException {
        replace(folder, copy);
    }

    private static void replace(Path at, Path by) throws IOException {
        delete(at);
        copyOf(by, at);
    }

    private static Path copyOf(Path from, Path to) throws IOException {
        try (Stream<Path> files = Files.walk(from)) {
            for (Path file : files.toList()) {
                Path copy = to.resolve(from.relativize(file).toString());
                if (Files.isDirectory(file)) {
                    Files.createDirectories(copy);
                } else if (Files.isRegularFile(file)) {
                    Files.copy(file, copy);
                }
            }
        }
        return to;
    }

    private static void delete(Path folder) throws IOException {
        try (Stream<Path> files = Files.walk(folder)) {
            for (Path file : files.sorted(Comparator.reverseOrder()).toList()) {
                Files.delete(file);
            }
        }
    }
}
