package omni.api;

import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import omni.dialogue.Delta;
import tools.jackson.core.JacksonException;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.json.JsonMapper;

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

        /** The arguments as JSON; nothing where the call was cut short. */
        Optional<JsonNode> input() {
            try {
                return Optional.of(JsonMapper.shared().readTree(arguments()));
            } catch (JacksonException e) {
                return Optional.empty();
            }
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
