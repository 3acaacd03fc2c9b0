package omni.tpm;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.time.Duration;
import java.util.Arrays;
import java.util.OptionalLong;
import omni.swtpm.Swtpm;
import omni.tpm.TpmException.Reason;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.function.Executable;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** What a TPM does, by swtpm. */
final class TpmBoxTest {
    private static final int HANDLE = 0x01812340;
    private static final byte[] AUTH = bytes("an authorization of 32 bytes, ok");
    private static final byte[] WRONG = bytes("not that authorization, but some");
    private static final byte[] SECRET = bytes("this is the secret in the TPM :)");

    @TempDir
    Path state;

    @BeforeEach
    void assertShape() {
        assertEquals(Tpm.SECRET_BYTES, SECRET.length);
        assertEquals(AUTH.length, WRONG.length);
    }

    private static byte[] bytes(String text) {
        return text.getBytes(StandardCharsets.US_ASCII);
    }

    private static Reason reason(Tpm tpm, byte[] auth) {
        return assertThrows(TpmException.class, () -> tpm.secret(HANDLE, auth)).reason();
    }

    @Test
    void aSecretComesOutForItsAuthorizationAlone() throws Exception {
        byte[] key;
        try (Swtpm swtpm = Swtpm.socket(state);
                Tpm tpm = Tpm.open(swtpm.path())) {
            assertEquals(Reason.MISSING, reason(tpm, AUTH));
            tpm.keep(HANDLE, AUTH, SECRET);
            assertArrayEquals(SECRET, tpm.secret(HANDLE, AUTH));
            assertEquals(Reason.DENIED, reason(tpm, WRONG));
            byte[] endsWithZero = AUTH.clone();
            endsWithZero[AUTH.length - 1] = 0;
            tpm.keep(HANDLE, endsWithZero, SECRET);
            assertArrayEquals(SECRET, tpm.secret(HANDLE, endsWithZero));
            assertEquals(Reason.DENIED, reason(tpm, AUTH));
            key = tpm.key();
        }
        try (Swtpm swtpm = Swtpm.socket(state);
                Tpm tpm = Tpm.open(swtpm.path())) {
            assertArrayEquals(key, tpm.key(), "the same TPM after it was off");
            tpm.forget(HANDLE);
            tpm.forget(HANDLE);
            assertEquals(Reason.MISSING, reason(tpm, AUTH));
        }
    }

    @Test
    void wrongOnesLockItAndTheCounterCountsOn() throws Exception {
        try (Swtpm swtpm = Swtpm.socket(state);
                Tpm tpm = Tpm.open(swtpm.path())) {
            tpm.keep(HANDLE, AUTH, SECRET);
            int wrong = 0;
            while (reason(tpm, WRONG) == Reason.DENIED) {
                wrong++;
                assertTrue(wrong < 40, "it takes as many as are given");
            }
            assertTrue(wrong >= 2, "locked after " + wrong);
            assertEquals(Reason.LOCKED, reason(tpm, AUTH), "the right one, too");
            assertTrue(tpm.increment(HANDLE + 1) > 0);
        }
    }

    @TempDir
    Path otherState;

    /** What a file keeps of a sealed secret is of no use with another TPM, nor once it was changed. */
    @Test
    void whatIsSealedOpensWithTheSameTpmAlone() throws Exception {
        byte[] sealed;
        try (Swtpm swtpm = Swtpm.socket(state);
                Tpm tpm = Tpm.open(swtpm.path())) {
            sealed = tpm.seal(SECRET);
            assertTrue(sealed.length <= Tpm.SEALED_BYTES_MAX, "" + sealed.length);
            assertArrayEquals(SECRET, tpm.unseal(sealed));
            for (int at = 0; at < sealed.length; at++) {
                byte[] changed = sealed.clone();
                changed[at] ^= 1;
                assertThrows(TpmException.class, () -> tpm.unseal(changed), "byte " + at);
            }
            for (byte[] none : new byte[][] {{}, {0, 1}, new byte[Tpm.SEALED_BYTES_MAX + 1]}) {
                assertEquals(
                        Reason.REFUSED,
                        assertThrows(TpmException.class, () -> tpm.unseal(none)).reason());
            }
            assertArrayEquals(SECRET, tpm.unseal(sealed), "nothing of those has stayed");
        }
        try (Swtpm swtpm = Swtpm.socket(state);
                Tpm tpm = Tpm.open(swtpm.path())) {
            assertArrayEquals(SECRET, tpm.unseal(sealed), "the same TPM after it was off");
        }
        try (Swtpm swtpm = Swtpm.socket(otherState);
                Tpm tpm = Tpm.open(swtpm.path())) {
            assertEquals(
                    Reason.REFUSED,
                    assertThrows(TpmException.class, () -> tpm.unseal(sealed)).reason());
        }
    }

    @Test
    void aCounterNeverGoesBack() throws Exception {
        try (Swtpm swtpm = Swtpm.socket(state);
                Tpm tpm = Tpm.open(swtpm.path())) {
            assertEquals(OptionalLong.empty(), tpm.count(HANDLE));
            long first = tpm.increment(HANDLE);
            assertEquals(OptionalLong.of(first), tpm.count(HANDLE));
            assertEquals(first + 1, tpm.increment(HANDLE));
            tpm.forget(HANDLE);
            assertEquals(OptionalLong.empty(), tpm.count(HANDLE));
            assertTrue(tpm.increment(HANDLE) > first + 1, "made anew it is ahead of what it was");
        }
    }

