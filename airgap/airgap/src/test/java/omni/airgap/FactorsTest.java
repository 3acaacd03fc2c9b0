package omni.airgap;

import static org.junit.jupiter.api.Assertions.assertDoesNotThrow;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertInstanceOf;
import static org.junit.jupiter.api.Assertions.assertNotEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTimeoutPreemptively;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.time.Clock;
import java.time.Duration;
import java.time.Instant;
import java.time.ZoneId;
import java.time.ZoneOffset;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.FutureTask;
import java.util.concurrent.TimeUnit;
import java.util.regex.Pattern;
import omni.airgap.AirgapProtocol.FailedReason;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Both factors, and nothing less. */
class FactorsTest {
    @TempDir
    Path folder;

    private final ScreenDouble screen = new ScreenDouble();
    private final HandClock clock = new HandClock();
    private final StepUpKey key = StepUpKey.make();
    private final VaultDouble owner = new VaultDouble();
    private Factors factors = new Factors(Path.of(""), screen, owner, clock);

    /** Stands for the box's screen. */
    private static final class ScreenDouble implements Presence {
        private String shown = "";
        private int times;
        private Runnable before = () -> {};

        @Override
        public String show(String text) {
            before.run();
            shown = text;
            times++;
            return "the test's screen";
        }

        String code() {
            var matcher = Pattern.compile("(\\d{3} \\d{3})").matcher(shown);
            assertTrue(matcher.find(), shown);
            return matcher.group(1);
        }
    }

    /** Stands for the vault: one permit, for one session, once. */
    private static final class VaultDouble implements Owner {
        private String name = "a vault";
        private String permit = "";
        private String session = "";

        String permit(String forSession) {
            session = forSession;
            permit = "permit for " + forSession;
            return permit;
        }

        @Override
        public Optional<String> redeem(String given, String forSession) {
            boolean right = !permit.isEmpty() && permit.equals(given) && session.equals(forSession);
            permit = right ? "" : permit;
            return right ? Optional.of(name) : Optional.empty();
        }
    }

    /** Stands still until it is set. */
    private static final class HandClock extends Clock {
        private Instant now = Instant.now();

        void forward(Duration by) {
            now = now.plus(by);
        }

        @Override
        public Instant instant() {
            return now;
        }

        @Override
        public ZoneId getZone() {
            return ZoneOffset.UTC;
        }

        @Override
        public Clock withZone(ZoneId zone) {
            return this;
        }
    }

    @BeforeEach
    void keep() throws AirgapException {
        factors = new Factors(folder, screen, owner, clock);
        factors.keep(key.publicKey(), Optional.empty(), Optional.empty());
    }

    private FailedReason denied(String nonce, String signature, String code) {
        return assertThrows(DeniedException.class, () -> factors.judge(nonce, signature, code))
                .reason();
    }

    @Test
    void bothFactorsGrant() throws Exception {
        String nonce = factors.beginLift().nonce();
        assertTrue(factors.judge(nonce, key.signLift(nonce), screen.code()).holds());
    }

    @Test
    void eachFactorAloneIsDenied() throws Exception {
        String nonce = factors.beginLift().nonce();
        assertEquals(FailedReason.DENIED, denied(nonce, key.signLift(nonce), wrongCode()));
        clock.forward(Duration.ofHours(1));
        nonce = factors.beginLift().nonce();
        assertEquals(FailedReason.DENIED, denied(nonce, StepUpKey.make().signLift(nonce), screen.code()));
        clock.forward(Duration.ofHours(1));
        nonce = factors.beginLift().nonce();
        assertEquals(FailedReason.DENIED, denied(nonce, "", screen.code()));
        clock.forward(Duration.ofHours(1));
        nonce = factors.beginLift().nonce();
        assertEquals(FailedReason.DENIED, denied(nonce, key.signLift(nonce), ""));
    }

