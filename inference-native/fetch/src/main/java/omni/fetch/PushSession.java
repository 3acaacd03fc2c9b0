package omni.fetch;

import java.nio.charset.StandardCharsets;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.util.HexFormat;

/** What the owner's password is given for where a backup is sent away: one repository to one address, and nothing else. */
public final class PushSession {
    private PushSession() {}

    /** The session of the vault's permit: "push " and the SHA-256, in hexadecimal, of both with a line feed between them. */
    public static String of(String repository, String address) {
        try {
            byte[] hash = MessageDigest.getInstance("SHA-256")
                    .digest((repository + "\n" + address).getBytes(StandardCharsets.UTF_8));
            return "push " + HexFormat.of().formatHex(hash);
        } catch (NoSuchAlgorithmException e) {
            throw new IllegalStateException("Every Java has SHA-256", e);
        }
    }
}
