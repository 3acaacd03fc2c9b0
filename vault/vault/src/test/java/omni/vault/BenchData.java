package omni.vault;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Random;
import tools.jackson.databind.node.ObjectNode;

/** What is in the databases that are compared: conversations of a hundred items, questions and answers in turns. */
final class BenchData {
    static final int ITEMS = 100;
    private static final int VOCABULARY = 20_000;
    private static final int QUESTION_WORDS = 60;
    private static final int ANSWER_WORDS = 600;

    private final Random random;
    private final String[] words = new String[VOCABULARY];

    /** A place of an item. */
    record Place(String conversation, String item) {}

    BenchData(long seed) {
        random = new Random(seed);
        for (int i = 0; i < VOCABULARY; i++) {
            words[i] = random.ints(3 + random.nextInt(6), 'a', 'z' + 1)
                    .collect(StringBuilder::new, StringBuilder::appendCodePoint, StringBuilder::append)
                    .toString();
        }
    }

    /** A question and its answer, in words of which some are much more frequent than others. */
    List<ObjectNode> turn() {
        return List.of(message(QUESTION_WORDS), message(ANSWER_WORDS));
    }

    private ObjectNode message(int count) {
        StringBuilder text = new StringBuilder();
        for (int i = 0; i < count; i++) {
            double far = random.nextDouble();
            text.append(words[(int) (far * far * far * VOCABULARY)]).append(' ');
        }
        return TestVault.message(text.toString());
    }

    /** So many items. */
    List<ObjectNode> items(int count) {
        List<ObjectNode> items = new ArrayList<>();
        while (items.size() < count) {
            items.addAll(turn());
        }
        return items;
    }

    /** Makes a database of at least so many bytes in that folder, where there is none yet. */
    static void make(BenchSide.Way way, Path folder, long bytes) throws IOException, VaultException {
        Path made = folder.resolve("made");
        if (Files.exists(made)) {
            return;
        }
        Files.createDirectories(folder);
        BenchData data = new BenchData(1);
        try (BenchSide side = BenchSide.open(way, folder, false)) {
            while (Files.size(Records.file(folder)) < bytes) {
                String conversation = side.begin(data.items(ConversationItems.AT_ONCE_MAX));
                for (int i = ConversationItems.AT_ONCE_MAX; i < ITEMS; i += ConversationItems.AT_ONCE_MAX) {
                    side.add(conversation, data.items(ConversationItems.AT_ONCE_MAX));
                }
            }
        }
        Files.createFile(made);
    }

    /** So many places, anywhere. */
    List<Place> places(BenchSide side, int count) throws VaultException {
        return side.look(sql -> {
            long last = sql.number("SELECT max(number) FROM items");
            List<Place> places = new ArrayList<>();
            while (places.size() < count) {
                places.addAll(sql.rows(
                        "SELECT conversations.id, items.id FROM items JOIN conversations ON conversations.number ="
                                + " items.conversation WHERE items.number = ?",
                        row -> new Place(row.getString(1), row.getString(2)),
                        1 + random.nextLong(last)));
            }
            return places;
        });
    }
}
