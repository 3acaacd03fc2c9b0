package omni.airgap;

import java.io.IOException;
import java.net.StandardProtocolFamily;
import java.net.UnixDomainSocketAddress;
import java.nio.ByteBuffer;
import java.nio.channels.SocketChannel;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Clock;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Optional;
import java.util.concurrent.atomic.AtomicLong;
import omni.bus.BusClient;
import omni.bus.BusServer;

/**
 * From the last byte of the bus request to the last frame that reaches the neighbour: eight links, a flood on each, and the
 * neighbour's kernel as the clock. Beside it, in turns, eight calls of {@code ip link set down}. Then the same with ten
 * thousand open connections, and from the same byte to the confirmed end of the last of them. At last, how long a link is up
 * that the host brings up in a gap. Run by {@code airgap/airgap/engage-bench}.
 */
final class EngageBench {
    private static final int LINKS = 8;
    private static final int SOCKETS = 10_000;
    private static final int SETTLE_MILLIS = 60;
    private static final int RE_UPS = 1000;

    private static final int SOCKET_ROUNDS = 10;
    private static final double DEAD_LIMIT_MILLIS = 250;
    private static final double CORRECTED_LIMIT_MILLIS = 10;

    /** When the gap had last read back that no socket reaches out any more; of {@link System#nanoTime}. */
    private static final AtomicLong DEAD = new AtomicLong();

    private static final List<String> MISSED = new ArrayList<>();

    private EngageBench() {}

    public static void main(String[] args) throws Exception {
        int rounds = args.length > 0 ? Integer.parseInt(args[0]) : 100;
        double limitMillis = args.length > 1 ? Double.parseDouble(args[1]) : Double.MAX_VALUE;
        int socketRounds = args.length > 2 ? Integer.parseInt(args[2]) : SOCKET_ROUNDS;
        boolean resting = args.length > 3 && args[3].equals("resting");
        // In memory, as the folder is in which a gap is marked before its first step.
        Path folder = Files.createTempDirectory(Path.of("/dev/shm"), "engage-bench");
        Files.createDirectories(folder.resolve("run"));
        Rehearsal.once();
        Rehearsal.often(folder.resolve("rehearsal"));
        try (Street street = new Street(LINKS);
                TestGap gap = TestGap.over(street, folder, EngageBench::note);
                Capture capture = new Capture(street);
                BusServer _ = serve(gap, folder)) {
            try (BusClient client = BusClient.to(folder.resolve("airgap.sock"))) {
                Rehearsal.ask(client); // as the role does when it starts
            }
            List<Process> floods = new ArrayList<>();
            for (int i = 0; i < LINKS; i++) {
                Process flood = street.startInBox(Tools.probe("send").toString(), "flood", "eth" + i);
                flood.inputReader().readLine();
                floods.add(flood);
            }
            if (!resting) {
                Thread.ofPlatform()
                        .daemon()
                        .start(() -> Rehearsal.stayAwake(BusClient.to(folder.resolve("airgap.sock"))));
            }
            Urgency.arrange(); // not before the floods were started: they are others' programs, and as urgent as those
            compare(rounds, limitMillis, street, gap, capture, folder);
            withSockets(socketRounds, limitMillis, street, gap, capture, folder);
            for (Process flood : floods) {
                flood.destroyForcibly().waitFor();
            }
            idle(socketRounds, street, gap, capture, folder);
        }
        reUps(folder.resolve("re-ups"));
        MISSED.forEach(System.out::println);
        if (!MISSED.isEmpty()) {
            System.exit(1);
        }
    }

    private static void note(String point) {
        if (point.equals("sockets destroyed")) {
            DEAD.set(System.nanoTime());
        }
    }

    private static BusServer serve(TestGap gap, Path folder) throws AirgapException {
        Factors factors = new Factors(folder, text -> "nowhere", Owner.NOBODY, Clock.systemUTC());
        return BusServer.at(folder.resolve("airgap.sock"))
                .service(AirgapProtocol.service(new AirgapService(
                        gap.gap(),
                        factors,
                        Evidence.of(EvidenceChain.in(folder.resolve("evidence"), Clock.systemUTC())),
                        Optional.empty(),
                        "bench",
                        List.of())))
                .start();
    }

    private static void compare(int rounds, double limit, Street street, TestGap gap, Capture capture, Path folder)
            throws Exception {
        List<Double> ours = new ArrayList<>();
        List<Double> theirs = new ArrayList<>();
        for (int i = 0; i < rounds; i++) {
            ours.add(engage(capture, folder).lastFrame());
            gap.lift();
            Tools.await("flood", () -> capture.count().frames() > 0);
            theirs.add(ipLink(street, capture));
        }
        judge("eight links under flood, engage by the bus", ours, limit);
        report("eight links under flood, 8 x ip link set down", theirs);
    }

    private static void withSockets(int rounds, double limit, Street street, TestGap gap, Capture capture, Path folder)
            throws Exception {
        List<Double> last = new ArrayList<>();
        List<Double> theirs = new ArrayList<>();
        List<Double> dead = new ArrayList<>();
        for (int i = 0; i < rounds; i++) {
            try (Connections connections = new Connections(street)) {
                theirs.add(ipLink(street, capture));
                Engaged engaged = engage(capture, folder);
                last.add(engaged.lastFrame());
                dead.add(engaged.dead());
                connections.requireDead();
            }
            gap.lift();
            Tools.await("flood", () -> capture.count().frames() > 0);
        }
        judge(SOCKETS + " connections, under flood: last frame", last, limit);
        report(SOCKETS + " connections, 8 x ip link set down", theirs);
        judge(SOCKETS + " connections, under flood: all dead", dead, DEAD_LIMIT_MILLIS);
    }

