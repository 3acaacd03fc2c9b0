package omni.airgap;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.util.List;
import org.junit.jupiter.api.Test;
import tools.jackson.databind.node.ObjectNode;

/** What happened in a gap is told: from when to when it was, and when it did not hold. */
class GapStoryTest {
    private static List<String> tell(String... kinds) {
        GapStory story = new GapStory();
        int time = 1;
        for (String kind : kinds) {
            var record = EvidenceChain.body().put("time", "T" + time++).put("kind", kind);
            record.set("body", EvidenceChain.body().put("cause", "a person"));
            story.add(record);
        }
        return story.lines();
    }

    /** Kinds of records, each with what eth0 had sent by then. */
    private static List<String> tellSent(Object... kindsAndFrames) {
        GapStory story = new GapStory();
        for (int i = 0; i < kindsAndFrames.length; i += 2) {
            var record = EvidenceChain.body().put("time", "T" + (i / 2 + 1)).put("kind", (String) kindsAndFrames[i]);
            var body = EvidenceChain.body().put("cause", "a person");
            body.putObject("sentFrames").putObject("4026").put("eth0", (int) kindsAndFrames[i + 1]);
            record.set("body", body);
            story.add(record);
        }
        return story.lines();
    }

    @Test
    void aLinkThatSentInAGapIsTold() {
        String whole = "a gap from T2 to T4, by this box's clock, lifted by a person";
        assertEquals(
                List.of(whole),
                tellSent("engaging", 90, "closed", 100, "watched", 100, "lifting", 100, "open", 180),
                "what it sent on the way down and after the lift is not the gap's");
        assertEquals(
                List.of(whole + "; in it: eth0 of net:[4026] sent 7 frames"),
                tellSent("engaging", 90, "closed", 100, "watched", 103, "lifting", 107, "open", 180));
        assertEquals(
                List.of(
                        "a gap from T1 to T2, by this box's clock, lifted by a person",
                        "a gap from T3 to T4, by this" + " box's clock, lifted by a person"),
                tellSent("closed", 100, "open", 180, "closed", 200, "open", 200),
                "each gap counts from its own beginning");
        assertEquals(
                List.of(whole + "; in it: eth0 of net:[4026] sent 5 frames"),
                tellSent("engaging", 90, "closed", 100, "watched", 2, "lifting", 5, "open", 180),
                "a link that was made anew counts from nothing");
    }

    /** One that has got another name has sent no more for that; and two of one name are two. */
    @Test
    void aLinkIsKnownByItsNumber() {
        GapStory story = new GapStory();
        story.add(numbered("closed", "T1", "eth0", 100, "x", 40));
        story.add(numbered("watched", "T2", "eth7", 100, "x", 41));
        story.add(numbered("lifting", "T3", "x", 103, "x", 41));
        story.add(numbered("open", "T4", "x", 500, "x", 500));
        assertEquals(
                List.of("a gap from T1 to T3, by this box's clock, lifted by a person; in it: x of net:[4026] sent 3"
                        + " frames; x of net:[4026] sent 1 frame"),
                story.lines());
    }

    /** The role was updated in a gap: what was written by name goes on by number. */
    @Test
    void whatWasWrittenByNameGoesOnByNumber() {
        GapStory story = new GapStory();
        var old = EvidenceChain.body().put("time", "T1").put("kind", "closed");
        var body = EvidenceChain.body();
        body.putObject("sentFrames").putObject("4026").put("eth0", 100).put("eth1", 40);
        old.set("body", body);
        story.add(old);
        story.add(numbered("watched", "T2", "eth0", 100, "eth1", 42));
        assertEquals(
                List.of("a gap since T1, by this box's clock, not lifted when the proof was made; in it: eth1 of"
                        + " net:[4026] sent 2 frames"),
                story.lines());
    }

    /** Two links with the numbers 2 and 3. */
    private static ObjectNode numbered(String kind, String time, String one, int sentOne, String two, int sentTwo) {
        var record = EvidenceChain.body().put("time", time).put("kind", kind);
        var body = EvidenceChain.body().put("cause", "a person");
        var links = body.putObject("sentFrames").putObject("4026");
        links.putObject("2").put("name", one).put("frames", sentOne);
        links.putObject("3").put("name", two).put("frames", sentTwo);
        record.set("body", body);
        return record;
    }

    private static ObjectNode closedSince(String kind, String time, String since, String cause) {
        var record = EvidenceChain.body().put("time", time).put("kind", kind);
        var body = EvidenceChain.body().put("cause", cause);
        if (!since.isEmpty()) {
            body.put("since", since);
        }
        record.set("body", body);
        return record;
    }

    private static List<String> story(ObjectNode... records) {
        GapStory story = new GapStory();
        for (ObjectNode record : records) {
            story.add(record);
        }
        return story.lines();
    }

