package omni.vault;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.nio.file.Path;
import java.time.Clock;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class RecordsTest {
    @TempDir
    Path folder;

    @Test
    void whatIsWrittenIsReadAfterAReopening() throws Exception {
        try (FakeKeys keys = new FakeKeys("a")) {
            String id;
            try (Records records = Records.open(folder.resolve("v"), keys)) {
                Conversations conversations = new Conversations(records, Clock.systemUTC());
                id = conversations
                        .create(
                                Map.of("a", "b"),
                                List.of(Json.object().put("content", "Grüße vom Zwielicht")),
                                Optional.empty())
                        .id();
                assertEquals(
                        1,
                        new Search(records).conversations("gruss zwie", 10).size()
                                + new Search(records)
                                        .conversations("gruße zwie", 10)
                                        .size());
                assertEquals(
                        1,
                        new Conversations(records, Clock.systemUTC())
                                .list(Optional.empty(), 10)
                                .entries()
                                .size());
            }
            try (Records records = Records.open(folder.resolve("v"), keys)) {
                Conversations conversations = new Conversations(records, Clock.systemUTC());
                assertEquals(Map.of("a", "b"), conversations.retrieve(id).metadata());
                conversations.delete(id);
                assertTrue(conversations.list(Optional.empty(), 10).entries().isEmpty());
            }
        }
    }
}
