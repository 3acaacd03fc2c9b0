package omni.fetch;

import java.nio.charset.StandardCharsets;

/** What the owner's password is given for where a backup is sent away: one repository to one address, and nothing else. */
public final class PushSession {
    private PushSession() {}

    /** The session of the vault's permit: "push " and the SHA-256, in hexadecimal, of both with a line feed between them. */
    public static String of(String repository, String address) {
        return "push " + Hash.of((repository + "\n" + address).getBytes(StandardCharsets.UTF_8));
    }
}
