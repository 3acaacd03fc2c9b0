package omni.measure;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.time.Duration;
import java.util.Collections;
import java.util.List;
import java.util.Set;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.MethodSource;

class PlanTest {
    @Test
    void takesEachBound() {
        assertEquals(2, plan(1, 0, 2, 32, 32, List.of(1), 1, 0, 1000, 0).tokens());
        assertEquals(
                256,
                plan(1000, 100, 4096, 131_072, 131_072, List.of(1, 2, 3, 4, 5, 6, 7, 256), 256, 60_000, 3_600_000, 100)
                        .loops());
    }

    static Stream<Arguments> onePast() {
        return Stream.of(
                Arguments.of("rounds is 0; it may be 1 to 1000.", plan(p -> p.rounds = 0)),
                Arguments.of("rounds is 1001; it may be 1 to 1000.", plan(p -> p.rounds = 1001)),
                Arguments.of("warm-up is -1; it may be 0 to 100.", plan(p -> p.warmUp = -1)),
                Arguments.of("warm-up is 101; it may be 0 to 100.", plan(p -> p.warmUp = 101)),
                Arguments.of("tokens is 1; it may be 2 to 4096.", plan(p -> p.tokens = 1)),
                Arguments.of("tokens is 4097; it may be 2 to 4096.", plan(p -> p.tokens = 4097)),
                Arguments.of("prompt is 31; it may be 32 to 131072.", plan(p -> p.prompt = 31)),
                Arguments.of("prompt is 131073; it may be 32 to 131072.", plan(p -> p.prompt = 131_073)),
                Arguments.of("prefix-prompt is 31; it may be 32 to 131072.", plan(p -> p.prefix = 31)),
                Arguments.of("prefix-prompt is 131073; it may be 32 to 131072.", plan(p -> p.prefix = 131_073)),
                Arguments.of(
                        "how many numbers of streams there are is 0; it may be 1 to 8.",
                        plan(p -> p.streams = List.of())),
                Arguments.of(
                        "how many numbers of streams there are is 9; it may be 1 to 8.",
                        plan(p -> p.streams = Collections.nCopies(9, 1))),
                Arguments.of("streams is 0; it may be 1 to 256.", plan(p -> p.streams = List.of(0))),
                Arguments.of("streams is 257; it may be 1 to 256.", plan(p -> p.streams = List.of(257))),
                Arguments.of("loops is 0; it may be 1 to 256.", plan(p -> p.loops = 0)),
                Arguments.of("loops is 257; it may be 1 to 256.", plan(p -> p.loops = 257)),
                Arguments.of("rest in milliseconds is 60001; it may be 0 to 60000.", plan(p -> p.rest = 60_001)),
                Arguments.of("timeout in milliseconds is 999; it may be 1000 to 3600000.", plan(p -> p.timeout = 999)),
                Arguments.of(
                        "timeout in milliseconds is 3600001; it may be 1000 to 3600000.",
                        plan(p -> p.timeout = 3_600_001)),
                Arguments.of("load-limit is -0.1; it may be 0 to 100.", plan(p -> p.load = -0.1)),
                Arguments.of("load-limit is 100.1; it may be 0 to 100.", plan(p -> p.load = 100.1)),
                Arguments.of("load-limit is NaN; it may be 0 to 100.", plan(p -> p.load = Double.NaN)),
                Arguments.of("Nothing is to be measured.", plan(p -> p.workloads = Set.of())));
    }

    @ParameterizedTest
    @MethodSource
    void onePast(String message, Settings settings) {
        var thrown = assertThrows(MeasureException.class, settings::plan);
        assertEquals(MeasureException.Kind.INVALID, thrown.kind());
        assertEquals(message, thrown.getMessage());
    }

    @Test
    void aRoundHasAStepForEachNumberOfStreams() {
        var settings = new Settings();
        settings.workloads = Set.of(Workload.DECODE, Workload.CONCURRENCY);
        settings.streams = List.of(8, 1, 8);
        var steps = settings.plan().steps().stream().map(Plan.Step::title).toList();
        assertEquals(List.of("decode", "concurrency 1", "concurrency 8"), steps);
    }

    @Test
    void workloadsAreWrittenInWords() {
        assertEquals(Workload.FIRST_TOKEN, Workload.of("first-token"));
        var thrown = assertThrows(MeasureException.class, () -> Workload.of("speed\u001b[31m"));
        assertTrue(String.valueOf(thrown.getMessage())
                .startsWith("There is no measurement \"speed [31m\"; there is decode, prefill, first-token,"));
        assertTrue(Plan.usual().contains(Workload.PREFIX));
    }

    static final class Settings {
        private Set<Workload> workloads = Set.of(Workload.DECODE);
        private int rounds = 1;
        private int warmUp;
        private int tokens = 2;
        private int prompt = 32;
        private int prefix = 32;
        private List<Integer> streams = List.of(1);
        private int loops = 1;
        private long rest;
        private long timeout = 1000;
        private double load;

        Plan plan() {
            return new Plan(
                    workloads,
                    rounds,
                    warmUp,
                    tokens,
                    prompt,
                    prefix,
                    streams,
                    loops,
                    Duration.ofMillis(rest),
                    Duration.ofMillis(timeout),
                    load,
                    false,
                    0);
        }
    }

    private static Settings plan(java.util.function.Consumer<Settings> change) {
        var settings = new Settings();
        change.accept(settings);
        return settings;
    }

    private static Plan plan(
            int rounds,
            int warmUp,
            int tokens,
            int prompt,
            int prefix,
            List<Integer> streams,
            int loops,
            long rest,
            long timeout,
            double load) {
        return new Plan(
                Set.of(Workload.DECODE),
                rounds,
                warmUp,
                tokens,
                prompt,
                prefix,
                streams,
                loops,
                Duration.ofMillis(rest),
                Duration.ofMillis(timeout),
                load,
                false,
                0);
    }
}
