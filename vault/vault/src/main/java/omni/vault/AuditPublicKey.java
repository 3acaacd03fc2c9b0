package omni.vault;

import com.google.crypto.tink.subtle.Ed25519Verify;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.security.GeneralSecurityException;
import java.util.Base64;
import java.util.Optional;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import omni.role.PrivateFile;
import omni.vault.VaultException.Reason;

/**
 * Who has this can check the audit log: the public half of its first key, in {@code audit.pub} as {@code "1 base64"}. Each
 * further key is introduced by a line that the one before has signed.
 */
record AuditPublicKey(int version, String base64) {
    private static final int BYTES_MAX = 128;
    private static final Pattern TEXT = Pattern.compile("([1-9][0-9]{0,8}) ([A-Za-z0-9+/]{43}=)");

    String text() {
        return version + " " + base64;
    }

    static Optional<AuditPublicKey> read(String text) {
        Matcher matcher = TEXT.matcher(text);
        return matcher.matches()
                ? Optional.of(new AuditPublicKey(Integer.parseInt(matcher.group(1)), matcher.group(2)))
                : Optional.empty();
    }

    private static Path file(Path folder) {
        return folder.resolve("audit.pub");
    }

    /**
     * The one that is kept in that folder.
     *
     * @throws VaultException DAMAGED where the file is something else
     */
    static Optional<AuditPublicKey> in(Path folder) throws VaultException {
        try {
            Optional<String> text = PrivateFile.read(file(folder), BYTES_MAX);
            if (text.isEmpty()) {
                return Optional.empty();
            }
            Optional<AuditPublicKey> key = read(text.get().strip());
            if (key.isEmpty()) {
                throw new VaultException(Reason.DAMAGED, file(folder) + " holds no key.");
            }
            return key;
        } catch (VaultException e) {
            throw e;
        } catch (IOException e) {
            throw new VaultException(Reason.DAMAGED, file(folder) + " cannot be read.", e);
        }
    }

    void keepIn(Path folder) throws VaultException {
        try {
            PrivateFile.write(file(folder), (text() + "\n").getBytes(StandardCharsets.UTF_8));
        } catch (IOException e) {
            throw new VaultException(Reason.FAILED, "The audit log's public key cannot be kept in " + folder + ".", e);
        }
    }

    /** Whether this key has signed the line, and the signature is spelt as it spells it. */
    boolean signed(AuditLine line) {
        try {
            byte[] signature = Base64.getDecoder().decode(line.signature());
            new Ed25519Verify(Base64.getDecoder().decode(base64)).verify(signature, line.signed());
            return line.keyVersion() == version
                    && Base64.getEncoder().encodeToString(signature).equals(line.signature());
        } catch (GeneralSecurityException | IllegalArgumentException e) {
            return false; // this is how Tink and Java say no
        }
    }
}
