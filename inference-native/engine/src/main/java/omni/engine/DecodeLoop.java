package omni.engine;

import java.time.Duration;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Deque;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.locks.Condition;
import java.util.concurrent.locks.ReentrantLock;
import java.util.function.LongSupplier;
import omni.engine.EngineConfig.PrefixReuse;
import omni.engine.EngineProtocol.Priority;
import org.jspecify.annotations.Nullable;

/**
 * Continuous batching: every decode call carries one token of each sequence that is generating and, in what room is
 * left, pieces of the prompts of those that are not yet. A sequence joins when it has its turn and a number and room in
 * the KV cache are free, and leaves within one decode call when it ends or is cancelled; {@link Lineup} says whose turn it
 * is.
 *
 * <p>One platform thread runs {@link #run}, and it alone touches the decoder and the sequences. Other threads hand in
 * work under {@code gate}, which guards {@code arrivals}, {@code jobArrivals}, {@code background} and {@code closing}; it is
 * a leaf, nothing is called under it.
 */
final class DecodeLoop {
    /** Work on the same model that is not text, in pieces no longer than a decode call. */
    interface Job {
        /** Does one piece; returns whether there is more. */
        boolean advance();

        /** How many tokens the last piece has computed. */
        default int tokens() {
            return 0;
        }

        void fail(EngineException reason);

        /** Whether nobody waits for it any more: it is dropped where it stands, and takes nobody's turn. */
        default boolean isOver() {
            return false;
        }

        /** Ends the piece under way soon: a request has come. Any thread may call. */
        default void interrupt() {}
    }

    /**
     * One caller's requests.
     *
     * @param sequences in the KV cache
     * @param waitingSinceNanos when the one that waits longest began to, as {@link System#nanoTime} counts
     */
    record Party(Caller caller, int sequences, int waiting, long waitingSinceNanos) {
        static Party none(Caller caller) {
            return new Party(caller, 0, 0, Long.MAX_VALUE);
        }

        static Party computed(Caller caller) {
            return new Party(caller, 1, 0, Long.MAX_VALUE);
        }

        static Party waiting(Caller caller, long sinceNanos) {
            return new Party(caller, 0, 1, sinceNanos);
        }

        /** One for each caller, from one for each request. */
        static List<Party> together(List<Party> requests) {
            Map<Caller, Party> parties = new LinkedHashMap<>();
            requests.forEach(each -> parties.merge(each.caller, each, Party::plus));
            return List.copyOf(parties.values());
        }

        private Party plus(Party other) {
            return new Party(
                    caller,
                    sequences + other.sequences,
                    waiting + other.waiting,
                    Math.min(waitingSinceNanos, other.waitingSinceNanos));
        }
    }

    /** Counters since the load; {@code sequences} are those in the KV cache now, {@code parties} whose they are. */
    record Stats(
            int sequences,
            int waiting,
            long decodeCalls,
            int sequencesPerDecodeMax,
            long promptTokens,
            long completionTokens,
            List<Party> parties) {
        static final Stats NONE = new Stats(0, 0, 0, 0, 0, 0, List.of());
    }

    /** Work of a caller's in the queue of such. */
    private record Queued(Job job, Caller caller) implements FairQueue.Member {}

    private final Decoder decoder;
    private final Duration stallMax;
    private final Lineup lineup;

    private final ReentrantLock gate = new ReentrantLock();
    private final Condition work = gate.newCondition();
    private final List<Generation> arrivals = new ArrayList<>();
    private final List<Queued> jobArrivals = new ArrayList<>();
    private @Nullable Job background;
    private boolean awake;
    private boolean closing;

    /** Taken from {@code arrivals}, not yet sequences. */
    private final Deque<Generation> arrived = new ArrayDeque<>();

    private final Shares shares = new Shares();
    private final FairQueue<Queued> jobs = new FairQueue<>(shares);
    private final List<Sequence> ended = new ArrayList<>();

    private volatile Stats stats = Stats.NONE;

    /**
     * Makes a loop.
     *
     * @param chunkTokens prompt tokens in a batch while other sequences are generating
     * @param reuse whose tokens in the KV cache a prompt may begin with
     * @param stallMax how long a reader may be behind before its request is ended
     */
    DecodeLoop(Decoder decoder, int chunkTokens, PrefixReuse reuse, Duration stallMax) {
        this(decoder, chunkTokens, reuse, stallMax, System::nanoTime);
    }

