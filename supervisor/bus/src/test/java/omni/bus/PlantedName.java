package omni.bus;

import static org.junit.jupiter.api.Assertions.assertEquals;

import java.net.InetAddress;
import org.junit.jupiter.api.Test;

/**
 * A test that asks the network for a name, for {@code reproducible-build/offline-suite --planted} alone, which must see it:
 * its own name keeps it out of every other run. It stands in the first module, where it costs least.
 */
class PlantedName {
    @Test
    void asksForAName() throws Exception {
        assertEquals("10.99.0.2", InetAddress.getAllByName("planted.omni.example")[0].getHostAddress());
    }
}
