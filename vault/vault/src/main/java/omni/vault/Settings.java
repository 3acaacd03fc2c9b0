package omni.vault;

import java.util.Map;
import java.util.Optional;
import java.util.TreeMap;
import omni.vault.VaultException.Reason;

/** Settings that are kept with the records, by name. For any thread. */
final class Settings {
    /** The setting with the places of backups, a line each: what a wipe leaves. */
    static final String BACKUP_TARGETS = "backup.targets";

    static final int COUNT_MAX = 1000;
    static final int NAME_MAX = 100;
    static final int VALUE_BYTES_MAX = 64 << 10;

    private final Records records;

    Settings(Records records) {
        this.records = records;
    }

    Optional<String> get(String name) throws VaultException {
        return records.read(
                sql -> sql.first("SELECT value FROM settings WHERE name = ?", row -> row.getString(1), name));
    }

    /** All, by name. */
    Map<String, String> all() throws VaultException {
        Map<String, String> all = new TreeMap<>();
        records.read(sql ->
                sql.rows("SELECT name, value FROM settings", row -> all.put(row.getString(1), row.getString(2))));
        return all;
    }

    void put(String name, String value) throws VaultException {
        Bounds.name("A setting's name", name, NAME_MAX);
        Bounds.textBytes("A setting", value, VALUE_BYTES_MAX);
        records.erase(sql -> {
            sql.change(
                    "INSERT INTO settings (name, value) VALUES (?, ?) ON CONFLICT DO UPDATE SET value = excluded.value",
                    name,
                    value);
            if (sql.number("SELECT count(*) FROM settings") > COUNT_MAX) {
                throw new VaultException(Reason.REFUSED, "There are " + COUNT_MAX + " settings: remove one first.");
            }
            return name;
        });
    }

    void remove(String name) throws VaultException {
        records.erase(sql -> {
            if (sql.change("DELETE FROM settings WHERE name = ?", name) == 0) {
                throw new VaultException(Reason.MISSING, "There is no such setting.");
            }
            return name;
        });
    }
}
