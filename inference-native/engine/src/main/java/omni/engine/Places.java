package omni.engine;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.BitSet;
import java.util.List;
import java.util.Optional;
import omni.engine.EngineConfig.PrefixReuse;

/**
 * The numbers of sequences in the KV cache: who has which, and which of those that have ended are left there, so that a request which
 * begins with the same tokens is computed from where it differs. A request also begins with what another one under way has computed.
 * What is left is the first to go where a number or room is needed, the one that was of use longest ago before the others.
 *
 * <p>How soon an answer begins tells whether its prompt was known. So a key's requests begin with tokens of its own alone, unless the
 * owner allows more.
 *
 * <p>Belongs to the decode thread.
 */
final class Places {
    /** Fewer are not worth a place. */
    static final int TOKENS_MIN = 16;

    /** An ended sequence, with the tokens that the cache has of it. */
    private static final class Left {
        private final int id;
        private final String key;
        private final int[] tokens;

        Left(int id, String key, int[] tokens) {
            this.id = id;
            this.key = key;
            this.tokens = tokens;
        }
    }

    /**
     * What a request begins with.
     *
     * @param tokens how many of its first tokens the sequence has, too
     * @param left there where that has ended
     */
    private record Match(int id, int tokens, Optional<Left> left) {}

    private final Decoder decoder;
    private final PrefixReuse reuse;
    private final BitSet used = new BitSet();
    /** The one that was of use longest ago first. */
    private final List<Left> left = new ArrayList<>();

    Places(Decoder decoder, PrefixReuse reuse) {
        this.decoder = decoder;
        this.reuse = reuse;
    }

    /** Gives a sequence a number, and what the cache has of its first tokens; there is one where fewer than may be are in the cache. */
    void enter(Sequence sequence, List<Sequence> running) {
        Optional<Match> match = match(sequence, running);
        if (used.cardinality() == decoder.sequencesMax()) {
            Optional<Left> own = match.flatMap(Match::left);
            Optional<Left> oldest =
                    left.stream().filter(of -> !Optional.of(of).equals(own)).findFirst();
            if (match.isPresent() && own.isPresent() && isLess(own.get(), match.get(), oldest)) {
                takeOver(sequence, own.get(), match.get().tokens());
                return;
            }
            oldest.ifPresent(this::forget);
        }
        sequence.id = used.nextClearBit(0);
        used.set(sequence.id);
        match.ifPresent(found -> share(sequence, found));
    }

    private void share(Sequence sequence, Match match) {
        if (!decoder.share(match.id(), sequence.id, match.tokens())) {
            return;
        }
        sequence.reuse(match.tokens());
        match.left().ifPresent(of -> {
            left.remove(of);
            if (of.tokens.length == match.tokens()) {
                forget(of.id); // the sequence has all of it
            } else {
                left.add(of);
            }
        });
    }

    /** Whether less is lost behind the first tokens of the one than with the other. */
    private static boolean isLess(Left own, Match match, Optional<Left> other) {
        return other.isEmpty() || own.tokens.length - match.tokens() <= other.get().tokens.length;
    }

    private void takeOver(Sequence sequence, Left own, int tokens) {
        left.remove(own);
        sequence.id = own.id;
        sequence.reuse(decoder.cut(own.id, tokens) ? tokens : 0);
    }

    /** The one that has most; the last token of a request is computed in any case, for what comes after it. */
    private Optional<Match> match(Sequence sequence, List<Sequence> running) {
        if (reuse == PrefixReuse.OFF) {
            return Optional.empty();
        }
        int most = sequence.length() - 1;
        Match best = new Match(Sequence.NO_ID, TOKENS_MIN - 1, Optional.empty());
        for (Left of : left) {
            int tokens = isFor(of.key, sequence) ? sequence.common(of.tokens, most) : 0;
            best = tokens > best.tokens() ? new Match(of.id, tokens, Optional.of(of)) : best;
        }
        for (Sequence other : running) {
            int tokens = isFor(other.caller().key(), sequence) ? sequence.common(other.inCache(), most) : 0;
            best = tokens > best.tokens() ? new Match(other.id, tokens, Optional.empty()) : best;
        }
        return best.id() == Sequence.NO_ID ? Optional.empty() : Optional.of(best);
    }

    private boolean isFor(String key, Sequence sequence) {
        return reuse == PrefixReuse.ALL || key.equals(sequence.caller().key());
    }

    /** Frees a sequence's number, and its cells with it. */
    void forget(Sequence sequence) {
        forget(sequence.id);
        sequence.id = Sequence.NO_ID;
    }

    /** Leaves an ended sequence in the cache, for those that begin as it did. */
    void leave(Sequence sequence) {
        int[] tokens = sequence.inCache();
        if (reuse == PrefixReuse.OFF || tokens.length < TOKENS_MIN) {
            forget(sequence);
            return;
        }
        Left now = new Left(sequence.id, sequence.caller().key(), tokens);
        for (Left former : List.copyOf(left)) {
            boolean within = former.tokens.length <= tokens.length
                    && Arrays.mismatch(former.tokens, 0, former.tokens.length, tokens, 0, former.tokens.length) < 0;
            if (within && former.key.equals(now.key)) {
                forget(former);
            }
        }
        left.add(now);
        sequence.id = Sequence.NO_ID;
    }

    /** Cells that what is left has to itself. */
    int cells(List<Sequence> running) {
        int cells = 0;
        for (int i = 0; i < left.size(); i++) {
            int[] tokens = left.get(i).tokens;
            int shared = 0;
            for (Sequence other : running) {
                shared = Math.max(shared, Math.min(other.common(tokens, tokens.length), other.cached));
            }
            for (Left other : left.subList(0, i)) {
                int mismatch = Arrays.mismatch(tokens, other.tokens);
                shared = Math.max(shared, mismatch < 0 ? tokens.length : mismatch);
            }
            cells += tokens.length - shared;
        }
        return cells;
    }

    /** Lets so much of what is left go that it has no more cells to itself than that. */
    void shrink(int cells, List<Sequence> running) {
        while (!left.isEmpty() && cells(running) > cells) {
            forget(left.getFirst());
        }
    }

    /** Lets all go that is left; returns whether there was any. */
    boolean clear() {
        boolean any = !left.isEmpty();
        List.copyOf(left).forEach(this::forget);
        return any;
    }

    private void forget(Left of) {
        left.remove(of);
        forget(of.id);
    }

    private void forget(int id) {
        decoder.forget(id);
        used.clear(id);
    }
}
