package omni.vault;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Clock;
import java.time.Duration;
import java.time.Instant;
import java.time.InstantSource;
import java.time.ZoneOffset;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.FutureTask;
import java.util.concurrent.locks.LockSupport;
import omni.vault.SecretCall.Verb;
import omni.vault.VaultException.Reason;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** What opens a vault and what does not, over real keys, child processes and records. */
final class VaultTest {
    private static final String PASSWORD = "correct horse";

    @TempDir
    Path folder;

    /** By how much the vault's clock is ahead. */
    private Duration ahead = Duration.ZERO;

    private final Clock clock = ((InstantSource) () -> Instant.now().plus(ahead)).withZone(ZoneOffset.UTC);
    private VaultHome home;

    @BeforeEach
    void make() throws IOException {
        home = new VaultHome(folder, clock);
    }

    /** As after a start of the process. */
    private Vault started() {
        return home.started();
    }

    private static Reason refused(Vault vault, Verb verb, String... fields) {
        return assertThrows(VaultException.class, () -> VaultHome.call(vault, verb, fields))
                .reason();
    }

    @Test
    void madeItIsOpenAndStartedAgainItIsSealed() throws VaultException {
        Vault vault = started();
        assertEquals(Vault.State.ABSENT, vault.status().state());
        assertEquals(
                Reason.SEALED, assertThrows(VaultException.class, vault::open).reason());
        VaultHome.call(vault, Verb.CREATE, PASSWORD, "");
        assertEquals(Vault.State.OPEN, vault.status().state());
        String id = vault.open()
                .conversations()
                .create(Map.of("a", "b"), List.of(), Optional.empty())
                .id();
        vault.lock("a test");
        assertEquals(1, home.ends.get());
        assertEquals(
                Reason.SEALED, assertThrows(VaultException.class, vault::open).reason());

        Vault again = started();
        assertEquals(Vault.State.SEALED, again.status().state());
        VaultHome.call(again, Verb.UNLOCK, PASSWORD, "");
        assertEquals(Map.of("a", "b"), again.open().conversations().retrieve(id).metadata());
        again.open().close();
    }

    /** As by a making whose last step failed: whoever asks is not told to make another. */
    @Test
    void keysThatAreThereAfterAllAreSeen() throws Exception {
        Vault vault = started();
        assertEquals(Vault.State.ABSENT, vault.status().state());
        Files.createFile(home.folder.resolve(KeyKeeper.FILE));
        assertEquals(Vault.State.SEALED, vault.status().state());
    }

    @Test
    void thereIsOneVaultAndMakingAnotherChangesNothing() throws VaultException {
        Vault vault = started();
        VaultHome.call(vault, Verb.CREATE, PASSWORD, "");
        assertEquals(Reason.REFUSED, refused(vault, Verb.CREATE, "another password", ""));
        assertEquals(Reason.REFUSED, refused(vault, Verb.CREATE_WITH_TPM, "another password", ""));
        VaultHome.call(vault, Verb.UNLOCK, PASSWORD, "");
        vault.open().close();
    }

    @Test
    void aWrongPasswordIsDeniedAndTheNextTryHasToWait() throws IOException {
        VaultHome.call(started(), Verb.CREATE, PASSWORD, "");
        Vault vault = started();
        assertEquals(Reason.DENIED, refused(vault, Verb.UNLOCK, "correct horsf", ""));
        assertEquals(1, vault.standing().wrong());
        Files.writeString(folder.resolve("attempts"), "8 8"); // so long that a slow machine is no help
        assertEquals(Reason.LATER, refused(vault, Verb.UNLOCK, PASSWORD, ""), "though it is right");
        assertEquals(Reason.LATER, refused(started(), Verb.UNLOCK, PASSWORD, ""), "a new process changes nothing");
        Files.writeString(folder.resolve("attempts"), "9 9"); // 256 seconds
        ahead = ahead.plusSeconds(200);
        assertEquals(Reason.LATER, refused(vault, Verb.UNLOCK, PASSWORD, ""), "longer each time");
        ahead = ahead.plusSeconds(100);
        VaultHome.call(vault, Verb.UNLOCK, PASSWORD, "");
        assertEquals(0, vault.standing().wrong());
        vault.open().close();
    }

