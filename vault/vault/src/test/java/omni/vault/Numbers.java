package omni.vault;

import java.nio.file.Path;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.TreeSet;

/** The numbers of the conversations that {@link WriterMain} wrote and that are there, whole. */
final class Numbers {
    private Numbers() {}

    static Set<Long> in(Path place) throws VaultException {
        try (TestVault vault = new TestVault(place)) {
            Set<Long> numbers = new TreeSet<>();
            Optional<String> after = Optional.empty();
            while (true) {
                Listing<Conversation> some = vault.conversations.list(after, 100);
                for (Conversation conversation : some.entries()) {
                    long number = Long.parseLong(conversation.metadata().getOrDefault("number", "0"));
                    numbers.add(number);
                    checkWhole(vault, conversation, number);
                    after = Optional.of(conversation.id());
                }
                if (!some.more()) {
                    return numbers;
                }
            }
        }
    }

    private static void checkWhole(TestVault vault, Conversation conversation, long number) throws VaultException {
        List<String> texts = vault
                .conversations
                .items()
                .list(conversation.id(), Optional.empty(), 10, ConversationItems.Order.OLDEST_FIRST)
                .entries()
                .stream()
                .map(item -> item.body().path("content").path(0).path("text").asString())
                .toList();
        if (!texts.equals(List.of("question " + number, "answer " + number))) {
            throw new AssertionError("Conversation " + number + " has " + texts);
        }
    }
}
