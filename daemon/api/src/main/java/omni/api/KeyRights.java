package omni.api;

import java.time.DateTimeException;
import java.time.Instant;
import java.time.temporal.ChronoUnit;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.OptionalLong;
import java.util.Set;
import java.util.TreeSet;
import java.util.function.Consumer;
import java.util.function.Function;
import java.util.regex.Pattern;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import omni.api.DaemonProtocol.RouteGroup;
import omni.engine.EngineProtocol.Model;
import org.jspecify.annotations.Nullable;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.node.JsonNodeFactory;
import tools.jackson.databind.node.ObjectNode;

/**
 * What a key may, and how much. What nothing is said of has no bound.
 *
 * <p>In {@code keys.json} an object, each member of which may be absent; one that is not known here is no right that may be passed over:
 *
 * <pre>{@code
 * {"models": ["qwen"], "routes": ["chat", "models"], "ratePerMinute": 60, "tokensPerDay": 100000, "expires": "2027-01-01T00:00:00Z"}
 * }</pre>
 *
 * @param models names or ids of models
 * @param routes groups of routes, in their own order
 * @param ratePerMinute requests in any minute
 * @param tokensPerDay tokens of prompts and answers in a day of UTC
 * @param expires from when on the key is refused
 */
record KeyRights(
        Optional<List<String>> models,
        Optional<List<RouteGroup>> routes,
        OptionalLong ratePerMinute,
        OptionalLong tokensPerDay,
        Optional<Instant> expires) {
    static final int MODELS_MAX = 32;
    static final int MODEL_CHARACTERS_MAX = 128;
    static final long RATE_PER_MINUTE_MAX = 60_000;
    static final long TOKENS_PER_DAY_MAX = 1_000_000_000_000L;

    /** The last moment that four digits of a year can say. */
    static final Instant EXPIRES_MAX = Instant.parse("9999-12-31T23:59:59Z");

    /** Of a key that was given no rights of its own: everything. */
    static final KeyRights ALL = new KeyRights(
            Optional.empty(), Optional.empty(), OptionalLong.empty(), OptionalLong.empty(), Optional.empty());

    private static final Set<String> MEMBERS = Set.of("models", "routes", "ratePerMinute", "tokensPerDay", "expires");

    /** As the engine names models, with room for tags. */
    private static final Pattern MODEL =
            Pattern.compile("[A-Za-z0-9][A-Za-z0-9._:-]{0," + (MODEL_CHARACTERS_MAX - 1) + "}");

    /**
     * Checks the bounds.
     *
     * @throws ApiError INVALID_VALUE where something is out of them
     */
    KeyRights {
        models = models.map(names -> distinct(names, KeyRights::checkModel));
        routes = routes.map(groups -> List.copyOf(new TreeSet<>(groups)));
        expires = expires.map(time -> time.truncatedTo(ChronoUnit.SECONDS));
        models.ifPresent(names -> require(
                !names.isEmpty() && names.size() <= MODELS_MAX,
                "models",
                "A key is allowed 1 to " + MODELS_MAX + " models, or all where none is named."));
        routes.ifPresent(groups -> require(
                !groups.isEmpty(),
                "routes",
                "A key is allowed at least one group of routes, or all where none is named."));
        requireBetween("ratePerMinute", ratePerMinute, RATE_PER_MINUTE_MAX, "A key's requests per minute");
        requireBetween("tokensPerDay", tokensPerDay, TOKENS_PER_DAY_MAX, "A key's tokens per day");
        expires.ifPresent(time -> require(
                !time.isBefore(Instant.EPOCH) && !time.isAfter(EXPIRES_MAX),
                "expires",
                "A key expires between the years 1970 and 9999."));
    }

    private static <T> List<T> distinct(List<T> given, Consumer<T> check) {
        given.forEach(check);
        return given.stream().distinct().toList();
    }

    private static void checkModel(String name) {
        require(
                MODEL.matcher(name).matches() && !name.equals("default"),
                "models",
                "A model is allowed by its name or id: 1 to " + MODEL_CHARACTERS_MAX
                        + " letters, digits, dots, dashes, underscores or colons, and not \"default\", which may become another.");
    }

    private static void requireBetween(String param, OptionalLong value, long max, String what) {
        value.ifPresent(number -> require(number >= 1 && number <= max, param, what + " are 1 to " + max + "."));
    }

    private static void require(boolean holds, String param, String message) {
        if (!holds) {
            throw ApiError.at(param, ErrorCode.INVALID_VALUE, message);
        }
    }

    /**
     * As the bus says them; null is {@link #ALL}.
     *
     * @throws ApiError INVALID_VALUE where they are out of bounds, or are over before they begin
     */
    static KeyRights of(DaemonProtocol.@Nullable KeyRights wire, Instant now) {
        if (wire == null) {
            return ALL;
        }
        var expires = Optional.ofNullable(wire.expires()).map(KeyRights::time);
        expires.ifPresent(time ->
                require(time.truncatedTo(ChronoUnit.SECONDS).isAfter(now), "expires", "A key expires in the future."));
        return new KeyRights(
                Optional.ofNullable(wire.models()),
                Optional.ofNullable(wire.routes()),
                optional(wire.ratePerMinute()),
                optional(wire.tokensPerDay()),
                expires);
    }

    private static OptionalLong optional(@Nullable Long value) {
        return value == null ? OptionalLong.empty() : OptionalLong.of(value);
    }

    private static Instant time(String text) {
        try {
            return Instant.parse(text);
        } catch (DateTimeException _) {
            throw ApiError.at(
                    "expires", ErrorCode.INVALID_VALUE, "A key expires at a time such as 2027-01-31T00:00:00Z.");
        }
    }

    /** As the bus says them. */
    DaemonProtocol.KeyRights wire() {
        return new DaemonProtocol.KeyRights(
                models.orElse(null),
                routes.orElse(null),
                ratePerMinute.isPresent() ? ratePerMinute.getAsLong() : null,
                tokensPerDay.isPresent() ? tokensPerDay.getAsLong() : null,
                expires.map(Instant::toString).orElse(null));
    }

    /** Whether there is no bound. */
    boolean all() {
        return equals(ALL);
    }

    /** Whether it reaches every model and every route, however often and however long. */
    boolean reachAll() {
        return models.isEmpty() && routes.isEmpty();
    }

    /** Whether routes of that group may be used. */
    boolean allow(RouteGroup group) {
        return routes.isEmpty() || routes.get().contains(group);
    }

    /** Whether that model may be used. */
    boolean allow(Model model) {
        return models.isEmpty()
                || models.get().stream()
                        .anyMatch(name ->
                                name.equals(model.name()) || name.equals(model.id()) || sameName(name, model.name()));
    }

    /** Whether a model is allowed that goes by that name in a request. */
    boolean allowModel(String wanted) {
        return models.isEmpty() || models.get().stream().anyMatch(name -> sameName(name, wanted));
    }

    private static boolean sameName(String one, String other) {
        return EngineLink.tagged(one).equals(EngineLink.tagged(other));
    }

    /** Whether the key is refused by then. */
    boolean expiredAt(Instant now) {
        return expires.isPresent() && !now.isBefore(expires.get());
    }

    /**
     * All of it as lines without control characters, for a digest of it: each right has its line, be there one or not, and the models are
     * counted, in the order in which they were given, so that no text behind them can be taken for a right, and no right for a text.
     */
    String lines() {
        var lines = new ArrayList<String>();
        lines.add(
                "models " + models.map(names -> Integer.toString(names.size())).orElse("all"));
        models.ifPresent(lines::addAll);
        lines.add("routes "
                + routes.map(groups -> groups.stream().map(RouteGroup::wire).collect(Collectors.joining(" ")))
                        .orElse("all"));
        lines.add("rate per minute " + said(ratePerMinute));
        lines.add("tokens per day " + said(tokensPerDay));
        lines.add("expires " + expires.map(Instant::toString).orElse("never"));
        return String.join("\n", lines);
    }

    private static String said(OptionalLong value) {
        return value.isPresent() ? Long.toString(value.getAsLong()) : "any";
    }

    /** As in the file. */
    ObjectNode toJson() {
        var node = JsonNodeFactory.instance.objectNode();
        models.ifPresent(names -> names.forEach(node.putArray("models")::add));
        routes.ifPresent(groups -> {
            var array = node.putArray("routes");
            groups.forEach(group -> array.add(group.wire()));
        });
        ratePerMinute.ifPresent(rate -> node.put("ratePerMinute", rate));
        tokensPerDay.ifPresent(tokens -> node.put("tokensPerDay", tokens));
        expires.ifPresent(time -> node.put("expires", time.toString()));
        return node;
    }

    /** As {@link #toJson} has written them; nothing where they are not as it writes them. */
    static Optional<KeyRights> read(JsonNode node) {
        if (!node.isObject() || !MEMBERS.containsAll(node.propertyNames())) {
            return Optional.empty();
        }
        try {
            return Optional.of(new KeyRights(
                    list(node, "models", Function.identity()),
                    list(node, "routes", KeyRights::group),
                    number(node, "ratePerMinute"),
                    number(node, "tokensPerDay"),
                    node.has("expires") ? Optional.of(Instant.parse(text(node.path("expires")))) : Optional.empty()));
        } catch (ApiError | DateTimeException e) {
            Log.debug("rights of an API key are none", e);
            return Optional.empty();
        }
    }

    private static <T> Optional<List<T>> list(JsonNode node, String name, Function<String, T> of) {
        if (!node.has(name)) {
            return Optional.empty();
        }
        require(node.get(name).isArray(), name, name + " is no array.");
        return Optional.of(
                node.get(name).values().stream().map(KeyRights::text).map(of).toList());
    }

    private static OptionalLong number(JsonNode node, String name) {
        if (!node.has(name)) {
            return OptionalLong.empty();
        }
        require(node.get(name).isIntegralNumber() && node.get(name).canConvertToLong(), name, name + " is no number.");
        return OptionalLong.of(node.get(name).asLong());
    }

    private static String text(JsonNode node) {
        return node.stringValueOpt()
                .orElseThrow(() -> ApiError.of(ErrorCode.INVALID_VALUE, "A text was expected there."));
    }

    private static RouteGroup group(String wire) {
        return Stream.of(RouteGroup.values())
                .filter(each -> each.wire().equals(wire))
                .findFirst()
                .orElseThrow(() -> ApiError.of(ErrorCode.INVALID_VALUE, "There is no such group of routes."));
    }
}
