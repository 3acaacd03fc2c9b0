package omni.airgap;

import java.nio.charset.StandardCharsets;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.util.List;

/** The Merkle tree hash of RFC 6962, section 2.1, over lines of text; SHA-256. */
final class Merkle {
    private static final byte LEAF = 0;
    private static final byte NODE = 1;

    private Merkle() {}

    static byte[] root(List<String> lines) {
        return lines.isEmpty() ? sha256().digest() : node(lines);
    }

    private static byte[] node(List<String> lines) {
        MessageDigest digest = sha256();
        if (lines.size() == 1) {
            digest.update(LEAF);
            return digest.digest(lines.getFirst().getBytes(StandardCharsets.UTF_8));
        }
        int left = Integer.highestOneBit(lines.size() - 1); // the largest power of two that is less than all
        digest.update(NODE);
        digest.update(node(lines.subList(0, left)));
        return digest.digest(node(lines.subList(left, lines.size())));
    }

    static MessageDigest sha256() {
        try {
            return MessageDigest.getInstance("SHA-256");
        } catch (NoSuchAlgorithmException e) {
            throw new IllegalStateException("Every Java has SHA-256", e);
        }
    }
}
