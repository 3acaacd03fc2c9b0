package omni.role;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Optional;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** omni.toml: defaults, every type, and every way to be refused. */
final class ConfigTest {
    enum Shade {
        DARK,
        VERY_LIGHT
    }

    record Everything(
            @Key(doc = "A name.", def = "lamp", min = "2", max = "8")
            String name,

            @Key(doc = "A count.", def = "3", unit = "lamps", min = "1", max = "9")
            int lampCount,

            @Key(doc = "A size.", def = "5000000000", unit = "bytes", min = "0")
            long queueBytesMax,

            @Key(doc = "A share.", def = "0.5", min = "0", max = "1")
            double share,

            @Key(doc = "A switch.", def = "true") boolean on,

            @Key(doc = "A time.", def = "1500ms", min = "100ms", max = "2h")
            Duration pause,

            @Key(doc = "A place.", def = "~/lamps") Path folder,

            @Key(doc = "Some words.", def = "a, b", max = "3")
            List<String> words,

            @Key(doc = "A choice.", def = "dark") Shade shade) {}

    private static final Section<Everything> SECTION =
            Section.of("lamps", Everything.class).retired("colour", "write shade");

    @TempDir
    private Path folder = Path.of("");

    private Config load(String toml) throws IOException {
        Path file = folder.resolve("omni.toml");
        Files.writeString(file, toml);
        return Config.load(file, List.of(SECTION, LogConfig.SECTION));
    }

    private List<String> problems(String toml) {
        return assertThrows(ConfigException.class, () -> load(toml)).problems();
    }

    @Test
    void everyKeyHasItsDefaultWhereThereIsNoFile() {
        Everything values =
                Config.load(folder.resolve("none.toml"), List.of(SECTION)).get(SECTION);
        assertEquals(
                new Everything(
                        "lamp",
                        3,
                        5_000_000_000L,
                        0.5,
                        true,
                        Duration.ofMillis(1500),
                        Path.of(System.getProperty("user.home"), "lamps"),
                        List.of("a", "b"),
                        Shade.DARK),
                values);
        assertEquals(values, SECTION.defaults());
    }

    @Test
    void everyKeyIsTakenFromTheFile() throws IOException {
        Config config = load("""
            # comment
            [lamps]
            name = "desk"
            lamp_count = 9
            queue_bytes_max = 1
            share = 1
            on = false
            pause = "2h"
            folder = "/srv"
            words = ["x"]
            shade = "very_light"
            [log]
            level = "error"
            """);
        assertEquals(
                new Everything(
                        "desk", 9, 1, 1.0, false, Duration.ofHours(2), Path.of("/srv"), List.of("x"), Shade.VERY_LIGHT),
                config.get(SECTION));
        assertEquals(LogConfig.Level.ERROR, config.get(LogConfig.SECTION).level());
        assertEquals(Optional.of("9"), config.value("lamps", "lamp_count"));
        assertEquals(Optional.empty(), config.value("lamps", "lamp"));
    }

    @Test
    void theSupervisorsTableHasItsDefaults() {
        assertEquals(
                new SupervisorConfig(
                        5,
                        Duration.ofMinutes(1),
                        Duration.ofMillis(250),
                        Duration.ofSeconds(10),
                        Duration.ofSeconds(10),
                        Duration.ofSeconds(60),
                        Duration.ofSeconds(10),
                        Duration.ofSeconds(5)),
                SupervisorConfig.SECTION.defaults());
        assertEquals(new LogConfig(LogConfig.Level.INFO), LogConfig.SECTION.defaults());
    }

    @Test
    void unknownNamesAreRefusedWithTheNearestKnownOne() {
        assertEquals(
                List.of("omni.toml: unknown key lamps.lampcount; did you mean lamps.lamp_count?"),
                problems("[lamps]\nlampcount = 1"));
        assertEquals(
                List.of("omni.toml: unknown key lamps.nmae; did you mean lamps.name?"), problems("[lamps]\nnmae = 1"));
        assertEquals(List.of("omni.toml: unknown table [lmaps]; did you mean [lamps]?"), problems("[lmaps]"));
        assertEquals(List.of("omni.toml: unknown table [zebra]; known are lamps, log."), problems("[zebra]\nx = 1"));
        assertEquals(
                List.of("omni.toml: key shade stands outside of a table; put it under [lamps]."),
                problems("shade = \"dark\""));
        assertEquals(
                List.of("omni.toml: key zebra stands outside of a table; every key belongs to one."),
                problems("zebra = 1"));
        assertEquals(
                List.of("omni.toml: lamps is a table: write [lamps] on a line of its own, its keys below."),
                problems("lamps = 1"));
    }

    @Test
    void retiredKeysAreRefusedByName() {
        assertEquals(
                List.of("omni.toml: key lamps.colour is retired: write shade."), problems("[lamps]\ncolour = \"red\""));
    }

