package omni.vault;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;

import java.nio.charset.StandardCharsets;
import java.util.Arrays;
import java.util.HexFormat;
import org.bouncycastle.crypto.generators.Argon2BytesGenerator;
import org.bouncycastle.crypto.params.Argon2Parameters;
import org.junit.jupiter.api.Test;

/** The derivation of a password against others' answers. */
final class Argon2Test {
    private static final String SALT = Base64Text.of(HexFormat.of().parseHex("000102030405060708090a0b0c0d0e0f"));

    private static byte[] filled(int bytes, int value) {
        byte[] filled = new byte[bytes];
        Arrays.fill(filled, (byte) value);
        return filled;
    }

    private static String rfc(int type) {
        var generator = new Argon2BytesGenerator();
        generator.init(new Argon2Parameters.Builder(type)
                .withVersion(Argon2Parameters.ARGON2_VERSION_13)
                .withMemoryAsKB(32)
                .withIterations(3)
                .withParallelism(4)
                .withSalt(filled(16, 2))
                .withSecret(filled(8, 3))
                .withAdditional(filled(12, 4))
                .build());
        byte[] tag = new byte[32];
        generator.generateBytes(filled(32, 1), tag);
        return HexFormat.of().formatHex(tag);
    }

    /** RFC 9106, sections 5.1 to 5.3, on the class that we use; our own memory is never as little. */
    @Test
    void theVectorsOfTheRfc() {
        assertEquals(
                "512b391b6f1162975371d30919734294f868e3be3984f3c1a13a4db9fabe4acb", rfc(Argon2Parameters.ARGON2_d));
        assertEquals(
                "c814d9d1dc7f37aa13f0d77f2494bda1c8de6b016dd388d29952a4c4672b6ce8", rfc(Argon2Parameters.ARGON2_i));
        assertEquals(
                "0d640df58d78766c08c037a34a8b53c9d01ef0452d75b65eb52520e96b01e659", rfc(Argon2Parameters.ARGON2_id));
    }

    private static String ours(int memoryKib, int passes, int lanes) {
        byte[] password = "correct horse".getBytes(StandardCharsets.US_ASCII);
        return HexFormat.of().formatHex(Argon2.stretch(password, new Argon2(memoryKib, passes, lanes, SALT)));
    }

    /** What the reference implementation (libargon2, by argon2-cffi 25.1) makes of the same. */
    @Test
    void theReferenceImplementationAgrees() {
        assertEquals("d00b90c40f918cf889780d7d3a9ec3c2b1719df87dc5e4d4d93ea6163db04e17", ours(19456, 2, 1));
        assertEquals("577f1ff37e9a3e52c97d39f8e83891c1b73b0e87ffe0429cee8ede2fb005fe44", ours(65536, 3, 4));
        assertEquals("36c5b3e711e1a17a189fb18e9673812b0a7c7c661cfc1eaadba12f154cd43f0a", ours(19457, 3, 2));
    }

    @Test
    void theBoundsHold() {
        new Argon2(Argon2.MEMORY_KIB_MIN, Argon2.PASSES_MIN, 1, SALT);
        new Argon2(Argon2.MEMORY_KIB_MAX, Argon2.PASSES_MAX, Argon2.LANES_MAX, SALT);
        refused(Argon2.MEMORY_KIB_MIN - 1, 2, 1, SALT);
        refused(Argon2.MEMORY_KIB_MAX + 1, 2, 1, SALT);
        refused(Argon2.MEMORY_KIB_MIN, Argon2.PASSES_MIN - 1, 1, SALT);
        refused(Argon2.MEMORY_KIB_MIN, Argon2.PASSES_MAX + 1, 1, SALT);
        refused(Argon2.MEMORY_KIB_MIN, 2, 0, SALT);
        refused(Argon2.MEMORY_KIB_MIN, 2, Argon2.LANES_MAX + 1, SALT);
        refused(Argon2.MEMORY_KIB_MIN, 2, 1, Base64Text.of(new byte[15]));
        refused(Argon2.MEMORY_KIB_MIN, 2, 1, Base64Text.of(new byte[17]));
        refused(Argon2.MEMORY_KIB_MIN, 2, 1, SALT.replace("==", "!!"));
    }

    private static void refused(int memoryKib, int passes, int lanes, String salt) {
        assertThrows(IllegalArgumentException.class, () -> new Argon2(memoryKib, passes, lanes, salt));
    }
}
