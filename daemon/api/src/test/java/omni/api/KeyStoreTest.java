package omni.api;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertNotEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.time.Instant;
import java.util.List;
import java.util.Optional;
import java.util.stream.Collectors;
import java.util.stream.IntStream;
import omni.engine.EngineProtocol.Priority;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

/** The file of keys: what it keeps, what it forgets, what it refuses. */
final class KeyStoreTest {
    private static final Instant NOW = Instant.parse("2026-11-21T10:00:00Z");
    private static final String KEY = "omni-" + "k".repeat(43);

    @TempDir
    private Path home;

    @Test
    void aKeyIsKnownByItsTextAndKeptAsItsHash() throws IOException {
        var store = open("a");
        var entry = store.add("laptop", TestDaemon.hash(KEY), false, Priority.NORMAL);

        assertEquals(entry, store.check(KEY).orElseThrow());
        assertEquals(entry.id(), TestDaemon.hash(KEY).substring(0, 12));
        var file = Files.readString(home.resolve("keys.json"));
        assertTrue(file.contains(entry.hash()), file);
        assertFalse(file.contains(KEY), file);
        assertEquals(
                "rw-------", PosixFilePermissions.toString(Files.getPosixFilePermissions(home.resolve("keys.json"))));
        assertFalse(Files.exists(home.resolve("keys.json.part")));
    }

    @Test
    void anythingElseIsNotKnown() {
        var store = open("a");
        store.add("laptop", TestDaemon.hash(KEY), false, Priority.NORMAL);

        for (var wrong : List.of(
                "",
                " ",
                KEY.substring(1),
                KEY + "x",
                KEY.toUpperCase(java.util.Locale.ROOT),
                "\u00e9",
                TestDaemon.hash(KEY),
                "x".repeat(100_000))) {
            assertTrue(store.check(wrong).isEmpty(), wrong);
        }
    }

    @Test
    void aKeysClassIsKeptWhereItIsNotTheUsualOne() throws IOException {
        var store = open("a");
        var indexer = store.add("indexer", TestDaemon.hash("one"), false, Priority.BACKGROUND);
        store.add("laptop", TestDaemon.hash("two"), false, Priority.NORMAL);

        assertEquals(store.list(), open("a").list());
        assertEquals(Priority.BACKGROUND, indexer.priority());
        assertEquals(Priority.NORMAL, open("a").check("two").orElseThrow().priority());
        var file = Files.readString(home.resolve("keys.json"));
        assertEquals(file.indexOf("priority"), file.lastIndexOf("priority"), file);
    }

    @Test
    void keysOutliveTheDaemonAndSessionKeysTheirTreeOnly() {
        open("a").add("laptop", TestDaemon.hash("one"), false, Priority.NORMAL);
        open("a").add("console", TestDaemon.hash("two"), true, Priority.NORMAL);

        assertTrue(open("a").check("two").isPresent());
        var other = open("b");
        assertTrue(other.check("one").isPresent());
        assertTrue(other.check("two").isEmpty());
        assertTrue(open("a").check("two").isEmpty());
    }

    /** Whoever can read and write the file, but not this run's name; the control is the key that this run has made. */
    @ParameterizedTest
    @CsvSource(
            delimiter = '|',
            quoteCharacter = '\0',
            value = {
                "\"tree\":\"a\"", // as it was once
                "\"tree\":\"\"",
                "\"tree\":null",
                "\"tree\":5",
                "\"tree\":\"PROOF\"",
                "\"tree\":\"PROOF=\"",
                "\"tree\":{\"PROOF\":1}"
            })
    void aSessionKeyThatThisRunHasNotMadeIsDropped(String planted) throws IOException {
        open("a").add("console", TestDaemon.hash("one"), true, Priority.NORMAL);
        var file = home.resolve("keys.json");
        var before = Files.readString(file);
        var proof = open("a").list().getFirst().tree().orElseThrow();
        assertFalse(before.contains("\"a\""), before);
        var entry = "\"keys\":[{\"name\":\"console\",\"hash\":\"" + TestDaemon.hash("two")
                + "\",\"created\":\"2026-11-21T10:00:00Z\"," + planted.replace("PROOF", proof) + "},";
        Files.writeString(file, before.replace("\"keys\":[", entry));

        var store = open("a");
        assertTrue(store.check("two").isEmpty());
        assertTrue(store.check("one").isPresent());
        assertEquals(before, Files.readString(file));
    }

    @ParameterizedTest
    @CsvSource({"console,guest", "10:00:00Z,10:00:01Z"})
    void aSessionKeyWhoseEntryWasChangedIsDropped(String said, String other) throws IOException {
        open("a").add("console", TestDaemon.hash("one"), true, Priority.NORMAL);
        var file = home.resolve("keys.json");
        var before = Files.readString(file);
        Files.writeString(file, before.replace(said, other));
        assertTrue(open("a").check("one").isEmpty());

        Files.writeString(file, before);
        assertTrue(open("a").check("one").isPresent(), "the control");
    }

