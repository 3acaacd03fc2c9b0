package omni.vault;

import java.lang.foreign.MemorySegment;
import java.util.EnumMap;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import omni.vault.VaultException.Reason;

/**
 * The data keys of an unlocked vault, one behind the other in secret memory. For any thread; a key that was given out is
 * an IllegalStateException to read after the close.
 */
final class KeyRing implements DataKeys, AutoCloseable {
    private final SecretMemory memory;
    private final Map<Name, Integer> places = new HashMap<>();
    private final Map<Purpose, Integer> newest = new EnumMap<>(Purpose.class);

    /** Which key it is. */
    record Name(Purpose purpose, int version) {}

    /**
     * Keys in that memory, which is this object's own from now on.
     *
     * @param names in the order of the keys
     */
    KeyRing(SecretMemory memory, List<Name> names) {
        this.memory = memory;
        for (Name name : names) {
            places.put(name, places.size());
            newest.merge(name.purpose(), name.version(), Math::max);
        }
    }

    @Override
    public int newest(Purpose purpose) {
        return newest.getOrDefault(purpose, 0);
    }

    @Override
    public MemorySegment key(Purpose purpose, int version) throws VaultException {
        Integer place = places.get(new Name(purpose, version));
        if (place == null) {
            throw new VaultException(
                    Reason.DAMAGED, "There is no version " + version + " of the key for " + purpose.text() + ".");
        }
        if (!memory.segment().scope().isAlive()) {
            throw new VaultException(Reason.SEALED, "The vault is locked: unlock it first.");
        }
        return memory.segment().asSlice((long) place * KEY_BYTES, KEY_BYTES).asReadOnly();
    }

    /** Whether the system keeps them out of the swap. */
    boolean isLocked() {
        return memory.isLocked();
    }

    /** Wipes all keys; nothing the second time. */
    @Override
    public void close() {
        memory.close();
    }
}