    /** A hundred commands leave nothing behind in a TPM that has place for three objects and three sessions. */
    @Test
    void nothingOfACommandStays() throws Exception {
        try (Swtpm swtpm = Swtpm.socket(state)) {
            for (int i = 0; i < 10; i++) {
                try (Tpm tpm = Tpm.open(swtpm.path())) {
                    assertEquals(Reason.MISSING, reason(tpm, AUTH));
                    tpm.increment(HANDLE + 1);
                }
            }
        }
    }

    @Test
    void aCharacterDeviceDoesAsWell() throws Exception {
        try (Swtpm swtpm = Swtpm.device(state);
                Tpm tpm = Tpm.open(swtpm.path())) {
            tpm.keep(HANDLE, AUTH, SECRET);
            assertArrayEquals(SECRET, tpm.secret(HANDLE, AUTH));
        }
    }

    /** Stopped it takes commands and answers none; the way to it ends in time, and another one works when it goes on. */
    @ParameterizedTest
    @ValueSource(booleans = {false, true})
    void oneThatHangsHoldsNobody(boolean device) throws Exception {
        try (Swtpm swtpm = device ? Swtpm.device(state) : Swtpm.socket(state)) {
            try (Tpm tpm = Tpm.open(swtpm.path())) {
                tpm.keep(HANDLE, AUTH, SECRET);
            }
            assertSilent(() -> {
                try (Tpm tpm = Tpm.open(swtpm.path(), Duration.ofSeconds(2))) {
                    assertArrayEquals(SECRET, tpm.secret(HANDLE, AUTH), "the control");
                    swtpm.hang();
                    assertSilent(() -> tpm.secret(HANDLE, AUTH));
                    assertSilent(() -> tpm.secret(HANDLE, AUTH));
                } // which cannot end what is in the TPM
            });
            assertSilent(() -> Tpm.open(swtpm.path(), Duration.ofMillis(200)));
            swtpm.goOn();
            if (!device) { // what a terminal has in it, the next one would read
                try (Tpm tpm = Tpm.open(swtpm.path())) {
                    assertArrayEquals(SECRET, tpm.secret(HANDLE, AUTH));
                }
            }
        }
    }

    private static void assertSilent(Executable call) {
        TpmException silent = assertThrows(TpmException.class, call);
        assertEquals(Reason.SILENT, silent.reason());
        assertTrue(silent.getMessage().contains("has not answered"), silent.getMessage());
    }

    /** Between the TPM and what asks it. */
    private static final class Bus implements TpmChannel {
        private final TpmChannel to;
        private final ByteArrayOutputStream seen = new ByteArrayOutputStream();
        private int command = -1;
        private int flipFromEnd = -1;

        Bus(TpmChannel to) {
            this.to = to;
        }

        @Override
        public ByteBuffer transmit(byte[] bytes) throws IOException {
            seen.writeBytes(bytes);
            ByteBuffer answer = to.transmit(bytes);
            seen.writeBytes(TpmBytes.take(answer.duplicate(), answer.remaining()));
            if (flipFromEnd >= 0 && ByteBuffer.wrap(bytes).getInt(6) == command) {
                answer.put(answer.limit() - 1 - flipFromEnd, (byte) ~answer.get(answer.limit() - 1 - flipFromEnd));
            }
            return answer;
        }

        boolean saw(byte[] what) {
            return seen.toString(StandardCharsets.ISO_8859_1).contains(new String(what, StandardCharsets.ISO_8859_1));
        }

        @Override
        public void close() throws IOException {
            to.close();
        }
    }

    @Test
    void whoListensOnTheBusLearnsNothingAndWhoChangesItIsFound() throws Exception {
        try (Swtpm swtpm = Swtpm.socket(state)) {
            Bus bus = new Bus(TpmChannel.open(swtpm.path()));
            try (Tpm tpm = Tpm.of(bus)) {
                tpm.keep(HANDLE, AUTH, SECRET);
                assertArrayEquals(SECRET, tpm.secret(HANDLE, AUTH));
                assertArrayEquals(SECRET, tpm.unseal(tpm.seal(SECRET)));
                assertTrue(bus.saw(Arrays.copyOf(tpm.key(), 32)), "the control: what is no secret is seen");
                assertFalse(bus.saw(SECRET));
                assertFalse(bus.saw(AUTH));
                bus.command = 0x14E; // TPM2_NV_Read
                bus.flipFromEnd = 80; // in what was read
                assertEquals(Reason.FAILED, reason(tpm, AUTH));
            }
        }
    }

    @Test
    void whatIsNoTpmIsToldSo() {
        assertEquals(
                Reason.FAILED,
                assertThrows(TpmException.class, () -> Tpm.open(state.resolve("none")))
                        .reason());
        assertEquals(
                Reason.FAILED,
                assertThrows(TpmException.class, () -> Tpm.open(Path.of("/dev/null")))
                        .reason());
    }
}
