package omni.vault;

import java.nio.file.Path;
import java.time.Clock;

/**
 * A vault that is unlocked: its keys, and what they open. For any thread.
 *
 * @param keyFile how its key file was when it was opened, or written last
 * @param clock by which it tells what is new and what is over
 */
record OpenVault(
        KeyRing keys,
        KeyFileMark keyFile,
        Records records,
        Conversations conversations,
        Memories memories,
        Search search,
        Retention retention,
        ApiKeys apiKeys,
        AuditLog audit,
        AuditTally tally,
        Clock clock)
        implements AutoCloseable {
    /**
     * Opens what is in that folder. The keys are this object's own from now on, and wiped where this throws.
     *
     * @throws VaultException DAMAGED where the records are not what was written
     */
    static OpenVault open(Path folder, KeyRing keys, Clock clock) throws VaultException {
        return open(folder, keys, new KeyFileMark(), clock);
    }

    /** With a key file that was opened. */
    static OpenVault open(Path folder, KeyRing keys, KeyFileMark keyFile, Clock clock) throws VaultException {
        boolean opened = false;
        try {
            OpenVault vault = with(Records.open(folder, keys), folder, keys, keyFile, clock);
            opened = true;
            return vault;
        } finally {
            if (!opened) {
                keys.close();
            }
        }
    }

    private static OpenVault with(Records records, Path folder, KeyRing keys, KeyFileMark keyFile, Clock clock)
            throws VaultException {
        boolean opened = false;
        try {
            Conversations conversations = new Conversations(records, clock);
            Settings settings = new Settings(records);
            AuditLog audit = AuditLog.open(folder, new AuditTable(records), keys, clock);
            AuditTally tally = new AuditTally(audit::add);
            opened = true;
            return new OpenVault(
                    keys,
                    keyFile,
                    records,
                    conversations,
                    new Memories(records, clock),
                    new Search(records),
                    new Retention(settings, conversations, tally, audit.before()),
                    new ApiKeys(settings, audit),
                    audit,
                    tally,
                    clock);
        } finally {
            if (!opened) {
                records.close();
            }
        }
    }

    /** Goes over to the newest keys: nothing but files is under older ones afterwards. */
    void renewKeys() throws VaultException {
        audit.renewKey();
        RowKeys.rewrapAll(records);
        records.renewKey(() -> {});
    }

    /** Closes the records, and wipes the keys whatever comes of that. */
    @Override
    public void close() throws VaultException {
        try {
            records.close();
        } finally {
            keys.close();
        }
    }
}
