package omni.role;

import java.lang.reflect.Constructor;
import java.lang.reflect.InvocationTargetException;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Collections;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.SequencedMap;
import java.util.ServiceLoader;

/**
 * One table of {@code omni.toml} and the record that holds it. Every component of the record carries a {@link Key}; its
 * type is one of String, int, long, double, boolean, Duration, Path, {@code List<String>} or an enum. The record's
 * package is open to this module ({@code opens … to omni.role}).
 *
 * <p>Immutable; two sections are the same only if they are the same object.
 *
 * @param <T> the record
 */
public final class Section<T extends Record> {
    private final String table;
    private final Class<T> type;
    private final List<Entry> entries;
    private final SequencedMap<String, String> retired;

    private Section(String table, Class<T> type, List<Entry> entries, SequencedMap<String, String> retired) {
        this.table = table;
        this.type = type;
        this.entries = entries;
        this.retired = retired;
    }

    /**
     * The table of that name, mapped to that record.
     *
     * @throws IllegalArgumentException where a component has no {@link Key}, a type outside of the list above, or a
     *     default outside of its own bounds
     */
    public static <T extends Record> Section<T> of(String tomlTable, Class<T> type) {
        List<Entry> entries = Arrays.stream(type.getRecordComponents())
                .map(component -> Entry.of(tomlTable, component))
                .toList();
        var section = new Section<>(tomlTable, type, entries, new LinkedHashMap<>());
        section.defaults();
        return section;
    }

    /**
     * This section, which also refuses the retired key by name.
     *
     * @param key the name it had in the file
     * @param instead what to write now, a sentence without its subject: {@code "write threads"}
     */
    public Section<T> retired(String key, String instead) {
        var more = new LinkedHashMap<>(retired);
        more.put(key, instead);
        return new Section<>(table, type, entries, more);
    }

    /** Sections of this module and of every role that is installed, each table once, in the order of their names. */
    public static List<Section<?>> all() {
        List<Section<?>> sections = new ArrayList<>(List.of(LogConfig.SECTION, SupervisorConfig.SECTION));
        for (Role role : ServiceLoader.load(Role.class, Section.class.getClassLoader())) {
            for (Section<?> section : role.sections()) {
                if (!sections.contains(section)) {
                    sections.add(section);
                }
            }
        }
        sections.sort((a, b) -> a.table.compareTo(b.table));
        return List.copyOf(sections);
    }

    /** The table's name in the file. */
    public String table() {
        return table;
    }

    /** The record with every key at its default. */
    public T defaults() {
        List<String> problems = new ArrayList<>();
        List<Object> values = new ArrayList<>();
        for (Entry entry : entries) {
            entry.read(entry.defaultNode(), problems::add).ifPresent(values::add);
        }
        if (!problems.isEmpty()) {
            throw new IllegalArgumentException(String.join("; ", problems));
        }
        return create(values);
    }

    List<Entry> entries() {
        return entries;
    }

    Map<String, String> retired() {
        return Collections.unmodifiableMap(retired);
    }

    T create(List<Object> values) {
        Class<?>[] types = entries.stream().map(Entry::rawType).toArray(Class<?>[]::new);
        try {
            Constructor<T> constructor = type.getDeclaredConstructor(types);
            constructor.setAccessible(true);
            return constructor.newInstance(values.toArray());
        } catch (InvocationTargetException e) {
            if (e.getCause() instanceof IllegalArgumentException refused) {
                throw new ConfigException(List.of("[" + table + "]: " + refused.getMessage()));
            }
            throw new IllegalStateException("The record of [" + table + "] cannot be made", e);
        } catch (ReflectiveOperationException e) {
            throw new IllegalStateException("The record of [" + table + "] cannot be made", e);
        }
    }

    @Override
    public String toString() {
        return "[" + table + "]";
    }
}
