package omni.role;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.stream.IntStream;
import tools.jackson.core.JacksonException;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.node.JsonNodeFactory;
import tools.jackson.dataformat.toml.TomlMapper;

/**
 * What {@code omni.toml} says: every key of every section, with its default where the file is silent. TOML 1.0
 * (toml.io/en/v1.0.0), one level of tables. Immutable.
 */
public final class Config {
    /** Most that is read of the file. */
    static final int FILE_BYTES_MAX = 1 << 20;

    private final Map<Section<?>, Filled> filled;

    private Config(Map<Section<?>, Filled> filled) {
        this.filled = filled;
    }

    /** A section's record, and the same values in the order of its entries. */
    private record Filled(Record values, List<Object> inOrder) {}

    /**
     * The file as the sections understand it; all defaults where there is no such file.
     *
     * @throws ConfigException where the file is not TOML, or has a table, key or value that no section knows; all
     *     problems at once, unknown names with the nearest known one
     */
    public static Config load(Path file, List<Section<?>> sections) {
        List<String> problems = new ArrayList<>();
        JsonNode root = parse(file);
        Map<Section<?>, Filled> filled = new HashMap<>();
        refuseUnknown(root, sections, problems);
        for (Section<?> section : sections) {
            fill(section, root, problems).ifPresent(values -> filled.put(section, values));
        }
        if (!problems.isEmpty()) {
            throw new ConfigException(problems.stream()
                    .map(problem -> file.getFileName() + ": " + problem)
                    .toList());
        }
        return new Config(filled);
    }

    /** {@code omni.toml} of that home directory, with the sections of all that is installed; as {@link #load}. */
    public static Config ofHome(Path home) {
        return load(home.resolve("omni.toml"), Section.all());
    }

    /**
     * The record of that section.
     *
     * @throws IllegalArgumentException where this configuration was loaded without the section
     */
    public <T extends Record> T get(Section<T> section) {
        Filled values = filled.get(section);
        if (values == null) {
            throw new IllegalArgumentException("Section " + section + " is not among those this was loaded with");
        }
        @SuppressWarnings("unchecked") // fill made it with this very section
        T record = (T) values.values();
        return record;
    }

    /** One value as text ({@code Object.toString}), by its names in the file; nothing where no section knows them. */
    public Optional<String> value(String table, String key) {
        return filled.entrySet().stream()
                .filter(section -> section.getKey().table().equals(table))
                .flatMap(section -> IntStream.range(
                                0, section.getKey().entries().size())
                        .filter(i -> section.getKey().entries().get(i).name().equals(key))
                        .mapToObj(i -> section.getValue().inOrder().get(i).toString()))
                .findFirst();
    }

    /** All keys of the sections as Markdown: the text of docs/configuration.md from its first table on. */
    public static String reference(List<Section<?>> sections) {
        return ConfigReference.markdown(sections);
    }

    private static JsonNode parse(Path file) {
        try {
            if (Files.size(file) > FILE_BYTES_MAX) {
                throw new ConfigException(List.of(file + " is larger than " + FILE_BYTES_MAX
                        + " bytes: it holds something that is not settings."));
            }
            return new TomlMapper().readTree(Files.readString(file));
        } catch (NoSuchFileException e) {
            return JsonNodeFactory.instance.objectNode();
        } catch (JacksonException e) {
            throw new ConfigException(List.of(file.getFileName() + ", line "
                    + Math.max(1, e.getLocation() == null ? 1 : e.getLocation().getLineNr()) + ": not TOML: "
                    + Text.shorten(e.getOriginalMessage(), 200)));
        } catch (IOException e) {
            throw new ConfigException(List.of(file + " cannot be read (" + e + "): look at its owner and its mode."));
        }
    }

    private static void refuseUnknown(JsonNode root, List<Section<?>> sections, List<String> problems) {
        List<String> tables = sections.stream().map(Section::table).toList();
        for (Map.Entry<String, JsonNode> property : root.properties()) {
            String name = property.getKey();
            if (tables.contains(name)) {
                continue;
            }
            if (property.getValue().isObject()) {
                problems.add("unknown table [" + Text.shorten(name, 60) + "]" + nearest(name, tables, "[", "]"));
            } else {
                problems.add("key " + Text.shorten(name, 60) + " stands outside of a table" + home(name, sections));
            }
        }
    }

    private static String home(String key, List<Section<?>> sections) {
        return sections.stream()
                .filter(section -> section.entries().stream()
                        .anyMatch(entry -> entry.name().equals(key)))
                .findFirst()
                .map(section -> "; put it under " + section + ".")
                .orElse("; every key belongs to one.");
    }

    private static Optional<Filled> fill(Section<?> section, JsonNode root, List<String> problems) {
        JsonNode table = root.path(section.table());
        if (!table.isMissingNode() && !table.isObject()) {
            problems.add(section.table() + " is a table: write " + section + " on a line of its own, its keys below.");
            return Optional.empty();
        }
        int before = problems.size();
        List<String> names = section.entries().stream().map(Entry::name).toList();
        for (Map.Entry<String, JsonNode> property : table.properties()) {
            String name = property.getKey();
            String instead = section.retired().get(name);
            if (instead != null) {
                problems.add("key " + section.table() + "." + name + " is retired: " + instead + ".");
            } else if (!names.contains(name)) {
                problems.add("unknown key " + section.table() + "." + Text.shorten(name, 60)
                        + nearest(name, names, section.table() + ".", ""));
            }
        }
        List<Object> values = new ArrayList<>();
        for (Entry entry : section.entries()) {
            JsonNode node = table.path(entry.name());
            entry.read(node.isMissingNode() ? entry.defaultNode() : node, problems::add)
                    .ifPresent(values::add);
        }
        return problems.size() == before
                ? Optional.of(new Filled(section.create(values), List.copyOf(values)))
                : Optional.empty();
    }

    private static String nearest(String name, List<String> known, String before, String after) {
        return Text.nearest(name, known)
                .map(near -> "; did you mean " + before + near + after + "?")
                .orElse("; known are " + String.join(", ", known) + ".");
    }
}
