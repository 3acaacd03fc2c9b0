package omni.init;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.net.InetAddress;
import java.net.ServerSocket;
import java.util.Optional;
import org.junit.jupiter.api.Test;

/** A busy port names its holder: here, this very process. */
final class PortHolderTest {
    @Test
    void namesTheProcessThatListens() throws Exception {
        int port;
        try (var socket = new ServerSocket(0, 1, InetAddress.getLoopbackAddress())) {
            port = socket.getLocalPort();
            assertFalse(PortHolder.isFree("127.0.0.1", port));
            String holder = PortHolder.find(port).orElseThrow();
            assertEquals("pid " + ProcessHandle.current().pid() + " (java)", holder);
        }
        assertTrue(PortHolder.isFree("127.0.0.1", port));
        assertEquals(Optional.empty(), PortHolder.find(port));
    }
}
