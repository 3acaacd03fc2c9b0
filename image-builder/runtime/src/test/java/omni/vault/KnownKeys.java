package omni.vault;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.HashMap;
import java.util.Map;

/**
 * The keys of a vault by name, for tests of the whole product that look for them: in this package, for nothing else may come so near.
 *
 * @param hidden what is made of the password: no process that has opened a vault has it
 * @param data what the root key opens: an open vault has it
 */
public record KnownKeys(Map<String, byte[]> hidden, Map<String, byte[]> data) {
    /** Keeps them as they are. */
    public KnownKeys {
        hidden = Map.copyOf(hidden);
        data = Map.copyOf(data);
    }

    /** Those of the vault in that folder, which has no key file and no TPM. */
    public static KnownKeys of(Path folder, String password) throws IOException {
        KeyFile file = KeyFile.of(Files.readAllBytes(folder.resolve(KeyKeeper.FILE)));
        KeyFile.PasswordSlot slot = file.password();
        byte[] derived = Argon2.stretch(password.getBytes(StandardCharsets.UTF_8), slot.argon2());
        String context = KeyFile.PasswordSlot.context(file.vault(), slot.argon2(), slot.keyFile(), slot.tpm());
        byte[] root = slot.wrap().open(derived, context).orElseThrow();
        Map<String, byte[]> data = new HashMap<>();
        for (KeyFile.DataKey key : file.keys()) {
            String bound = KeyFile.DataKey.context(file.vault(), key.purpose(), key.version());
            data.put(
                    "key for " + key.purpose().text(),
                    key.wrap().open(root, bound).orElseThrow());
        }
        return new KnownKeys(Map.of("derived key", derived, "root key", root), data);
    }
}
