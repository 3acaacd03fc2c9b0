package omni.api;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.net.InetAddress;
import java.util.List;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

/** What daemon.listen says, and what each connection gets by it. */
final class ReachTest {
    @ParameterizedTest
    @CsvSource({
        "'',127.0.0.1,127.0.0.1,PLAIN",
        "'',::1,::1,PLAIN",
        "'',::ffff:127.0.0.1,127.9.9.9,PLAIN",
        "'',192.168.1.10,192.168.1.20,NONE",
        "'',127.0.0.1,192.168.1.20,NONE",
        "0.0.0.0,127.0.0.1,192.168.1.20,NONE",
        "0.0.0.0,127.0.0.1,127.0.0.1,PLAIN",
        "0.0.0.0,192.0.2.1,198.51.100.1,TLS",
        "::,2001:db8::1,2001:db8::2,TLS",
        "lan,127.0.0.1,127.0.0.1,PLAIN",
        "lan,192.168.1.10,192.168.1.20,TLS",
        "LAN,10.0.0.1,172.16.0.1,TLS",
        "lan,169.254.1.1,169.254.1.2,TLS",
        "lan,fe80::1,fe80::2,TLS",
        "lan,fd00::1,fc00::2,TLS",
        "lan,192.168.1.10,198.51.100.1,NONE",
        "lan,192.0.2.1,192.168.1.20,NONE",
        "lan,172.32.0.1,192.168.1.20,NONE",
        "lan,fe00::1,fd00::1,NONE",
        "lan,2001:db8::1,fd00::1,NONE",
        "192.168.1.10,192.168.1.10,198.51.100.1,TLS",
        "192.168.1.10,192.168.1.11,192.168.1.20,NONE",
        "fd00::1,fd00::1,fd00::2,TLS",
    })
    void aConnectionIsJudgedByBothItsEnds(String listen, String local, String remote, String way) {
        var reach = Reach.of(listen.isEmpty() ? List.of() : List.of(listen));
        assertEquals(!listen.isEmpty(), reach.beyondLoopback());
        assertEquals(Reach.Way.valueOf(way), reach.of(InetAddress.ofLiteral(local), InetAddress.ofLiteral(remote)));
    }

    @ParameterizedTest
    @ValueSource(
            strings = {"", "omni.local", "192.168.1", "192.168.1.256", "192.168.1.0/24", "127.0.0.1", "::1", "224.0.0.1"
            })
    void whatNobodyCanListenOnIsRefused(String word) {
        var refused = assertThrows(IllegalArgumentException.class, () -> Reach.of(List.of("lan", word)));
        assertTrue(String.valueOf(refused.getMessage()).startsWith("listen has "), refused.getMessage());
    }

    @Test
    void whatIsNamedAndNotThereIsKnown() {
        var reach = Reach.of(List.of("lan", "192.168.1.10", "192.0.2.1"));
        var here = Stream.of("127.0.0.1", "192.168.1.10")
                .map(InetAddress::ofLiteral)
                .toList();
        assertEquals(List.of(InetAddress.ofLiteral("192.0.2.1")), reach.missing(here));
        assertFalse(reach.includes(InetAddress.ofLiteral("127.0.0.1")));
    }
}