    @Test
    void aNonceIsForOneTryAndTwoMinutes() throws Exception {
        String nonce = factors.beginLift().nonce();
        String code = screen.code();
        clock.forward(Duration.ofMinutes(2).plusSeconds(1));
        assertEquals(FailedReason.REFUSED, denied(nonce, key.signLift(nonce), code));
        String next = factors.beginLift().nonce();
        factors.judge(next, key.signLift(next), screen.code());
        String used = screen.code();
        assertEquals(FailedReason.REFUSED, denied(next, key.signLift(next), used));
        String last = factors.beginLift().nonce();
        assertEquals(FailedReason.DENIED, denied(last, key.signLift(last), wrongCode()));
        clock.forward(Duration.ofSeconds(1));
        assertEquals(FailedReason.REFUSED, denied(last, key.signLift(last), screen.code()), "a wrong code ends it");
    }

    private String wrongCode() {
        return screen.code().startsWith("1") ? "234567" : "123456";
    }

    @Test
    void aSignatureForSomethingElseIsNone() throws Exception {
        String nonce = factors.beginLift().nonce();
        assertEquals(FailedReason.DENIED, denied(nonce, key.signStepUp(nonce, key.publicKey()), screen.code()));
        clock.forward(Duration.ofHours(1));
        String stepUp = factors.beginStepUp(); // shows no code, so it lifts nothing
        assertEquals(FailedReason.REFUSED, denied(stepUp, key.signLift(stepUp), ""));
    }

    /** Of who has the key: then the six digits are all that is left. Also after a restart. */
    @Test
    void wrongCodesMakeTheNextOneWait() throws Exception {
        Duration wait = Duration.ZERO;
        for (int i = 0; i < 14; i++) {
            clock.forward(Duration.ofMinutes(15).plusSeconds(1));
            String nonce = factors.beginLift().nonce();
            assertEquals(FailedReason.DENIED, denied(nonce, key.signLift(nonce), wrongCode()), "try " + i);
            wait = awaitAlmost("attempts", i);
            factors = new Factors(folder, screen, owner, clock); // as after a kill
            String early = factors.beginLift().nonce();
            assertEquals(FailedReason.LATER, denied(early, key.signLift(early), screen.code()), "after try " + i);
            assertEquals(FailedReason.LATER, denied(early, "", ""), "nor is anything else judged");
        }
        assertEquals(Duration.ofMinutes(15), wait);
        clock.forward(Duration.ofSeconds(1));
        String nonce = factors.beginLift().nonce();
        assertTrue(factors.judge(nonce, key.signLift(nonce), screen.code()).holds());
        assertFalse(Files.exists(folder.resolve("attempts")));
    }

    /** Sets the clock to half a second before the wait is over after so many wrong ones. */
    private Duration awaitAlmost(String file, int before) throws Exception {
        clock.now = Files.getLastModifiedTime(folder.resolve(file)).toInstant();
        Duration wait = Duration.ofSeconds(Math.min(1L << before, 900));
        clock.forward(wait.minusMillis(500));
        return wait;
    }

    /** And make nobody wait who has the key: whoever is on the bus could else keep the owner from ever lifting. */
    @Test
    void wrongKeysMakeTheNextWrongOneWaitAndNotTheOwner() throws Exception {
        for (int i = 0; i < 14; i++) {
            clock.forward(Duration.ofMinutes(15).plusSeconds(1));
            String nonce = factors.beginLift().nonce();
            assertEquals(FailedReason.DENIED, denied(nonce, StepUpKey.make().signLift(nonce), screen.code()));
            Duration _ = awaitAlmost("attempts-secret", i);
            factors = new Factors(folder, screen, owner, clock);
            String early = factors.beginLift().nonce();
            assertEquals(FailedReason.LATER, denied(early, StepUpKey.make().signLift(early), screen.code()));
        }
        assertFalse(Files.exists(folder.resolve("attempts")));
        String nonce = factors.beginLift().nonce();
        assertEquals(
                FailedReason.LATER, denied(nonce, "", screen.code()), "on the owner's own nonce, which stays open");
        assertTrue(factors.judge(nonce, key.signLift(nonce), screen.code()).holds());
        assertFalse(Files.exists(folder.resolve("attempts-secret")));
    }

