package omni.airgap;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.time.Clock;
import java.time.Duration;
import java.time.Instant;
import java.time.ZoneId;
import java.time.ZoneOffset;
import java.util.Optional;
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

        @Override
        public String show(String text) {
            shown = text;
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
        String wrong = screen.code().startsWith("1") ? "234567" : "123456";
        assertEquals(FailedReason.DENIED, denied(nonce, key.signLift(nonce), wrong));
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
        assertEquals(FailedReason.DENIED, denied(nonce, key.signLift(nonce), code));
        clock.forward(Duration.ofHours(1));
        String next = factors.beginLift().nonce();
        factors.judge(next, key.signLift(next), screen.code());
        String used = screen.code();
        assertEquals(FailedReason.DENIED, denied(next, key.signLift(next), used));
    }

    @Test
    void aSignatureForSomethingElseIsNone() throws Exception {
        String nonce = factors.beginLift().nonce();
        assertEquals(FailedReason.DENIED, denied(nonce, key.signStepUp(nonce, key.publicKey()), screen.code()));
        clock.forward(Duration.ofHours(1));
        String stepUp = factors.beginStepUp(); // shows no code, so it lifts nothing
        assertEquals(FailedReason.DENIED, denied(stepUp, key.signLift(stepUp), ""));
    }

    @Test
    void wrongTriesMakeTheNextOneWaitAlsoAfterARestart() throws Exception {
        Duration wait = Duration.ZERO;
        for (int i = 0; i < 14; i++) {
            clock.forward(Duration.ofMinutes(15).plusSeconds(1));
            Files.deleteIfExists(folder.resolve("unrelated"));
            String nonce = factors.beginLift().nonce();
            assertEquals(FailedReason.DENIED, denied(nonce, "", ""), "try " + i);
            clock.now = Files.getLastModifiedTime(folder.resolve("attempts")).toInstant();
            wait = Duration.ofSeconds(Math.min(1L << i, 900));
            clock.forward(wait.minusMillis(500));
            factors = new Factors(folder, screen, owner, clock); // as after a kill
            String early = factors.beginLift().nonce();
            assertEquals(FailedReason.LATER, denied(early, key.signLift(early), screen.code()), "after try " + i);
        }
        assertEquals(Duration.ofMinutes(15), wait);
        clock.forward(Duration.ofSeconds(1));
        String nonce = factors.beginLift().nonce();
        assertTrue(factors.judge(nonce, key.signLift(nonce), screen.code()).holds());
        assertFalse(Files.exists(folder.resolve("attempts")));
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
        Factors none = new Factors(folder.resolve("none"), screen, owner, clock);
        assertEquals(
                FailedReason.DENIED,
                assertThrows(DeniedException.class, none::beginLift).reason());
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
                owner.permit(StepUpKey.ACCEPT_SESSION), nonce, key.signStepUp(nonce, StepUpKey.PASSWORD));
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
        assertThrows(DeniedException.class, () -> factors.acceptPassword(permit, nonce, wrong));
        assertFalse(factors.takesPassword());
        clock.forward(Duration.ofHours(1));
        String again = factors.beginStepUp();
        String right = key.signStepUp(again, StepUpKey.PASSWORD);
        assertThrows(DeniedException.class, () -> factors.acceptPassword("wrong", again, right));
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
                assertThrows(DeniedException.class, () -> keyless.acceptPassword(permit, nonce, signature))
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
