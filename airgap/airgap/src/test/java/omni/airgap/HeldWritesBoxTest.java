package omni.airgap;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.nio.file.Path;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.api.parallel.Execution;
import org.junit.jupiter.api.parallel.ExecutionMode;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

/**
 * What is written into a socket during a gap never arrives, in no frame of any kind. The controls: what the same kind writes
 * once the gap is lifted does arrive, and over a link that was merely down, or behind the tables alone, so do, of each kind that can
 * hold bytes, those that were written meanwhile. Raw and ping sockets and those of UDP that are not corked hold none. Of kinds whose
 * lift is refused that is what is claimed.
 */
class HeldWritesBoxTest {
    private static final int AFTERWARDS_MILLIS = 3000;

    @TempDir
    Path folder;

    /** {@code refused}: the kernel has no way to destroy it, and a lift waits for its holder's end. */
    @ParameterizedTest
    @Execution(ExecutionMode.CONCURRENT)
    @CsvSource({
        "tcp, false",
        "tcp6, false",
        "tcp-connecting, false",
        "tcp6-connecting, false",
        "mptcp, true",
        "mptcp6, true",
        "udp, false",
        "udp6, false",
        "udp-connected, false",
        "udp6-connected, false",
        "udp-corked, true",
        "udp-corked-to, true",
        "udp6-corked, true",
        "udp6-corked-to, true",
        "udplite, false",
        "udplite6, false",
        "raw, true",
        "raw6, true",
        "ping, true",
        "ping6, true",
        "packet, true",
        "xdp, true",
        "io_uring, true",
        "parked, true"
    })
    void whatIsWrittenInAGapNeverArrives(String kind, boolean refused) throws Exception {
        try (Street street = new Street(1);
                TestGap gap = TestGap.with(TestParser::obstacles, street, folder)) {
            street.keepAddresses(0);
            Process receiver = receiver(street);
            Process writer = writer(street, kind);
            assertEquals(State.GAP, gap.engage().state());
            write(writer);
            if (refused) {
                AirgapException thrown = assertThrows(AirgapException.class, gap::lift);
                assertTrue(thrown.getMessage().contains("pid " + writer.pid() + " "), thrown.getMessage());
                writer.destroyForcibly().waitFor();
                gap.lift();
            } else {
                gap.lift();
                tell(writer); // to push
            }
            Tools.pause(AFTERWARDS_MILLIS);
            assertEquals(0, secrets(receiver), kind);

            Process another = writer(street, kind.replace("-connecting", ""));
            write(another);
            tell(another);
            Tools.await(kind + " arrives now", () -> secrets(receiver) > 0);
        }
    }

    @ParameterizedTest
    @Execution(ExecutionMode.CONCURRENT)
    @ValueSource(strings = {"tcp", "tcp6", "mptcp", "mptcp6", "packet", "xdp", "io_uring", "parked"})
    void overALinkThatWasMerelyDownItArrives(String kind) throws Exception {
        try (Street street = new Street(1)) {
            street.keepAddresses(0);
            Process receiver = receiver(street);
            Process writer = writer(street, kind);
            street.inBox("ip", "link", "set", "eth0", "down");
            write(writer);
            assertEquals(0, secrets(receiver));
            street.inBox("ip", "link", "set", "eth0", "up");
            tell(writer);
            Tools.await(kind + " arrives", () -> secrets(receiver) > 0);
        }
    }

    /**
     * A corked datagram has its way from the beginning, and the kernel throws it away with that when its link goes down. Behind the
     * tables alone it is held until they are gone.
     */
    @ParameterizedTest
    @Execution(ExecutionMode.CONCURRENT)
    @ValueSource(strings = {"udp-corked", "udp-corked-to", "udp6-corked", "udp6-corked-to"})
    void behindTablesAloneItArrives(String kind) throws Exception {
        try (Street street = new Street(1);
                Ward ward = Ward.of(Namespace.open(street.file()))) {
            Process receiver = receiver(street);
            Process writer = writer(street, kind);
            ward.drop();
            write(writer);
            assertEquals(0, secrets(receiver));
            ward.removeTables();
            tell(writer);
            Tools.await(kind + " arrives", () -> secrets(receiver) > 0);
        }
    }

    private static Process receiver(Street street) throws Exception {
        Process receiver = street.startInNeighbour(Tools.probe("hold").toString(), "receive");
        assertEquals("ready", receiver.inputReader().readLine());
        return receiver;
    }

    private static Process writer(Street street, String kind) throws Exception {
        Process writer = street.startInBox(Tools.probe("hold").toString(), "write", kind);
        assertEquals("connected", writer.inputReader().readLine());
        return writer;
    }

    private static void write(Process writer) throws Exception {
        tell(writer);
        assertEquals("written", writer.inputReader().readLine());
    }

    private static void tell(Process writer) throws Exception {
        writer.outputWriter().write("now\n");
        writer.outputWriter().flush();
    }

    private static long secrets(Process receiver) {
        try {
            receiver.outputWriter().write("count\n");
            receiver.outputWriter().flush();
            return Long.parseLong(receiver.inputReader().readLine());
        } catch (java.io.IOException e) {
            throw new java.io.UncheckedIOException(e);
        }
    }
}
