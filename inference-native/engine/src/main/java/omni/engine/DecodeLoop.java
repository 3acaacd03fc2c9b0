package omni.engine;

import java.time.Duration;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.BitSet;
import java.util.Deque;
import java.util.List;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.locks.Condition;
import java.util.concurrent.locks.ReentrantLock;
import org.jspecify.annotations.Nullable;

/**
 * Continuous batching: every decode call carries one token of each sequence that is generating and, in what room is
 * left, pieces of the prompts of those that are not yet. A sequence joins as soon as a number and room in the KV cache
 * are free, and leaves within one decode call when it ends or is cancelled.
 *
 * <p>Room: all sequences share one KV cache. They are let in for what they have, not for the most they may become; when
 * the cache runs full the youngest gives its place up and computes its tokens again later, so that the oldest always
 * gets to its end.
 *
 * <p>One platform thread runs {@link #run}, and it alone touches the decoder and the sequences. Other threads hand in
 * work under {@code gate}, which guards {@code arrivals}, {@code jobs}, {@code background} and {@code closing}; it is a leaf, nothing is
 * called under it.
 */
final class DecodeLoop {
    /** Work on the same model that is not text, in pieces no longer than a decode call. */
    interface Job {
        /** Does one piece; returns whether there is more. */
        boolean advance();

        void fail(EngineException reason);

        /** Ends the piece under way soon: a request has come. Any thread may call. */
        default void interrupt() {}
    }

    /** Counters since the load; {@code sequences} are those in the KV cache now. */
    record Stats(
            int sequences,
            int waiting,
            long decodeCalls,
            int sequencesPerDecodeMax,
            long promptTokens,
            long completionTokens) {}

    /** Cells kept free for each sequence when another is let in, so that it does not have to leave at once again. */
    private static final int GROWTH_TOKENS = 32;

    private final Decoder decoder;
    private final int chunkTokens;
    private final Duration stallMax;

    private final ReentrantLock gate = new ReentrantLock();
    private final Condition work = gate.newCondition();
    private final List<Generation> arrivals = new ArrayList<>();
    private final Deque<Job> jobs = new ArrayDeque<>();
    private @Nullable Job background;
    private boolean awake;
    private boolean closing;

    /** Taken from {@code arrivals}, not yet sequences. */
    private final Deque<Generation> arrived = new ArrayDeque<>();

    /** Oldest first, both. */
    private final Deque<Sequence> waiting = new ArrayDeque<>();

    private final List<Sequence> running = new ArrayList<>();
    private final List<Sequence> batch = new ArrayList<>();
    private final List<Sequence> ended = new ArrayList<>();
    private final BitSet usedIds = new BitSet();
    /** A place has become free since requests were last let in. */
    private boolean vacated;
    /** The last decode call found no room: nobody is let in before one has succeeded. */
    private boolean tight;

    private volatile Stats stats = new Stats(0, 0, 0, 0, 0, 0);

    /**
     * Makes a loop.
     *
     * @param chunkTokens prompt tokens in a batch while other sequences are generating
     * @param stallMax how long a reader may be behind before its request is ended
     */
    DecodeLoop(Decoder decoder, int chunkTokens, Duration stallMax) {
        this.decoder = decoder;
        this.chunkTokens = chunkTokens;
        this.stallMax = stallMax;
    }

