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
import omni.bus.BusClient;
import omni.bus.BusServer;

/**
 * From the last byte of the bus request to the last frame that reaches the neighbour: eight links, a flood on each, and the
 * neighbour's kernel as the clock. Beside it, in turns, eight calls of {@code ip link set down}. Then the same with ten
 * thousand open connections, and the time until the last of them is dead. Run by {@code airgap/airgap/engage-bench}.
 */
final class EngageBench {
    private static final int LINKS = 8;
    private static final int SOCKETS = 10_000;
    private static final int SOCKET_ROUNDS = 10;
    private static final int SETTLE_MILLIS = 60;

    private EngageBench() {}

    public static void main(String[] args) throws Exception {
        int rounds = args.length > 0 ? Integer.parseInt(args[0]) : 100;
        double limitMillis = args.length > 1 ? Double.parseDouble(args[1]) : Double.MAX_VALUE;
        Path folder = Files.createTempDirectory("engage-bench");
        Files.createDirectories(folder.resolve("run"));
        Rehearsal.once();
        Rehearsal.often(folder.resolve("rehearsal"));
        double worst;
        try (Street street = new Street(LINKS);
                TestGap gap = TestGap.over(street, folder);
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
            Urgency.arrange(); // not before the floods were started: they are others' programs, and as urgent as those
            worst = compare("eight links under flood", rounds, street, gap, capture, folder);
            worst = Math.max(worst, withSockets("under flood", street, gap, capture, folder));
            floods.forEach(Process::destroyForcibly);
            withSockets("idle", street, gap, capture, folder);
        }
        if (worst > limitMillis) {
            System.out.printf(Locale.ROOT, "missed: %.2f ms is more than %.2f ms%n", worst, limitMillis);
            System.exit(1);
        }
    }

    private static BusServer serve(TestGap gap, Path folder) throws AirgapException {
        Factors factors = new Factors(folder, text -> "nowhere", Owner.NOBODY, Clock.systemUTC());
        return BusServer.at(folder.resolve("airgap.sock"))
                .service(AirgapProtocol.service(
                        new AirgapService(gap.gap(), factors, Optional.empty(), Optional.empty(), "bench", List.of())))
                .start();
    }

    private static double compare(String what, int rounds, Street street, TestGap gap, Capture capture, Path folder)
            throws Exception {
        List<Double> ours = new ArrayList<>();
        List<Double> theirs = new ArrayList<>();
        for (int i = 0; i < rounds; i++) {
            ours.add(engage(capture, folder));
            gap.lift();
            Tools.await("flood", () -> capture.count().frames() > 0);
            theirs.add(ipLink(street, capture));
            for (int j = 0; j < LINKS; j++) {
                street.inBox("ip", "link", "set", "eth" + j, "up");
            }
            Tools.await("flood", () -> capture.count().frames() > 0);
        }
        report(what + ", engage by the bus", ours);
        report(what + ", 8 x ip link set down", theirs);
        return percentile(ours, 0.99);
    }

    private static double withSockets(String what, Street street, TestGap gap, Capture capture, Path folder)
            throws Exception {
        List<Double> last = new ArrayList<>();
        List<Double> dead = new ArrayList<>();
        for (int i = 0; i < SOCKET_ROUNDS; i++) {
            Process serving = street.startInNeighbour(Tools.probe("many").toString(), "serve");
            serving.inputReader().readLine();
            Process connected = street.startInBox(Tools.probe("many").toString(), "connect", Integer.toString(SOCKETS));
            connected.inputReader().readLine();
            last.add(engage(capture, folder));
            dead.add(step(gap, "sockets"));
            connected.outputWriter().write("\n");
            connected.outputWriter().flush();
            if (Integer.parseInt(connected.inputReader().readLine()) != 0) {
                throw new AssertionError("connections are alive");
            }
            connected.destroyForcibly().waitFor();
            serving.destroyForcibly().waitFor();
            gap.lift();
        }
        report(SOCKETS + " connections, " + what + ": last frame", last);
        report(SOCKETS + " connections, " + what + ": all dead", dead);
        return percentile(last, 0.99);
    }

    private static double step(TestGap gap, String name) {
        return gap.gap().status().steps().stream()
                        .filter(step -> step.name().equals(name))
                        .mapToLong(Report.Step::micros)
                        .sum()
                / 1e3;
    }

    /** Milliseconds from just before the last byte is written to the last frame. */
    private static double engage(Capture capture, Path folder) throws IOException {
        byte[] request = "{\"method\":\"omni.Airgap.Engage\",\"parameters\":{\"cause\":\"bench\"}}\0"
                .getBytes(StandardCharsets.UTF_8);
        try (SocketChannel channel = SocketChannel.open(StandardProtocolFamily.UNIX)) {
            channel.connect(UnixDomainSocketAddress.of(folder.resolve("airgap.sock")));
            channel.write(ByteBuffer.wrap(request, 0, request.length - 1));
            Tools.pause(2);
            Instant start = Instant.now();
            channel.write(ByteBuffer.wrap(request, request.length - 1, 1));
            channel.read(ByteBuffer.allocate(1 << 16));
            return last(capture, start);
        }
    }

    private static double ipLink(Street street, Capture capture) {
        Instant start = Instant.now();
        for (int i = 0; i < LINKS; i++) {
            street.inBox("ip", "link", "set", "eth" + i, "down");
        }
        return last(capture, start);
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
