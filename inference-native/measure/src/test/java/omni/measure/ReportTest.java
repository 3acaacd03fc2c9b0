package omni.measure;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import javax.xml.parsers.DocumentBuilderFactory;
import javax.xml.parsers.ParserConfigurationException;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.xml.sax.SAXException;
import tools.jackson.databind.json.JsonMapper;

/** What a run comes to, and how it is written. */
class ReportTest {
    private static final String NASTY = "<b onload=\"x\">&|`*";

    @TempDir
    Path folder;

    @Test
    void aSummaryHasMedianAndQuartiles() {
        assertEquals(new Summary(4, 2.5, 1, 1.75, 3.25, 4), Summary.of(List.of(4.0, 1.0, 3.0, 2.0)));
        assertEquals(new Summary(1, 7, 7, 7, 7, 7), Summary.of(List.of(7.0)));
    }

    @Test
    void theFirstIsHeldBesideTheSecondByMediansAndByRounds() {
        var results = results(10, 3, Optional.empty());
        var compared = results.comparison(Metric.DECODE).orElseThrow();
        assertEquals(2.0, compared.ratio(), 1e-9, "14.5 is twice 7.25");
        assertEquals(2.0, compared.least(), 1e-9);
        assertEquals(2.0, compared.most(), 1e-9);
        assertEquals(Optional.empty(), results.comparison(Metric.PREFILL));
    }

    @Test
    void aRunIsValidOnlyWithEnoughRoundsAndNoOtherLoad() {
        assertEquals(Results.Standing.VALID, results(10, 5, Optional.empty()).standing());
        assertEquals(List.of(), results(10, 5, Optional.empty()).reasons());
        var loaded = results(10, 6, Optional.empty());
        assertEquals(Results.Standing.INVALID, loaded.standing());
        assertEquals(
                List.of(
                        "other programs or the machine's host took 6 % of the processors' time during decode (5.00 % is the"
                                + " limit)"),
                loaded.reasons());
        assertEquals(Results.Standing.INVALID, results(9, 0, Optional.empty()).standing());
        assertEquals(
                Results.Standing.INVALID, results(10, 0, Optional.of("stopped")).standing());
        var elsewhere = results(10, 0, Optional.empty(), "its machine is not seen");
        assertEquals(Results.Standing.UNKNOWN, elsewhere.standing());
        assertEquals(List.of("its machine is not seen"), elsewhere.reasons());
        assertEquals(
                Results.Standing.UNKNOWN,
                results(10, -1, Optional.empty()).standing(),
                "where the system does not tell");
    }

    @Test
    void isWrittenWholeAndNothingOfAServerMarksItUp() throws IOException, ParserConfigurationException, SAXException {
        var place = folder.resolve("new/report");
        var file = Report.in(place).write(results(10, 3, Optional.empty()));
        assertEquals(place.resolve("report.html"), file);
        var html = Files.readString(file);
        var markdown = Files.readString(place.resolve("report.md"));
        for (var text : List.of(html, markdown)) {
            assertFalse(text.contains("<b onload"), text);
            assertTrue(text.contains("14.5"), text);
            assertTrue(text.contains("2.00 (rounds: 2.00 to 2.00)"), text);
            assertTrue(text.contains("Valid: enough rounds"), text);
        }
        assertTrue(html.contains("&lt;b onload=&quot;x&quot;&gt;&amp;|`*"), html);
        assertTrue(html.contains("default-src 'none'"), html);
        assertTrue(markdown.contains("&lt;b onload=&quot;x&quot;&gt;&amp;\\|\\`\\*"), markdown);
        var svg = DocumentBuilderFactory.newInstance()
                .newDocumentBuilder()
                .parse(place.resolve("decode_tokens_per_second.svg").toFile());
        assertEquals(20, svg.getElementsByTagName("circle").getLength(), "a dot for each value");
        assertTrue(markdown.contains("](decode_tokens_per_second.svg)"), markdown);
        var json = JsonMapper.shared().readTree(Files.readString(place.resolve("results.json")));
        assertEquals("valid", json.path("standing").asString());
        assertEquals(14.5, json.at("/figures/0/targets/0/median").asDouble(), 1e-9);
        assertEquals(10, json.at("/figures/0/targets/1/values").size());
        assertEquals(2.0, json.at("/figures/0/firstToSecond/ratioOfMedians").asDouble(), 1e-9);
        assertEquals(3.0, json.at("/otherLoadPercent/decode").asDouble(), 1e-9);
        assertEquals(NASTY, json.at("/targets/1/name").asString());
        try (var files = Files.list(place)) {
            assertEquals(4, files.count(), "and nothing that is half written");
        }
    }

