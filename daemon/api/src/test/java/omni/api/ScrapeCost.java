package omni.api;

import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.ByteArrayOutputStream;
import java.lang.management.ManagementFactory;
import java.util.Arrays;
import java.util.List;
import java.util.Locale;
import java.util.Optional;
import java.util.stream.IntStream;
import omni.engine.EngineProtocol.Caller;
import omni.engine.EngineProtocol.CountersReply;
import omni.engine.EngineProtocol.GenerateReply;
import omni.engine.EngineProtocol.GenerateReplyFinish;
import omni.engine.EngineProtocol.Model;
import omni.engine.EngineProtocol.ModelCounters;
import omni.engine.EngineProtocol.ModelState;
import omni.engine.EngineProtocol.Priority;
import omni.engine.EngineProtocol.Usage;
import org.junit.jupiter.api.Test;

/**
 * Prints what the largest scrape that there can be costs, and one of a home with three models and four keys; docs/benchmarks.md has
 * the figures. Not one of the tests of a build, for it judges nothing: {@code -Dtest=ScrapeCost} names it.
 */
final class ScrapeCost {
    private static final int WARM_UP = 300;
    private static final int ROUNDS = 501;

    @Test
    void aScrapeOfEachSize() {
        print("three models, four keys", filled(3, 4));
        print("every label taken", filled(LabelPairs.MODELS_MAX + 1, LabelPairs.KEYS_MAX + 1));
    }

    private static Metrics filled(int models, int keys) {
        var counts = new CountersReply(
                IntStream.range(0, models)
                        .mapToObj(m -> new ModelCounters("id" + m, name(m), 1, 0, 5, 0, 0, 0, true, 0, 1, 0, 1, 1, 1))
                        .toList(),
                1L,
                1L);
        var metrics = new Metrics(() -> new EngineCounts(true, Optional.of(counts)));
        for (var m = 0; m < models; m++) {
            for (var k = 0; k < keys; k++) {
                var key = "%012x".formatted(k);
                var times = new AnswerTimes(System.nanoTime());
                times.see(new GenerateReply(
                        "a", List.of(), 10L, GenerateReplyFinish.STOP, null, new Usage(10, 4, 3, 5, 1, 1, 2)));
                metrics.answer(model(m), Optional.of(new Caller(key, Priority.NORMAL)), times);
                for (var outcome : List.of("done", "broken", "rate_limit_exceeded")) {
                    metrics.request(Optional.of(name(m)), Optional.of(key), outcome);
                }
            }
        }
        return metrics;
    }

    private static String name(int model) {
        return "qwen2.5-0.5b-instruct-q4_k_m-" + model;
    }

    private static Model model(int number) {
        return new Model(
                "id", name(number), false, false, true, "qwen2", 1, 1, null, null, null, null, false, ModelState.SOUND);
    }

    private static void print(String what, Metrics metrics) {
        var thread = ManagementFactory.getThreadMXBean();
        var cpu = new long[ROUNDS];
        var wall = new long[ROUNDS];
        var bytes = 0;
        for (var i = -WARM_UP; i < ROUNDS; i++) {
            var out = new ByteArrayOutputStream();
            var begin = System.nanoTime();
            var beginCpu = thread.getCurrentThreadCpuTime();
            metrics.scrape(out);
            if (i >= 0) {
                cpu[i] = thread.getCurrentThreadCpuTime() - beginCpu;
                wall[i] = System.nanoTime() - begin;
            }
            bytes = out.size();
        }
        assertTrue(bytes > 0);
        Arrays.sort(cpu);
        Arrays.sort(wall);
        System.out.printf(
                Locale.ROOT,
                "%s: %d bytes; median %.2f ms of the processor, %.2f ms (least %.2f, 9 of 10 within %.2f)%n",
                what,
                bytes,
                cpu[ROUNDS / 2] / 1e6,
                wall[ROUNDS / 2] / 1e6,
                wall[0] / 1e6,
                wall[ROUNDS * 9 / 10] / 1e6);
    }
}
