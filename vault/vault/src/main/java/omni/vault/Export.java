package omni.vault;

import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import tools.jackson.databind.node.ObjectNode;

/**
 * All that an open vault keeps but the secrets of providers and what it knows of API keys, as lines of JSON that anybody can read
 * without this program; docs/api.md describes them. It holds a page of a list at a time, however much there is, and between two
 * pages nothing waits for it: what comes or goes meanwhile is in it, or is not. For one thread.
 */
final class Export {
    /** Of the form, which the first line tells. */
    static final int VERSION = 1;

    private final OpenVault vault;
    private final Sink sink;
    private List<String> lines = new ArrayList<>();
    private ReadBudget budget = new ReadBudget();
    private long count;

    /** Takes some lines, without their ends. */
    interface Sink {
        void take(List<String> lines) throws VaultException;
    }

    private Export(OpenVault vault, Sink sink) {
        this.vault = vault;
        this.sink = sink;
    }

    /** Hands out everything, a {@link ReadBudget} at a time. */
    static void of(OpenVault vault, Sink sink) throws VaultException {
        new Export(vault, sink).all();
    }

    private void all() throws VaultException {
        put(
                "omni.export",
                Json.object()
                        .put("version", VERSION)
                        .put("made", vault.clock().instant().toString()));
        for (var setting : new Settings(vault.records()).all().entrySet()) {
            if (ApiKeys.isSetting(setting.getKey()) || ExpiryClock.isSetting(setting.getKey())) {
                continue; // nobody wrote it, and it is of use in this vault alone
            }
            put("setting", Json.object().put("name", setting.getKey()).put("value", setting.getValue()));
        }
        conversations();
        memories();
        put("end", Json.object().put("lines", count));
        sink.take(lines);
    }

    private void conversations() throws VaultException {
        var some = vault.conversations().behind(0);
        while (!some.isEmpty()) {
            for (Numbered<Conversation> conversation : some) {
                conversation(conversation.row());
            }
            some = vault.conversations().behind(some.getLast().number());
        }
    }

    private void conversation(Conversation conversation) throws VaultException {
        ObjectNode object = Json.object()
                .put("id", conversation.id())
                .put("created", conversation.created().toString())
                .put("changed", conversation.changed().toString())
                .put(
                        "keep_seconds",
                        conversation.keep().map(Duration::toSeconds).orElse(null));
        object.set("metadata", Json.of(conversation.metadata()));
        put("conversation", object);
        try {
            items(conversation.id());
            responses(conversation.id());
        } catch (VaultException e) {
            if (e.reason() != VaultException.Reason.MISSING) { // else it was deleted meanwhile
                throw e;
            }
        }
    }

    private void items(String conversation) throws VaultException {
        var some = vault.conversations().items().behind(conversation, 0);
        while (!some.isEmpty()) {
            for (Numbered<ConversationItem> item : some) {
                ObjectNode object = Json.object()
                        .put("conversation", conversation)
                        .put("created", item.row().created().toString());
                object.set("item", item.row().body());
                put("item", object);
            }
            some = vault.conversations()
                    .items()
                    .behind(conversation, some.getLast().number());
        }
    }

    private void responses(String conversation) throws VaultException {
        var some = vault.conversations().responses().behind(conversation, 0);
        while (!some.isEmpty()) {
            for (Numbered<ObjectNode> response : some) {
                put("response", response.row());
            }
            some = vault.conversations()
                    .responses()
                    .behind(conversation, some.getLast().number());
        }
    }

    private void memories() throws VaultException {
        var some = vault.memories().behind(0);
        while (!some.isEmpty()) {
            for (Numbered<Memory> memory : some) {
                put(
                        "memory",
                        Json.object()
                                .put("id", memory.row().id())
                                .put("name", memory.row().name())
                                .put("text", memory.row().text())
                                .put("created", memory.row().created().toString())
                                .put("updated", memory.row().updated().toString()));
            }
            some = vault.memories().behind(some.getLast().number());
        }
    }

    private void put(String type, ObjectNode fields) throws VaultException {
        ObjectNode object = Json.object().put("type", type);
        object.setAll(fields);
        String line = object.toString();
        lines.add(line);
        count++;
        budget.take(line.length(), 1);
        if (budget.isSpent()) {
            sink.take(lines);
            lines = new ArrayList<>();
            budget = new ReadBudget();
        }
    }
}
