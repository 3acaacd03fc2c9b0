package omni.engine;

import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.Collections;
import java.util.HashMap;
import java.util.IdentityHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.Semaphore;
import omni.llama.Logits;
import org.junit.jupiter.api.Assertions;

/**
 * A decoder that counts: after token n comes n + 1, until a number that ends in 99. It keeps each sequence's tokens as a
 * KV cache would, refuses positions that do not go on where they end, and notes every batch.
 */
final class ScriptedDecoder implements Decoder {
    /**
     * One decode call: how many tokens each sequence had in it, by sequence, and by thousand of the tokens, by which a test
     * may know its requests.
     */
    record Call(Map<Integer, Integer> tokens, Map<Integer, Integer> thousands) {
        int total() {
            return tokens.values().stream().mapToInt(Integer::intValue).sum();
        }
    }

    private record Row(int token, int sequence, boolean output) {}

    private record Cell(int token) {}

    private final int sequencesMax;
    private final int contextTokens;
    private final int kvTokens;
    private final int batchTokens;
    /** Decode calls that may go on; a test that wants to look between calls gives them one by one. */
    final Semaphore permits = new Semaphore(0);

    final List<Call> calls = new ArrayList<>();
    private final List<Row> batch = new ArrayList<>();
    private final Map<Integer, List<Cell>> cache = new HashMap<>();
    /** Cells the decoder really has: fewer than it says make it answer that there is no room. */
    volatile int realKvTokens;

    volatile int failAtCall = Integer.MAX_VALUE;
    /** As recurrent layers have it: of what was read, the state behind the end alone. */
    volatile boolean onlyWhole;
    /** Run before each picker is made. */
    volatile Runnable whenPicking = () -> {};

    private int openPickers;
    private int pickers;

    ScriptedDecoder(int sequencesMax, int contextTokens, int kvTokens, int batchTokens) {
        this.sequencesMax = sequencesMax;
        this.contextTokens = contextTokens;
        this.kvTokens = kvTokens;
        this.realKvTokens = kvTokens;
        this.batchTokens = batchTokens;
    }

    /** What a prompt that ends in {@code last} is answered with. */
    static String answer(int last, int tokens) {
        StringBuilder text = new StringBuilder();
        int token = last + 1;
        for (int i = 0; i < tokens && token % 100 != 99; i++, token++) {
            text.append(token).append(' ');
        }
        return text.toString();
    }

    synchronized List<Call> calls() {
        return List.copyOf(calls);
    }

    /** What sequences share is there once. */
    synchronized int cells() {
        Set<Cell> cells = Collections.newSetFromMap(new IdentityHashMap<>());
        cache.values().forEach(cells::addAll);
        return cells.size();
    }

    synchronized int pickers() {
        return pickers;
    }

    synchronized int openPickers() {
        return openPickers;
    }

    @Override
    public int sequencesMax() {
        return sequencesMax;
    }

    @Override
    public int contextTokens() {
        return contextTokens;
    }

    @Override
    public int kvTokens() {
        return kvTokens;
    }

    @Override
    public int batchTokens() {
        return batchTokens;
    }

    @Override
    public synchronized void clear() {
        batch.clear();
    }

    @Override
    public synchronized int add(int token, int position, int sequence, boolean output) {
        Assertions.assertTrue(sequence >= 0 && sequence < sequencesMax, "sequence " + sequence);
        long before = batch.stream().filter(row -> row.sequence() == sequence).count();
        int cached = cache.getOrDefault(sequence, List.of()).size();
        Assertions.assertEquals(cached + before, position, "the position goes on where the sequence ends");
        batch.add(new Row(token, sequence, output));
        Assertions.assertTrue(batch.size() <= batchTokens, "the batch is full");
        return batch.size() - 1;
    }

    @Override
    public Outcome decode() {
        permits.acquireUninterruptibly();
        synchronized (this) {
            if (cells() + batch.size() > realKvTokens) {
                return Outcome.NO_ROOM;
            }
            Map<Integer, Integer> tokens = new HashMap<>();
            Map<Integer, Integer> thousands = new HashMap<>();
            for (Row row : batch) {
                cache.computeIfAbsent(row.sequence(), _ -> new ArrayList<>()).add(new Cell(row.token()));
                tokens.merge(row.sequence(), 1, Integer::sum);
                thousands.merge(row.token() / 1000, 1, Integer::sum);
            }
            calls.add(new Call(tokens, thousands));
            if (calls.size() >= failAtCall) {
                throw new EngineException.Failed("The script says so.");
            }
            return Outcome.DONE;
        }
    }

    @Override
    public Picker picker(Sampling sampling, Optional<Form> form, int[] prompt) {
        whenPicking.run();
        synchronized (this) {
            openPickers++;
            pickers++;
        }
        return () -> {
            synchronized (this) {
                openPickers--;
            }
        };
    }

    @Override
    public synchronized int pick(Picker picker, int index) {
        Row row = batch.get(index);
        Assertions.assertTrue(row.output(), "no output was asked for");
        return cache.getOrDefault(row.sequence(), List.of()).getLast().token() + 1;
    }

    @Override
    public Logits logits(int index) {
        throw new AssertionError("Nobody asked for log-probabilities.");
    }

    @Override
    public byte[] piece(int token) {
        return (token + " ").getBytes(StandardCharsets.US_ASCII);
    }

    @Override
    public boolean ends(int token) {
        return token % 100 == 99;
    }

    @Override
    public synchronized void forget(int sequence) {
        cache.remove(sequence);
    }

    @Override
    public synchronized boolean share(int source, int target, int tokens) {
        Assertions.assertFalse(cache.containsKey(target), "it is in the cache already");
        List<Cell> had = cache.getOrDefault(source, List.of());
        if (onlyWhole && had.size() != tokens) {
            return false;
        }
        cache.put(target, new ArrayList<>(had.subList(0, tokens)));
        return true;
    }

    @Override
    public synchronized boolean cut(int sequence, int tokens) {
        List<Cell> had = cache.getOrDefault(sequence, List.of());
        if (onlyWhole && had.size() != tokens) {
            cache.remove(sequence);
            return false;
        }
        cache.put(sequence, new ArrayList<>(had.subList(0, tokens)));
        return true;
    }

    @Override
    public void interrupt() {
        permits.release(1);
    }

    @Override
    public void close() {}
}
