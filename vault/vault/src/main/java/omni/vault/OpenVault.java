package omni.vault;

import java.nio.file.Path;
import java.time.Clock;

/**
 * A vault that is unlocked: its keys, and what they open. For any thread.
 *
 * @param clock by which it tells what is new and what is over
 */
record OpenVault(
        KeyRing keys,
        Records records,
        Conversations conversations,
        Memories memories,
        Search search,
        Retention retention,
        Clock clock) {
    /**
     * Opens what is in that folder. The keys are this object's own from now on, and wiped where this throws.
     *
     * @throws VaultException DAMAGED where the records are not what was written
     */
    static OpenVault open(Path folder, KeyRing keys, Clock clock) throws VaultException {
        boolean opened = false;
        try {
            Records records = Records.open(folder, keys);
            Conversations conversations = new Conversations(records, clock);
            Retention retention = new Retention(new Settings(records), conversations);
            opened = true;
            return new OpenVault(
                    keys,
                    records,
                    conversations,
                    new Memories(records, clock),
                    new Search(records),
                    retention,
                    clock);
        } finally {
            if (!opened) {
                keys.close();
            }
        }
    }
}