    /** The control is one after which the wait is over by the time that it was judged. */
    @Test
    void aWrongPasswordSaysHowLongTheNextTryHasToWait() throws IOException {
        VaultHome.call(started(), Verb.CREATE, PASSWORD, "");
        Vault vault = started();
        ahead = ahead.plusSeconds(2);
        assertEquals("Wrong password.", denied(vault));
        Files.writeString(folder.resolve("attempts"), "8 8"); // the next is the ninth, which makes wait 256 seconds
        ahead = ahead.plusSeconds(130);
        String message = denied(vault);
        long said = Long.parseLong(message.replaceAll("\\D", ""));
        assertEquals("Wrong password. The next try has to wait " + said + " seconds.", message);
        assertTrue(said >= vault.standing().left().toSeconds() && said <= 256 - 132, message);
    }

    private static String denied(Vault vault) {
        VaultException denied =
                assertThrows(VaultException.class, () -> VaultHome.call(vault, Verb.UNLOCK, "correct horsf", ""));
        assertEquals(Reason.DENIED, denied.reason());
        return String.valueOf(denied.getMessage());
    }

    @Test
    void whileItIsOpenAPasswordIsStillJudged() throws VaultException {
        Vault vault = started();
        VaultHome.call(vault, Verb.CREATE, PASSWORD, "");
        assertEquals(Reason.DENIED, refused(vault, Verb.UNLOCK, "wrong password", ""));
        assertEquals(Vault.State.OPEN, vault.status().state());
        vault.open().close();
    }

    @Test
    void whatNobodyCanHaveSetIsNoTry() throws VaultException {
        VaultHome.call(started(), Verb.CREATE, PASSWORD, "");
        Vault vault = started();
        assertEquals(Reason.INVALID, refused(vault, Verb.UNLOCK, "", ""));
        assertEquals(Reason.INVALID, refused(vault, Verb.UNLOCK, "x".repeat(Secret.PASSWORD_BYTES_MAX + 1), ""));
        assertEquals(0, vault.standing().wrong());
    }

    @Test
    void aKeyFileBelongsToThePassword() throws VaultException {
        String file = "k".repeat(Secret.KEY_FILE_BYTES_MIN);
        VaultHome.call(started(), Verb.CREATE, PASSWORD, file);
        Vault vault = started();
        assertEquals(Reason.DENIED, refused(vault, Verb.UNLOCK, PASSWORD, "j" + file.substring(1)));
        ahead = ahead.plusSeconds(2);
        assertThrows(VaultException.class, () -> VaultHome.call(vault, Verb.UNLOCK, PASSWORD, ""));
        ahead = ahead.plusSeconds(10);
        VaultHome.call(vault, Verb.UNLOCK, PASSWORD, file);
        vault.open().close();
    }

    @Test
    void anotherPasswordTakesThePlaceOfTheOld() throws VaultException {
        Vault vault = started();
        VaultHome.call(vault, Verb.CREATE, PASSWORD, "");
        assertEquals(Reason.DENIED, refused(vault, Verb.CHANGE_PASSWORD, "wrong password", "", "another password", ""));
        ahead = ahead.plusSeconds(2);
        VaultHome.call(vault, Verb.CHANGE_PASSWORD, PASSWORD, "", "another password", "");
        assertEquals(Reason.DENIED, refused(started(), Verb.UNLOCK, PASSWORD, ""));
        ahead = ahead.plusSeconds(2);
        VaultHome.call(vault, Verb.UNLOCK, "another password", "");
        vault.open().close();
    }