    /** Makes a loop that goes by that clock, of nanoseconds. */
    DecodeLoop(Decoder decoder, int chunkTokens, PrefixReuse reuse, Duration stallMax, LongSupplier clock) {
        this.decoder = decoder;
        this.stallMax = stallMax;
        this.lineup = new Lineup(decoder, chunkTokens, reuse, stallMax, shares, clock);
    }

    Stats stats() {
        return stats;
    }

    ServiceTime service() {
        return lineup.service;
    }

    /** Hands a request in; its outbox tells how it goes. */
    void submit(Generation request) {
        boolean refused;
        Job aside;
        gate.lock();
        try {
            refused = closing;
            if (!refused) {
                arrivals.add(request);
            }
            aside = background;
            signal();
        } finally {
            gate.unlock();
        }
        if (aside != null) {
            aside.interrupt();
        }
        if (refused) {
            request.outbox.fail(closed());
        }
    }

    /** Hands other work in; the caller's share is charged with it. */
    void submit(Job job, Caller caller) {
        boolean refused;
        Job aside;
        gate.lock();
        try {
            refused = closing;
            if (!refused) {
                jobArrivals.add(new Queued(job, caller));
            }
            aside = background;
            signal();
        } finally {
            gate.unlock();
        }
        if (aside != null) {
            aside.interrupt();
        }
        if (refused) {
            job.fail(closed());
        }
    }

    /** Hands work in that is done, piece by piece, only while there is nothing else to do; it takes the last one's place. */
    void whenIdle(Job job) {
        Job other;
        gate.lock();
        try {
            other = closing ? job : background;
            background = closing ? null : job;
            signal();
        } finally {
            gate.unlock();
        }
        if (other != null) {
            other.fail(closed());
        }
    }

    /** Makes the loop look again: a request was cancelled, or a reader has caught up. */
    void wake() {
        gate.lock();
        try {
            signal();
        } finally {
            gate.unlock();
        }
    }

    /** Makes {@link #run} return, cutting the current decode call short; requests that are left end with an error. */
    void close() {
        Job aside;
        gate.lock();
        try {
            closing = true;
            aside = background;
            signal();
        } finally {
            gate.unlock();
        }
        if (aside != null) {
            aside.interrupt();
        }
        decoder.interrupt();
    }

    /** Whether it takes no more requests. */
    boolean isClosing() {
        gate.lock();
        try {
            return closing;
        } finally {
            gate.unlock();
        }
    }

    /** Decodes until {@link #close}, or until the decoder fails. */
    void run() throws InterruptedException {
        EngineException reason = closed();
        try {
            while (takeArrivals()) {
                step();
            }
        } catch (EngineException.Failed e) {
            reason = e;
            throw e;
        } finally {
            close();
            abandon(reason);
        }
    }

    private static EngineException.Failed closed() {
        return new EngineException.Failed("The model was unloaded.");
    }

    private void signal() {
        awake = true;
        work.signal();
    }

    /** Waits while there is nothing to do, then moves new requests to the loop's own queue; false once closing. */
    private boolean takeArrivals() throws InterruptedException {
        gate.lock();
        try {
            long stallNanos = stallMax.toNanos();
            while (!closing && !awake && !canProceed()) {
                if (lineup.running() == 0) {
                    work.await();
                } else if (work.await(Math.min(stallNanos, TimeUnit.SECONDS.toNanos(1)), TimeUnit.NANOSECONDS)) {
                    break;
                } else {
                    awake = true;
                }
            }
            awake = false;
            arrived.addAll(arrivals);
            arrivals.clear();
            for (Queued job : jobArrivals) {
                shares.enter(job.caller());
                jobs.add(job);
            }
            jobArrivals.clear();
            if (closing) {
                return false;
            }
        } finally {
            gate.unlock();
        }
        while (!arrived.isEmpty()) {
            lineup.arrive(new Sequence(arrived.removeFirst()));
        }
        return true;
    }

    /** Whether a step may do anything. */
    private boolean canProceed() {
        return !jobs.isEmpty() || lineup.canProceed() || (background != null && isIdle());
    }

