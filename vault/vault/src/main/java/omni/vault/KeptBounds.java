package omni.vault;

import java.util.Map;
import java.util.Optional;
import tools.jackson.databind.JsonNode;

/**
 * How large what is kept may be, for who keeps it and for who sends it: what could not be kept, or not be sent back in a message of
 * the bus, is refused before anything is done for it.
 */
public final class KeptBounds {
    /** Of an item as JSON. */
    public static final int ITEM_BYTES_MAX = 1 << 20;

    /** Arrays and objects within each other, in an item: the bus takes 64 of them, and its messages wrap items in five. */
    public static final int ITEM_DEPTH_MAX = 48;

    /** Values, names and brackets of an item: with what a page has before it, this is well within a message of the bus. */
    public static final int ITEM_TOKENS_MAX = 100_000;

    /** Of a page of what is kept, as JSON: it ends behind the item that brings it beyond what leaves room for the largest. */
    public static final int PAGE_BYTES_MAX = 2 * ITEM_BYTES_MAX;

    /** The same for values, names and brackets. */
    public static final int PAGE_TOKENS_MAX = ITEM_TOKENS_MAX + 50_000;

    /** Items of a conversation. */
    public static final int ITEMS_MAX = 10_000;

    /**
     * Of a conversation, its items and responses as they stand there. To change its metadata, or to take something out of it, encrypts
     * all of it anew, in one transaction.
     */
    static final long CONVERSATION_BYTES_MAX = 256L << 20;

    /** Of a response as JSON, without its items. */
    public static final int RESPONSE_BYTES_MAX = 1 << 18;

    /** Keys of the HTTP API that are known at once. */
    public static final int API_KEYS_MAX = 1024;

    private KeptBounds() {}

    /** What is wrong with the shape of an item, as a sentence; nothing where it can be kept. */
    public static Optional<String> fault(JsonNode item) {
        if (isDeeper(item, ITEM_DEPTH_MAX)) {
            return Optional.of("An item has at most " + ITEM_DEPTH_MAX + " arrays and objects within each other.");
        }
        return tokens(item) > ITEM_TOKENS_MAX
                ? Optional.of("An item has at most " + ITEM_TOKENS_MAX + " values, names and brackets.")
                : Optional.empty();
    }

    /** What is wrong with the notes on a conversation, as a sentence; nothing where they can be kept. */
    public static Optional<String> metadataFault(Map<String, String> metadata) {
        return fault(() -> Bounds.metadata(metadata));
    }

    /** What is wrong with the name of a memory, as a sentence; nothing where it can be kept. */
    public static Optional<String> memoryNameFault(String name) {
        return fault(() -> Bounds.name("A memory's name", name, Memories.NAME_MAX));
    }

    /** What is wrong with the text of a memory, as a sentence; nothing where it can be kept. */
    public static Optional<String> memoryTextFault(String text) {
        return fault(() -> Bounds.textBytes("A memory", text, Memories.TEXT_BYTES_MAX));
    }

    /** Looks at something, as the vault does before it keeps it. */
    private interface Look {
        void at() throws VaultException;
    }

    private static Optional<String> fault(Look look) {
        try {
            look.at();
            return Optional.empty();
        } catch (VaultException e) {
            return Optional.of(String.valueOf(e.getMessage()));
        }
    }

    private static boolean isDeeper(JsonNode node, int levels) {
        return node.isContainer() && (levels == 0 || node.valueStream().anyMatch(inner -> isDeeper(inner, levels - 1)));
    }

    /** Values, names and brackets, as the bus counts them. */
    static long tokens(JsonNode node) {
        if (!node.isContainer()) {
            return 1;
        }
        long names = node.isObject() ? node.size() : 0;
        return 2 + names + node.valueStream().mapToLong(KeptBounds::tokens).sum();
    }
}