    @Test
    void theRecoveryKeySetsANewPassword() throws VaultException {
        String recovery = VaultHome.call(started(), Verb.CREATE, PASSWORD, "");
        Vault vault = started();
        VaultHome.call(vault, Verb.RECOVER, recovery.toUpperCase(java.util.Locale.ROOT), "another password", "");
        assertEquals(Vault.State.OPEN, vault.status().state());
        assertEquals(Reason.DENIED, refused(vault, Verb.UNLOCK, PASSWORD, ""));
        ahead = ahead.plusSeconds(2);
        String next = VaultHome.call(vault, Verb.NEW_RECOVERY_KEY, "another password", "");
        assertFalse(next.equals(recovery));
        assertEquals(Reason.DENIED, refused(vault, Verb.RECOVER, recovery, "a third password", ""));
        ahead = ahead.plusSeconds(2);
        VaultHome.call(vault, Verb.RECOVER, next, "a third password", "");
        vault.open().close();
    }

    @Test
    void whatHappenedIsInTheLogAlsoWhatHappenedWhileItWasSealed() throws IOException {
        VaultHome.call(started(), Verb.CREATE, PASSWORD, "");
        Vault vault = started();
        refused(vault, Verb.UNLOCK, "wrong password", "");
        Files.writeString(folder.resolve("attempts"), "8 8"); // so long that a slow machine is no help
        refused(vault, Verb.UNLOCK, PASSWORD, "");
        ahead = ahead.plusSeconds(300);
        VaultHome.call(vault, Verb.UNLOCK, PASSWORD, "");
        vault.open().conversations();
        vault.lock("a test");
        Vault again = started();
        VaultHome.call(again, Verb.UNLOCK, PASSWORD, "");
        List<String> events = new ArrayList<>();
        for (AuditRow row : new AuditTable(again.open().records()).read(1, 100)) {
            events.add(AuditLine.read(row.line()).event().text());
        }
        assertEquals(List.of("created", "wrong-secret", "too-early", "unlocked", "locked", "unlocked"), events);
        assertEquals(List.of(), again.open().audit().alarms());
        again.open().close();
    }

    /** Somebody puts an older database back: its pages are in order, and the log beside it knows better. */
    @Test
    void aDatabaseThatWasPutBackIsAnAlarm() throws IOException {
        Vault vault = started();
        VaultHome.call(vault, Verb.CREATE, PASSWORD, "");
        vault.open().close();
        byte[] older = Files.readAllBytes(folder.resolve("records.db"));
        Vault later = started();
        VaultHome.call(later, Verb.UNLOCK, PASSWORD, "");
        later.open().close();
        Vault control = started();
        VaultHome.call(control, Verb.UNLOCK, PASSWORD, "");
        assertEquals(List.of(), control.open().audit().alarms(), "the control");
        control.open().close();
        Files.write(folder.resolve("records.db"), older);
        Vault rolledBack = started();
        VaultHome.call(rolledBack, Verb.UNLOCK, PASSWORD, "");
        assertFalse(rolledBack.open().audit().alarms().isEmpty());
        rolledBack.open().close();
    }

    @Test
    void nothingOfASecretIsInTheFolder() throws IOException {
        Vault vault = started();
        String recovery = VaultHome.call(vault, Verb.CREATE, PASSWORD, "");
        assertThrows(VaultException.class, () -> VaultHome.call(vault, Verb.UNLOCK, "mistaken password", ""));
        vault.open().close();
        List<Path> files;
        try (var walk = Files.walk(folder)) {
            files = walk.filter(Files::isRegularFile).toList();
        }
        assertTrue(files.size() >= 3, files::toString);
        for (Path file : files) {
            String text = new String(Files.readAllBytes(file), StandardCharsets.ISO_8859_1);
            for (String secret : List.of(PASSWORD, "mistaken", recovery.substring(0, 11))) {
                assertFalse(text.contains(secret), () -> file + " has " + secret);
            }
            assertEquals(
                    "rw-------",
                    java.nio.file.attribute.PosixFilePermissions.toString(Files.getPosixFilePermissions(file)),
                    file::toString);
        }
    }

