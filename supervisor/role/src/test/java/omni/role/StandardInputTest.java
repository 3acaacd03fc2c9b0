package omni.role;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.nio.channels.ServerSocketChannel;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.OptionalInt;
import org.junit.jupiter.api.Test;

/** Which descriptor a socket has. Lending one is tested where that is a process's own, by HeldPortTest of omni.init. */
final class StandardInputTest {
    @Test
    void findsTheSocketOfAPortOfEitherFamily() throws Exception {
        for (String host : new String[] {"127.0.0.1", "::1", "0.0.0.0"}) {
            int port;
            try (ServerSocketChannel socket = ServerSocketChannel.open()) {
                socket.bind(new InetSocketAddress(InetAddress.getByName(host), 0));
                port = ((InetSocketAddress) socket.getLocalAddress()).getPort();
                int descriptor = StandardInput.socketOn(port).orElseThrow();
                assertTrue(target(descriptor).startsWith("socket:["), host);
            }
            assertEquals(OptionalInt.empty(), StandardInput.socketOn(port), host);
        }
    }

    /** This process's own standard input stays as it is: it is what the build talks through. */
    @Test
    void aDescriptorThatIsNoneIsNotLent() throws Exception {
        String before = target(0);
        assertThrows(
                IOException.class,
                () -> StandardInput.lend(StandardInput.DESCRIPTORS_MAX * 1000, () -> "never started"));
        assertEquals(before, target(0));
    }

    private static String target(int descriptor) throws IOException {
        return Files.readSymbolicLink(Path.of("/proc/self/fd", Integer.toString(descriptor)))
                .toString();
    }
}