    @Test
    void whatNamesNoOpenTryCountsForNothing() throws Exception {
        String nonce = factors.beginLift().nonce();
        String stepUp = factors.beginStepUp();
        StepUpKey next = StepUpKey.make();
        for (int i = 0; i < 100; i++) {
            assertEquals(FailedReason.REFUSED, denied("garbage " + i, "", "000 000"));
            Optional<String> garbage = Optional.of("garbage " + i);
            assertEquals(
                    FailedReason.REFUSED,
                    assertThrows(DeniedException.class, () -> factors.keep(next.publicKey(), garbage, garbage))
                            .reason());
        }
        try (var files = Files.list(folder)) {
            assertEquals(
                    List.of("step-up"),
                    files.map(file -> file.getFileName().toString()).toList());
        }
        assertTrue(factors.judge(nonce, key.signLift(nonce), screen.code()).holds());
        factors.keep(next.publicKey(), Optional.of(stepUp), Optional.of(key.signStepUp(stepUp, next.publicKey())));
    }

    /** Neither of the same kind nor of the other. */
    @Test
    void whoBeginsTakesNobodysTry() throws Exception {
        String nonce = factors.beginLift().nonce();
        String code = screen.code();
        String stepUp = factors.beginStepUp();
        for (int i = 0; i < 100; i++) {
            assertEquals(nonce, factors.beginLift().nonce());
            assertEquals(stepUp, factors.beginStepUp());
        }
        assertEquals(1, screen.times, "and the console is not filled");
        clock.forward(Duration.ofSeconds(31));
        assertEquals(nonce, factors.beginLift().nonce());
        assertEquals(2, screen.times, "it may have left the screen");
        assertEquals(code, screen.code());
        assertTrue(factors.judge(nonce, key.signLift(nonce), code).holds());
        assertNotEquals(nonce, factors.beginLift().nonce());
        factors.keep(key.publicKey(), Optional.of(stepUp), Optional.of(key.signStepUp(stepUp, key.publicKey())));
    }

    @Test
    void aTryIsHandedOutForFiveMinutesAtTheMost() throws Exception {
        String nonce = factors.beginLift().nonce();
        for (int i = 0; i < 5; i++) {
            clock.forward(Duration.ofSeconds(59));
            assertEquals(nonce, factors.beginLift().nonce());
        }
        clock.forward(Duration.ofSeconds(6));
        assertEquals(FailedReason.REFUSED, denied(nonce, key.signLift(nonce), screen.code()));
        String next = factors.beginLift().nonce();
        assertNotEquals(nonce, next);
        assertTrue(factors.judge(next, key.signLift(next), screen.code()).holds());
    }

    @Test
    void aConsoleThatHangsHoldsNobodyUpWhoHasBegun() throws Exception {
        String nonce = factors.beginLift().nonce();
        String code = screen.code();
        CountDownLatch hangs = new CountDownLatch(1);
        CountDownLatch goesOn = new CountDownLatch(1);
        screen.before = () -> {
            hangs.countDown();
            await(goesOn);
        };
        clock.forward(Duration.ofSeconds(31));
        Thread other = Thread.ofVirtual().start(() -> assertDoesNotThrow(factors::beginLift));
        await(hangs);
        assertTimeoutPreemptively(Duration.ofSeconds(30), () -> {
            assertTrue(factors.judge(nonce, key.signLift(nonce), code).holds());
            assertFalse(factors.beginStepUp().isEmpty());
        });
        goesOn.countDown();
        other.join();
    }

    private static void await(CountDownLatch latch) {
        try {
            assertTrue(latch.await(60, TimeUnit.SECONDS));
        } catch (InterruptedException e) {
            throw new AssertionError(e);
        }
    }