    @Test
    void valuesBeyondTheirBoundsAreRefusedWithTheBound() {
        assertEquals(
                List.of(
                        "omni.toml: lamps.name needs at least 2 characters, and has 1.",
                        "omni.toml: lamps.lamp_count is at most 9 lamps; the file says 10 lamps.",
                        "omni.toml: lamps.queue_bytes_max is at least 0 bytes; the file says -1 bytes.",
                        "omni.toml: lamps.share is at most 1; the file says 1.01.",
                        "omni.toml: lamps.pause is at least 100ms; the file says 99ms.",
                        "omni.toml: lamps.words takes at most 3 elements, and has 4."),
                problems("""
                    [lamps]
                    name = "x"
                    lamp_count = 10
                    queue_bytes_max = -1
                    share = 1.01
                    pause = "99ms"
                    words = ["1", "2", "3", "4"]
                    """));
        assertEquals(1, problems("[lamps]\nname = \"123456789\"").size());
        assertEquals(1, problems("[lamps]\npause = \"7201s\"").size());
        assertEquals(1, problems("[lamps]\nlamp_count = 0").size());
        assertEquals(
                1, problems("[lamps]\nfolder = \"" + "x".repeat(4097) + "\"").size());
    }

    @Test
    void valuesOfAnotherTypeAreRefusedWithTheTypeThatFits() {
        assertEquals(
                List.of(
                        "omni.toml: lamps.name takes a string, not 7.",
                        "omni.toml: lamps.lamp_count takes an integer (lamps), not \"many\".",
                        "omni.toml: lamps.queue_bytes_max takes an integer (bytes), not 1.5.",
                        "omni.toml: lamps.share takes a number, not true.",
                        "omni.toml: lamps.on takes true or false, not \"yes\".",
                        "omni.toml: lamps.pause takes a duration such as \"1500ms\", \"30s\", \"5m\" or \"2h\", not 5.",
                        "omni.toml: lamps.words takes a list of strings, not [1].",
                        "omni.toml: lamps.shade takes one of dark, very_light, not \"grey\"."),
                problems("""
                    [lamps]
                    name = 7
                    lamp_count = "many"
                    queue_bytes_max = 1.5
                    share = true
                    on = "yes"
                    pause = 5
                    words = [1]
                    shade = "grey"
                    """));
        assertEquals(1, problems("[lamps]\nlamp_count = 3000000000").size());
    }

    @Test
    void whatIsNotTomlIsRefusedWithItsLine() throws IOException {
        List<String> problems = problems("[lamps]\nname = \"desk\"\n???");
        assertTrue(problems.getFirst().startsWith("omni.toml, line 3: not TOML: "), problems::toString);
        assertEquals(1, problems("[lamps]\non = true\non = true").size());
        Path large = folder.resolve("large.toml");
        Files.writeString(large, "#".repeat(Config.FILE_BYTES_MAX));
        Config.load(large, List.of(SECTION));
        Files.writeString(large, "#".repeat(Config.FILE_BYTES_MAX + 1));
        assertThrows(ConfigException.class, () -> Config.load(large, List.of(SECTION)));
    }

    @Test
    void sectionsThatCannotBeAreRefused() {
        record NoKey(int x) {}
        record OddType(@Key(doc = "x", def = "1") Integer x) {}
        record OddList(@Key(doc = "x", def = "1") List<Integer> x) {}
        record OutOfBounds(
                @Key(doc = "x", def = "1", min = "2") int x) {}
        assertThrows(IllegalArgumentException.class, () -> Section.of("x", NoKey.class));
        assertThrows(IllegalArgumentException.class, () -> Section.of("x", OddType.class));
        assertThrows(IllegalArgumentException.class, () -> Section.of("x", OddList.class));
        assertThrows(IllegalArgumentException.class, () -> Section.of("x", OutOfBounds.class));
        Section<LogConfig> other = Section.of("log", LogConfig.class);
        Config config = Config.load(folder.resolve("none.toml"), List.of(SECTION));
        assertThrows(IllegalArgumentException.class, () -> config.get(other));
    }

    @Test
    void theReferenceNamesEveryKeyWithDefaultAndBounds() {
        String text = Config.reference(List.of(SECTION));
        assertTrue(text.startsWith("## `[lamps]`\n\n| Key |"), text);
        assertTrue(text.contains("| `lamp_count` | A count. | integer, lamps | `3` | 1 to 9 |\n"), text);
        assertTrue(text.contains("| `name` | A name. | string | `\"lamp\"` | 2 to 8 characters |\n"), text);
        assertTrue(
                text.contains("| `words` | Some words. | list of strings | `[\"a\",\"b\"]` | at most 3 elements |\n"),
                text);
        assertTrue(text.contains("| `shade` | A choice. | one of dark, very_light | `\"dark\"` |  |\n"), text);
        assertTrue(text.endsWith("\nRetired: `colour`; write shade.\n"), text);
    }
}
