package omni.api;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.time.Instant;
import java.util.List;
import java.util.Optional;
import java.util.OptionalLong;
import java.util.stream.IntStream;
import java.util.stream.Stream;
import omni.api.DaemonProtocol.RouteGroup;
import omni.engine.EngineProtocol.Model;
import omni.engine.EngineProtocol.ModelState;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;
import org.junit.jupiter.params.provider.ValueSource;
import tools.jackson.databind.json.JsonMapper;

/** What rights say, how far they go, and how they are written. */
final class KeyRightsTest {
    private static final Instant NOW = Instant.parse("2026-11-30T10:00:00Z");

    static KeyRights rights(
            @Nullable List<String> models,
            @Nullable List<RouteGroup> routes,
            @Nullable Long ratePerMinute,
            @Nullable Long tokensPerDay,
            @Nullable String expires) {
        return KeyRights.of(
                new DaemonProtocol.KeyRights(models, routes, ratePerMinute, tokensPerDay, expires), Instant.EPOCH);
    }

    private static KeyRights everyRight() {
        return rights(
                List.of("qwen", "b:7b"),
                List.of(RouteGroup.VAULT, RouteGroup.CHAT, RouteGroup.CHAT),
                60L,
                100_000L,
                "2027-01-01T00:00:00.7Z");
    }

    private static List<String> names(int count) {
        return IntStream.range(0, count).mapToObj(i -> "m" + i).toList();
    }

    @Test
    void withoutAnyItMayEverything() {
        var all = KeyRights.of(null, NOW);
        assertTrue(all.all());
        assertEquals(KeyRights.ALL, rights(null, null, null, null, null));
        assertTrue(Stream.of(RouteGroup.values()).allMatch(all::allow));
        assertTrue(all.allow(model("any")));
        assertFalse(all.expiredAt(Instant.MAX));
        assertEquals("{}", all.toJson().toString());
    }

    @Test
    void whatIsNamedIsAllowedAndNothingElse() {
        var rights = rights(List.of("qwen", "id-b", "c:latest"), List.of(RouteGroup.CHAT), null, null, null);
        assertTrue(rights.allow(RouteGroup.CHAT));
        assertFalse(rights.allow(RouteGroup.VAULT));
        for (var name : List.of("qwen", "b", "c")) {
            assertTrue(rights.allow(model(name)), name);
        }
        for (var name : List.of("qwen2", "Qwen", "d", "c:7b")) {
            assertFalse(rights.allow(model(name)), name);
        }
        assertTrue(rights.allowModel("qwen:latest"));
        assertFalse(rights.allowModel("b"));
    }

    @Test
    void theTimeIsOverFromThatSecondOn() {
        var rights = rights(null, null, null, null, "2026-11-30T10:00:00Z");
        assertFalse(rights.expiredAt(NOW.minusMillis(1)));
        assertTrue(rights.expiredAt(NOW));
    }

    static List<DaemonProtocol.KeyRights> most() {
        return List.of(
                wire(names(KeyRights.MODELS_MAX), null, null, null, null),
                wire(List.of("m".repeat(KeyRights.MODEL_CHARACTERS_MAX)), null, null, null, null),
                wire(null, List.of(RouteGroup.values()), null, null, null),
                wire(null, null, 1L, null, null),
                wire(null, null, KeyRights.RATE_PER_MINUTE_MAX, null, null),
                wire(null, null, null, 1L, null),
                wire(null, null, null, KeyRights.TOKENS_PER_DAY_MAX, null),
                wire(null, null, null, null, "2026-11-30T10:00:01Z"),
                wire(null, null, null, null, "9999-12-31T23:59:59Z"));
    }

    @ParameterizedTest
    @MethodSource("most")
    void asMuchAsMayBeIsTaken(DaemonProtocol.KeyRights wire) {
        var rights = KeyRights.of(wire, NOW);
        assertFalse(rights.all());
        assertEquals(wire, rights.wire());
        assertEquals(Optional.of(rights), KeyRights.read(rights.toJson()));
    }

