package omni.vault;

import java.sql.SQLException;
import java.util.List;
import java.util.Optional;
import omni.vault.VaultException.Reason;

/** Secrets of providers (tokens, keys), by name, each under a key of its own. For any thread. */
final class ProviderSecrets {
    static final int COUNT_MAX = 1000;
    static final int NAME_MAX = 100;
    static final int SECRET_BYTES_MAX = 64 << 10;
    private static final String BODY = "secret";

    private record Stored(long key, Bytes body) {}

    private final Records records;
    private final RowKeys keys;

    ProviderSecrets(Records records) {
        this.records = records;
        this.keys = new RowKeys(records.keys());
    }

    /** Their names alone. */
    List<String> names() throws VaultException {
        return records.read(
                sql -> sql.rows("SELECT name FROM provider_secrets ORDER BY name", row -> row.getString(1)));
    }

    byte[] get(String name) throws VaultException {
        return records.read(sql -> {
            Stored stored = stored(sql, name).orElseThrow(ProviderSecrets::missing);
            return keys.open(sql, stored.key(), owner(name)).decrypt(stored.body(), BODY);
        });
    }

    /** Puts it in the place of what was there, which is then gone. */
    void put(String name, byte[] secret) throws VaultException {
        Bounds.name("A secret's name", name, NAME_MAX);
        if (secret.length > SECRET_BYTES_MAX) {
            throw Bounds.invalid("A secret has at most " + SECRET_BYTES_MAX + " bytes.");
        }
        records.erase(sql -> {
            remove(sql, name);
            if (sql.number("SELECT count(*) FROM provider_secrets") >= COUNT_MAX) {
                throw new VaultException(Reason.REFUSED, "There are " + COUNT_MAX + " secrets: remove one first.");
            }
            RowKeys.Fresh key = keys.add(sql, owner(name));
            return sql.change(
                    "INSERT INTO provider_secrets (name, key, body) VALUES (?, ?, ?)",
                    name,
                    key.number(),
                    key.key().encrypt(secret, BODY));
        });
    }

    /** Deletes it beyond recovery. */
    void remove(String name) throws VaultException {
        records.erase(sql -> {
            if (!remove(sql, name)) {
                throw missing();
            }
            return name;
        });
    }

    private boolean remove(Sql sql, String name) throws SQLException, VaultException {
        Optional<Stored> stored = stored(sql, name);
        if (stored.isPresent()) {
            sql.change("DELETE FROM provider_secrets WHERE name = ?", name);
            keys.erase(sql, stored.get().key());
        }
        return stored.isPresent();
    }

    private static Optional<Stored> stored(Sql sql, String name) throws SQLException, VaultException {
        return sql.first(
                "SELECT key, body FROM provider_secrets WHERE name = ?",
                row -> new Stored(row.getLong(1), new Bytes(row.getBytes(2))),
                name);
    }

    private static String owner(String name) {
        return "secret " + name;
    }

    private static VaultException missing() {
        return new VaultException(Reason.MISSING, "There is no such secret.");
    }
}
