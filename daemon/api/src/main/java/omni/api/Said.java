package omni.api;

import java.util.ArrayList;
import java.util.List;
import omni.dialogue.Delta;

/** What an answer has said so far. For one thread. */
final class Said {
    private final StringBuilder content = new StringBuilder();
    private final StringBuilder reasoning = new StringBuilder();
    private final List<Call> calls = new ArrayList<>();

    /** A call of a function. */
    static final class Call {
        private final String id = Ids.call();
        private final String function;
        private final StringBuilder arguments = new StringBuilder();

        private Call(String function) {
            this.function = function;
        }

        /** What its result is to name. */
        String id() {
            return id;
        }

        String function() {
            return function;
        }

        /** JSON, all of it unless the answer was cut short. */
        String arguments() {
            return arguments.toString();
        }
    }

    void add(Delta delta) {
        switch (delta) {
            case Delta.Content more -> content.append(more.text());
            case Delta.Reasoning more -> reasoning.append(more.text());
            case Delta.Call call -> calls.add(new Call(call.function()));
            case Delta.Arguments more -> calls.get(more.index()).arguments.append(more.text());
        }
    }

    String content() {
        return content.toString();
    }

    String reasoning() {
        return reasoning.toString();
    }

    List<Call> calls() {
        return List.copyOf(calls);
    }
}