    static List<DaemonProtocol.KeyRights> oneMore() {
        return List.of(
                wire(names(KeyRights.MODELS_MAX + 1), null, null, null, null),
                wire(List.of("m".repeat(KeyRights.MODEL_CHARACTERS_MAX + 1)), null, null, null, null),
                wire(List.of(), null, null, null, null),
                wire(List.of("default"), null, null, null, null),
                wire(List.of("a\nb"), null, null, null, null),
                wire(List.of(""), null, null, null, null),
                wire(null, List.of(), null, null, null),
                wire(null, null, 0L, null, null),
                wire(null, null, KeyRights.RATE_PER_MINUTE_MAX + 1, null, null),
                wire(null, null, null, 0L, null),
                wire(null, null, null, KeyRights.TOKENS_PER_DAY_MAX + 1, null),
                wire(null, null, null, null, "2026-11-30T10:00:00Z"),
                wire(null, null, null, null, "2026-11-30T10:00:00.9Z"),
                wire(null, null, null, null, "+10000-01-01T00:00:00Z"),
                wire(null, null, null, null, "tomorrow"));
    }

    @ParameterizedTest
    @MethodSource("oneMore")
    void oneMoreIsRefused(DaemonProtocol.KeyRights wire) {
        var refused = assertThrows(ApiError.class, () -> KeyRights.of(wire, NOW));
        assertEquals(ErrorCode.INVALID_VALUE, refused.code());
        assertTrue(refused.param().isPresent());
    }

    private static DaemonProtocol.KeyRights wire(
            @Nullable List<String> models,
            @Nullable List<RouteGroup> routes,
            @Nullable Long rate,
            @Nullable Long tokens,
            @Nullable String expires) {
        return new DaemonProtocol.KeyRights(models, routes, rate, tokens, expires);
    }

    /** Vaults keep digests of these lines: they must not change. */
    @Test
    void theLinesAreOfAllThatIsSaid() {
        assertEquals("""
                models 2
                qwen
                b:7b
                routes chat vault
                rate per minute 60
                tokens per day 100000
                expires 2027-01-01T00:00:00Z""", everyRight().lines());
        assertEquals("""
                models all
                routes all
                rate per minute any
                tokens per day any
                expires never""", KeyRights.ALL.lines());
    }

    @Test
    void theFileSaysTheSame() {
        var json = everyRight().toJson().toString();
        assertEquals("""
                {"models":["qwen","b:7b"],"routes":["chat","vault"],"ratePerMinute":60,"tokensPerDay":100000,\
                "expires":"2027-01-01T00:00:00Z"}""", json);
        assertEquals(
                Optional.of(everyRight()), KeyRights.read(JsonMapper.shared().readTree(json)));
        assertEquals(
                Optional.of(KeyRights.ALL), KeyRights.read(JsonMapper.shared().readTree("{}")));
        assertEquals(OptionalLong.of(60), everyRight().ratePerMinute());
    }

    /** A right that is not understood is none that may be passed over. */
    @ParameterizedTest
    @ValueSource(
            strings = {
                "[]",
                "null",
                "{\"tools\":[]}",
                "{\"models\":\"qwen\"}",
                "{\"models\":[]}",
                "{\"models\":[1]}",
                "{\"models\":null}",
                "{\"routes\":[\"everything\"]}",
                "{\"ratePerMinute\":\"60\"}",
                "{\"ratePerMinute\":60.5}",
                "{\"ratePerMinute\":0}",
                "{\"tokensPerDay\":1e400}",
                "{\"tokensPerDay\":99999999999999999999}",
                "{\"tokensPerDay\":null}",
                "{\"expires\":1}",
                "{\"expires\":\"soon\"}"
            })
    void whatIsWrittenOtherwiseIsNoRight(String json) {
        assertEquals(Optional.empty(), KeyRights.read(JsonMapper.shared().readTree(json)));
    }

    private static Model model(String name) {
        return new Model(
                "id-" + name, name, false, false, false, null, 1, 1, null, null, null, null, false, ModelState.SOUND);
    }
}
