package omni.role;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Clock;
import java.time.Duration;
import java.time.Instant;
import java.util.Optional;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/**
 * Wrong tries in a row, and how long to wait for the next: one second, doubled each time, at most a quarter of an hour. The
 * count is on the disk before a try is judged, so that neither ending the process nor pulling the plug gives one for free. For
 * one thread at a time.
 */
public final class Attempts {
    private static final Duration FIRST = Duration.ofSeconds(1);
    private static final Duration LONGEST = Duration.ofMinutes(15);
    private static final int COUNT_MAX = 1_000_000;
    private static final int BYTES_MAX = 64;
    private static final Pattern TEXT = Pattern.compile("(\\d{1,7}) \\1");

    private final Path file;
    private final Clock clock;

    /** Counted in that file, which is there only while the last try was wrong. */
    public Attempts(Path file, Clock clock) {
        this.file = file;
        this.clock = clock;
    }

    /**
     * Counts a try that is about to be judged.
     *
     * @throws LaterException where it comes too early
     * @throws IOException where the disk does not count it; it must not be judged then
     */
    public void begin() throws IOException {
        check();
        try {
            write(Math.min(count() + 1, COUNT_MAX));
        } catch (IOException e) {
            throw new IOException("Tries cannot be counted, so none is judged. Make room on the disk.", e);
        }
    }

    /**
     * Counts nothing.
     *
     * @throws LaterException where a try would come too early now
     */
    public void check() throws IOException {
        Standing now = standing();
        if (now.left().isPositive()) {
            throw new LaterException(now.wrong(), now.left());
        }
    }

    /**
     * Where it stands, without a try.
     *
     * @param wrong tries in a row that were not right
     * @param left how long the next one has to wait
     */
    public record Standing(int wrong, Duration left) {}

    /** How many were wrong, and how long to wait. */
    public Standing standing() throws IOException {
        int count = count();
        Duration left = count == 0 ? Duration.ZERO : left(count);
        return new Standing(count, left.isPositive() ? left : Duration.ZERO);
    }

    /** The try was right. */
    public void succeeded() throws IOException {
        try {
            Files.deleteIfExists(file);
        } catch (IOException e) {
            throw new IOException("The count of wrong tries cannot be taken back.", e);
        }
    }

    /** The try came to no judgement, for a reason that has nothing to do with the secret: it is as if it had not been. */
    public void notJudged() throws IOException {
        int before = count() - 1;
        if (before <= 0) {
            succeeded();
        } else {
            write(before);
        }
    }

    /** Twice, so that a count that was damaged is none. */
    private void write(int count) throws IOException {
        PrivateFile.write(file, (count + " " + count).getBytes(StandardCharsets.UTF_8));
    }

    private int count() throws IOException {
        if (Files.isRegularFile(file) && Files.size(file) > BYTES_MAX) {
            return COUNT_MAX;
        }
        try {
            Optional<Matcher> text = PrivateFile.read(file, BYTES_MAX).map(TEXT::matcher);
            return text.map(found -> found.matches() ? Integer.parseInt(found.group(1)) : COUNT_MAX)
                    .orElse(0);
        } catch (IOException e) {
            throw new IOException("The count of wrong tries cannot be read.", e);
        }
    }

    private Duration left(int count) throws IOException {
        Duration pause = FIRST.multipliedBy(1L << Math.min(count - 1, 20));
        Duration wait = pause.compareTo(LONGEST) > 0 ? LONGEST : pause;
        try {
            Instant last = Files.getLastModifiedTime(file).toInstant();
            Duration left = Duration.between(clock.instant(), last.plus(wait));
            // A clock that was set back gives nobody more than the longest wait.
            return left.compareTo(wait) > 0 ? wait : left;
        } catch (IOException e) {
            throw new IOException("The time of the last wrong try cannot be read.", e);
        }
    }
}