    private static void idle(int rounds, Street street, TestGap gap, Capture capture, Path folder) throws Exception {
        List<Double> dead = new ArrayList<>();
        for (int i = 0; i < rounds; i++) {
            try (Connections connections = new Connections(street)) {
                dead.add(engage(capture, folder).dead());
                connections.requireDead();
            }
            gap.lift();
        }
        judge(SOCKETS + " connections, idle: all dead", dead, DEAD_LIMIT_MILLIS);
    }

    /** Connections to the neighbour, and who takes them there. */
    private static final class Connections implements AutoCloseable {
        private final Process serving;
        private final Process connected;

        Connections(Street street) throws IOException {
            serving = street.startInNeighbour(Tools.probe("many").toString(), "serve");
            serving.inputReader().readLine();
            connected = street.startInBox(Tools.probe("many").toString(), "connect", Integer.toString(SOCKETS));
            connected.inputReader().readLine();
        }

        void requireDead() throws IOException {
            connected.outputWriter().write("\n");
            connected.outputWriter().flush();
            if (Integer.parseInt(connected.inputReader().readLine()) != 0) {
                throw new AssertionError("connections are alive");
            }
        }

        @Override
        public void close() {
            connected.destroyForcibly().onExit().join();
            serving.destroyForcibly().onExit().join();
        }
    }

    /** With who sends at work, and no packet through. */
    private static void reUps(Path folder) throws Exception {
        try (Street street = new Street(1);
                TestGap gap = TestGap.over(street, folder);
                Capture capture = new Capture(street)) {
            street.keepAddresses(0);
            capture.awaitSilence();
            for (String kind : List.of("udp", "udp6")) {
                street.startInBox(Tools.probe("send").toString(), kind)
                        .inputReader()
                        .readLine();
            }
            capture.awaitFlow("udp", Capture.Ethertype.IP);
            capture.awaitFlow("udp6", Capture.Ethertype.IPV6);
            gap.engage();
            capture.count();
            judge(
                    "re-up by the host, corrected",
                    ReUps.corrected(street, RE_UPS).millis(),
                    CORRECTED_LIMIT_MILLIS);
            Capture.Count count = capture.count();
            System.out.printf(
                    Locale.ROOT,
                    "%-45s %4d frames, %d of IP%n",
                    "got out meanwhile",
                    count.frames(),
                    count.ip() + count.ipv6());
            if (count.ip() + count.ipv6() > 0) {
                MISSED.add("missed: packets got out while the host brought the link up");
            }
        }
    }

    /**
     * What came of a request, in milliseconds from just before its last byte was written.
     *
     * @param lastFrame to the last frame at the neighbour
     * @param dead until it was read back that no socket reaches out any more
     */
    private record Engaged(double lastFrame, double dead) {}

    private static Engaged engage(Capture capture, Path folder) throws IOException {
        byte[] request = "{\"method\":\"omni.Airgap.Engage\",\"parameters\":{\"cause\":\"bench\"}}\0"
                .getBytes(StandardCharsets.UTF_8);
        try (SocketChannel channel = SocketChannel.open(StandardProtocolFamily.UNIX)) {
            channel.connect(UnixDomainSocketAddress.of(folder.resolve("airgap.sock")));
            channel.write(ByteBuffer.wrap(request, 0, request.length - 1));
            Tools.pause(2);
            Instant start = Instant.now();
            long startNanos = System.nanoTime();
            channel.write(ByteBuffer.wrap(request, request.length - 1, 1));
            channel.read(ByteBuffer.allocate(1 << 16));
            return new Engaged(last(capture, start), (DEAD.get() - startNanos) / 1e6);
        }
    }

    /** The same by the usual tool, and all links up again. */
    private static double ipLink(Street street, Capture capture) {
        Instant start = Instant.now();
        for (int i = 0; i < LINKS; i++) {
            street.inBox("ip", "link", "set", "eth" + i, "down");
        }
        double millis = last(capture, start);
        for (int i = 0; i < LINKS; i++) {
            street.inBox("ip", "link", "set", "eth" + i, "up");
        }
        Tools.await("flood", () -> capture.count().frames() > 0);
        return millis;
    }

    private static double last(Capture capture, Instant start) {
        Tools.pause(SETTLE_MILLIS);
        long last = 0; // all that was on its way is looked at when nothing more is counted
        for (Capture.Count count = capture.count(); count.frames() > 0; count = capture.count()) {
            last = count.lastNanos();
        }
        long nanos = last - (start.getEpochSecond() * 1_000_000_000L + start.getNano());
        return Math.max(0, nanos / 1e6);
    }

    /** By the 99th percentile. */
    private static void judge(String what, List<Double> millis, double limit) {
        report(what, millis);
        if (percentile(millis, 0.99) > limit) {
            MISSED.add(String.format(
                    Locale.ROOT, "missed: %s: %.2f ms is more than %.2f ms", what, percentile(millis, 0.99), limit));
        }
    }

    private static void report(String what, List<Double> millis) {
        System.out.printf(
                Locale.ROOT,
                "%-45s %4d runs  median %7.2f ms  p99 %7.2f ms  max %7.2f ms%n",
                what,
                millis.size(),
                percentile(millis, 0.5),
                percentile(millis, 0.99),
                percentile(millis, 1));
    }

    private static double percentile(List<Double> values, double share) {
        List<Double> sorted = values.stream().sorted().toList();
        return sorted.get((int) Math.ceil(share * sorted.size()) - 1);
    }
}
