package omni.api;

import java.util.List;
import java.util.function.Consumer;
import java.util.stream.Collectors;
import omni.dialogue.Delta;
import omni.engine.EngineProtocol.Token;
import tools.jackson.databind.node.ObjectNode;

/** The lines of an answer that is streamed to Ollama's clients: text and thoughts as they come, a call when it is whole. For one thread. */
final class OllamaPieces {
    private final OllamaShape shape;
    private final Consumer<ObjectNode> lines;
    private final Said calls = new Said();
    private int told;

    /** {@code lines} sends one. */
    OllamaPieces(OllamaShape shape, Consumer<ObjectNode> lines) {
        this.shape = shape;
        this.lines = lines;
    }

    /** Of the calls, all but the last are whole. */
    void add(List<Delta> deltas, List<Token> tokens) {
        keepCalls(deltas);
        send(deltas, tokens, Math.max(told, calls.calls().size() - 1));
    }

    /** The rest. */
    void end(List<Delta> deltas) {
        keepCalls(deltas);
        send(deltas, List.of(), calls.calls().size());
    }

    private void keepCalls(List<Delta> deltas) {
        deltas.stream()
                .filter(delta -> delta instanceof Delta.Call || delta instanceof Delta.Arguments)
                .forEach(calls::add);
    }

    private void send(List<Delta> deltas, List<Token> tokens, int whole) {
        var text = deltas.stream()
                .map(delta -> delta instanceof Delta.Content more ? more.text() : "")
                .collect(Collectors.joining());
        var thoughts = deltas.stream()
                .map(delta -> delta instanceof Delta.Reasoning more ? more.text() : "")
                .collect(Collectors.joining());
        var now = calls.calls().subList(told, whole);
        told = whole;
        if (!text.isEmpty() || !thoughts.isEmpty() || !now.isEmpty() || !tokens.isEmpty()) {
            lines.accept(shape.piece(text, thoughts, now, tokens));
        }
    }
}
