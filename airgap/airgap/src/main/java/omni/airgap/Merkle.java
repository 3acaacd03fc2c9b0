package omni.airgap;

import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.util.ArrayList;
import java.util.List;

/**
 * The Merkle tree hash of RFC 6962, section 2.1, over lines that come one after the other; SHA-256. Keeps one hash for each
 * bit that is set in the number of lines, the roots of the full subtrees from left to right, and never the lines. For one
 * thread at a time.
 */
final class Merkle {
    private static final byte LEAF = 0;
    private static final byte NODE = 1;

    private final List<byte[]> full = new ArrayList<>();
    private int size;

    /** Takes the next line, without its line feed. */
    void add(byte[] line) {
        MessageDigest digest = sha256();
        digest.update(LEAF);
        byte[] hash = digest.digest(line);
        // Two full subtrees of the same height become one, as a carry goes through a binary number.
        for (int bits = size; (bits & 1) == 1; bits >>= 1) {
            hash = node(full.removeLast(), hash);
        }
        full.add(hash);
        size++;
    }

    int size() {
        return size;
    }

    /** The root over all lines until now: 32 bytes. */
    byte[] root() {
        if (full.isEmpty()) {
            return sha256().digest();
        }
        byte[] root = full.getLast();
        for (int i = full.size() - 2; i >= 0; i--) {
            root = node(full.get(i), root);
        }
        return root;
    }

    private static byte[] node(byte[] left, byte[] right) {
        MessageDigest digest = sha256();
        digest.update(NODE);
        digest.update(left);
        return digest.digest(right);
    }

    static MessageDigest sha256() {
        try {
            return MessageDigest.getInstance("SHA-256");
        } catch (NoSuchAlgorithmException e) {
            throw new IllegalStateException("Every Java has SHA-256", e);
        }
    }
}