    Stats stats() {
        return stats;
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

    /** Hands other work in. */
    void submit(Job job) {
        boolean refused;
        Job aside;
        gate.lock();
        try {
            refused = closing;
            if (!refused) {
                jobs.add(job);
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
                if (running.isEmpty()) {
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
            if (closing) {
                return false;
            }
        } finally {
            gate.unlock();
        }
        while (!arrived.isEmpty()) {
            // It stays among the arrived until it is a sequence: what fails here is told to it.
            waiting.add(new Sequence(arrived.getFirst(), decoder));
            arrived.removeFirst();
        }
        return true;
    }

    /** Whether a step may do anything: a sequence is not paused, a place has become free, or a job is there. */
    private boolean canProceed() {
        if (!jobs.isEmpty() || (vacated && !waiting.isEmpty()) || (background != null && isIdle())) {
            return true;
        }
        for (Sequence sequence : running) {
            if (sequence.pausedSince == 0) {
                return true;
            }
        }
        return false;
    }

    private boolean isIdle() {
        return running.isEmpty() && waiting.isEmpty() && arrivals.isEmpty() && jobs.isEmpty();
    }

    private void step() {
        sweep();
        admit();
        compose();
        if (!batch.isEmpty()) {
            decode();
        }
        publish();
        runJob();
    }

    /** Lets go of cancelled requests, and finds out whose reader is behind. */
    private void sweep() {
        waiting.removeIf(sequence -> {
            if (sequence.request.isCancelled()) {
                sequence.close();
                return true;
            }
            return false;
        });
        for (int i = running.size() - 1; i >= 0; i--) {
            Sequence sequence = running.get(i);
            if (sequence.request.isCancelled()) {
                leave(sequence);
            } else {
                lookAtReader(sequence);
            }
        }
    }

    /** Pauses a sequence whose reader is behind, and ends it where the reader stays so. */
    private void lookAtReader(Sequence sequence) {
        if (!sequence.request.outbox.isFull()) {
            sequence.pausedSince = 0;
        } else if (sequence.pausedSince == 0) {
            sequence.pausedSince = Math.max(1, System.nanoTime());
        } else if (System.nanoTime() - sequence.pausedSince > stallMax.toNanos()) {
            sequence.fail(new EngineException.Failed("The reader of the answer was too slow."));
            leave(sequence);
        }
    }

    private void admit() {
        vacated = false;
        if (tight && !running.isEmpty()) {
            return;
        }
        while (!waiting.isEmpty() && running.size() < decoder.sequencesMax()) {
            int needed = waiting.getFirst().length() + (running.size() + 1) * GROWTH_TOKENS;
            for (Sequence sequence : running) {
                needed += sequence.length();
            }
            if (needed > decoder.kvTokens() && !running.isEmpty()) {
                return;
            }
            Sequence sequence = waiting.removeFirst();
            sequence.id = usedIds.nextClearBit(0);
            usedIds.set(sequence.id);
            running.add(sequence);
            lookAtReader(sequence);
        }
    }

    /** Fills the batch: first one token of each that is generating, then prompts, shared out evenly. */
    private void compose() {
        int free = decoder.kvTokens();
        int generating = 0;
        int prompts = 0;
        for (Sequence sequence : running) {
            free -= sequence.cached;
            if (sequence.pausedSince != 0) {
                continue;
            }
            if (sequence.isGenerating()) {
                generating++;
            } else {
                prompts++;
            }
        }
        while (generating + Math.min(prompts, 1) > free && running.size() > 1) {
            Sequence youngest = running.getLast();
            free += youngest.cached;
            if (youngest.pausedSince == 0) {
                if (youngest.isGenerating()) {
                    generating--;
                } else {
                    prompts--;
                }
            }
            yieldPlace(youngest);
        }
        decoder.clear();
        batch.clear();
        for (Sequence sequence : running) {
            if (sequence.pausedSince == 0 && sequence.isGenerating()) {
                feed(sequence, 1);
            }
        }
        int room = Math.min(generating > 0 ? chunkTokens : decoder.batchTokens(), decoder.batchTokens() - generating);
        room = Math.min(room, free - generating);
        for (Sequence sequence : running) {
            if (sequence.pausedSince == 0 && !sequence.isGenerating() && room > 0) {
                int share = Math.min(sequence.remaining(), Math.max(1, room / prompts));
                feed(sequence, share);
                room -= share;
                prompts--;
            }
        }
    }

    private void feed(Sequence sequence, int count) {
        int end = sequence.cached + count;
        boolean output = end == sequence.length();
        for (int position = sequence.cached; position < end; position++) {
            sequence.outputIndex =
                    decoder.add(sequence.token(position), position, sequence.id, output && position == end - 1);
        }
        sequence.fed = count;
        batch.add(sequence);
    }

    private void decode() {
        Decoder.Outcome outcome = decoder.decode();
        if (outcome == Decoder.Outcome.INTERRUPTED) {
            return;
        }
        tight = outcome == Decoder.Outcome.NO_ROOM;
        if (tight) {
            if (running.size() == 1) {
                Sequence alone = running.getFirst();
                alone.fail(new EngineException.Failed("The KV cache has no room for this request."));
                leave(alone);
            } else {
                yieldPlace(running.getLast());
            }
            return;
        }
        long promptTokens = 0;
        long completionTokens = 0;
        for (Sequence sequence : batch) {
            sequence.cached += sequence.fed;
            promptTokens += sequence.generated() == 0 ? sequence.fed : 0;
            if (sequence.remaining() == 0) {
                int before = sequence.generated();
                if (sequence.advance(decoder)) {
                    leave(sequence);
                    ended.add(sequence);
                }
                completionTokens += sequence.generated() - before;
            }
        }
        Stats was = stats;
        stats = new Stats(
                running.size(),
                was.waiting(),
                was.decodeCalls() + 1,
                Math.max(was.sequencesPerDecodeMax(), batch.size()),
                was.promptTokens() + promptTokens,
                was.completionTokens() + completionTokens);
        // Who hears that an answer has ended finds its place free and its tokens counted.
        ended.forEach(Sequence::deliverEnd);
        ended.clear();
    }

    private void publish() {
        Stats was = stats;
        if (was.sequences() != running.size() || was.waiting() != waiting.size()) {
            stats = new Stats(
                    running.size(),
                    waiting.size(),
                    was.decodeCalls(),
                    was.sequencesPerDecodeMax(),
                    was.promptTokens(),
                    was.completionTokens());
        }
    }

    private void runJob() {
        Job job;
        gate.lock();
        try {
            job = jobs.isEmpty() && isIdle() && !closing ? background : jobs.peekFirst();
        } finally {
            gate.unlock();
        }
        if (job != null && !job.advance()) {
            gate.lock();
            try {
                jobs.remove(job);
                background = job.equals(background) ? null : background;
            } finally {
                gate.unlock();
            }
        }
    }

    /** Takes a sequence out of the KV cache and puts it first in the queue. */
    private void yieldPlace(Sequence sequence) {
        release(sequence);
        sequence.cached = 0;
        sequence.pausedSince = 0;
        waiting.addFirst(sequence);
    }

    private void leave(Sequence sequence) {
        release(sequence);
        sequence.close();
    }

    private void release(Sequence sequence) {
        decoder.forget(sequence.id);
        usedIds.clear(sequence.id);
        sequence.id = Sequence.NO_ID;
        running.remove(sequence);
        vacated = true;
    }

    private void abandon(EngineException reason) {
        List<Job> left = new ArrayList<>();
        gate.lock();
        try {
            arrived.addAll(arrivals);
            arrivals.clear();
            left.addAll(jobs);
            jobs.clear();
            if (background != null) {
                left.add(background);
                background = null;
            }
        } finally {
            gate.unlock();
        }
        arrived.forEach(request -> request.outbox.fail(reason));
        arrived.clear();
        left.forEach(job -> job.fail(reason));
        running.addAll(waiting);
        waiting.clear();
        for (Sequence sequence : running) {
            sequence.fail(reason);
            sequence.close();
        }
        running.clear();
        stats = new Stats(
                0,
                0,
                stats.decodeCalls(),
                stats.sequencesPerDecodeMax(),
                stats.promptTokens(),
                stats.completionTokens());
    }
}