    @Test
    void itLocksItselfWithoutUseAndAfterSleep() throws VaultException {
        Vault vault = started();
        VaultHome.call(vault, Verb.CREATE, PASSWORD, "");
        new AutoLock(vault, Duration.ofDays(1), clock).look(Duration.ofSeconds(5));
        new AutoLock(vault, Duration.ZERO, clock).look(Duration.ZERO);
        assertEquals(0, home.ends.get(), "the control: used a moment ago, and never by time");
        new AutoLock(vault, Duration.ofNanos(1), clock).look(Duration.ZERO);
        assertEquals(1, home.ends.get());

        Vault other = started();
        VaultHome.call(other, Verb.UNLOCK, PASSWORD, "");
        new AutoLock(other, Duration.ZERO, clock).look(Duration.ofSeconds(31));
        assertEquals(2, home.ends.get());
    }

    /** A gap that closes, or a lid, while a password is being judged: who came last is obeyed. */
    @Test
    void aLockMeanwhileBeatsAnUnlock() throws Exception {
        VaultHome.call(started(), Verb.CREATE, PASSWORD, "");
        Vault vault = started();
        int before = home.ends.get();
        var unlock = new FutureTask<>(() -> refused(vault, Verb.UNLOCK, PASSWORD, ""));
        Thread.ofPlatform().start(unlock);
        while (!unlock.isDone()) {
            vault.lock("a test");
            LockSupport.parkNanos(1_000_000);
        }
        assertEquals(Reason.REFUSED, unlock.get());
        assertEquals(before + 1, home.ends.get(), "what was open for a moment has ended");
        assertEquals(
                Reason.SEALED, assertThrows(VaultException.class, vault::open).reason());
    }

    private static boolean permits(Vault vault, String permit, String session) {
        try {
            vault.permits().require(permit, session);
            return true;
        } catch (VaultException e) {
            assertEquals(Reason.DENIED, e.reason());
            return false;
        }
    }

    @Test
    void thePasswordIsAPermitForOneSessionSealedAndOpen() throws IOException {
        VaultHome.call(started(), Verb.CREATE, PASSWORD, "");
        Vault vault = started();
        assertEquals(Reason.DENIED, refused(vault, Verb.PROVE, "wrong password", "", "one"));
        assertEquals(1, vault.standing().wrong());
        Files.writeString(folder.resolve("attempts"), "8 8"); // so long that a slow machine is no help
        assertEquals(Reason.LATER, refused(vault, Verb.PROVE, PASSWORD, "", "one"), "though it is right");
        ahead = ahead.plusSeconds(300);
        String sealed = VaultHome.call(vault, Verb.PROVE, PASSWORD, "", "one");
        assertEquals(0, vault.standing().wrong());
        assertEquals(Vault.State.SEALED, vault.status().state(), "it opens nothing");
        assertTrue(permits(vault, sealed, "one"));
        assertFalse(permits(vault, sealed, "two"));
        assertFalse(permits(started(), sealed, "one"), "a new process knows of none");

        VaultHome.call(vault, Verb.UNLOCK, PASSWORD, "");
        assertTrue(permits(vault, sealed, "one"));
        String open = VaultHome.call(vault, Verb.PROVE, PASSWORD, "", "s".repeat(128));
        assertTrue(permits(vault, open, "s".repeat(128)));
        vault.lock("a test");
        assertFalse(permits(vault, open, "s".repeat(128)));
        assertFalse(permits(vault, sealed, "one"));
    }

    @Test
    void aPermitEndsWithItsTimeAndWithThePassword() throws VaultException {
        Vault vault = started();
        VaultHome.call(vault, Verb.CREATE, PASSWORD, "");
        String early = VaultHome.call(vault, Verb.PROVE, PASSWORD, "", "one");
        ahead = ahead.plusMinutes(5);
        assertFalse(permits(vault, early, "one"));
        String late = VaultHome.call(vault, Verb.PROVE, PASSWORD, "", "one");
        assertTrue(permits(vault, late, "one"));
        VaultHome.call(vault, Verb.CHANGE_PASSWORD, PASSWORD, "", "another password", "");
        assertFalse(permits(vault, late, "one"));
        vault.open().close();
    }

