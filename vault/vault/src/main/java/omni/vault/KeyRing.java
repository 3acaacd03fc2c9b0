package omni.vault;

import java.lang.foreign.MemorySegment;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.CopyOnWriteArrayList;
import omni.vault.VaultException.Reason;

/**
 * The data keys of an unlocked vault, one behind the other in secret memory. For any thread; a key that was given out is
 * an IllegalStateException to read after the close.
 */
final class KeyRing implements DataKeys, AutoCloseable {
    private final List<SecretMemory> memories = new CopyOnWriteArrayList<>();
    private final Map<Name, MemorySegment> keys = new ConcurrentHashMap<>();
    private final Map<Purpose, Integer> newest = new ConcurrentHashMap<>();
    private final Map<Purpose, Integer> kept = new ConcurrentHashMap<>();

    /** Which key it is. */
    record Name(Purpose purpose, int version) {}

    /**
     * Keys in that memory, which is this object's own from now on.
     *
     * @param names in the order of the keys
     */
    KeyRing(SecretMemory memory, List<Name> names) {
        memories.add(memory);
        for (int i = 0; i < names.size(); i++) {
            put(
                    names.get(i),
                    memory.segment().asSlice((long) i * KEY_BYTES, KEY_BYTES).asReadOnly());
        }
    }

    /** A version is the newest when it is there. */
    private void put(Name name, MemorySegment key) {
        keys.put(name, key);
        newest.merge(name.purpose(), name.version(), Math::max);
    }

    /** Takes over the keys of another ring, which is this one's own from now on, beside those that it has. */
    void add(KeyRing other) {
        memories.addAll(other.memories);
        other.keys.forEach((name, key) -> {
            if (!keys.containsKey(name)) {
                put(name, key);
            }
        });
    }

    @Override
    public int newest(Purpose purpose) {
        return newest.getOrDefault(purpose, 0);
    }

    @Override
    public int oldest(Purpose purpose) {
        return keys.keySet().stream()
                .filter(name -> name.purpose() == purpose)
                .mapToInt(Name::version)
                .min()
                .orElse(0);
    }

    /** The key file has but the newest of these any more; who began under an older one still finds it here. */
    void dropped(Purpose... purposes) {
        for (Purpose purpose : purposes) {
            kept.put(purpose, newest(purpose));
        }
    }

    /** Whether the key file has older ones of one of these, too. */
    boolean hasOld(Purpose... purposes) {
        return Arrays.stream(purposes)
                .anyMatch(purpose -> Math.max(oldest(purpose), kept.getOrDefault(purpose, 0)) < newest(purpose));
    }

    @Override
    public MemorySegment key(Purpose purpose, int version) throws VaultException {
        MemorySegment key = keys.get(new Name(purpose, version));
        if (key == null) {
            throw new VaultException(
                    Reason.DAMAGED, "There is no version " + version + " of the key for " + purpose.text() + ".");
        }
        if (!key.scope().isAlive()) {
            throw new VaultException(Reason.SEALED, "The vault is locked: unlock it first.");
        }
        return key;
    }

    /** Whether the system keeps them out of the swap. */
    boolean isLocked() {
        return memories.stream().allMatch(SecretMemory::isLocked);
    }

    /** Wipes all keys; nothing the second time. */
    @Override
    public void close() {
        memories.forEach(SecretMemory::close);
    }
}