    /** Root at a terminal waits for no one on the bus, and the other way round. */
    @Test
    void atATerminalTriesAreCountedApart() throws Exception {
        String nonce = factors.beginLift().nonce();
        assertEquals(FailedReason.DENIED, denied(nonce, "", ""));
        assertEquals(FailedReason.DENIED, denied(nonce, key.signLift(nonce), wrongCode()));
        assertTrue(factors.judgeAtTerminal(key.text()).holds());
        assertTrue(Files.exists(folder.resolve("attempts")), "what was guessed on the bus stays counted");
        String other = StepUpKey.make().text();
        assertEquals(FailedReason.DENIED, deniedAtTerminal(other));
        assertEquals(FailedReason.LATER, deniedAtTerminal(key.text()));
        clock.forward(Duration.ofHours(1));
        assertEquals(FailedReason.DENIED, deniedAtTerminal(other));
        String next = factors.beginLift().nonce();
        assertTrue(factors.judge(next, key.signLift(next), screen.code()).holds());
    }

    private FailedReason deniedAtTerminal(String secret) {
        return assertThrows(DeniedException.class, () -> factors.judgeAtTerminal(secret))
                .reason();
    }

    @Test
    void aBrokenCountIsTheGreatestOne() throws Exception {
        Files.writeString(folder.resolve("attempts"), "none of your business");
        clock.now = Instant.now();
        String nonce = factors.beginLift().nonce();
        assertEquals(FailedReason.LATER, denied(nonce, key.signLift(nonce), screen.code()));
    }

    @Test
    void onlyTheOldKeyNamesTheNextOne() throws Exception {
        StepUpKey next = StepUpKey.make();
        assertThrows(DeniedException.class, () -> factors.keep(next.publicKey(), Optional.empty(), Optional.empty()));
        clock.forward(Duration.ofHours(1));
        String nonce = factors.beginStepUp();
        factors.keep(next.publicKey(), Optional.of(nonce), Optional.of(key.signStepUp(nonce, next.publicKey())));
        String lift = factors.beginLift().nonce();
        assertEquals(FailedReason.DENIED, denied(lift, key.signLift(lift), screen.code()));
        clock.forward(Duration.ofHours(1));
        String again = factors.beginLift().nonce();
        assertTrue(factors.judge(again, next.signLift(again), screen.code()).holds());
    }

    @Test
    void theKeyIsForItsOwnerAloneAndItsTextComesBack() throws Exception {
        assertEquals(
                "rw-------", PosixFilePermissions.toString(Files.getPosixFilePermissions(folder.resolve("step-up"))));
        assertEquals(
                key.publicKey(), Files.readString(folder.resolve("step-up")).strip());
        assertEquals(key.publicKey(), StepUpKey.read(key.text()).orElseThrow().publicKey());
        for (String bad :
                new String[] {"", "omni-step-up-", key.text() + "A", key.text().substring(1), "omni-step-up-*"}) {
            assertTrue(StepUpKey.read(bad).isEmpty(), bad);
        }
        DeniedException thrown =
                assertThrows(DeniedException.class, () -> factors.keep("AAAA", Optional.empty(), Optional.empty()));
        assertEquals(FailedReason.INVALID, thrown.reason());
    }

    @Test
    void withoutAKeyNothingIsBegun() {
        String line = OfflineMain.line(Path.of("/home/anna's/.omni"), Path.of("/run/omni"));
        assertEquals("OMNI_HOME='/home/anna'\\''s/.omni' OMNI_RUN='/run/omni' omni airgap lift --offline", line);
        Factors none = new Factors(folder.resolve("none"), screen, owner, clock, line);
        DeniedException denied = assertThrows(DeniedException.class, none::beginLift);
        assertEquals(FailedReason.DENIED, denied.reason());
        assertTrue(denied.getMessage().endsWith(" " + line), denied.getMessage());
    }

    /** Who has closed without a key: root at the box, who could take Omni apart anyway, is the way out; and nobody else. */
    @Test
    void whereNoKeyWasEverMadeRootAtATerminalLiftsAndAnotherKeyDoesNotWhereOneWas() throws Exception {
        Factors keyless = new Factors(folder.resolve("keyless"), screen, owner, clock);
        assertTrue(keyless.judgeAtTerminal("any word").how().contains("no step-up key was kept"));
        assertThrows(
                DeniedException.class,
                () -> factors.judgeAtTerminal(StepUpKey.make().text()));
    }

