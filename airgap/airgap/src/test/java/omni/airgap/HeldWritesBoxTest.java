package omni.airgap;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.nio.file.Path;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/**
 * What is written into a socket during a gap never arrives. The control is the same connection over a link that was merely
 * down: there the bytes come when it is up again.
 */
class HeldWritesBoxTest {
    private static final int AFTERWARDS_MILLIS = 3000;

    @TempDir
    Path folder;

    @ParameterizedTest
    @ValueSource(strings = {"tcp", "tcp6", "udp-connected", "udp-corked", "tcp-connecting"})
    void whatIsWrittenInAGapNeverArrives(String kind) throws Exception {
        try (Street street = new Street(1);
                TestGap gap = TestGap.over(street, folder)) {
            Process receiver = receiver(street);
            Process writer = street.startInBox(Tools.probe("hold").toString(), "write", kind);
            assertEquals("connected", writer.inputReader().readLine());
            assertEquals(State.GAP, gap.engage().state());
            write(writer);
            gap.lift();
            Tools.pause(AFTERWARDS_MILLIS);
            assertEquals(0, secrets(receiver), kind);
        }
    }

    @Test
    void overALinkThatWasMerelyDownItArrives() throws Exception {
        try (Street street = new Street(1)) {
            Process receiver = receiver(street);
            Process writer = street.startInBox(Tools.probe("hold").toString(), "write", "tcp");
            assertEquals("connected", writer.inputReader().readLine());
            street.inBox("ip", "link", "set", "eth0", "down");
            write(writer);
            street.inBox("ip", "link", "set", "eth0", "up");
            Tools.pause(AFTERWARDS_MILLIS);
            assertTrue(secrets(receiver) > 0);
        }
    }

    private static Process receiver(Street street) throws Exception {
        Process receiver = street.startInNeighbour(Tools.probe("hold").toString(), "receive");
        assertEquals("ready", receiver.inputReader().readLine());
        return receiver;
    }

    private static void write(Process writer) throws Exception {
        writer.outputWriter().write("now\n");
        writer.outputWriter().flush();
        assertEquals("written", writer.inputReader().readLine());
    }

    private static long secrets(Process receiver) throws Exception {
        receiver.outputWriter().write("count\n");
        receiver.outputWriter().flush();
        return Long.parseLong(receiver.inputReader().readLine());
    }
}