    @Test
    void aSessionHasANameOfUpTo128Bytes() throws VaultException {
        VaultHome.call(started(), Verb.CREATE, PASSWORD, "");
        Vault vault = started();
        for (String session : List.of("", "s".repeat(129), "ä".repeat(65))) {
            assertEquals(Reason.INVALID, refused(vault, Verb.PROVE, PASSWORD, "", session));
        }
        try (SecretMemory password = VaultHome.secret(PASSWORD);
                SecretMemory noText = SecretMemory.of(1)) {
            noText.buffer().put((byte) 0x80);
            List<Optional<SecretMemory>> fields = List.of(Optional.of(password), Optional.empty(), Optional.of(noText));
            assertEquals(
                    Reason.INVALID,
                    assertThrows(VaultException.class, () -> vault.serve(Verb.PROVE, fields, (part, done, total) -> {}))
                            .reason());
        }
        assertEquals(0, vault.standing().wrong(), "none was judged");
    }

    @Test
    void newKeysTakeThePlaceOfTheOldOnes() throws IOException {
        Vault vault = started();
        VaultHome.call(vault, Verb.CREATE, PASSWORD, "");
        byte[] before = Files.readAllBytes(folder.resolve("keys.json"));
        String id = vault.open()
                .conversations()
                .create(Map.of("a", "b"), List.of(), Optional.empty())
                .id();
        assertEquals(Reason.DENIED, refused(vault, Verb.ROTATE, "wrong password", ""));
        ahead = ahead.plusSeconds(2);

        VaultHome.call(vault, Verb.ROTATE, PASSWORD, "");

        assertEquals(0, vault.standing().wrong());
        assertEquals(Map.of("a", "b"), vault.open().conversations().retrieve(id).metadata());
        vault.lock("a test");
        Vault again = started();
        assertEquals(Reason.SEALED, refused(again, Verb.ROTATE, PASSWORD, ""));
        VaultHome.call(again, Verb.UNLOCK, PASSWORD, "");
        KeyRing keys = again.open().keys();
        for (Purpose purpose : Purpose.values()) {
            assertEquals(2, keys.newest(purpose));
            boolean dropped = purpose != Purpose.FILES && purpose != Purpose.AUDIT;
            assertEquals(dropped ? 2 : 1, keys.oldest(purpose), purpose.text());
        }
        assertEquals(Map.of("a", "b"), again.open().conversations().retrieve(id).metadata());
        List<String> events = new ArrayList<>();
        for (AuditRow row : new AuditTable(again.open().records()).read(1, 100)) {
            events.add(AuditLine.read(row.line()).event().text());
        }
        assertEquals(List.of("created", "wrong-secret", "audit-key", "rotated", "locked", "unlocked"), events);
        assertEquals(List.of(), again.open().audit().check(List.of()).problems());
        again.open().close();
        Files.write(folder.resolve("keys.json"), before);
        assertEquals(Reason.DENIED, refused(started(), Verb.UNLOCK, PASSWORD, ""), "the old keys open nothing");
    }

    @Test
    void aWipeLeavesNothingAndRoomForANewVault() throws IOException {
        Vault vault = started();
        VaultHome.call(vault, Verb.CREATE, PASSWORD, "");
        byte[] keys = Files.readAllBytes(folder.resolve("keys.json"));
        Path stick = Files.createTempDirectory("stick");
        new Backups(vault.open()).take(stick, false, (read, written) -> {});
        new Backups(vault.open()).take(stick, false, (read, written) -> {});

        Wiped wiped = vault.wipe();

        assertEquals(Optional.of(List.of(stick.toString())), wiped.backups());
        assertTrue(wiped.took().isPositive());
        assertEquals(TpmPart.NONE, wiped.tpm());
        assertFalse(Files.exists(folder.resolve("keys.json")));
        assertEquals(
                Reason.SEALED, assertThrows(VaultException.class, vault::open).reason());
        assertEquals(Reason.REFUSED, refused(vault, Verb.CREATE, PASSWORD, ""), "until the rest is gone, too");
        Vault again = started();
        assertEquals(Vault.State.ABSENT, again.status().state());
        try (var left = Files.list(folder)) {
            assertEquals(List.of(), left.toList());
        }
        Files.write(folder.resolve("keys.json"), keys);
        assertEquals(Vault.State.SEALED, started().status().state(), "the control: the keys are what made it one");
        Files.delete(folder.resolve("keys.json"));
        VaultHome.call(again, Verb.CREATE, "another password", "");
        again.open().close();
    }

