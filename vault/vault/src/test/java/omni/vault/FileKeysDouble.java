package omni.vault;

import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.nio.charset.StandardCharsets;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import omni.vault.VaultException.Reason;

/** Stands for the keys of an unlocked vault: each is made of the owner's name, its purpose and its version. */
final class FileKeysDouble implements DataKeys {
    private final String owner;
    private int newest;

    FileKeysDouble(String owner) {
        this.owner = owner;
        this.newest = 1;
    }

    void rotate() {
        newest++;
    }

    @Override
    public int newest(Purpose purpose) {
        return newest;
    }

    @Override
    public int oldest(Purpose purpose) {
        return 1;
    }

    @Override
    public MemorySegment key(Purpose purpose, int version) throws VaultException {
        if (version < 1 || version > newest) {
            throw new VaultException(Reason.DAMAGED, "There is no key " + version + ".");
        }
        return Arena.ofAuto().allocateFrom(ValueLayout.JAVA_BYTE, bytes(purpose, version));
    }

    private byte[] bytes(Purpose purpose, int version) {
        try {
            return MessageDigest.getInstance("SHA-256")
                    .digest((owner + "/" + purpose.text() + "/" + version).getBytes(StandardCharsets.UTF_8));
        } catch (NoSuchAlgorithmException e) {
            throw new IllegalStateException(e);
        }
    }
}
