package omni.vault;

import java.nio.file.Path;
import java.time.Clock;
import java.time.Instant;
import java.time.InstantSource;
import java.time.ZoneOffset;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.atomic.AtomicReference;
import tools.jackson.databind.node.ObjectNode;

/** Records in a folder, with all that stands on them, and a clock that goes when it is told to. */
final class TestVault implements AutoCloseable {
    static final Instant BEGIN = Instant.parse("2026-03-01T12:00:00Z");

    final FakeKeys keys;
    final Records records;
    final Conversations conversations;
    final Memories memories;
    final Search search;
    final Settings settings;
    final ProviderSecrets secrets;
    private final AtomicReference<Instant> now = new AtomicReference<>(BEGIN);

    TestVault(Path folder) throws VaultException {
        this(folder, RecordsOptions.PRODUCT);
    }

    TestVault(Path folder, RecordsOptions options) throws VaultException {
        keys = new FakeKeys("vault");
        records = Records.open(folder, keys, options);
        InstantSource source = now::get;
        Clock clock = source.withZone(ZoneOffset.UTC);
        conversations = new Conversations(records, clock);
        memories = new Memories(records, clock);
        search = new Search(records);
        settings = new Settings(records);
        secrets = new ProviderSecrets(records);
    }

    /** Sets the clock. */
    void at(Instant instant) {
        now.set(instant);
    }

    /** A new conversation with a message of each text. */
    String conversation(String... texts) throws VaultException {
        return conversations
                .create(
                        Map.of("topic", "test"),
                        List.of(texts).stream().map(TestVault::message).toList(),
                        Optional.empty())
                .id();
    }

    static ObjectNode message(String text) {
        ObjectNode message = Json.object().put("type", "message").put("role", "user");
        message.putArray("content").addObject().put("type", "input_text").put("text", text);
        return message;
    }

    @Override
    public void close() throws VaultException {
        records.close();
        keys.close();
    }
}
