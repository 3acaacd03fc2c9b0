package omni.dialogue;

import java.util.ArrayList;
import java.util.List;

/** Gathers what an answer says until it is taken; neighbours of one kind become one. For one thread. */
final class Deltas {
    private final List<Delta> done = new ArrayList<>();
    private final StringBuilder text = new StringBuilder();
    private Kind kind = Kind.CONTENT;
    private int index;

    /** What a text is. */
    enum Kind {
        CONTENT,
        REASONING,
        ARGUMENTS
    }

    void text(Kind what, String more) {
        if (kind != what) {
            close();
            kind = what;
        }
        text.append(more);
    }

    void call(int number, String function) {
        close();
        done.add(new Delta.Call(number, function));
    }

    void arguments(int call, String more) {
        if (index != call) {
            close();
            index = call;
        }
        text(Kind.ARGUMENTS, more);
    }

    /** What there is since the last time. */
    List<Delta> take() {
        close();
        var taken = List.copyOf(done);
        done.clear();
        return taken;
    }

    private void close() {
        if (!text.isEmpty()) {
            var whole = text.toString();
            text.setLength(0);
            done.add(
                    switch (kind) {
                        case CONTENT -> new Delta.Content(whole);
                        case REASONING -> new Delta.Reasoning(whole);
                        case ARGUMENTS -> new Delta.Arguments(index, whole);
                    });
        }
    }
}
