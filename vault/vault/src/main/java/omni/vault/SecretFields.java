package omni.vault;

import java.nio.ByteBuffer;
import java.nio.charset.CharacterCodingException;
import java.nio.charset.StandardCharsets;
import java.util.List;
import java.util.Optional;
import omni.vault.VaultException.Reason;

/** What the fields of a call on the socket for secrets say. They stay their caller's. */
final class SecretFields {
    private SecretFields() {}

    /** A password, and a key file or nothing behind it. */
    static Secret.Password password(List<Optional<SecretMemory>> fields, int at) {
        return new Secret.Password(bytes(fields.get(at)), fields.get(at + 1).map(SecretMemory::buffer));
    }

    static Secret.Recovery recovery(Optional<SecretMemory> field) {
        return new Secret.Recovery(bytes(field));
    }

    /** What of a call is no secret. */
    static String text(Optional<SecretMemory> field) {
        return StandardCharsets.UTF_8.decode(bytes(field)).toString();
    }

    /** INVALID where it is none. */
    static String session(Optional<SecretMemory> field) throws VaultException {
        ByteBuffer bytes = bytes(field);
        try {
            if (bytes.hasRemaining() && bytes.remaining() <= SecretCall.SESSION_BYTES_MAX) {
                return StandardCharsets.UTF_8.newDecoder().decode(bytes).toString();
            }
        } catch (CharacterCodingException e) {
            System.getLogger("omni.vault").log(System.Logger.Level.DEBUG, "A session's name is no UTF-8", e);
        }
        throw new VaultException(
                Reason.INVALID, "A session's name is UTF-8 of 1 to " + SecretCall.SESSION_BYTES_MAX + " bytes.");
    }

    private static ByteBuffer bytes(Optional<SecretMemory> field) {
        return field.map(SecretMemory::buffer).orElse(ByteBuffer.allocateDirect(0));
    }
}