    /** Of the lift between there is no record: these are two gaps, and it is not told that one has held. */
    @Test
    void aGapThatIsEngagedAnewHadAnEndThatIsNotRecorded() {
        List<String> two = List.of(
                "a gap from T1 to T2, by this box's clock, lifted by a person",
                "a gap from T4, by this box's clock, whose end is not recorded: seen closed last at T5, closed anew at T6",
                "a gap since T7, by this box's clock, not lifted when the proof was made");
        assertEquals(two, tell("closed", "open", "engaging", "closed", "watched", "engaging", "closed"));
        assertEquals(
                List.of(
                        "a gap from T1, by this box's clock, whose end is not recorded: closed anew at T2; in it: broken"
                                + " (not confirmed) since T1 and not confirmed when it was seen last",
                        "a gap since T3, by this box's clock, not lifted when the proof was made"),
                tell("broken", "engaging", "closed"),
                "nor that it was seen closed");
        assertEquals(
                List.of(
                        "a gap from T1 to T2, by this box's clock, lifted by a person",
                        "a gap since T4, by this box's clock, not lifted when the proof was made"),
                tell("closed", "lifting", "engaging", "closed"),
                "that its lift began is enough");
    }

    @Test
    void recordsThatSaySinceWhenTellOneGapFromAnother() {
        assertEquals(
                List.of("a gap since T2, by this box's clock, not lifted when the proof was made"),
                story(
                        closedSince("engaging", "T1", "T1", "a person"),
                        closedSince("closed", "T2", "T1", "a person"),
                        closedSince("engaging", "T3", "T1", "the gap was closed before"),
                        closedSince("closed", "T4", "T1", "a person")),
                "the same is confirmed again");
        for (String kind : List.of("engaging", "closed", "broken", "watched", "started")) {
            String told = story(
                            closedSince("closed", "T2", "T1", "a person"), closedSince(kind, "T3", "T3", "a person"))
                    .getFirst();
            assertEquals(
                    "a gap from T2, by this box's clock, whose end is not recorded: seen closed last at T2, closed anew at"
                            + " T3",
                    told,
                    kind);
        }
        assertEquals(
                List.of("a gap since T1, by this box's clock, not lifted when the proof was made; in it: a lift by a"
                        + " person that began at T2 and ended closed again, at T3"),
                story(
                        closedSince("closed", "T1", "T0", ""),
                        closedSince("lifting", "T2", "T0", "lift: a person"),
                        closedSince("engaging", "T3", "T0", "anything"),
                        closedSince("closed", "T4", "T0", "anything")));
    }

    /** Older records say no such thing: what they say of themselves is taken as it was. */
    @Test
    void olderRecordsOfOneGapStayOne() {
        String one = "a gap since T1, by this box's clock, not lifted when the proof was made";
        assertEquals(
                List.of(one),
                story(
                        closedSince("closed", "T1", "", ""),
                        closedSince("engaging", "T2", "", "the gap was closed before"),
                        closedSince("closed", "T3", "", ""),
                        closedSince("started", "T4", "T0", "the role of today")));
        assertEquals(
                List.of(one + "; in it: a lift by a person that began at T2 and ended closed again, at T3"),
                story(
                        closedSince("closed", "T1", "", ""),
                        closedSince("lifting", "T2", "", "lift: a person"),
                        closedSince("engaging", "T3", "", "a lift failed: a link is gone"),
                        closedSince("closed", "T4", "", "")));
    }

    @Test
    void aStartThatFindsItOpenEndsIt() {
        var open = closedSince("started", "T9", "", "start");
        open.withObject("body").put("state", "open");
        assertEquals(
                List.of(
                        "a gap from T1, by this box's clock, whose end is not recorded: seen closed last at T2, found open,"
                                + " as the role started, at T9"),
                story(closedSince("closed", "T1", "T0", ""), closedSince("watched", "T2", "T0", ""), open));
        assertEquals(
                List.of("a gap from T1 to T2, by this box's clock, lifted by a person"),
                story(
                        closedSince("closed", "T1", "T0", ""),
                        closedSince("lifting", "T2", "T0", "lift: a person"),
                        open));
        assertEquals(
                List.of(
                        "a gap since T1, by this box's clock, of which a lift by a person began at T2 and had not ended when"
                                + " the proof was made"),
                story(closedSince("closed", "T1", "T0", ""), closedSince("lifting", "T2", "T0", "lift: a person")));
        assertEquals(List.of(), story(open));
    }

    @Test
    void whatWasNotWrittenIsTold() {
        var unwritten = EvidenceChain.body().put("time", "T9").put("kind", "unwritten");
        unwritten.set(
                "body", EvidenceChain.body().put("records", 4).put("from", "T3").put("to", "T8"));
        assertEquals(
                List.of("outside of the gaps that are told: records that could not be written, from T3 to T8: 4"),
                story(unwritten));
        assertTrue(story(closedSince("closed", "T1", "T0", ""), unwritten)
                .getFirst()
                .endsWith("; in it: records that could not be written, from T3 to T8: 4"));
    }

