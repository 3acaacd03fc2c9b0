package omni.measure;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.net.URI;
import java.time.Duration;
import java.util.List;
import java.util.Optional;
import java.util.OptionalLong;
import java.util.Set;
import omni.measure.MeasureException.Kind;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import tools.jackson.databind.json.JsonMapper;

class StreamClientTest {
    private static final Duration LONG = Duration.ofSeconds(20);

    private FakeServer server;

    @BeforeEach
    void start() throws IOException {
        server = new FakeServer();
    }

    @AfterEach
    void stop() {
        server.close();
    }

    @Test
    void notesEachPieceAndWhatTheServerCounts() {
        try (var client = new StreamClient(server.target("a"), LONG, false)) {
            var answer = client.ask("one", Question.of("one two three", 5));
            assertEquals(5, answer.pieceNanos().size());
            assertEquals(5, answer.completionTokens());
            assertEquals(3, answer.promptTokens());
            assertEquals(OptionalLong.of(2), answer.cachedTokens());
            assertTrue(answer.firstNanos() > 0);
            assertEquals(answer.pieceNanos().stream().sorted().toList(), answer.pieceNanos());
        }
        var asked = server.asked.getFirst();
        assertEquals("one two three", asked.path("prompt").asString());
        assertEquals(0, asked.path("temperature").asInt(1));
        assertEquals(List.of("Bearer a-secret-key"), server.keys);
    }

    @Test
    void asksAsAChatAndSaysWhatElseIsToBeSaid() {
        var extra = JsonMapper.shared().createObjectNode().put("reorder", true);
        var target = new Target(
                "a",
                URI.create(server.url() + "/v1/"),
                Optional.empty(),
                Optional.empty(),
                Optional.empty(),
                extra,
                Set.of());
        try (var client = new StreamClient(target, LONG, true)) {
            assertEquals(
                    2, client.ask("one", Question.of("hello", 2)).pieceNanos().size());
            assertEquals(2, client.ask("one", new Question("rules", 2, true)).completionTokens());
        }
        assertEquals("user", server.asked.get(0).at("/messages/0/role").asString());
        assertEquals("system", server.asked.get(1).at("/messages/0/role").asString());
        assertEquals("user", server.asked.get(1).at("/messages/1/role").asString());
        assertTrue(server.asked.get(0).path("reorder").asBoolean());
        assertEquals("null", server.keys.getFirst());
    }

    @Test
    void manyAreAskedAtOnce() {
        server.together = 8;
        try (var client = new StreamClient(server.target("a"), LONG, false)) {
            var questions = java.util.Collections.nCopies(8, Question.of("hello", 3));
            assertEquals(8, client.askAll("one", questions).size());
        }
        assertEquals(8, server.most.get());
    }

    @Test
    void timesAreOfTheAnswer() {
        var answer = new Answer(
                1_000_000_000L, List.of(1_500_000_000L, 2_000_000_000L, 3_500_000_000L), 10, OptionalLong.empty(), 21);
        assertEquals(500_000_000L, answer.firstNanos());
        assertEquals(10.0, answer.decodeRate(40), 1e-9);
        var thrown = assertThrows(MeasureException.class, () -> answer.decodeRate(43 + 1));
        assertEquals("the answer ended after 21 of 44 tokens, in 3 pieces: that cannot be timed", thrown.getMessage());
        var atOnce = new Answer(0, List.of(5L, 5L), 1, OptionalLong.empty(), 2);
        assertThrows(MeasureException.class, () -> atOnce.decodeRate(2));
    }

    @ParameterizedTest
    @CsvSource({
        "302, REFUSED",
        "401, REFUSED",
        "404, REFUSED",
        "429, BUSY",
        "503, BUSY",
        "500, UNUSABLE",
    })
    void aRefusalIsSaidInTheServersWords(int status, Kind kind) {
        server.status = status;
        var thrown = failure(LONG);
        assertEquals(kind, thrown.kind());
        assertEquals("a: the server answers " + status + ": because [31m", thrown.getMessage());
        assertEquals(1, server.asked.size(), "nobody is asked again, elsewhere neither");
    }

