package omni.api;

import java.util.List;
import java.util.Optional;
import omni.engine.EngineProtocol.GenerateReplyFinish;
import omni.engine.EngineProtocol.Token;
import omni.engine.EngineProtocol.Usage;
import tools.jackson.core.JsonGenerator;
import tools.jackson.databind.node.ObjectNode;

/** How an answer is written: as a chat or as a text completion, whole or in chunks. One object an answer. */
sealed interface Shape permits ChatShape, CompletionShape {
    /** Begins the whole answer. */
    Report report(JsonGenerator out);

    /** A whole answer that is written while it is made. */
    interface Report {
        /** Writes a token's report, where reports were asked for. */
        void token(Token token);

        /** Writes the rest. */
        void end(String text, GenerateReplyFinish finish, Usage usage);
    }

    /** A stream's opening chunk, where it has one. */
    Optional<ObjectNode> opening();

    /** The chunks for some more text and its tokens, perhaps none. */
    List<ObjectNode> chunks(String text, List<Token> tokens);

    /** The last chunks, of which the last says why the answer ends. */
    List<ObjectNode> closing(GenerateReplyFinish finish, Usage usage);

    /** The chunk with the counts; it has no choices. */
    ObjectNode counts(Usage usage);
}
