package omni.airgap;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.time.Clock;
import java.time.Duration;
import java.time.Instant;
import omni.airgap.AirgapProtocol.FailedReason;

/**
 * Wrong tries in a row, and how long to wait for the next: one second, doubled each time, at most a quarter of an hour. The
 * count is on the disk before a try is judged, so that ending the process gives none for free. For one thread at a time.
 */
final class Attempts {
    private static final Duration FIRST = Duration.ofSeconds(1);
    private static final Duration LONGEST = Duration.ofMinutes(15);
    private static final int COUNT_MAX = 1_000_000;

    private final Path file;
    private final Clock clock;

    Attempts(Path file, Clock clock) {
        this.file = file;
        this.clock = clock;
    }

    /**
     * Counts a try that is about to be judged.
     *
     * @throws DeniedException where it comes too early
     */
    void begin() throws AirgapException {
        int count = count();
        Duration wait = count == 0 ? Duration.ZERO : until(count);
        if (wait.isPositive()) {
            throw new DeniedException(
                    FailedReason.LATER,
                    "After " + count + " wrong tries wait another " + (wait.toSeconds() + 1) + " seconds.");
        }
        try {
            Path next = file.resolveSibling(file.getFileName() + ".new");
            Files.writeString(next, Integer.toString(Math.min(count + 1, COUNT_MAX)));
            Files.move(next, file, java.nio.file.StandardCopyOption.ATOMIC_MOVE);
        } catch (IOException e) {
            throw new AirgapException("Tries cannot be counted, so none is judged. Make room on the disk.", e);
        }
    }

    /** The try was right. */
    void succeeded() throws AirgapException {
        try {
            Files.deleteIfExists(file);
        } catch (IOException e) {
            throw new AirgapException("The count of wrong tries cannot be taken back.", e);
        }
    }

    private int count() throws AirgapException {
        try {
            String text = Files.readString(file).strip();
            return text.matches("\\d{1,7}") ? Integer.parseInt(text) : COUNT_MAX;
        } catch (NoSuchFileException e) {
            return 0;
        } catch (IOException e) {
            throw new AirgapException("The count of wrong tries cannot be read.", e);
        }
    }

    private Duration until(int count) throws AirgapException {
        Duration pause = FIRST.multipliedBy(1L << Math.min(count - 1, 20));
        Duration wait = pause.compareTo(LONGEST) > 0 ? LONGEST : pause;
        try {
            Instant last = Files.getLastModifiedTime(file).toInstant();
            Duration left = Duration.between(clock.instant(), last.plus(wait));
            // A clock that was set back gives nobody more than the longest wait.
            return left.compareTo(wait) > 0 ? wait : left;
        } catch (IOException e) {
            throw new AirgapException("The time of the last wrong try cannot be read.", e);
        }
    }
}