    private void accept() throws AirgapException {
        String nonce = factors.beginStepUp();
        factors.acceptPassword(
                owner.permit(StepUpKey.ACCEPT_SESSION), nonce, key.signStepUp(nonce, StepUpKey.PASSWORD), () -> {});
    }

    private void refuse() throws AirgapException {
        String nonce = factors.beginStepUp();
        factors.refusePassword(nonce, key.signStepUp(nonce, StepUpKey.NO_PASSWORD));
    }

    /** A vault may take its time: what was done meanwhile is not undone by its answer. */
    @Test
    void whatChangesWhileTheVaultIsAskedIsNotOvertaken() throws Exception {
        String nonce = factors.beginStepUp();
        String signature = key.signStepUp(nonce, StepUpKey.PASSWORD);
        String permit = owner.permit(StepUpKey.ACCEPT_SESSION);
        assertThrows(
                AirgapException.class,
                () -> factors.acceptPassword(permit, nonce, signature, () -> {
                    throw new AirgapException("It was closed meanwhile.");
                }));
        assertFalse(factors.takesPassword());
        accept();
        String later = factors.beginStepUp();
        String again = key.signStepUp(later, StepUpKey.PASSWORD);
        String next = owner.permit(StepUpKey.ACCEPT_SESSION);
        assertThrows(DeniedException.class, () -> factors.acceptPassword(next, later, again, this::refuse));
        assertFalse(factors.takesPassword());
    }

    private FailedReason deniedPermit(String nonce, String permit, String code) {
        return assertThrows(DeniedException.class, () -> factors.judgePermit(nonce, permit, code))
                .reason();
    }

    @Test
    void thePasswordOfTheVaultDoesInstead() throws Exception {
        accept();
        String nonce = factors.beginLift().nonce();
        Grant grant = factors.judgePermit(nonce, owner.permit(StepUpKey.LIFT_SESSION + nonce), screen.code());
        assertTrue(grant.holds());
        assertTrue(grant.how().contains("password"), grant.how());
    }

    /** Whoever has the key lifts meanwhile; and who has the password, of whom the vault tells then, finds the try to be over. */
    @Test
    void aVaultThatHangsHoldsNobodyElseUp() throws Exception {
        accept();
        CountDownLatch hangs = new CountDownLatch(1);
        CountDownLatch goesOn = new CountDownLatch(1);
        Factors slow = new Factors(
                folder,
                screen,
                (permit, session) -> {
                    hangs.countDown();
                    await(goesOn);
                    return owner.redeem(permit, session);
                },
                clock);
        String nonce = slow.beginLift().nonce();
        String permit = owner.permit(StepUpKey.LIFT_SESSION + nonce);
        String code = screen.code();
        var asking = new FutureTask<>(() -> slow.judgePermit(nonce, permit, code));
        Thread.ofVirtual().start(asking);
        await(hangs);
        assertTimeoutPreemptively(Duration.ofSeconds(30), () -> {
            assertFalse(slow.beginStepUp().isEmpty());
            assertEquals(nonce, slow.beginLift().nonce());
            assertTrue(slow.judge(nonce, key.signLift(nonce), code).holds());
        });
        goesOn.countDown();
        var over = assertThrows(ExecutionException.class, asking::get).getCause();
        assertEquals(
                FailedReason.REFUSED,
                assertInstanceOf(DeniedException.class, over).reason());

        String next = slow.beginLift().nonce(); // the control
        String right = owner.permit(StepUpKey.LIFT_SESSION + next);
        assertTrue(slow.judgePermit(next, right, screen.code()).holds());
    }

