package omni.vault;

import java.nio.file.Path;
import java.sql.SQLException;
import java.time.Clock;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Properties;
import org.sqlite.JDBC;
import tools.jackson.databind.node.ObjectNode;

/** What is compared: the same conversations and items, kept in one of three ways. For one thread. */
interface BenchSide extends AutoCloseable {
    /** The ways, from the barest to the product's. */
    enum Way {
        /** SQLite by the same driver, without a key. */
        PLAIN,
        /** SQLCipher's pages by the same driver; the rows as they are. */
        PAGES,
        /** What the vault does. */
        VAULT
    }

    /** Begins a conversation with those items. */
    String begin(List<ObjectNode> items) throws VaultException;

    /** Adds items to it, in one transaction. */
    void add(String conversation, List<ObjectNode> items) throws VaultException;

    ObjectNode item(String conversation, String id) throws VaultException;

    /** The first hundred items. */
    List<ObjectNode> items(String conversation) throws VaultException;

    /** Looks at the tables themselves. */
    <T> T look(Records.Work<T> work) throws VaultException;

    @Override
    void close() throws VaultException;

    /** One that keeps all in that folder. */
    static BenchSide open(Way way, Path folder, boolean synchronous) throws VaultException {
        var options = new RecordsOptions(true, synchronous, RecordsOptions.PRODUCT.pagesMax());
        return way == Way.VAULT ? new OfVault(folder, options) : Plain.open(way, folder, options);
    }

    /** The vault's own classes. */
    final class OfVault implements BenchSide {
        private final FakeKeys keys = new FakeKeys("bench");
        private final Records records;
        private final Conversations conversations;

        OfVault(Path folder, RecordsOptions options) throws VaultException {
            records = Records.open(folder, keys, options);
            conversations = new Conversations(records, Clock.systemUTC());
        }

        @Override
        public String begin(List<ObjectNode> items) throws VaultException {
            return conversations.create(Map.of(), items, Optional.empty()).id();
        }

        @Override
        public void add(String conversation, List<ObjectNode> items) throws VaultException {
            conversations.items().create(conversation, items);
        }

        @Override
        public ObjectNode item(String conversation, String id) throws VaultException {
            return conversations.items().retrieve(conversation, id).body();
        }

        @Override
        public List<ObjectNode> items(String conversation) throws VaultException {
            return conversations
                    .items()
                    .list(conversation, Optional.empty(), Bounds.LIST_MAX, ConversationItems.Order.OLDEST_FIRST)
                    .entries()
                    .stream()
                    .map(ConversationItem::body)
                    .toList();
        }

        @Override
        public <T> T look(Records.Work<T> work) throws VaultException {
            return records.read(work);
        }

        @Override
        public void close() throws VaultException {
            records.close();
            keys.close();
        }
    }

    /** The vault's tables, statements, pragmas, caches and JSON, without anything encrypted in the rows. */
    final class Plain implements BenchSide {
        private static final byte[] NO_KEY = new byte[RowKeys.WRAPPED_BYTES];

        private final Sql writer;
        private final Sql reader;

        private Plain(Sql writer, Sql reader) {
            this.writer = writer;
            this.reader = reader;
        }

        static Plain open(Way way, Path folder, RecordsOptions options) throws VaultException {
            SqliteLibrary.load(folder);
            try {
                Sql writer = connect(way, folder, RecordsConnection.writerPragmas(options));
                if (writer.number("SELECT count(*) FROM sqlite_master") == 0) {
                    for (String step : Migrations.bundled().steps()) {
                        for (String statement : Migrations.statements(step)) {
                            writer.run(statement);
                        }
                    }
                    writer.insert("INSERT INTO row_keys (wrapped) VALUES (?)", (Object) NO_KEY);
                }
                return new Plain(writer, connect(way, folder, RecordsConnection.readerPragmas()));
            } catch (SQLException e) {
                throw SqlFailure.of(e);
            }
        }

        private static Sql connect(Way way, Path folder, List<String> pragmas) throws SQLException {
            Properties properties = new Properties();
            if (way == Way.PAGES) {
                properties.setProperty("cipher", "sqlcipher");
                properties.setProperty("legacy", "4");
                properties.setProperty("key", "x'" + "0123456789abcdef".repeat(4) + "'");
            }
            String file = JDBC.PREFIX + Records.file(folder).toAbsolutePath();
            return RecordsConnection.setUp(JDBC.createConnection(file, properties), pragmas);
        }

        @Override
        public String begin(List<ObjectNode> items) throws VaultException {
            return transaction(writer, "BEGIN IMMEDIATE", sql -> {
                String id = Ids.random("conv_");
                long now = System.currentTimeMillis();
                sql.insert(Conversations.ADD, id, 1, now, now, null, new byte[] {'{', '}'});
                add(sql, Conversations.stored(sql, id), items);
                return id;
            });
        }

        @Override
        public void add(String conversation, List<ObjectNode> items) throws VaultException {
            transaction(writer, "BEGIN IMMEDIATE", sql -> {
                add(sql, Conversations.stored(sql, conversation), items);
                return conversation;
            });
        }

        private static void add(Sql sql, Conversations.Stored conversation, List<ObjectNode> items)
                throws SQLException, VaultException {
            long now = System.currentTimeMillis();
            for (ObjectNode item : items) {
                String id = Ids.random("msg_");
                byte[] body = Json.bytes(item.deepCopy().put("id", id), KeptBounds.ITEM_BYTES_MAX);
                long number = sql.insert(ConversationItems.ADD, id, conversation.number(), now, body);
                Words.ITEMS.add(sql, number, Json.words(item));
            }
            sql.change(ConversationItems.COUNT, items.size(), now, conversation.number());
        }

        @Override
        public ObjectNode item(String conversation, String id) throws VaultException {
            return look(sql -> sql.first(
                            ConversationItems.ONE,
                            row -> Json.object(row.getBytes(4)),
                            Conversations.stored(sql, conversation).number(),
                            id)
                    .orElseThrow());
        }

        @Override
        public List<ObjectNode> items(String conversation) throws VaultException {
            return look(sql -> sql.rows(
                    ConversationItems.UP,
                    row -> Json.object(row.getBytes(4)),
                    Conversations.stored(sql, conversation).number(),
                    0,
                    Bounds.LIST_MAX));
        }

        @Override
        public <T> T look(Records.Work<T> work) throws VaultException {
            return transaction(reader, "BEGIN", work);
        }

        private static <T> T transaction(Sql sql, String begin, Records.Work<T> work) throws VaultException {
            try {
                sql.change(begin);
                T result = work.run(sql);
                sql.change("COMMIT");
                return result;
            } catch (SQLException e) {
                throw SqlFailure.of(e);
            }
        }

        @Override
        public void close() throws VaultException {
            try {
                reader.close();
                writer.close();
            } catch (SQLException e) {
                throw SqlFailure.of(e);
            }
        }
    }
}
