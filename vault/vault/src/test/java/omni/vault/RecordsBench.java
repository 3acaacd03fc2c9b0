package omni.vault;

import java.io.IOException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.TimeUnit;
import java.util.stream.Stream;
import omni.vault.BenchSide.Way;
import org.openjdk.jmh.annotations.Benchmark;
import org.openjdk.jmh.annotations.BenchmarkMode;
import org.openjdk.jmh.annotations.Fork;
import org.openjdk.jmh.annotations.Level;
import org.openjdk.jmh.annotations.Measurement;
import org.openjdk.jmh.annotations.Mode;
import org.openjdk.jmh.annotations.OperationsPerInvocation;
import org.openjdk.jmh.annotations.OutputTimeUnit;
import org.openjdk.jmh.annotations.Param;
import org.openjdk.jmh.annotations.Scope;
import org.openjdk.jmh.annotations.Setup;
import org.openjdk.jmh.annotations.State;
import org.openjdk.jmh.annotations.TearDown;
import org.openjdk.jmh.annotations.Warmup;
import tools.jackson.databind.node.ObjectNode;

/** What the vault's records cost beside plain SQLite. {@link RecordsBenchMain} has the order and the table. */
@BenchmarkMode(Mode.AverageTime)
@OutputTimeUnit(TimeUnit.MICROSECONDS)
@Warmup(iterations = 2, time = 1)
@Measurement(iterations = 2, time = 1)
@Fork(
        value = 1,
        jvmArgsAppend = {"--enable-native-access=ALL-UNNAMED", "-XX:+UseSerialGC", "-Xmn16m", "-Xmx128m"})
public class RecordsBench {
    private static final int PLACES = 10_000;
    private static final int TURNS = 256;
    private static final int COLD_READS = 100;
    private static final int COLD_LISTS = 10;

    /** Called by JMH. */
    public RecordsBench() {}

    /** One database, and what is read from it and written to it. */
    @State(Scope.Thread)
    public static class Side {
        /** Holds a folder for each way. */
        @Param("")
        public String folder = "";

        /** Which of them. */
        @Param("")
        public String way = "";

        private final BenchData data = new BenchData(System.nanoTime());
        private final List<List<ObjectNode>> turns =
                Stream.generate(data::turn).limit(TURNS).toList();
        private List<BenchData.Place> places = List.of();
        private Optional<BenchSide> open = Optional.empty();
        private int next;

        /** Called by JMH. */
        public Side() {}

        /** Opens it, and chooses what to read. */
        @Setup
        public void open() throws VaultException {
            reopen();
            places = data.places(side(), PLACES);
        }

        private void reopen() throws VaultException {
            open = Optional.of(BenchSide.open(Way.valueOf(way), folder(), true));
        }

        private Path folder() {
            return Path.of(folder, way);
        }

        private BenchSide side() {
            return open.orElseThrow();
        }

        /** Closes it. */
        @TearDown
        public void close() throws VaultException {
            side().close();
        }

        private BenchData.Place place() {
            return places.get(next++ % PLACES);
        }

        private List<ObjectNode> turn() {
            return turns.get(next++ % TURNS);
        }

        private ObjectNode read() throws VaultException {
            BenchData.Place place = place();
            return side().item(place.conversation(), place.item());
        }

        private List<ObjectNode> list() throws VaultException {
            return side().items(place().conversation());
        }
    }

    /** A question and its answer, into any conversation; on the disk afterwards. */
    @Benchmark
    public void insertTurn(Side side) throws VaultException {
        side.side().add(side.place().conversation(), side.turn());
    }

    /** Twenty items, the most at once. */
    @Benchmark
    public void insertTwenty(Side side) throws VaultException {
        List<ObjectNode> items = new ArrayList<>();
        while (items.size() < ConversationItems.AT_ONCE_MAX) {
            items.addAll(side.turn());
        }
        side.side().add(side.place().conversation(), items);
    }

    /** Any item of all. */
    @Benchmark
    public ObjectNode read(Side side) throws VaultException {
        return side.read();
    }

    /** Lists any conversation: time of one item. */
    @Benchmark
    @OperationsPerInvocation(BenchData.ITEMS)
    public List<ObjectNode> list(Side side) throws VaultException {
        return side.list();
    }

    /** Every row of the table: nothing but pages. Time of the whole. */
    @Benchmark
    @BenchmarkMode(Mode.SingleShotTime)
    @Warmup(iterations = 1)
    @Measurement(iterations = 1)
    public long scan(Side side) throws VaultException {
        return side.side().look(sql -> sql.number("SELECT count(*) + sum(length(body)) FROM items"));
    }

    /** Its files out of the system's cache, and SQLite's own empty. */
    @State(Scope.Thread)
    public static class Cold {
        /** Called by JMH. */
        public Cold() {}

        /** Before each time. */
        @Setup(Level.Iteration)
        public void empty(Side side) throws IOException, VaultException {
            side.close();
            PageCache.drop(Records.file(side.folder()));
            side.reopen();
        }
    }

    /** As {@link #read}, from the disk. */
    @Benchmark
    @BenchmarkMode(Mode.SingleShotTime)
    @Warmup(iterations = 2)
    @Measurement(iterations = 3)
    @OperationsPerInvocation(COLD_READS)
    public long readCold(Side side, Cold cold) throws VaultException {
        long sum = 0;
        for (int i = 0; i < COLD_READS; i++) {
            sum += side.read().size();
        }
        return sum;
    }

    /** As {@link #list}, from the disk. */
    @Benchmark
    @BenchmarkMode(Mode.SingleShotTime)
    @Warmup(iterations = 2)
    @Measurement(iterations = 3)
    @OperationsPerInvocation(COLD_LISTS * BenchData.ITEMS)
    public long listCold(Side side, Cold cold) throws VaultException {
        long sum = 0;
        for (int i = 0; i < COLD_LISTS; i++) {
            sum += side.list().size();
        }
        return sum;
    }
}