    @Test
    void aRunThatIsNoClaimSaysSoFirst() throws IOException {
        var report = Report.in(folder);
        report.write(results(1, 50, Optional.of("stopped after 1 of 10 rounds")));
        report.write(results(2, 50, Optional.of("stopped after 2 of 10 rounds")));
        var lines = Files.readAllLines(folder.resolve("report.md"));
        assertTrue(
                lines.get(2).startsWith("**NOT VALID as a claim: stopped after 2 of 10 rounds; 2 whole rounds"),
                lines.get(2));
    }

    @Test
    void nothingMeasuredIsWrittenToo() throws IOException {
        var none = new Results(
                plan(),
                List.of(new Results.Measured("a", "http://a", "")),
                new Machine(2, "", "Linux"),
                Instant.EPOCH,
                0,
                List.of(),
                List.of(),
                List.of(),
                List.of(),
                0,
                Optional.empty());
        Report.in(folder).write(none);
        assertTrue(Files.readString(folder.resolve("report.md")).contains("0 whole rounds"));
        assertEquals("what  server  median  least to most\n", none.table());
    }

    @Test
    void aTableForTheTerminalHasColumns() {
        assertEquals("""
                what                          server              median  least to most
                Writing one answer, tokens/s  a                   14.5    10.0 to 19.0   2.00 of the other
                Writing one answer, tokens/s  <b onload="x">&|`*  7.25    5.00 to 9.50
                """, results(10, 3, Optional.empty()).table());
    }

    @Test
    void aFolderThatIsNotEmptyIsRefused() throws IOException {
        Files.writeString(folder.resolve("letter.txt"), "mine");
        var thrown = assertThrows(MeasureException.class, () -> Report.in(folder));
        assertEquals(MeasureException.Kind.INVALID, thrown.kind());
        var taken = assertThrows(MeasureException.class, () -> Report.in(folder.resolve("letter.txt")));
        assertEquals(MeasureException.Kind.FILES, taken.kind());
        assertEquals("mine", Files.readString(folder.resolve("letter.txt")));
    }

    @Test
    void ticksAreRound() {
        assertEquals(1.0, Chart.tick(0));
        assertEquals(0.2, Chart.tick(0.7), 1e-12);
        assertEquals(20.0, Chart.tick(100), 1e-9);
        assertEquals(500.0, Chart.tick(1600), 1e-9);
        assertEquals(1000.0, Chart.tick(4999), 1e-9);
    }

    private static Plan plan() {
        return new Plan(
                Set.of(Workload.DECODE),
                10,
                0,
                4,
                64,
                64,
                List.of(1),
                1,
                Duration.ZERO,
                Duration.ofSeconds(1),
                5,
                false,
                1);
    }

    /**
     * Values 10, 11, … of the one and half as much of the other.
     *
     * @param load percent that others had while the one was measured, and nothing while the other was; below 0 where the system does
     *     not tell
     */
    private static Results results(int rounds, int load, Optional<String> cut, String... unseen) {
        var samples = new ArrayList<Results.Sample>();
        var windows = new ArrayList<Results.Window>();
        for (int round = 1; round <= rounds; round++) {
            samples.add(new Results.Sample("a", Metric.DECODE, round, 9 + round));
            samples.add(new Results.Sample(NASTY, Metric.DECODE, round, (9 + round) / 2.0));
            windows.add(new Results.Window(
                    "a", "decode", round, load < 0 ? Load.Share.NONE : new Load.Share(100, load - 1, 1)));
            windows.add(
                    new Results.Window(NASTY, "decode", round, load < 0 ? Load.Share.NONE : new Load.Share(100, 0, 0)));
        }
        return new Results(
                plan(),
                List.of(new Results.Measured("a", "http://a", NASTY), new Results.Measured(NASTY, "http://b", "m")),
                new Machine(2, "A processor", "Linux"),
                Instant.EPOCH,
                1,
                samples,
                List.of(),
                windows,
                List.of(unseen),
                rounds,
                cut);
    }
}
