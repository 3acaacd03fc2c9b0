package omni.measure;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.atomic.AtomicReference;
import omni.measure.MeasureException.Kind;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import tools.jackson.databind.json.JsonMapper;

class BenchTest {
    private FakeServer first;
    private FakeServer second;

    @BeforeEach
    void start() throws IOException {
        first = new FakeServer();
        second = new FakeServer();
    }

    @AfterEach
    void stop() {
        first.close();
        second.close();
    }

    @Test
    void measuresEverythingOfTwoInTurns() {
        var heard = new ArrayList<String>();
        var rounds = new ArrayList<Integer>();
        var targets = List.of(swapping(first, "a"), swapping(second, "b"));
        var results = new Bench(Plans.of(2, Workload.values()), targets, new Bench.Listener() {
                    @Override
                    public void at(int done, int total, String what) {
                        heard.add(done + "/" + total + " " + what);
                    }

                    @Override
                    public void round(Results until) {
                        rounds.add(until.rounds());
                    }
                })
                .run();
        assertEquals(List.of(1, 2), rounds);
        assertEquals(
                List.of(
                        "decode_tokens_per_second",
                        "decode_gap_worst_ms",
                        "prefill_tokens_per_second",
                        "first_token_ms",
                        "concurrency_1_tokens_per_second",
                        "concurrency_1_first_token_worst_ms",
                        "concurrency_3_tokens_per_second",
                        "concurrency_3_first_token_worst_ms",
                        "prefix_cold_first_token_ms",
                        "prefix_same_first_token_ms",
                        "prefix_changed_first_token_ms",
                        "prefix_changed_reused_percent",
                        "contention_tokens_per_second",
                        "contention_loop_percent",
                        "swap_first_token_ms"),
                results.metrics().stream().map(Metric::id).toList());
        for (var metric : results.metrics()) {
            var each = metric.equals(Metric.SWAP) ? 4 : 2;
            assertEquals(2, results.rows(metric).size(), metric.id());
            results.rows(metric).forEach(row -> assertEquals(each, row.values().size(), metric.id()));
        }
        assertEquals("0/32 warming up a", heard.get(0));
        assertEquals("0/32 round 1 of 2: decode of a", heard.get(2));
        assertEquals("1/32 round 1 of 2: decode of b", heard.get(3));
        assertEquals("16/32 round 2 of 2: decode of b", heard.get(18), "the other one first");
        assertEquals("31/32 round 2 of 2: swap of a", heard.getLast());
        assertEquals(Results.Standing.INVALID, results.standing());
        assertEquals("2 whole rounds: a claim takes 10", results.reasons().getFirst());
    }

    @Test
    void promptsHaveTheirLengthAndAreNew() {
        run(Plans.of(3, Workload.PREFILL, Workload.DECODE), first.target("a"));
        var prompts = first.asked.stream().map(FakeServer::text).toList();
        var last = prompts.subList(prompts.size() - 6, prompts.size());
        assertEquals(6, new HashSet<>(last).size());
        for (int round = 0; round < 3; round++) {
            assertEquals(64, first.tokenizer.applyAsInt(last.get(2 * round + 1)));
        }
    }

    @Test
    void onlyTheClockChangesInAPrefix() {
        run(Plans.of(1, true, Workload.PREFIX), first.target("a"));
        var last = first.asked.subList(first.asked.size() - 3, first.asked.size()).stream()
                .map(body -> body.at("/messages/0/content").asString())
                .toList();
        assertEquals(last.get(0), last.get(1));
        var before = last.get(1).split("\n", 2);
        var after = last.get(2).split("\n", 2);
        assertTrue(before[0].matches("The time is \\d\\d:\\d\\d:\\d\\d\\."), before[0]);
        assertTrue(!before[0].equals(after[0]) && before[0].length() == after[0].length(), after[0]);
        assertEquals(before[1], after[1]);
        assertEquals("system", first.asked.getLast().at("/messages/0/role").asString());
    }

