package omni.vault;

import org.bouncycastle.crypto.generators.Argon2BytesGenerator;
import org.bouncycastle.crypto.params.Argon2Parameters;

/**
 * How a password becomes a key: Argon2id, version 1.3 (RFC 9106).
 *
 * @param memoryKib from {@value #MEMORY_KIB_MIN} (OWASP's least) to {@value #MEMORY_KIB_MAX}
 * @param passes from {@value #PASSES_MIN} to {@value #PASSES_MAX}
 * @param lanes from 1 to {@value #LANES_MAX}; ours have 1
 * @param salt {@value #SALT_BYTES} bytes in base64
 */
record Argon2(int memoryKib, int passes, int lanes, String salt) {
    static final int MEMORY_KIB_MIN = 19 << 10;
    static final int MEMORY_KIB_MAX = 4 << 20;
    static final int PASSES_MIN = 2;
    static final int PASSES_MAX = 64;
    static final int LANES_MAX = 4;
    static final int SALT_BYTES = 16;

    /** Of the key that comes out. */
    static final int KEY_BYTES = 32;

    Argon2 {
        requireWithin("memoryKib", memoryKib, MEMORY_KIB_MIN, MEMORY_KIB_MAX);
        requireWithin("passes", passes, PASSES_MIN, PASSES_MAX);
        requireWithin("lanes", lanes, 1, LANES_MAX);
        Base64Text.require("salt", salt, SALT_BYTES);
    }

    private static void requireWithin(String name, int value, int min, int max) {
        if (value < min || value > max) {
            throw new IllegalArgumentException(name + " is " + value + ", and must be from " + min + " to " + max);
        }
    }

    /** Makes a key of a password. */
    @FunctionalInterface
    interface Stretch {
        byte[] key(byte[] password, Argon2 how);
    }

    /** The key, {@value #KEY_BYTES} bytes. Takes the time and the memory it is made to take, on the heap. */
    static byte[] stretch(byte[] password, Argon2 how) {
        var generator = new Argon2BytesGenerator();
        generator.init(new Argon2Parameters.Builder(Argon2Parameters.ARGON2_id)
                .withVersion(Argon2Parameters.ARGON2_VERSION_13)
                .withMemoryAsKB(how.memoryKib)
                .withIterations(how.passes)
                .withParallelism(how.lanes)
                .withSalt(Base64Text.bytes(how.salt))
                .build());
        byte[] key = new byte[KEY_BYTES];
        generator.generateBytes(password, key);
        return key;
    }

    /** As what is derived with it is bound to it. */
    String text() {
        return "argon2id=" + memoryKib + "," + passes + "," + lanes + "," + salt;
    }
}
