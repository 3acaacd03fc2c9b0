package omni.template;

/** HTML escapes, which the filters {@code escape} and {@code safe} are about. Chat templates rarely want them. */
final class Escape {
    private Escape() {}

    static String html(String text, Budget budget) {
        if (text.chars().noneMatch(c -> c == '&' || c == '<' || c == '>' || c == '\'' || c == '"')) {
            return text;
        }
        budget.chars(text.length() * 5L);
        StringBuilder out = new StringBuilder(text.length() + 16);
        for (int i = 0; i < text.length(); i++) {
            char c = text.charAt(i);
            switch (c) {
                case '&' -> out.append("&amp;");
                case '<' -> out.append("&lt;");
                case '>' -> out.append("&gt;");
                case '\'' -> out.append("&#39;");
                case '"' -> out.append("&#34;");
                default -> out.append(c);
            }
        }
        return out.toString();
    }
}
