package omni.engine;

import java.time.Duration;
import java.util.ArrayList;
import java.util.EnumMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.function.LongSupplier;
import omni.engine.EngineConfig.PrefixReuse;
import omni.engine.EngineProtocol.Priority;
import org.jspecify.annotations.Nullable;

/**
 * Who has a place in the KV cache, who waits for one, and what of each is in the next decode call.
 *
 * <p>Places: given in the order of {@link FairQueue}, to sequences for what they have, not for the most they may become.
 * Where there is none for a request of a more urgent class, the youngest answers of the background give theirs up; where
 * the cache runs full, the youngest of the least urgent class does. Who had to leave computes its tokens again later. Who
 * had to {@value #YIELDS_MAX} times, or got its place because it was passed over for long, is held as the most urgent are for
 * {@value #HELD_TOKENS} tokens that are new, so that it comes further each time and gets to its end.
 *
 * <p>What an ended sequence leaves in the cache, for those that begin as it did ({@link Places}), goes before anybody has to.
 *
 * <p>A decode call: one token of each that is generating, then prompts, class by class, shared out evenly between the keys
 * of a class and between the prompts of a key. A call that would keep others waiting is kept short.
 *
 * <p>Belongs to the decode thread.
 */
final class Lineup {
    /** Cells kept free for each sequence when another is let in, so that it does not have to leave at once again. */
    private static final int GROWTH_TOKENS = 32;

    static final int YIELDS_MAX = 2;
    /** So many new tokens long, each time it gets a place, somebody is held who was often put off. */
    static final int HELD_TOKENS = 4096;

    private final Decoder decoder;
    private final int chunkTokens;
    private final long stallNanos;
    private final Shares shares;
    private final LongSupplier clock;
    private final FairQueue<Sequence> waiting;
    final ServiceTime service = new ServiceTime();

    /** Oldest first. */
    private final List<Sequence> running = new ArrayList<>();

    private final List<Sequence> batch = new ArrayList<>();
    private final Map<Priority, Integer> batchTokens = new EnumMap<>(Priority.class);
    private final Patience prompts = new Patience();
    private final Places places;
    /** A place has become free since requests were last let in. */
    private boolean vacated;
    /** The last decode call found no room: nobody is let in before one has succeeded. */
    private boolean tight;
    /** Somebody has come, gone or changed places since {@link #parties} was last asked for. */
    private boolean moved;

    Lineup(Decoder decoder, int chunkTokens, PrefixReuse reuse, Duration stallMax, Shares shares, LongSupplier clock) {
        this.decoder = decoder;
        this.places = new Places(decoder, reuse);
        this.chunkTokens = chunkTokens;
        this.stallNanos = stallMax.toNanos();
        this.shares = shares;
        this.clock = clock;
        this.waiting = new FairQueue<>(shares);
    }

    /** Has a sequence wait for its first place. */
    void arrive(Sequence sequence) {
        shares.enter(sequence.caller());
        waiting.add(sequence);
        moved = true;
    }

    int running() {
        return running.size();
    }

    int waiting() {
        return waiting.size();
    }

    boolean isEmpty() {
        return running.isEmpty() && waiting.isEmpty();
    }

    /** Whether a step may do anything: a sequence is not paused, or a place has become free. */
    boolean canProceed() {
        return (vacated && !waiting.isEmpty()) || running.stream().anyMatch(sequence -> sequence.pausedSince == 0);
    }

    /** Lets go of cancelled requests and of those whose time is over, and finds out whose reader is behind. */
    void sweep() {
        long now = clock.getAsLong();
        waiting.removeIf(sequence -> {
            boolean gone = sequence.request.isCancelled() || sequence.request.isLate(now);
            if (gone) {
                part(sequence);
                expireIfLate(sequence, now);
            }
            return gone;
        });
        for (Sequence sequence : List.copyOf(running)) {
            if (sequence.request.isCancelled() || sequence.request.isLate(now)) {
                leave(sequence);
                expireIfLate(sequence, now);
            } else {
                lookAtReader(sequence);
            }
        }
    }