    @ParameterizedTest
    @CsvSource({
        "breaks off, a: the answer broke off: out of memory",
        "without usage, a: the answer does not say how many tokens it has (stream_options.include_usage)",
        "without text, a: the answer has no text",
        "no stream, a: the answer is no stream of events",
        "long line, a: a line of the answer is longer than 1 MiB",
    })
    void whatIsNoAnswerIsSaid(String manner, String message) {
        server.manner = manner;
        var thrown = failure(LONG);
        assertEquals(Kind.UNUSABLE, thrown.kind());
        assertEquals(message, thrown.getMessage());
    }

    @Test
    void whoSaysNothingMoreIsNotWaitedForForever() {
        server.manner = FakeServer.SILENT;
        var thrown = failure(Duration.ofSeconds(1));
        assertEquals(Kind.TIMEOUT, thrown.kind());
        assertEquals("a: no whole answer within 1 s", thrown.getMessage());
    }

    @Test
    void whoIsNotThereIsSaid() throws IOException {
        int port;
        try (var socket = new ServerSocket(0, 1, InetAddress.getLoopbackAddress())) {
            port = socket.getLocalPort();
        }
        var target = target(
                "http://127.0.0.1:" + port,
                JsonMapper.shared().createObjectNode().toString());
        try (var client = new StreamClient(target, LONG, false)) {
            var thrown = assertThrows(MeasureException.class, () -> client.ask("one", Question.of("hello", 2)));
            assertEquals(Kind.UNREACHABLE, thrown.kind());
            assertEquals(
                    "b: no connection to http://127.0.0.1:" + port + "; is the server started?", thrown.getMessage());
        }
    }

    @Test
    void theOnlyModelIsFoundAndSeveralAreNamed() {
        try (var client = new StreamClient(server.target("a"), LONG, false)) {
            assertEquals("one", client.soleModel());
            server.models = List.of("one", "two\u0007");
            var several = assertThrows(MeasureException.class, client::soleModel);
            assertEquals("a: the server has 2 models: name one of one, two .", several.getMessage());
            server.models = List.of();
            var none = assertThrows(MeasureException.class, client::soleModel);
            assertEquals("a: the server has 0 models: name one.", none.getMessage());
        }
    }

    @Test
    void aClosedClientAsksNobody() {
        var client = new StreamClient(server.target("a"), LONG, false);
        client.close();
        assertThrows(MeasureException.class, () -> client.ask("one", Question.of("hello", 2)));
        assertEquals(0, server.asked.size());
    }

    @ParameterizedTest
    @CsvSource(
            delimiter = '|',
            value = {
                "ftp://host/ | {} | The address of a server begins with http:// or https:// and a host: ftp://host/",
                "http:///v1 | {} | The address of a server begins with http:// or https:// and a host: http:///v1",
                "http://me:secret@host/ | {} | The address of a server has no name, password, query or fragment: http://…@host/",
                "http://host/?key=secret | {} | The address of a server has no name, password, query or fragment: http://host/",
                "http://host/ | {\"stream\":false} | The measurement itself says what \"stream\" is; leave it out of the body.",
            })
    void anAddressOrABodyThatCannotBeIsRefused(String url, String extra, String message) {
        var thrown = assertThrows(MeasureException.class, () -> target(url, extra));
        assertEquals(Kind.INVALID, thrown.kind());
        assertEquals(message, thrown.getMessage());
    }

    @Test
    void aKeyIsCheckedAndNeverShown() {
        var shown = server.target("a").toString();
        assertFalse(shown.contains("secret"), shown);
        for (var key : List.of("", "two words", "ü", "x".repeat(4097))) {
            var thrown = assertThrows(
                    MeasureException.class,
                    () -> new Target(
                            "a",
                            server.url(),
                            Optional.of(key),
                            Optional.empty(),
                            Optional.empty(),
                            JsonMapper.shared().createObjectNode(),
                            Set.of()));
            assertEquals(Kind.INVALID, thrown.kind());
        }
    }

    private MeasureException failure(Duration timeout) {
        try (var client = new StreamClient(server.target("a"), timeout, false)) {
            return assertThrows(MeasureException.class, () -> client.ask("one", Question.of("hello", 2)));
        }
    }

    private static Target target(String url, String extra) {
        return new Target(
                "b",
                URI.create(url),
                Optional.empty(),
                Optional.empty(),
                Optional.empty(),
                (tools.jackson.databind.node.ObjectNode) JsonMapper.shared().readTree(extra),
                Set.of());
    }
}