    /** A record is written when there is time: later than what it tells of. */
    @Test
    void aGapIsFromWhenItWasClosedToWhenItsLiftBegan() {
        GapStory story = new GapStory();
        int time = 1;
        for (String kind : List.of("engaging", "closed", "lifting", "open")) {
            var record = EvidenceChain.body().put("time", "written " + time).put("kind", kind);
            record.set("body", EvidenceChain.body().put("cause", "a person").put("at", "T" + time++));
            story.add(record);
        }
        assertEquals(List.of("a gap from T2 to T3, by this box's clock, lifted by a person"), story.lines());
    }

    @Test
    void triesThatWereRefusedAreTold() {
        assertEquals(
                List.of(
                        "a gap from T1 to T4, by this box's clock, lifted by a person; in it: tries to lift it that were refused: 2",
                        "a gap from T6 to T7, by this box's clock, lifted by a person"),
                tell("closed", "refused", "refused", "open", "refused", "closed", "open"),
                "one while none is closed is no gap's");
    }

    /** A link that comes in a gap has sent what it counts, and a crowd of them hides none. */
    @Test
    void linksThatComeInAGapAreTold() {
        GapStory story = new GapStory();
        for (String kind : List.of("closed", "watched", "open")) {
            var record = EvidenceChain.body().put("time", "T").put("kind", kind);
            var body = EvidenceChain.body().put("cause", "a person");
            var links = body.putObject("sentFrames").putObject("1").put("zeth", 7);
            for (int i = 0; kind.equals("watched") && i < 30; i++) {
                links.put("new" + i, 3);
            }
            record.set("body", body);
            story.add(record);
        }
        String told = story.lines().getFirst();
        assertTrue(told.contains("new0 of net:[1] sent 3 frames"), told);
        assertTrue(told.contains("links more that sent: 10"), told);
        assertTrue(!told.contains("zeth"), told);
    }

    @Test
    void aGapThatHeldIsToldInOneLine() {
        assertEquals(
                List.of("a gap from T2 to T4, by this box's clock, lifted by a person"),
                tell("engaging", "closed", "watched", "lifting", "open"));
        assertEquals(
                List.of("a gap since T2, by this box's clock, not lifted when the proof was made"),
                tell("open", "closed", "watched"));
        assertEquals(List.of(), tell("open", "open"));
    }

    @Test
    void aGapThatBrokeSaysSinceWhenAndUntilWhen() {
        assertEquals(
                List.of(
                        "a gap from T1 to T8, by this box's clock, lifted by a person; in it: broken (not confirmed) since"
                                + " T2, confirmed again at T4; broken (not confirmed) since T6, confirmed again at T7"),
                tell("closed", "broken", "broken", "closed", "watched", "broken", "closed", "open"));
    }

    @Test
    void aGapThatBeganBrokenOrEndedSoSaysIt() {
        assertEquals(
                List.of(
                        "a gap from T2 to T4, by this box's clock, lifted by a person; in it: broken (not confirmed) since"
                                + " T2, confirmed at T3"),
                tell("engaging", "broken", "closed", "open"));
        assertEquals(
                List.of(
                        "a gap from T1 to T3, by this box's clock, lifted by a person; in it: broken (not confirmed) since"
                                + " T2 and not confirmed before it was lifted"),
                tell("closed", "broken", "open"));
        assertEquals(
                List.of("a gap since T1, by this box's clock, not lifted when the proof was made; in it: broken (not"
                        + " confirmed) since T2 and not confirmed when the proof was made"),
                tell("closed", "broken", "watched"));
    }

    @Test
    void longWordsAreCut() {
        GapStory story = new GapStory();
        story.add(EvidenceChain.body().put("kind", "closed").put("time", "T".repeat(301)));
        assertEquals(
                List.of("a gap since " + "T".repeat(300) + ", by this box's clock, not lifted when the proof was made"),
                story.lines());
    }

    @Test
    void anEndlessStoryIsCut() {
        GapStory story = new GapStory();
        var closed = EvidenceChain.body().put("kind", "closed");
        var broken = EvidenceChain.body().put("time", "T").put("kind", "broken");
        var open = EvidenceChain.body().put("kind", "open");
        closed.put("time", "T");
        for (int i = 0; i < 21; i++) {
            story.add(closed);
            story.add(broken);
        }
        story.add(closed);
        story.add(open);
        for (int i = 1; i < 1001; i++) {
            story.add(closed);
            story.add(open);
        }
        List<String> lines = story.lines();
        assertEquals(1001, lines.size());
        assertTrue(lines.getFirst().endsWith("; broken more often: 1"), lines.getFirst());
        assertEquals("more gaps: 1", lines.getLast());
    }
}