    @Test
    void stoppedItHasWhatItMeasured() {
        var bench = new AtomicReference<Bench>();
        bench.set(new Bench(Plans.of(50, Workload.DECODE), List.of(first.target("a")), new Bench.Listener() {
            @Override
            public void at(int done, int total, String what) {
                if (done == 3) {
                    bench.get().stop();
                }
            }

            @Override
            public void round(Results results) {}
        }));
        var results = bench.get().run();
        assertEquals(3, results.rounds());
        assertEquals(3, results.rows(Metric.DECODE).getFirst().values().size());
        assertEquals("stopped after 3 of 50 rounds", results.reasons().getFirst());
        assertTrue(results.failures().isEmpty());
    }

    @Test
    void stoppedInTheMiddleOfAnAnswerItDoesNotWaitForIt() throws InterruptedException {
        first.manner = FakeServer.SILENT;
        var bench = new Bench(Plans.of(1, Workload.DECODE), List.of(first.target("a")), Plans.deaf());
        var results = new AtomicReference<Optional<Results>>(Optional.empty());
        var run = Thread.ofVirtual().start(() -> results.set(Optional.of(bench.run())));
        Await.until("it asks", () -> !first.asked.isEmpty());
        bench.stop();
        run.join();
        assertEquals(0, results.get().orElseThrow().rounds());
    }

    @Test
    void whatFailsThriceIsLeftOutAndTheRestIsMeasured() {
        var bench = new Bench(
                Plans.of(5, Workload.DECODE, Workload.FIRST_TOKEN),
                List.of(first.target("a"), second.target("b")),
                new Bench.Listener() {
                    @Override
                    public void at(int done, int total, String what) {
                        second.status = what.contains("decode of b") ? 500 : 200;
                    }

                    @Override
                    public void round(Results results) {}
                });
        var results = bench.run();
        assertEquals(3, results.failures().size());
        assertEquals(
                new Results.Failure("b", "decode", 1, "b: the server answers 500: because [31m"),
                results.failures().getFirst());
        assertEquals(1, results.rows(Metric.DECODE).size());
        assertEquals(2, results.rows(Metric.FIRST_TOKEN).size());
        assertTrue(
                results.reasons().contains("3 measurements failed"),
                results.reasons().toString());
    }

    @Test
    void whoCannotBeMeasuredAtAllIsSaidAtOnce() {
        second.status = 401;
        var bench =
                new Bench(Plans.of(5, Workload.DECODE), List.of(first.target("a"), second.target("b")), Plans.deaf());
        var thrown = assertThrows(MeasureException.class, bench::run);
        assertEquals(Kind.REFUSED, thrown.kind());
    }

    @Test
    void whatContradictsItselfIsRefused() {
        assertInvalid("One server or two can be measured, not 0.", Workload.DECODE);
        assertInvalid("Two servers need two names.", Workload.DECODE, first.target("a"), second.target("a"));
        assertInvalid("For swap, name a second model of a.", Workload.SWAP, first.target("a"));
    }

    @Test
    void theSameServerTwiceGetsOtherPrompts() {
        run(Plans.of(2, Workload.DECODE), first.target("a"), first.target("b"));
        var prompts = first.asked.stream().map(FakeServer::text).toList();
        assertEquals(prompts.size(), Set.copyOf(prompts).size());
    }

    private static void assertInvalid(String message, Workload workload, Target... targets) {
        var thrown = assertThrows(
                MeasureException.class, () -> new Bench(Plans.of(1, workload), List.of(targets), Plans.deaf()));
        assertEquals(Kind.INVALID, thrown.kind());
        assertEquals(message, thrown.getMessage());
    }

    private static Results run(Plan plan, Target... targets) {
        return new Bench(plan, List.of(targets), Plans.deaf()).run();
    }

    private static Target swapping(FakeServer server, String name) {
        return new Target(
                name,
                server.url(),
                Optional.empty(),
                Optional.of("one"),
                Optional.of("two"),
                JsonMapper.shared().createObjectNode(),
                Set.of());
    }
}