    @Test
    void aSealedVaultIsWipedTooAndKnowsOfNoBackups() throws IOException {
        VaultHome.call(started(), Verb.CREATE, PASSWORD, "");
        Vault vault = started();
        assertEquals(Optional.empty(), vault.wipe().backups());
        assertEquals(Vault.State.ABSENT, started().status().state());
    }

    /** What a key file that is damaged, or gone, would have said is not made up; the control is one that is whole. */
    @Test
    void aWipeWithoutTheKeyFileDoesNotSayThatThereIsNoTpm() throws IOException {
        List<TpmPart> parts = new ArrayList<>();
        List<String> causes = new ArrayList<>();
        for (String keys : List.of("whole", "{", "")) {
            VaultHome.call(started(), Verb.CREATE, PASSWORD, "");
            Vault vault = started();
            if (keys.isEmpty()) {
                Files.delete(folder.resolve("keys.json"));
            } else if (keys.equals("{")) {
                Files.writeString(folder.resolve("keys.json"), keys);
            }
            parts.add(vault.wipe().tpm());
            causes.add(started().status().cause());
        }
        assertEquals(List.of(TpmPart.NONE, TpmPart.UNKNOWN, TpmPart.UNKNOWN), parts);
        assertEquals(List.of("wiped", TpmPart.UNKNOWN.cause(), TpmPart.UNKNOWN.cause()), causes);
    }

    /** As a power cut leaves it that came after the keys, on a disk that was too full to say which TPM there was. */
    @Test
    void aWipeThatIsFinishedByTheNextStartMakesNothingUpEither() throws IOException {
        VaultHome.call(started(), Verb.CREATE, PASSWORD, "");
        Files.createFile(folder.resolve(Wipe.INTENT));
        byte[] keys = Files.readAllBytes(folder.resolve("keys.json"));
        Files.write(folder.resolve("keys.json"), new byte[keys.length]);
        assertEquals(TpmPart.UNKNOWN.cause(), started().status().cause());
        Files.createFile(folder.resolve(Wipe.INTENT));
        Files.write(folder.resolve("keys.json"), keys);
        assertEquals("wiped", started().status().cause(), "the control");
    }

    /** The rest of the box does without the vault. */
    @Test
    void aKeyFileThatIsDamagedIsSaidAndCountsNoTries() throws IOException {
        Files.writeString(folder.resolve("keys.json"), "{");
        Vault vault = started();
        assertEquals(Vault.State.SEALED, vault.status().state());
        assertTrue(
                vault.status().cause().contains("keys.json is damaged"),
                vault.status().cause());
        for (int i = 0; i < 3; i++) {
            assertEquals(Reason.DAMAGED, refused(vault, Verb.UNLOCK, PASSWORD, ""));
        }
        assertEquals(0, vault.standing().wrong());
        assertEquals(Reason.DAMAGED, refused(vault, Verb.CREATE, PASSWORD, ""));
        assertEquals("{", Files.readString(folder.resolve("keys.json")), "nothing is written over it");
    }

    @Test
    void aNewPasswordThatIsTooShortCountsNoTryAndChangesNothing() throws IOException {
        Vault vault = started();
        VaultHome.call(vault, Verb.CREATE, PASSWORD, "");
        assertEquals(Reason.INVALID, refused(vault, Verb.CHANGE_PASSWORD, PASSWORD, "", "short", ""));
        assertEquals(0, vault.standing().wrong());
        VaultHome.call(vault, Verb.UNLOCK, PASSWORD, "");
        vault.open().close();
    }

