package omni.vault;

import com.google.crypto.tink.Aead;
import java.lang.foreign.ValueLayout;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.security.GeneralSecurityException;
import java.sql.SQLException;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.ConcurrentHashMap;
import omni.vault.VaultException.Reason;
import org.jspecify.annotations.Nullable;

/**
 * The keys of conversations, memories and secrets, each wrapped by the key for conversations:
 *
 * <pre>
 *   version of the wrapping key (4, big-endian)  nonce (24)  encrypted key (32)  tag (16)
 * </pre>
 *
 * <p>bound to the name of what it belongs to. For any thread.
 */
final class RowKeys {
    static final int WRAPPED_BYTES = 76;
    private static final int VERSION_BYTES = 4;
    private static final String ADD = "INSERT INTO row_keys (wrapped) VALUES (?)";
    private static final String WRAPPED = "SELECT wrapped FROM row_keys WHERE number = ?";
    private static final String REPLACE = "UPDATE row_keys SET wrapped = ? WHERE number = ?";

    private static final int REWRAPPED_AT_ONCE = 100;

    /** Whose keys there are: number, name as the key is bound to it, and number of the key. */
    private static final List<String> OWNERS = List.of(
            "SELECT number, id, key FROM conversations WHERE number > ? ORDER BY number LIMIT ?",
            "SELECT number, id, key FROM memories WHERE number > ? ORDER BY number LIMIT ?",
            "SELECT rowid, 'secret ' || name, key FROM provider_secrets WHERE rowid > ? ORDER BY rowid LIMIT ?");

    private record Owner(long number, String name, long key) {}

    /** A key that was just made, and the number it is under. */
    record Fresh(long number, RowKey key) {}

    private final DataKeys keys;
    private final Map<Integer, Aead> wrapping = new ConcurrentHashMap<>();

    RowKeys(DataKeys keys) {
        this.keys = keys;
    }

    /** Makes one. */
    Fresh add(Sql sql, String owner) throws SQLException, VaultException {
        byte[] key = Ids.bytes(DataKeys.KEY_BYTES);
        return new Fresh(sql.insert(ADD, (Object) wrap(key, owner)), new RowKey(key, owner));
    }

    /** Puts another in its place. */
    RowKey replace(Sql sql, long number, String owner) throws SQLException, VaultException {
        byte[] key = Ids.bytes(DataKeys.KEY_BYTES);
        sql.change(REPLACE, wrap(key, owner), number);
        return new RowKey(key, owner);
    }

    /** Overwrites it, so that nothing opens what it encrypted. */
    void erase(Sql sql, long number) throws SQLException {
        sql.change(REPLACE, new byte[WRAPPED_BYTES], number);
    }

    /** The one under that number; DAMAGED where it is not that owner's. */
    RowKey open(Sql sql, long number, String owner) throws SQLException, VaultException {
        byte[] wrapped = sql.first(WRAPPED, row -> row.getBytes(1), number).orElseThrow(() -> damaged(owner, null));
        return new RowKey(unwrapped(wrapped, owner), owner);
    }

    /** The version of the key that it is wrapped by. */
    static int version(Bytes wrapped) {
        return ByteBuffer.wrap(wrapped.array()).getInt();
    }

    /** DAMAGED where it is not that owner's. */
    void requireOpens(Bytes wrapped, String owner) throws VaultException {
        var _ = unwrapped(wrapped.array(), owner);
    }

    /** Whose the key of such a row is; nothing where rows of that table have none. */
    static Optional<String> owner(Snapshot.Table table, List<@Nullable Object> row) {
        return switch (table.name()) {
            case "conversations", "memories" ->
                Optional.of(String.valueOf(row.get(table.columns().indexOf("id"))));
            case "provider_secrets" ->
                Optional.of("secret " + row.get(table.columns().indexOf("name")));
            default -> Optional.empty();
        };
    }

    private byte[] unwrapped(byte[] wrapped, String owner) throws VaultException {
        int version = ByteBuffer.wrap(wrapped).getInt();
        try {
            return wrapping(version)
                    .decrypt(Arrays.copyOfRange(wrapped, VERSION_BYTES, wrapped.length), binding(owner, version));
        } catch (GeneralSecurityException e) {
            throw damaged(owner, e);
        }
    }

    /** Wraps it by the newest key, where it is under another one. */
    private void rewrap(Sql sql, long number, String owner) throws SQLException, VaultException {
        byte[] wrapped = sql.first(WRAPPED, row -> row.getBytes(1), number).orElseThrow(() -> damaged(owner, null));
        if (ByteBuffer.wrap(wrapped).getInt() != keys.newest(Purpose.CONVERSATIONS)) {
            sql.change(REPLACE, wrap(unwrapped(wrapped, owner), owner), number);
        }
    }

    /** Wraps all by the newest key, some at a time. What is added meanwhile is under it already. */
    static void rewrapAll(Records records) throws VaultException {
        RowKeys keys = new RowKeys(records.keys());
        for (String owners : OWNERS) {
            long last = 0;
            while (last >= 0) {
                long from = last;
                last = records.write(sql -> keys.rewrap(sql, owners, from));
            }
        }
    }

    /** Returns the number of the last one, or -1 where there is none. */
    private long rewrap(Sql sql, String owners, long from) throws SQLException, VaultException {
        List<Owner> next = sql.rows(
                owners, row -> new Owner(row.getLong(1), row.getString(2), row.getLong(3)), from, REWRAPPED_AT_ONCE);
        for (Owner owner : next) {
            rewrap(sql, owner.key(), owner.name());
        }
        return next.isEmpty() ? -1 : next.getLast().number();
    }

    private byte[] wrap(byte[] key, String owner) throws VaultException {
        int version = keys.newest(Purpose.CONVERSATIONS);
        byte[] encrypted = RowKey.encrypt(wrapping(version), key, binding(owner, version));
        return ByteBuffer.allocate(VERSION_BYTES + encrypted.length)
                .putInt(version)
                .put(encrypted)
                .array();
    }

    private Aead wrapping(int version) throws VaultException {
        Aead known = wrapping.get(version);
        if (known != null) {
            return known;
        }
        Aead made = RowKey.aead(keys.key(Purpose.CONVERSATIONS, version).toArray(ValueLayout.JAVA_BYTE));
        wrapping.put(version, made);
        return made;
    }

    private static byte[] binding(String owner, int version) {
        return ("key " + version + "\n" + owner).getBytes(StandardCharsets.UTF_8);
    }

    private static VaultException damaged(String owner, @Nullable Exception cause) {
        return cause == null
                ? new VaultException(Reason.DAMAGED, "The key of " + owner + " is missing.")
                : new VaultException(Reason.DAMAGED, "The key of " + owner + " is damaged.", cause);
    }
}
