package omni.vault;

import java.time.Instant;
import tools.jackson.databind.node.ObjectNode;

/** An item of a conversation: a message, a call of a tool, an answer; {@code body} has its id, too. */
record ConversationItem(String id, Instant created, ObjectNode body) {}