    private boolean isIdle() {
        return lineup.isEmpty() && arrivals.isEmpty() && jobs.isEmpty() && jobArrivals.isEmpty();
    }

    private void step() {
        lineup.sweep();
        sweepJobs();
        lineup.admit();
        List<Sequence> batch = lineup.compose();
        for (Priority priority : Priority.values()) {
            jobs.passOver(priority, lineup.moreUrgentTokens(priority));
        }
        if (!batch.isEmpty()) {
            decode(batch);
        }
        publish();
        runJob();
    }

    private void sweepJobs() {
        jobs.removeIf(queued -> {
            boolean over = queued.job().isOver();
            if (over) {
                shares.leave(queued.caller());
            }
            return over;
        });
    }

    private void decode(List<Sequence> batch) {
        switch (decoder.decode()) {
            case INTERRUPTED -> {}
            case NO_ROOM -> lineup.foundNoRoom();
            case DONE -> computed(batch);
        }
    }

    private void computed(List<Sequence> batch) {
        long promptTokens = 0;
        long completionTokens = 0;
        for (Sequence sequence : batch) {
            lineup.computed(sequence);
            promptTokens += sequence.generated() == 0 ? sequence.fed : 0;
            if (sequence.remaining() == 0) {
                int before = sequence.generated();
                if (sequence.advance(decoder)) {
                    lineup.leave(sequence);
                    ended.add(sequence);
                } else {
                    lineup.grown(sequence);
                }
                completionTokens += sequence.generated() - before;
            }
        }
        Stats was = stats;
        publish(new Stats(
                lineup.running(),
                lineup.waiting(),
                was.decodeCalls() + 1,
                Math.max(was.sequencesPerDecodeMax(), batch.size()),
                was.promptTokens() + promptTokens,
                was.completionTokens() + completionTokens,
                was.parties()));
        // Who hears that an answer has ended finds its place free and its tokens counted.
        ended.forEach(Sequence::deliverEnd);
        ended.clear();
    }

    private void publish() {
        Stats was = stats;
        publish(new Stats(
                lineup.running(),
                lineup.waiting(),
                was.decodeCalls(),
                was.sequencesPerDecodeMax(),
                was.promptTokens(),
                was.completionTokens(),
                was.parties()));
    }

    /** Tells how things are, with whose requests there are where that has changed. */
    private void publish(Stats next) {
        List<Party> parties = lineup.parties();
        stats = parties == null
                ? next
                : new Stats(
                        next.sequences(),
                        next.waiting(),
                        next.decodeCalls(),
                        next.sequencesPerDecodeMax(),
                        next.promptTokens(),
                        next.completionTokens(),
                        parties);
    }

    /** Does a piece of other work: whose turn it is, or what waits for there being nothing else to do. */
    private void runJob() {
        Queued queued = jobs.next();
        if (queued != null) {
            Priority priority = queued.caller().priority();
            if (!lineup.isBusyFor(priority) || jobs.isImpatient(priority)) {
                runJob(queued);
            }
            return;
        }
        Job job;
        gate.lock();
        try {
            job = isIdle() && !closing ? background : null;
        } finally {
            gate.unlock();
        }
        if (job != null && !job.advance()) {
            gate.lock();
            try {
                background = job.equals(background) ? null : background;
            } finally {
                gate.unlock();
            }
        }
    }

    private void runJob(Queued queued) {
        boolean more = queued.job().advance();
        jobs.charge(queued.caller(), queued.job().tokens());
        if (!more) {
            jobs.take(queued);
            shares.leave(queued.caller());
        }
    }

    private void abandon(EngineException reason) {
        List<Job> left = new ArrayList<>();
        gate.lock();
        try {
            arrived.addAll(arrivals);
            arrivals.clear();
            jobArrivals.forEach(queued -> left.add(queued.job()));
            jobArrivals.clear();
            if (background != null) {
                left.add(background);
                background = null;
            }
        } finally {
            gate.unlock();
        }
        arrived.forEach(request -> request.outbox.fail(reason));
        arrived.clear();
        jobs.all().forEach(queued -> left.add(queued.job()));
        jobs.removeIf(_ -> true);
        left.forEach(job -> job.fail(reason));
        lineup.abandon(reason);
        publish();
    }
}
