package omni.vault;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Clock;
import java.time.InstantSource;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.TimeUnit;
import omni.bus.BusClient;
import omni.bus.BusServer;
import omni.bus.Credential;
import org.openjdk.jmh.annotations.Benchmark;
import org.openjdk.jmh.annotations.BenchmarkMode;
import org.openjdk.jmh.annotations.Fork;
import org.openjdk.jmh.annotations.Measurement;
import org.openjdk.jmh.annotations.Mode;
import org.openjdk.jmh.annotations.OutputTimeUnit;
import org.openjdk.jmh.annotations.Param;
import org.openjdk.jmh.annotations.Scope;
import org.openjdk.jmh.annotations.Setup;
import org.openjdk.jmh.annotations.State;
import org.openjdk.jmh.annotations.TearDown;
import org.openjdk.jmh.annotations.Warmup;

/**
 * From the data keys to an open vault, in a process that was sealed until then: once a process, as it is. Each leaves behind what
 * a lock leaves, a journal that is not emptied.
 */
@OutputTimeUnit(TimeUnit.MICROSECONDS)
@Fork(
        value = 1,
        jvmArgsAppend = {"--enable-native-access=ALL-UNNAMED", "-XX:+UseSerialGC", "-Xmn16m", "-Xmx128m"})
public class OpenBench {
    private static final int TURNS = 100;
    private static final int PLACES = 10_000;

    /** Called by JMH. */
    public OpenBench() {}

    /** The vault of that folder. */
    @State(Scope.Thread)
    public static class Sealed {
        /** Holds a folder for each way. */
        @Param("")
        public String folder = "";

        private Optional<OpenVault> open = Optional.empty();

        /** Called by JMH. */
        public Sealed() {}

        private Path folder() {
            return Path.of(folder, BenchSide.Way.VAULT.name());
        }

        /** What goes on while the keys are derived. */
        @Setup
        public void warmUp() throws IOException {
            WarmUp.run(folder());
        }

        private OpenVault open() throws VaultException {
            OpenVault vault = OpenVault.open(folder(), keys(), Clock.systemUTC());
            open = Optional.of(vault);
            vault.audit().add(AuditEvent.UNLOCKED, Map.of());
            return vault;
        }

        /** Writes something, and leaves it to the end of the process. */
        @TearDown
        public void lock() throws VaultException {
            BenchData data = new BenchData(2);
            for (int i = 0; i < TURNS; i++) {
                open.orElseThrow().conversations().create(Map.of(), data.turn(), Optional.empty());
            }
        }
    }

    /** The keys of {@link FakeKeys}, as the vault has them. */
    private static KeyRing keys() throws VaultException {
        List<Purpose> purposes = Arrays.asList(Purpose.values());
        SecretMemory memory = SecretMemory.of(purposes.size() * DataKeys.KEY_BYTES);
        ByteBuffer bytes = memory.buffer();
        try (FakeKeys keys = new FakeKeys("bench")) {
            purposes.forEach(purpose -> bytes.put(keys.bytes(purpose, 1)));
        }
        return new KeyRing(
                memory,
                purposes.stream().map(purpose -> new KeyRing.Name(purpose, 1)).toList());
    }

    /** Opens it, and writes down that it is open. */
    @Benchmark
    @BenchmarkMode(Mode.SingleShotTime)
    @Warmup(iterations = 0)
    @Measurement(iterations = 1)
    public Object open(Sealed vault) throws VaultException {
        return vault.open();
    }

    /** The daemon's side of the bus. */
    @State(Scope.Thread)
    public static class Bus {
        private final Credential root = Credential.root();
        private Optional<Rig> rig = Optional.empty();
        private List<BenchData.Place> places = List.of();
        private int next;

        /** Called by JMH. */
        public Bus() {}

        private record Rig(Path folder, OpenVault vault, BusServer server, BusClient bus) {}

        /** Serves what is open. */
        @Setup
        public void serve(Sealed sealed) throws IOException, VaultException {
            OpenVault vault = sealed.open();
            Path sockets = Files.createTempDirectory("ov");
            Path socket = sockets.resolve("vault.sock");
            BusServer server = BusServer.at(socket)
                    .knowing(root)
                    .service(RecordsProtocol.service(
                            new RecordsService(() -> vault, new Permits(InstantSource.system()))))
                    .start();
            rig = Optional.of(new Rig(sockets, vault, server, BusClient.to(socket, "daemon", root.forRole("daemon"))));
            try (BenchSide side = BenchSide.open(BenchSide.Way.VAULT, sealed.folder(), true)) {
                places = new BenchData(System.nanoTime()).places(side, PLACES);
            }
        }

        /** Ends it. */
        @TearDown
        public void end() throws IOException {
            Rig ending = rig.orElseThrow();
            ending.bus().close();
            ending.server().close();
            Files.deleteIfExists(ending.folder().resolve(".bind.lock"));
            Files.delete(ending.folder());
        }
    }

    /** Any item, as the daemon asks for it. */
    @Benchmark
    @BenchmarkMode(Mode.AverageTime)
    @Warmup(iterations = 2, time = 1)
    @Measurement(iterations = 2, time = 1)
    public RecordsProtocol.GetItemReply readOverBus(Bus bus) {
        BenchData.Place place = bus.places.get(bus.next++ % PLACES);
        return RecordsProtocol.Client.of(bus.rig.orElseThrow().bus())
                .getItem(new RecordsProtocol.GetItemParams(place.conversation(), place.item()));
    }
}
