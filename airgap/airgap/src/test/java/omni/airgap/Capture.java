package omni.airgap;

import java.io.BufferedReader;
import java.io.BufferedWriter;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.util.List;
import java.util.Objects;

/** The neighbour's eyes: counts every frame of any ethertype that reaches it (src/test/c/capture.c). */
final class Capture implements AutoCloseable {
    private static final int SILENCE_MILLIS = 1000;
    private static final int FLOW_MILLIS = 500;
    private static final int FLOW_FRAMES = 20;

    private final Process process;
    private final BufferedReader answers;
    private final BufferedWriter questions;

    /** What a frame says that it carries. The kernel's own chatter is ARP and IPv6; nobody but the probes sends the last two. */
    enum Ethertype {
        IP,
        ARP,
        IPV6,
        /** That of the probe which sends by AF_XDP. */
        XDP,
        /** That of the probes which send by packet sockets, or any other. */
        OTHER
    }

    /** What came since it was last asked; {@code lastNanos} is the time of the last frame since 1970. */
    record Count(long frames, long ip, long arp, long ipv6, long xdp, long other, long lastNanos, long dropped) {
        long of(Ethertype type) {
            return switch (type) {
                case IP -> ip;
                case ARP -> arp;
                case IPV6 -> ipv6;
                case XDP -> xdp;
                case OTHER -> other;
            };
        }
    }

    Capture(Street street) {
        process = street.startInNeighbour(Tools.probe("capture").toString());
        answers = process.inputReader();
        questions = process.outputWriter();
        line();
    }

    Count count() {
        try {
            questions.write("\n");
            questions.flush();
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
        List<String> words = List.of(line().split(" ", -1));
        return new Count(
                Long.parseLong(words.get(1)),
                Long.parseLong(words.get(3)),
                Long.parseLong(words.get(5)),
                Long.parseLong(words.get(7)),
                Long.parseLong(words.get(9)),
                Long.parseLong(words.get(11)),
                Long.parseLong(words.get(13)),
                Long.parseLong(words.get(15)));
    }

    /** Waits until the kernels have said all that they say of a link that comes up, so that what comes then is a sender's. */
    void awaitSilence() {
        count();
        Tools.await("silence", () -> {
            Tools.pause(SILENCE_MILLIS);
            return count().frames() == 0;
        });
    }

    /**
     * Waits until frames of that kind come in a row, as none of the kernel's own does: those of a neighbour that is asked for
     * come once a second.
     */
    void awaitFlow(String what, Ethertype type) {
        count();
        Tools.await(what, () -> {
            Tools.pause(FLOW_MILLIS);
            return count().of(type) >= FLOW_FRAMES;
        });
    }

    /** What comes within a window that begins now. */
    Count during(long millis) {
        count();
        Tools.pause(millis);
        return count();
    }

    private String line() {
        try {
            return Objects.requireNonNull(answers.readLine(), "the capture has ended");
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    @Override
    public void close() {
        process.destroyForcibly();
    }
}