    /** Its place is free already. */
    private static void expireIfLate(Sequence sequence, long now) {
        if (!sequence.request.isCancelled() && sequence.request.isLate(now)) {
            sequence.expire();
            sequence.deliverEnd();
        }
    }

    /** Pauses a sequence whose reader is behind, and ends it where the reader stays so. */
    private void lookAtReader(Sequence sequence) {
        if (!sequence.request.outbox.isFull()) {
            sequence.pausedSince = 0;
        } else if (sequence.pausedSince == 0) {
            sequence.pausedSince = Math.max(1, clock.getAsLong());
        } else if (clock.getAsLong() - sequence.pausedSince > stallNanos) {
            sequence.fail(new EngineException.Failed("The reader of the answer was too slow."));
            leave(sequence);
        }
    }

    /** Gives the free places out, and to the most urgent those that the background can do without. */
    void admit() {
        vacated = false;
        if (tight && !running.isEmpty()) {
            return;
        }
        for (Sequence next = waiting.next(); next != null; next = waiting.next()) {
            // Only urgency pushes others out, never patience; but nobody else takes the room that gathers for who was
            // passed over.
            if (!fits(next, running.size(), cells()) && !(next.equals(waiting.mostUrgent()) && clearWay(next))) {
                return;
            }
            // The turn of who was passed over for long would be none if the next urgent one could take it.
            next.stays |= !next.equals(waiting.mostUrgent());
            enter(next);
        }
    }

    private int cells() {
        return running.stream().mapToInt(Sequence::length).sum();
    }

    /** Whether there is a place for one beside so many others that have so many tokens. */
    private boolean fits(Sequence sequence, int others, int tokens) {
        return others == 0
                || (others < decoder.sequencesMax()
                        && sequence.length() + tokens + (others + 1) * GROWTH_TOKENS <= decoder.kvTokens());
    }

    /** Has as many of the background leave as it takes to let one in; nobody leaves where that is not enough. */
    private boolean clearWay(Sequence urgent) {
        if (urgent.caller().priority() == Priority.BACKGROUND) {
            return false;
        }
        List<Sequence> inTheWay = new ArrayList<>();
        int tokens = cells();
        for (int i = running.size() - 1; i >= 0; i--) {
            Sequence sequence = running.get(i);
            if (fits(urgent, running.size() - inTheWay.size(), tokens)) {
                break;
            }
            if (standing(sequence) == Priority.BACKGROUND) {
                inTheWay.add(sequence);
                tokens -= sequence.length();
            }
        }
        boolean enough = fits(urgent, running.size() - inTheWay.size(), tokens);
        if (enough) {
            inTheWay.forEach(this::yieldPlace);
        }
        return enough;
    }

    /** The class by which it is held where somebody has to leave. */
    private static Priority standing(Sequence sequence) {
        boolean held = sequence.stays || sequence.yields >= YIELDS_MAX;
        return held && sequence.computed - sequence.computedBefore < HELD_TOKENS
                ? Priority.INTERACTIVE
                : sequence.caller().priority();
    }

    private void enter(Sequence sequence) {
        try {
            sequence.begin(decoder); // still among those who wait: what fails here is told to it
        } catch (Decoder.Stuck e) {
            waiting.take(sequence);
            sequence.fail(sequence.stuck(e));
            part(sequence);
            return;
        }
        places.enter(sequence, running); // also what fails here: it is lost to nobody
        waiting.take(sequence);
        sequence.computedBefore = sequence.computed;
        running.add(sequence);
        sequence.enteredNanos = clock.getAsLong();
        // Its prompt is known to be its: who has just got a place does not get the next one as if it had had nothing.
        charge(sequence, sequence.length());
        moved = true;
        lookAtReader(sequence);
    }

    /** Counts what a sequence has had up to so many tokens, each once, however often it is computed. */
    private void charge(Sequence sequence, int tokens) {
        shares.charge(sequence.caller(), tokens - sequence.charged);
        sequence.charged = tokens;
    }

