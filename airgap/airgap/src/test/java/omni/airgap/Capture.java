package omni.airgap;

import java.io.BufferedReader;
import java.io.BufferedWriter;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.util.List;
import java.util.Objects;

/** The neighbour's eyes: counts every frame of any ethertype that reaches it (src/test/c/capture.c). */
final class Capture implements AutoCloseable {
    private final Process process;
    private final BufferedReader answers;
    private final BufferedWriter questions;

    /** What came since it was last asked; {@code lastNanos} is the time of the last frame since 1970. */
    record Count(long frames, long ip, long arp, long ipv6, long other, long lastNanos, long dropped) {}

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
                Long.parseLong(words.get(13)));
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
