package omni.vault;

import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.util.EnumMap;
import java.util.Map;
import omni.vault.VaultException.Reason;

/** Keys made of a name, without a password. */
final class FakeKeys implements DataKeys, AutoCloseable {
    private final Arena arena = Arena.ofShared();
    private final Map<Purpose, Integer> newest = new EnumMap<>(Purpose.class);
    private final String name;

    FakeKeys(String name) {
        this.name = name;
    }

    @Override
    public int newest(Purpose purpose) {
        return newest.getOrDefault(purpose, 1);
    }

    @Override
    public int oldest(Purpose purpose) {
        return 1;
    }

    void addVersion(Purpose purpose) {
        newest.merge(purpose, 2, (before, two) -> before + 1);
    }

    byte[] bytes(Purpose purpose, int version) {
        try {
            return MessageDigest.getInstance("SHA-256")
                    .digest((name + purpose + version).getBytes(java.nio.charset.StandardCharsets.UTF_8));
        } catch (NoSuchAlgorithmException e) {
            throw new IllegalStateException(e);
        }
    }

    @Override
    public MemorySegment key(Purpose purpose, int version) throws VaultException {
        if (version < 1 || version > newest(purpose)) {
            throw new VaultException(Reason.DAMAGED, "There is no such version.");
        }
        return arena.allocateFrom(ValueLayout.JAVA_BYTE, bytes(purpose, version));
    }

    @Override
    public void close() {
        arena.close();
    }
}