    /** Fills the batch. */
    List<Sequence> compose() {
        int generating = 0;
        int unread = 0;
        int wanted = 0;
        int free = decoder.kvTokens();
        for (Sequence sequence : running) {
            free -= sequence.cached;
            if (sequence.pausedSince == 0) {
                generating += sequence.isGenerating() ? 1 : 0;
                unread += sequence.isGenerating() ? 0 : 1;
                wanted += sequence.remaining();
            }
        }
        places.shrink(Math.max(0, free - Math.min(wanted, decoder.batchTokens())), running);
        free -= places.cells(running);
        while (generating + Math.min(unread, 1) > free && running.size() > 1) {
            Sequence last = lastInLine();
            free += last.cached;
            if (last.pausedSince == 0) {
                generating -= last.isGenerating() ? 1 : 0;
                unread -= last.isGenerating() ? 0 : 1;
            }
            yieldPlace(last);
        }
        decoder.clear();
        batch.clear();
        batchTokens.clear();
        for (Sequence sequence : running) {
            if (sequence.pausedSince == 0 && sequence.isGenerating()) {
                feed(sequence, 1);
            }
        }
        composePrompts(Math.min(decoder.batchTokens(), free) - generating);
        passOver();
        return batch;
    }

    /** Adds prompts: no more tokens than there is room for. */
    private void composePrompts(int room) {
        int left = room;
        int fed = 0;
        for (Priority priority : classesOfPrompts()) {
            int bound = isAwaited(priority) ? chunkTokens : decoder.batchTokens();
            int taken = composePrompts(priority, Math.min(left, bound - fed));
            left -= taken;
            fed += taken;
        }
    }

    /** The classes that have prompts to compute: one that was passed over for long, then by urgency. */
    private List<Priority> classesOfPrompts() {
        List<Priority> classes = new ArrayList<>();
        for (Priority priority : Priority.values()) {
            if (running.stream().anyMatch(s -> isUnread(s, priority))) {
                classes.add(prompts.isOver(priority) ? 0 : classes.size(), priority);
            }
        }
        return classes;
    }

    private static boolean isUnread(Sequence sequence, Priority priority) {
        return sequence.pausedSince == 0
                && !sequence.isGenerating()
                && sequence.caller().priority() == priority;
    }

    /** Whether somebody waits for the end of a call with prompts of a class: its own answers, or a more urgent request. */
    private boolean isAwaited(Priority priority) {
        return running.stream().anyMatch(sequence -> {
            int more = priority.compareTo(sequence.caller().priority());
            return sequence.pausedSince == 0 && (more > 0 || (more == 0 && sequence.isGenerating()));
        });
    }

    /** Shares room out between the keys of a class, and what a key gets between its prompts; returns what is taken. */
    private int composePrompts(Priority priority, int room) {
        Map<Caller, List<Sequence>> keys = new LinkedHashMap<>();
        for (Sequence sequence : running) {
            if (isUnread(sequence, priority)) {
                keys.computeIfAbsent(sequence.caller(), _ -> new ArrayList<>()).add(sequence);
            }
        }
        int left = room;
        int keysLeft = keys.size();
        for (List<Sequence> ofKey : keys.values()) {
            int part = left / keysLeft;
            int sequencesLeft = ofKey.size();
            for (Sequence sequence : ofKey) {
                int share = Math.min(Math.max(1, part / sequencesLeft), Math.min(left, sequence.remaining()));
                if (share > 0) {
                    feed(sequence, share);
                    left -= share;
                    part -= share;
                }
                sequencesLeft--;
            }
            keysLeft--;
        }
        return Math.max(0, room - left);
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
        batchTokens.merge(sequence.caller().priority(), count, Integer::sum);
    }

