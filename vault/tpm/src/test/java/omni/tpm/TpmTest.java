package omni.tpm;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.io.InterruptedIOException;
import java.nio.ByteBuffer;
import java.nio.channels.ByteChannel;
import java.nio.file.Path;
import java.time.Duration;
import java.util.Optional;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.locks.LockSupport;
import omni.tpm.TpmException.Reason;
import org.junit.jupiter.api.Test;

/** Of the TPM what needs none: which one is meant, and what its answers may be. */
final class TpmTest {
    /** Gives the same bytes again and again, and takes all. */
    private record Answers(ByteBuffer bytes) implements ByteChannel {
        @Override
        public int read(ByteBuffer into) {
            if (!bytes.hasRemaining()) {
                return -1;
            }
            into.put(bytes.get());
            return 1;
        }

        @Override
        public int write(ByteBuffer from) {
            int count = from.remaining();
            from.position(from.limit());
            return count;
        }

        @Override
        public boolean isOpen() {
            return true;
        }

        @Override
        public void close() {}
    }

    private static Reason reason(byte[] answer) {
        return assertThrows(
                        TpmException.class, () -> Tpm.of(new TpmChannel.Stream(new Answers(ByteBuffer.wrap(answer)))))
                .reason();
    }

    /** An answer that says it has so many bytes, and has. */
    private static byte[] sized(int says, int has) {
        return ByteBuffer.allocate(has).putShort((short) 0x8002).putInt(says).array();
    }

    @Test
    void noAnswerMakesMoreOfItThanARefusal() {
        for (byte[] answer : new byte[][] {
            {},
            sized(10, 9),
            sized(9, 20),
            sized(-1, 20),
            sized(TpmChannel.ANSWER_BYTES_MAX + 1, TpmChannel.ANSWER_BYTES_MAX + 1),
            sized(TpmChannel.ANSWER_BYTES_MAX, TpmChannel.ANSWER_BYTES_MAX),
            sized(10, 10),
            sized(20, 20)
        }) {
            assertEquals(Reason.FAILED, reason(answer), answer.length + " bytes");
        }
    }

    /** Takes every command and answers when it is let; its close ends the wait, as a socket's does. */
    private static final class Silent implements TpmChannel {
        private final CountDownLatch let = new CountDownLatch(1);
        private final AtomicInteger commands = new AtomicInteger();
        private final CountDownLatch closed = new CountDownLatch(1);

        @Override
        public ByteBuffer transmit(byte[] command) throws IOException {
            commands.incrementAndGet();
            try {
                let.await();
            } catch (InterruptedException e) {
                throw new InterruptedIOException();
            }
            return ByteBuffer.allocate(HEADER_BYTES);
        }

        @Override
        public void close() {
            closed.countDown();
            let.countDown();
        }
    }

    @Test
    void whatDoesNotAnswerInTimeIsLeftAloneAndClosed() throws Exception {
        Silent silent = new Silent();
        TpmChannel timed = TimedTpmChannel.open(() -> silent, Duration.ofMillis(50));
        TpmException late = assertThrows(TpmException.class, () -> timed.transmit(new byte[1]));
        assertEquals(Reason.SILENT, late.reason());
        assertTrue(late.getMessage().contains("has not answered within"), late.getMessage());
        silent.closed.await();
        assertThrows(TpmException.class, () -> timed.transmit(new byte[1]));
        assertEquals(1, silent.commands.get(), "it is asked nothing more");
        timed.close();
    }

    /** The control: what answers late, and in time, is heard. */
    @Test
    void whatAnswersInTimeIsHeard() throws Exception {
        Silent slow = new Silent();
        try (TpmChannel timed = TimedTpmChannel.open(() -> slow, Duration.ofMinutes(5))) {
            Thread.ofVirtual().start(() -> {
                while (slow.commands.get() == 0) {
                    Thread.onSpinWait();
                }
                slow.let.countDown();
            });
            assertEquals(TpmChannel.HEADER_BYTES, timed.transmit(new byte[1]).remaining());
        }
        slow.closed.await();
    }

    /** One time for all that is asked, so that many slow answers hold nobody either; and one that opens late is closed. */
    @Test
    void theTimeIsForAllOfItAndForTheOpening() throws Exception {
        Silent late = new Silent();
        CountDownLatch open = new CountDownLatch(1);
        assertThrows(
                TpmException.class,
                () -> TimedTpmChannel.open(
                        () -> {
                            open.await();
                            return late;
                        },
                        Duration.ofMillis(50)));
        open.countDown();
        late.closed.await();
        AtomicInteger answers = new AtomicInteger();
        TpmChannel slow = command -> {
            LockSupport.parkNanos(Duration.ofMillis(20).toNanos());
            answers.incrementAndGet();
            return ByteBuffer.allocate(TpmChannel.HEADER_BYTES);
        };
        TpmChannel timed = TimedTpmChannel.open(() -> slow, Duration.ofSeconds(1));
        assertThrows(TpmException.class, () -> {
            for (int i = 0; i < 1000; i++) {
                assertEquals(0, timed.transmit(new byte[1]).getInt(6));
            }
        });
        assertTrue(answers.get() < 100, "it had a second for all of them: " + answers);
    }

    @Test
    void theConfigurationNamesOneOrNone() throws TpmException {
        assertEquals(TpmDevice.NONE, TpmDevice.of("vault.tpm", "off"));
        assertEquals(
                Optional.of(Path.of("/dev/tpmrm7")),
                TpmDevice.of("vault.tpm", "/dev/tpmrm7").path());
        assertTrue(TpmDevice.of("vault.tpm", "auto").path().stream().allMatch(Path.of("/dev/tpmrm0")::equals));
        assertEquals(
                Reason.INVALID,
                assertThrows(TpmException.class, () -> TpmDevice.of("vault.tpm", "tpm0"))
                        .reason());
        assertEquals(
                Reason.ABSENT,
                assertThrows(TpmException.class, TpmDevice.NONE::open).reason());
    }
}