    @Test
    void withoutANameOfTheRunSessionKeysLiveAsLongAsTheDaemon() {
        var store = open("");
        store.add("console", TestDaemon.hash("one"), true, Priority.NORMAL);
        store.reread();

        assertTrue(store.check("one").isPresent());
        assertTrue(open("").check("one").isEmpty());
    }

    /** Each daemon of a run knows the keys of the one before. */
    @Test
    void theProofIsOfAllThatTheFileSays() {
        var entry = open("a").add("console", TestDaemon.hash("one"), true, Priority.NORMAL);
        // printf 'omni session key 1\n%s\n2026-11-21T10:00:00Z\nconsole' $(printf one | sha256sum | cut -d' ' -f1) |
        // openssl dgst -sha256 -hmac a -binary | basenc --base64url
        assertEquals("De6Shx30BsjEn5BD3LZ6QhE5tvWYraqShyR0o06tWQ8", entry.tree().orElseThrow());
    }

    @Test
    void aRevokedKeyIsForgottenForGood() {
        var store = open("a");
        store.add("laptop", TestDaemon.hash("one"), false, Priority.NORMAL);
        store.add("phone", TestDaemon.hash("two"), false, Priority.NORMAL);
        store.revoke(store.find("laptop").getFirst());

        assertTrue(store.check("one").isEmpty());
        assertTrue(store.check("two").isPresent());
        assertTrue(open("a").check("one").isEmpty());
    }

    @Test
    void keysAreFoundByIdOrName() {
        var store = open("a");
        var one = store.add("same", TestDaemon.hash("one"), false, Priority.NORMAL);
        store.add("same", TestDaemon.hash("two"), false, Priority.NORMAL);

        assertEquals(List.of(one), store.find(one.id()));
        assertEquals(2, store.find("same").size());
        assertEquals(List.of(), store.find("none"));
    }

    @Test
    void theSameKeyTwiceIsOneKey() {
        var store = open("a");
        var first = store.add("laptop", TestDaemon.hash("one"), false, Priority.NORMAL);

        assertEquals(first, store.add("other", TestDaemon.hash("one"), false, Priority.NORMAL));
        assertEquals(1, store.list().size());
    }

    @Test
    void oneKeyMoreThanAllowedIsRefused() {
        var store = KeyStore.open(home, "a", 2, () -> NOW);
        store.add("a", TestDaemon.hash("one"), false, Priority.NORMAL);
        store.add("b", TestDaemon.hash("two"), false, Priority.NORMAL);

        var error =
                assertThrows(ApiError.class, () -> store.add("c", TestDaemon.hash("three"), false, Priority.NORMAL));
        assertEquals(ErrorCode.RATE_LIMIT_EXCEEDED, error.code());
        assertEquals(2, store.list().size());
    }