    /** Whoever asks all the time fills no disk. */
    @Test
    void triesThatComeTooEarlyAreOneLineAMinute() throws IOException {
        Vault vault = started();
        VaultHome.call(vault, Verb.CREATE, PASSWORD, "");
        Files.writeString(folder.resolve("attempts"), "20 20");
        for (int i = 0; i < 50; i++) {
            assertEquals(Reason.LATER, refused(vault, Verb.UNLOCK, PASSWORD, ""));
        }
        ahead = ahead.plusSeconds(61);
        assertEquals(Reason.LATER, refused(vault, Verb.UNLOCK, PASSWORD, ""));
        long lines =
                new AuditTable(vault.open().records()).newest().orElseThrow().number();
        assertEquals(3, lines, "made, and two");
        vault.open().close();
    }

    @Test
    void aLockOfWhatIsLockedEndsNothing() throws VaultException {
        Vault vault = started();
        vault.lock("a test");
        assertEquals(0, home.ends.get());
    }

    @Test
    void changesAreHeard() throws VaultException {
        Vault vault = started();
        List<Vault.Status> heard = new ArrayList<>();
        try (var _ = vault.onChange(heard::add)) {
            VaultHome.call(vault, Verb.CREATE, PASSWORD, "");
        }
        assertEquals(
                List.of(Vault.State.SEALED, Vault.State.OPEN),
                heard.stream().map(Vault.Status::state).toList());
        vault.open().close();
    }

    /** Another box: nothing in its folder yet. */
    private Vault elsewhere(Path other) throws IOException {
        return new VaultHome(other, clock).started();
    }

    @Test
    void aBackupIsPutBackOnAnotherBoxByPasswordOrRecoveryKey() throws IOException {
        Vault vault = started();
        String recovery = VaultHome.call(vault, Verb.CREATE, PASSWORD, "");
        String id = vault.open()
                .conversations()
                .create(Map.of("a", "b"), List.of(), Optional.empty())
                .id();
        Path stick = folder.resolveSibling("stick" + folder.getFileName());
        String snapshot = new Backups(vault.open())
                .take(stick, false, (read, written) -> {})
                .snapshot()
                .name();
        vault.lock("a test");

        Path box = Files.createTempDirectory("box");
        Vault other = elsewhere(box.resolve("by-password"));
        assertEquals(Reason.DENIED, refused(other, Verb.RESTORE, stick.toString(), "", "correct horsf", "", ""));
        assertEquals(1, other.standing().wrong(), "a wrong one is counted");
        assertEquals(Vault.State.ABSENT, other.status().state());
        ahead = ahead.plusSeconds(100);
        assertEquals(Reason.MISSING, refused(other, Verb.RESTORE, box.toString(), "", PASSWORD, "", ""));
        assertEquals(
                Reason.MISSING,
                refused(other, Verb.RESTORE, stick.toString(), "20200101-000000-0000", PASSWORD, "", ""));
        VaultHome.call(other, Verb.RESTORE, stick.toString(), snapshot, PASSWORD, "", "");
        assertEquals(Map.of("a", "b"), other.open().conversations().retrieve(id).metadata());
        assertEquals(List.of(), other.open().audit().alarms());
        assertEquals(1, new Backups(other.open()).known().size(), "it knows of the copies that it came from");
        assertEquals(Reason.REFUSED, refused(other, Verb.RESTORE, stick.toString(), "", PASSWORD, "", ""));
        other.lock("a test");

        Vault third = elsewhere(box.resolve("by-recovery-key"));
        VaultHome.call(third, Verb.RESTORE, stick.toString(), "", "", "", recovery);
        assertEquals(Map.of("a", "b"), third.open().conversations().retrieve(id).metadata());
        third.lock("a test");
    }
}
