package omni.vault;

import java.lang.foreign.MemorySegment;
import java.util.Map;

/**
 * The keys of a vault, and those for conversations that a snapshot of it brings along, which the vault may have forgotten since.
 *
 * @param brought by their version
 */
record SnapshotKeys(DataKeys now, Map<Integer, Bytes> brought) implements DataKeys {
    @Override
    public int newest(Purpose purpose) {
        return now.newest(purpose);
    }

    @Override
    public int oldest(Purpose purpose) {
        int oldest = now.oldest(purpose);
        return purpose == Purpose.CONVERSATIONS
                ? brought.keySet().stream().mapToInt(Integer::intValue).reduce(oldest, Math::min)
                : oldest;
    }

    @Override
    public MemorySegment key(Purpose purpose, int version) throws VaultException {
        Bytes older = purpose == Purpose.CONVERSATIONS && version != newest(purpose) ? brought.get(version) : null;
        return older == null
                ? now.key(purpose, version)
                : MemorySegment.ofArray(older.array()).asReadOnly();
    }
}