    @Test
    void whatIsNotThePasswordForThisTryIsDenied() throws Exception {
        String early = factors.beginLift().nonce();
        String unasked = owner.permit(StepUpKey.LIFT_SESSION + early);
        assertEquals(FailedReason.REFUSED, deniedPermit(early, unasked, screen.code()), "before it is accepted");
        assertFalse(Files.exists(folder.resolve("attempts")), "and no wrong try, for it was no secret");
        clock.forward(Duration.ofHours(1));
        accept();
        String nonce = factors.beginLift().nonce();
        String old = owner.permit(StepUpKey.LIFT_SESSION + early);
        assertEquals(FailedReason.DENIED, deniedPermit(nonce, old, screen.code()), "for another try");
        clock.forward(Duration.ofHours(1));
        nonce = factors.beginLift().nonce();
        String right = owner.permit(StepUpKey.LIFT_SESSION + nonce);
        assertEquals(FailedReason.DENIED, deniedPermit(nonce, right, ""), "without the code");
        clock.forward(Duration.ofHours(1));
        owner.name = "another vault in its place";
        nonce = factors.beginLift().nonce();
        right = owner.permit(StepUpKey.LIFT_SESSION + nonce);
        assertEquals(FailedReason.DENIED, deniedPermit(nonce, right, screen.code()), "another vault");
    }

    @Test
    void theKeyMustSignThatThePasswordDoes() throws Exception {
        String nonce = factors.beginStepUp();
        String permit = owner.permit(StepUpKey.ACCEPT_SESSION);
        String wrong = StepUpKey.make().signStepUp(nonce, StepUpKey.PASSWORD);
        assertThrows(DeniedException.class, () -> factors.acceptPassword(permit, nonce, wrong, () -> {}));
        assertFalse(factors.takesPassword());
        clock.forward(Duration.ofHours(1));
        String again = factors.beginStepUp();
        String right = key.signStepUp(again, StepUpKey.PASSWORD);
        assertThrows(DeniedException.class, () -> factors.acceptPassword("wrong", again, right, () -> {}));
        assertFalse(factors.takesPassword());
    }

    /** Or where Omni does not run there would be no secret to ask for. */
    @Test
    void withoutAKeyNoPasswordIsTaken() throws Exception {
        Files.createDirectory(folder.resolve("keyless"));
        Factors keyless = new Factors(folder.resolve("keyless"), screen, owner, clock);
        String permit = owner.permit(StepUpKey.ACCEPT_SESSION);
        String nonce = keyless.beginStepUp();
        String signature = key.signStepUp(nonce, StepUpKey.PASSWORD);
        assertEquals(
                FailedReason.REFUSED,
                assertThrows(DeniedException.class, () -> keyless.acceptPassword(permit, nonce, signature, () -> {}))
                        .reason());
        assertFalse(keyless.takesPassword());
        assertThrows(DeniedException.class, keyless::beginLift);
    }

    @Test
    void thePasswordIsTakenBackByTheKey() throws Exception {
        accept();
        String wrong = factors.beginStepUp();
        String other = key.signStepUp(wrong, StepUpKey.PASSWORD);
        assertThrows(DeniedException.class, () -> factors.refusePassword(wrong, other));
        assertTrue(factors.takesPassword());
        clock.forward(Duration.ofHours(1));
        String nonce = factors.beginStepUp();
        factors.refusePassword(nonce, key.signStepUp(nonce, StepUpKey.NO_PASSWORD));
        assertFalse(factors.takesPassword());
        String lift = factors.beginLift().nonce();
        assertEquals(
                FailedReason.REFUSED, deniedPermit(lift, owner.permit(StepUpKey.LIFT_SESSION + lift), screen.code()));
        assertEquals(
                FailedReason.REFUSED,
                assertThrows(DeniedException.class, () -> factors.refusePassword("", ""))
                        .reason());
    }

    @Test
    void aVaultThatCannotBeAskedIsNoWrongTry() throws Exception {
        accept();
        Factors deaf = new Factors(
                folder,
                screen,
                (permit, session) -> {
                    throw new AirgapException("The vault does not answer.");
                },
                clock);
        String nonce = deaf.beginLift().nonce();
        assertFalse(
                assertThrows(AirgapException.class, () -> deaf.judgePermit(nonce, "any", screen.code()))
                        instanceof DeniedException);
        assertFalse(Files.exists(folder.resolve("attempts")));
    }
}