    /** Counts what goes before those who wait for a place or for their prompt. */
    private void passOver() {
        for (Priority priority : Priority.values()) {
            long moreUrgent = moreUrgentTokens(priority);
            waiting.passOver(priority, moreUrgent);
            boolean unread = running.stream().anyMatch(s -> isUnread(s, priority));
            boolean fed = batch.stream().anyMatch(s -> isUnread(s, priority));
            if (unread && !fed) {
                prompts.pass(priority, moreUrgent);
            } else {
                prompts.reset(priority);
            }
        }
    }

    /** Tokens in the batch of those that are more urgent than a class. */
    long moreUrgentTokens(Priority priority) {
        return batchTokens.entrySet().stream()
                .filter(e -> e.getKey().compareTo(priority) < 0)
                .mapToLong(Map.Entry::getValue)
                .sum();
    }

    /** Whether other work of a class would keep anybody waiting: that of the background does, beside whatever is not. */
    boolean isBusyFor(Priority priority) {
        return priority == Priority.BACKGROUND
                && running.stream()
                        .anyMatch(s -> s.pausedSince == 0 && s.caller().priority() != Priority.BACKGROUND);
    }

    /** The batch was computed. */
    void computed(Sequence sequence) {
        tight = false;
        sequence.cached += sequence.fed;
        sequence.computed = Math.max(sequence.computed, sequence.cached);
    }

    /** The sequence has another token, which is computed in the next call. */
    void grown(Sequence sequence) {
        charge(sequence, sequence.length());
    }

    /** The cache is smaller than it says: somebody leaves it, or ends where there is nobody else. */
    void foundNoRoom() {
        tight = true;
        if (places.clear()) {
            return;
        }
        if (running.size() == 1) {
            Sequence alone = running.getFirst();
            alone.fail(new EngineException.Failed("The KV cache has no room for this request."));
            leave(alone);
        } else {
            yieldPlace(lastInLine());
        }
    }

    /** Who leaves where one has to: the youngest of the least urgent class. */
    private Sequence lastInLine() {
        Sequence last = running.getFirst();
        for (Sequence sequence : running) {
            last = standing(sequence).compareTo(standing(last)) >= 0 ? sequence : last;
        }
        return last;
    }

    /** Takes a sequence out of the KV cache and puts it first in the queue. */
    private void yieldPlace(Sequence sequence) {
        places.forget(sequence);
        release(sequence);
        sequence.cached = 0;
        sequence.pausedSince = 0;
        sequence.yields++;
        sequence.waitingSinceNanos = clock.getAsLong();
        waiting.putBack(sequence);
    }

    /** Takes a sequence out for good. */
    void leave(Sequence sequence) {
        places.leave(sequence);
        release(sequence);
        service.measured(sequence.heldNanos);
        part(sequence);
    }

    private void part(Sequence sequence) {
        charge(sequence, Math.min(sequence.charged, sequence.computed));
        shares.leave(sequence.caller());
        sequence.close();
        moved = true;
    }

    private void release(Sequence sequence) {
        sequence.heldNanos += clock.getAsLong() - sequence.enteredNanos;
        running.remove(sequence);
        vacated = true;
        moved = true;
    }

    /** Ends all with an error. */
    void abandon(EngineException reason) {
        List<Sequence> all = new ArrayList<>(running);
        all.addAll(waiting.all());
        running.clear();
        waiting.removeIf(_ -> true);
        for (Sequence sequence : all) {
            sequence.fail(reason);
            part(sequence);
        }
    }

    /**
     * Whose sequences there are; null where that is as it was.
     *
     * @return each caller's, in no order that counts
     */
    @Nullable
    List<DecodeLoop.Party> parties() {
        if (!moved) {
            return null;
        }
        moved = false;
        List<DecodeLoop.Party> requests = new ArrayList<>();
        running.forEach(sequence -> requests.add(DecodeLoop.Party.computed(sequence.caller())));
        waiting.all()
                .forEach(sequence ->
                        requests.add(DecodeLoop.Party.waiting(sequence.caller(), sequence.waitingSinceNanos)));
        return DecodeLoop.Party.together(requests);
    }
}
