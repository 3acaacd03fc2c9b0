package omni.bus;

import java.util.List;

/** Java source being written, indented by its blocks. */
final class SourceText {
    private final StringBuilder text = new StringBuilder();
    private int depth;

    SourceText line(String line) {
        if (!line.isEmpty()) {
            text.repeat("    ", depth).append(line);
        }
        text.append('\n');
        return this;
    }

    SourceText open(String head) {
        line(head + " {");
        depth++;
        return this;
    }

    SourceText close() {
        depth--;
        return line("}");
    }

    /** A documentation comment: the interface's own words, or else these. */
    void doc(String words, String otherwise) {
        docOfFields(words, otherwise, List.of());
    }

    /** A documentation comment with a line for each component. */
    void docOfFields(String words, String otherwise, List<Idl.Field> fields) {
        line("/**");
        (words.isEmpty() ? otherwise : words).lines().forEach(line -> line(" * " + escape(line)));
        for (Idl.Field field : fields) {
            String doc = field.doc().isEmpty()
                    ? "as its name says"
                    : escape(field.doc().replace('\n', ' '));
            line(" * @param " + JavaNames.component(field.name()) + " " + doc);
        }
        line(" */");
    }

    private static String escape(String words) {
        return words.replace("&", "&amp;")
                .replace("<", "&lt;")
                .replace(">", "&gt;")
                .replace("*/", "*&#47;")
                .replace("\\", "&#92;");
    }

    /** A Java string literal. */
    static String quote(String value) {
        var quoted = new StringBuilder("\"");
        for (int i = 0; i < value.length(); i++) {
            char c = value.charAt(i);
            switch (c) {
                case '"' -> quoted.append("\\\"");
                case '\\' -> quoted.append("\\\\");
                case '\n' -> quoted.append("\\n");
                case '\t' -> quoted.append("\\t");
                case '\r' -> quoted.append("\\r");
                default ->
                    quoted.append(c < ' ' || c > '~' ? String.format("\\u%04x", (int) c) : Character.toString(c));
            }
        }
        return quoted.append('"').toString();
    }

    @Override
    public String toString() {
        return text.toString();
    }
}
