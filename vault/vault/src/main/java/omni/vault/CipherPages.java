package omni.vault;

import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.security.GeneralSecurityException;
import java.security.MessageDigest;
import java.util.Arrays;
import javax.crypto.Mac;
import javax.crypto.spec.SecretKeySpec;

/**
 * The pages of SQLCipher 4, as far as telling whole ones from damaged ones needs it (zetetic.net/sqlcipher/design):
 *
 * <pre>
 *   page 1:  salt (16)  AES-256-CBC (4000)  IV (16)  HMAC-SHA512 (64)
 *   page n:  AES-256-CBC (4016)             IV (16)  HMAC-SHA512 (64)
 * </pre>
 *
 * <p>The HMAC is over ciphertext, IV and the page's number, little-endian. Its key is PBKDF2-HMAC-SHA512 of the raw key with
 * each byte of the salt XOR 0x3a, 2 rounds. A page in another's place does not hold, an older one in its own place does. For
 * one thread.
 */
final class CipherPages {
    static final int PAGE_BYTES = 4096;
    static final int SALT_BYTES = 16;
    private static final int MAC_BYTES = 64;
    private static final byte SALT_MASK = 0x3a;
    private static final int ROUNDS = 2;

    private final Mac mac;

    private CipherPages(Mac mac) {
        this.mac = mac;
    }

    /** The pages of a database with that raw key, whose file begins with that salt. */
    static CipherPages of(MemorySegment rawKey, byte[] salt) {
        try {
            return new CipherPages(mac(hmacKey(rawKey.toArray(ValueLayout.JAVA_BYTE), salt)));
        } catch (GeneralSecurityException e) {
            throw new IllegalStateException("Java has no HMAC-SHA512", e);
        }
    }

    private static Mac mac(byte[] key) throws GeneralSecurityException {
        Mac mac = Mac.getInstance("HmacSHA512");
        mac.init(new SecretKeySpec(key, "HmacSHA512"));
        return mac;
    }

    private static byte[] hmacKey(byte[] rawKey, byte[] salt) throws GeneralSecurityException {
        byte[] masked = salt.clone();
        for (int i = 0; i < masked.length; i++) {
            masked[i] ^= SALT_MASK;
        }
        return pbkdf2(rawKey, masked, ROUNDS, DataKeys.KEY_BYTES);
    }

    /**
     * PBKDF2-HMAC-SHA512 (RFC 8018) as far as its first block of 64 bytes: Java's own takes passwords of characters, and a raw
     * key is none.
     */
    static byte[] pbkdf2(byte[] password, byte[] salt, int rounds, int bytes) throws GeneralSecurityException {
        Mac prf = mac(password);
        prf.update(salt);
        byte[] last = prf.doFinal(new byte[] {0, 0, 0, 1});
        byte[] block = last.clone();
        for (int round = 1; round < rounds; round++) {
            last = prf.doFinal(last);
            for (int i = 0; i < block.length; i++) {
                block[i] ^= last[i];
            }
        }
        return Arrays.copyOf(block, bytes);
    }

    /** Whether these {@value #PAGE_BYTES} bytes are what was written as the page of that number, from 1 up. */
    boolean whole(byte[] page, long number) {
        int from = number == 1 ? SALT_BYTES : 0;
        mac.update(page, from, PAGE_BYTES - MAC_BYTES - from);
        byte[] expected = mac.doFinal(ByteBuffer.allocate(4)
                .order(ByteOrder.LITTLE_ENDIAN)
                .putInt((int) number)
                .array());
        byte[] found = new byte[MAC_BYTES];
        System.arraycopy(page, PAGE_BYTES - MAC_BYTES, found, 0, MAC_BYTES);
        return MessageDigest.isEqual(expected, found);
    }
}