    @Test
    void namesAndHashesAreChecked() {
        var store = open("a");
        store.add("n".repeat(KeyStore.NAME_CHARACTERS_MAX), TestDaemon.hash("one"), false, Priority.NORMAL);

        for (var name : List.of("", " ", "a\nb", "n".repeat(KeyStore.NAME_CHARACTERS_MAX + 1))) {
            assertThrows(ApiError.class, () -> store.add(name, TestDaemon.hash("two"), false, Priority.NORMAL), name);
        }
        for (var hash : List.of("", "abc", TestDaemon.hash("x") + "0", "Z".repeat(64))) {
            assertThrows(ApiError.class, () -> store.add("name", hash, false, Priority.NORMAL), hash);
        }
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "",
                "[]",
                "{}",
                "{\"version\":2,\"keys\":[]}",
                "{\"version\":1,\"keys\":[{}]}",
                "{\"version\":1,\"keys\":[{\"hash\":\"0\"}]}",
                "{\"version\":1,\"keys\":[{\"name\":\"n\",\"created\":\"2026-11-21T10:00:00Z\",\"priority\":\"urgent\","
                        + "\"hash\":\"0000000000000000000000000000000000000000000000000000000000000000\"}]}",
                "{\"version\":1,\"ke"
            })
    void aFileThatIsNoneOfOursIsNotTouched(String content) throws IOException {
        Files.writeString(home.resolve("keys.json"), content);

        assertThrows(KeyFileException.class, () -> open("a"));
        assertEquals(content, Files.readString(home.resolve("keys.json")));
    }

    @Test
    void aFileThatIsTooLargeIsRefused() throws IOException {
        Files.writeString(home.resolve("keys.json"), " ".repeat(5 * 1024 * 1024));

        assertThrows(KeyFileException.class, () -> open("a"));
    }

    @Test
    void aFileOfAsManyKeysAsMayBeIsReadAndOneMoreIsRefused() throws IOException {
        Files.writeString(home.resolve("keys.json"), fileOf(KeyStore.KEYS_MAX));
        assertEquals(KeyStore.KEYS_MAX, open("a").list().size());

        Files.writeString(home.resolve("keys.json"), fileOf(KeyStore.KEYS_MAX + 1));
        assertThrows(KeyFileException.class, () -> open("a"));
    }

    private static String fileOf(int keys) {
        return IntStream.range(0, keys)
                .mapToObj(n -> "{\"name\":\"n\",\"hash\":\"" + TestDaemon.hash("key " + n)
                        + "\",\"created\":\"2026-11-21T10:00:00Z\"}")
                .collect(Collectors.joining(",", "{\"version\":1,\"keys\":[", "]}"));
    }

    @Test
    void readAgainItIsWhatTheFileSaysNow() throws IOException {
        var store = open("a");
        store.add("laptop", TestDaemon.hash("one"), false, Priority.NORMAL);
        var before = Files.readString(home.resolve("keys.json"));
        store.add("phone", TestDaemon.hash("two"), false, Priority.NORMAL);
        Files.writeString(home.resolve("keys.json"), before);
        assertTrue(store.check("two").isPresent());
        store.reread();
        assertTrue(store.check("two").isEmpty());

        Files.writeString(home.resolve("keys.json"), "none");
        assertThrows(KeyFileException.class, store::reread);
        assertTrue(store.check("one").isPresent());
        Files.delete(home.resolve("keys.json"));
        store.reread();
        assertEquals(List.of(), store.list());
    }

    /** What is not known here may be in it; the control is the file that its owner has repaired, or moved away. */
    @ParameterizedTest
    @ValueSource(strings = {"", "{", "{\"version\":1,\"keys\":[{\"name\":\"phone\",\"hash\":\"12\"}]}"})
    void aFileThatWasDamagedMeanwhileIsNotWrittenOver(String damaged) throws IOException {
        var file = home.resolve("keys.json");
        var store = open("a");
        var laptop = store.add("laptop", TestDaemon.hash("one"), false, Priority.NORMAL);
        var whole = Files.readString(file);
        Files.writeString(file, damaged);
        assertThrows(KeyFileException.class, () -> store.revoke(laptop));
        assertThrows(KeyFileException.class, () -> store.add("phone", TestDaemon.hash("two"), false, Priority.NORMAL));
        assertEquals(damaged, Files.readString(file));
        assertEquals(List.of(laptop), store.list());

        Files.writeString(file, whole);
        store.add("phone", TestDaemon.hash("two"), false, Priority.NORMAL);
        assertEquals(2, open("a").list().size());
        Files.move(file, home.resolve("aside"));
        store.revoke(laptop);
        assertTrue(open("a").check("one").isEmpty());
        assertTrue(open("a").check("two").isPresent());
    }

    /** All that is said of a key is in its digest, which other vaults have kept: it must not change. */
    @Test
    void theDigestIsOfAllThatTheFileSays() {
        var hash = TestDaemon.hash("one");
        var entry = new KeyStore.Entry("laptop", hash, NOW, Optional.empty(), Priority.NORMAL);
        // printf 'omni api key 1\n%s\n2026-11-21T10:00:00Z\nlaptop' $(printf one | sha256sum | cut -d' ' -f1) |
        // sha256sum | xxd -r -p
        // | basenc --base64url
        assertEquals("wLsglCuXqJMWjig-OnHLCNrf1_SqPhnPn1hYTtIjNK0", entry.digest());
        for (var other : List.of(
                new KeyStore.Entry("laptop ", hash, NOW, Optional.empty(), Priority.NORMAL),
                new KeyStore.Entry("laptop", TestDaemon.hash("two"), NOW, Optional.empty(), Priority.NORMAL),
                new KeyStore.Entry("laptop", hash, NOW.plusSeconds(1), Optional.empty(), Priority.NORMAL),
                new KeyStore.Entry("laptop", hash, NOW, Optional.empty(), Priority.INTERACTIVE),
                new KeyStore.Entry("laptop", hash, NOW, Optional.empty(), Priority.BACKGROUND))) {
            assertNotEquals(entry.digest(), other.digest());
        }
    }

    @Test
    void whatAWriteThatBrokeOffLeavesIsOverwritten() throws IOException {
        Files.writeString(home.resolve("keys.json.part"), "half");
        var store = open("a");
        store.add("laptop", TestDaemon.hash("one"), false, Priority.NORMAL);

        assertTrue(open("a").check("one").isPresent());
        assertFalse(Files.exists(home.resolve("keys.json.part")));
    }

    @Test
    void aKeyThatCannotBeWrittenIsNotKept() throws IOException {
        var store = KeyStore.open(home.resolve("missing"), "a", 8, () -> NOW);

        assertThrows(KeyFileException.class, () -> store.add("laptop", TestDaemon.hash("one"), false, Priority.NORMAL));
        assertTrue(store.check("one").isEmpty());
    }

    private KeyStore open(String tree) {
        return KeyStore.open(home, tree, 8, () -> NOW);
    }
}
