package omni.measure;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.net.URI;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Optional;
import java.util.Set;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class LoadTest {
    @TempDir
    Path proc;

    @Test
    void tellsOthersFromWhatIsMeasured() throws IOException {
        processors(0, 0, 0);
        process(10, 1, 100); // this program
        process(20, 1, 200); // the server
        process(21, 20, 300); // what it has started
        process(30, 1, 400); // somebody else
        var load = new Load(proc, Set.of(20L), 10);
        var before = load.now();
        // 100 ticks of each of two processors: 20 idle, 10 the host's; of 170 others have 60
        processors(170, 20, 10);
        process(10, 1, 110);
        process(20, 1, 230);
        process(21, 20, 340);
        process(22, 21, 30); // has begun meanwhile
        process(30, 1, 460);
        var share = load.since(before);
        assertEquals(new Load.Share(200, 60, 10), share);
        assertEquals(35.0, share.percent().orElse(0.0), 1e-9);
        assertEquals(new Load.Share(400, 120, 20), share.plus(share));
    }

    @Test
    void whereTheSystemDoesNotTellNothingIsKnown() throws IOException {
        var load = new Load(proc, Set.of(), 10);
        assertEquals(Optional.empty(), load.now());
        assertEquals(Optional.empty(), load.since(load.now()).percent());
        Files.writeString(proc.resolve("stat"), "cpu  1 2 3\n");
        assertEquals(Optional.empty(), load.now());
        Files.writeString(proc.resolve("stat"), "cpu  1 2 3 4 5 6 7 x\n");
        assertEquals(Optional.empty(), load.now());
    }

    @Test
    void fewTicksMoreOrLessAreNothing() {
        assertEquals(Optional.of(0.0), new Load.Share(100, -2, 1).percent());
    }

    @Test
    void findsWhoListens() throws IOException {
        var listeners = new Listeners(Path.of("/proc"));
        var here = ProcessHandle.current().pid();
        URI closed;
        try (var socket = new ServerSocket(0, 1, InetAddress.getLoopbackAddress())) {
            closed = URI.create("http://127.0.0.1:" + socket.getLocalPort());
            assertEquals(Set.of(here), listeners.at(closed));
        }
        assertTrue(listeners.at(closed).isEmpty());
        assertTrue(Listeners.isHere(URI.create("http://localhost:1")));
        assertTrue(!Listeners.isHere(URI.create("http://192.0.2.1:1")));
    }

    /** Writes the processors' times since the start: worked, idle, given to others by the host. */
    private void processors(long busy, long idle, long steal) throws IOException {
        Files.writeString(proc.resolve("stat"), "cpu  " + busy + " 0 0 " + idle + " 0 0 0 " + steal + " 0 0\ncpu0 0\n");
    }

    private void process(long process, long parent, long worked) throws IOException {
        var folder = Files.createDirectories(proc.resolve(String.valueOf(process)));
        var cells = "R " + parent + " 0 0 0 0 0 0 0 0 0 " + worked + " 0 0 0 20 0 1";
        Files.writeString(folder.resolve("stat"), process + " (a name) 1) " + cells + "\n");
    }
}
