package omni.bench;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import omni.bus.BusClient;
import omni.bus.BusServer;

/**
 * A bus server with its client, and the baseline, in a folder of their own.
 *
 * @param folder holds the sockets
 * @param server serves omni.Bench
 * @param bus calls it
 * @param bench calls it with types
 * @param raw the baseline
 */
record BusRig(Path folder, BusServer server, BusClient bus, BenchProtocol.Client bench, RawEcho raw)
        implements AutoCloseable {

    /** Starts everything. */
    static BusRig start() {
        try {
            Path folder = Files.createTempDirectory("omni-bench");
            Path socket = folder.resolve("bench.sock");
            BusServer server = BusServer.at(socket)
                    .service(BenchProtocol.service(new BenchHandler()))
                    .start();
            BusClient bus = BusClient.to(socket);
            return new BusRig(
                    folder, server, bus, BenchProtocol.Client.of(bus), new RawEcho(folder.resolve("raw.sock")));
        } catch (IOException fault) {
            throw new UncheckedIOException("The sockets of the benchmark cannot be made", fault);
        }
    }

    @Override
    public void close() throws IOException {
        bus.close();
        server.close();
        raw.close();
        Files.deleteIfExists(folder.resolve("raw.sock"));
        Files.deleteIfExists(folder.resolve(".bind.lock"));
        Files.delete(folder);
    }
}
