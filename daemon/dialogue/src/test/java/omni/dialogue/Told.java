package omni.dialogue;

import java.util.List;

/** What was told of an answer, put together: text as it is, thoughts in brackets, calls as in a program, bars between them. */
final class Told {
    private final StringBuilder text = new StringBuilder();
    private char last;

    void add(List<Delta> deltas) {
        for (var delta : deltas) {
            switch (delta) {
                case Delta.Content content -> more('c', content.text());
                case Delta.Reasoning reasoning -> more('r', reasoning.text());
                case Delta.Call call -> {
                    end();
                    text.append(call.function()).append('(');
                    last = 'a';
                }
                case Delta.Arguments arguments -> text.append(arguments.text());
            }
        }
    }

    private void more(char kind, String what) {
        if (last != kind) {
            end();
            text.append(kind == 'r' ? "[" : "");
            last = kind;
        }
        text.append(what);
    }

    private void end() {
        text.append(
                switch (last) {
                    case 'a' -> ")|";
                    case 'r' -> "]|";
                    case 'c' -> "|";
                    default -> "";
                });
    }

    String text() {
        return text
                + switch (last) {
                    case 'a' -> ")";
                    case 'r' -> "]";
                    default -> "";
                };
    }
}
