package omni.airgap;

import java.io.Closeable;
import java.time.Duration;
import java.util.Optional;
import java.util.concurrent.locks.ReentrantLock;

/**
 * The process that reads lists for censuses: started by the first one and kept for the next, for a virtual machine takes longer to start
 * than a look takes; started anew when it has ended. One look at a time.
 *
 * <p>{@code looking} is held from {@link #talk} until the talk is closed. Nothing that closes a gap waits for it.
 */
final class ResidentParser implements CensusParser, Closeable {
    private static final String CLOSED = "The role is being stopped: no census is taken.";
    private static final Duration START_MAX = Duration.ofSeconds(60);
    private static final Duration LOOK_MAX = Duration.ofSeconds(20);

    private final Duration lookMax;
    private final ReentrantLock looking = new ReentrantLock();
    private volatile Optional<ParserProcess> child = Optional.empty();
    private volatile boolean closed;

    ResidentParser() {
        this(LOOK_MAX);
    }

    /** With another bound on the time that a look may take. */
    ResidentParser(Duration lookMax) {
        this.lookMax = lookMax;
    }

    @Override
    public CensusTalk talk() throws AirgapException {
        looking.lock();
        boolean begun = false;
        try {
            ParserProcess alive = alive();
            alive.limit(lookMax);
            CensusTalk talk = new CensusTalk(alive, () -> {
                alive.rest();
                looking.unlock();
            });
            begun = true;
            return talk;
        } finally {
            if (!begun) {
                looking.unlock();
            }
        }
    }

    private ParserProcess alive() throws AirgapException {
        if (closed) {
            throw new AirgapException(CLOSED);
        }
        if (child.isPresent() && child.get().isAlive()) {
            return child.get();
        }
        child.ifPresent(ParserProcess::close);
        child = Optional.empty();
        ParserProcess next = new ParserProcess(START_MAX);
        child = Optional.of(next);
        if (closed) {
            next.close();
            throw new AirgapException(CLOSED);
        }
        return next;
    }

    /** The process that reads, while there is one. */
    Optional<Long> pid() {
        return child.filter(ParserProcess::isAlive).map(ParserProcess::pid);
    }

    /** Ends the process, and with it a look that is being taken. */
    @Override
    public void close() {
        closed = true;
        child.ifPresent(ParserProcess::close);
    }
}
