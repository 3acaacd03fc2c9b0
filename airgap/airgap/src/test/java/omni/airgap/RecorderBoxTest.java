package omni.airgap;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.nio.file.Path;
import java.time.Clock;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import tools.jackson.databind.JsonNode;

/** What is written of a gap: before, its steps, while it is closed, and after. */
class RecorderBoxTest {
    @TempDir
    Path folder;

    private static JsonNode only(List<JsonNode> records, String kind) {
        List<JsonNode> found = records.stream()
                .filter(record -> record.path("kind").asString("").equals(kind))
                .toList();
        assertFalse(found.isEmpty(), kind + " of " + records);
        return found.getFirst().path("body");
    }

    private static long sent(JsonNode body, long namespace, String link) {
        for (var one : body.path("sentFrames").path(Long.toString(namespace)).properties()) {
            if (one.getValue().path("name").asString("").equals(link)) {
                assertTrue(Integer.parseInt(one.getKey()) > 0, "its number");
                assertTrue(one.getValue().path("frames").isNumber(), body::toString);
                return one.getValue().path("frames").asLong();
            }
        }
        throw new AssertionError(link + " of " + body);
    }

    /** A link that gets another name in a gap has not sent for that: it is known by its number. */
    @Test
    void aLinkThatIsRenamedInAGapHasSentNothing() throws Exception {
        try (Street street = new Street(1);
                TestGap gap = TestGap.over(street, folder)) {
            Tools.await("it has sent", () -> framesOf(gap) > 0);
            EvidenceChain chain = EvidenceChain.in(folder.resolve("evidence"), Clock.systemUTC());
            try (Recorder _ =
                    new Recorder(gap.gap(), Evidence.of(chain), Clock.systemUTC()).start(Duration.ofHours(1))) {
                gap.engage();
                street.inBox("ip", "link", "set", "eth0", "name", "renamed");
                gap.lift();
            }
            GapStory story = new GapStory();
            Proofs.records(chain).forEach(story::add);
            assertTrue(sent(
                            only(Proofs.records(chain), "lifting"),
                            gap.gap().stacks().iterator().next().number(),
                            "renamed")
                    > 0);
            assertFalse(story.lines().getFirst().contains(" sent "), story.lines()::toString);
        }
    }

    private static long framesOf(TestGap gap) {
        try {
            return gap.gap().stacks().iterator().next().sentFrames().values().stream()
                    .mapToLong(NetworkStack.Sent::frames)
                    .sum();
        } catch (AirgapException e) {
            throw new AssertionError(e);
        }
    }

    @Test
    void beforeStepsCountersOwnersAndAfterAreWritten() throws Exception {
        try (Street street = new Street(2)) {
            Process holder = street.startInBox(Tools.probe("hide").toString(), "packet");
            assertEquals("ready", holder.inputReader().readLine());
            try (TestGap gap = TestGap.with(TestParser::obstacles, street, folder)) {
                EvidenceChain chain = EvidenceChain.in(folder.resolve("evidence"), Clock.systemUTC());
                long namespace = gap.gap().stacks().iterator().next().number();
                try (Recorder recorder =
                        new Recorder(gap.gap(), Evidence.of(chain), Clock.systemUTC()).start(Duration.ofMillis(50))) {
                    Tools.await(
                            "it was looked at while it was open",
                            () -> recorder.before().isPresent());
                    gap.engage();
                    Tools.await(
                            "it was watched",
                            () -> Proofs.records(chain).stream()
                                    .anyMatch(record ->
                                            record.path("kind").asString("").equals("watched")));
                    holder.destroyForcibly().waitFor();
                    gap.lift();
                }
                List<JsonNode> records = Proofs.records(chain);
                JsonNode engaging = only(records, "engaging");
                assertTrue(sent(engaging.path("before"), namespace, "eth0") >= 0);
                assertEquals(
                        0,
                        engaging.path("before")
                                .path("census")
                                .path(0)
                                .path("unexplained")
                                .asInt(-1));
                assertTrue(engaging.path("before")
                                .path("census")
                                .path(0)
                                .path("used")
                                .asInt(0)
                        > 0);
                JsonNode closed = only(records, "closed");
                List<String> steps = new ArrayList<>();
                closed.path("steps").forEach(step -> {
                    assertTrue(step.path("confirmed").asBoolean(), step::toString);
                    steps.add(step.path("name").asString());
                });
                assertTrue(steps.containsAll(List.of("links", "filter", "sockets", "namespaces")), steps.toString());
                JsonNode watched = only(records, "watched");
                assertTrue(watched.path("obstacles").toString().contains("pid " + holder.pid()), watched::toString);
                JsonNode lifting = only(records, "lifting");
                for (String link : List.of("eth0", "eth1")) {
                    assertEquals(sent(closed, namespace, link), sent(lifting, namespace, link), "nothing was sent");
                }
                assertTrue(sent(only(records, "open"), namespace, "eth0") >= 0);
            }
        }
    }
}
