package omni.role;

import java.nio.file.Path;
import java.util.List;

/** Renders sections as Markdown tables: name, what it does, type, default, bounds. */
final class ConfigReference {
    private ConfigReference() {}

    static String markdown(List<Section<?>> sections) {
        var text = new StringBuilder();
        for (Section<?> section : sections) {
            text.append("## `").append(section).append("`\n\n");
            text.append("| Key | What it does | Type | Default | Bounds |\n|---|---|---|---|---|\n");
            for (Entry entry : section.entries()) {
                text.append("| `").append(entry.name()).append("` | ");
                text.append(entry.key().doc().replace("|", "\\|")).append(" | ");
                text.append(type(entry)).append(" | ");
                text.append(entry.key().def().isEmpty() ? "empty" : "`" + literal(entry) + "`")
                        .append(" | ");
                text.append(bounds(entry)).append(" |\n");
            }
            section.retired()
                    .forEach((key, instead) -> text.append("\nRetired: `")
                            .append(key)
                            .append("`; ")
                            .append(instead)
                            .append(".\n"));
            text.append('\n');
        }
        return text.toString().stripTrailing() + "\n";
    }

    private static String type(Entry entry) {
        String unit = entry.key().unit();
        return entry.typeName() + (unit.isEmpty() ? "" : ", " + unit);
    }

    private static String literal(Entry entry) {
        Class<?> type = entry.rawType();
        if (type == List.class) {
            return entry.defaultNode().toString();
        }
        boolean bare = type.isPrimitive();
        return bare ? entry.key().def() : '"' + entry.key().def() + '"';
    }

    private static String bounds(Entry entry) {
        String min = entry.key().min();
        String max = entry.key().max();
        String what = entry.rawType() == String.class || entry.rawType() == Path.class
                ? " characters"
                : entry.rawType() == List.class ? " elements" : "";
        if (min.isEmpty() && max.isEmpty()) {
            return "";
        } else if (min.isEmpty()) {
            return "at most " + max + what;
        }
        return max.isEmpty() ? "at least " + min + what : min + " to " + max + what;
    }
}
