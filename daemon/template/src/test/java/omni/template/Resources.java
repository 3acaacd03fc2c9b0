package omni.template;

import static java.nio.charset.StandardCharsets.UTF_8;

import java.io.IOException;
import java.io.InputStream;
import java.io.UncheckedIOException;
import java.nio.file.Path;
import java.time.Clock;
import java.time.Instant;
import java.time.ZoneOffset;
import java.util.Objects;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.json.JsonMapper;

/** What the tests of this module read. */
final class Resources {
    /** The moment at which expected texts were made. */
    static final Clock CLOCK = Clock.fixed(Instant.parse("2026-03-05T14:07:09Z"), ZoneOffset.UTC);

    static final JsonMapper JSON = JsonMapper.builder().build();

    private Resources() {}

    static String text(String name) {
        try (InputStream in = Resources.class.getResourceAsStream(name)) {
            return new String(Objects.requireNonNull(in, name).readAllBytes(), UTF_8);
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    static JsonNode json(String name) {
        return JSON.readTree(text(name));
    }

    static Path root() {
        return Path.of(Objects.requireNonNull(System.getProperty("omni.root"), "Run the tests with Maven."));
    }

    /** Renders a small template without variables. */
    static String render(String template) {
        return ChatTemplate.compile(template).render(JSON.createObjectNode(), CLOCK);
    }
}
