package omni.measure;

import java.time.Duration;
import java.util.EnumSet;
import java.util.List;
import java.util.Locale;
import java.util.Set;
import java.util.TreeSet;

/**
 * What to measure and how often.
 *
 * @param workloads what; at least one
 * @param rounds how often each is measured of each target, 1 to 1,000
 * @param warmUp answers of each target before the first round that do not count, 0 to 100
 * @param tokens of a written answer, 2 to 4,096
 * @param promptTokens of the prompt that is read, 32 to 131,072
 * @param prefixTokens of the prompt that is sent again, 32 to 131,072
 * @param streams how many answers at once, one number a measurement: 1 to 8 numbers of 1 to 256
 * @param loops threads that never rest beside an answer, 1 to 256
 * @param rest between two measurements, up to a minute
 * @param timeout for one answer, a second to an hour
 * @param loadLimit the percentage of the processors' time that others may take, 0 to 100; where they take more, the run is not
 *     valid
 * @param chat whether prompts are chats; else they are texts to be continued
 * @param seed of the prompts' order of words: another one gives prompts that no server has seen
 */
public record Plan(
        Set<Workload> workloads,
        int rounds,
        int warmUp,
        int tokens,
        int promptTokens,
        int prefixTokens,
        List<Integer> streams,
        int loops,
        Duration rest,
        Duration timeout,
        double loadLimit,
        boolean chat,
        long seed) {
    static final int STREAM_COUNTS_MAX = 8;
    /** With fewer, a median says little. */
    static final int ROUNDS_FOR_A_CLAIM = 10;

    /**
     * Checks the bounds.
     *
     * @throws MeasureException where one is not kept, which it names
     */
    public Plan {
        if (workloads.isEmpty()) {
            throw new MeasureException(MeasureException.Kind.INVALID, "Nothing is to be measured.");
        }
        workloads = Set.copyOf(workloads);
        within("rounds", rounds, 1, 1000);
        within("warm-up", warmUp, 0, 100);
        within("tokens", tokens, 2, 4096);
        within("prompt", promptTokens, 32, 131_072);
        within("prefix-prompt", prefixTokens, 32, 131_072);
        within("how many numbers of streams there are", streams.size(), 1, STREAM_COUNTS_MAX);
        streams.forEach(n -> within("streams", n, 1, 256));
        streams = List.copyOf(new TreeSet<>(streams));
        within("loops", loops, 1, 256);
        within("rest in milliseconds", rest.toMillis(), 0, 60_000);
        within("timeout in milliseconds", timeout.toMillis(), 1000, 3_600_000);
        if (!(loadLimit >= 0 && loadLimit <= 100)) {
            throw new MeasureException(
                    MeasureException.Kind.INVALID, "load-limit is " + loadLimit + "; it may be 0 to 100.");
        }
    }

    /** What is measured where nothing else is said; models that take turns only where there are two. */
    public static Set<Workload> usual() {
        return EnumSet.complementOf(EnumSet.of(Workload.SWAP));
    }

    /** The measurements in the order of a round. */
    List<Step> steps() {
        return java.util.Arrays.stream(Workload.values())
                .filter(workloads::contains)
                .flatMap(w -> w == Workload.CONCURRENCY
                        ? streams.stream().map(n -> new Step(w, n))
                        : java.util.stream.Stream.of(new Step(w, 1)))
                .toList();
    }

    /**
     * One measurement of a round.
     *
     * @param streams answers at once
     */
    record Step(Workload workload, int streams) {
        /** Such as "prefill" or "concurrency 8". */
        String title() {
            return workload == Workload.CONCURRENCY ? "concurrency " + streams : workload.word();
        }
    }

    private static void within(String what, long value, long least, long most) {
        if (value < least || value > most) {
            throw new MeasureException(
                    MeasureException.Kind.INVALID,
                    String.format(Locale.ROOT, "%s is %d; it may be %d to %d.", what, value, least, most));
        }
    }
}
