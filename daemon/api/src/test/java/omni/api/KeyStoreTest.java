package omni.api;

import static org.junit.jupiter.api.Assertions.assertDoesNotThrow;
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
import java.util.Locale;
import java.util.Optional;
import java.util.stream.Collectors;
import java.util.stream.IntStream;
import java.util.stream.Stream;
import omni.api.DaemonProtocol.RouteGroup;
import omni.engine.EngineProtocol.Priority;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;
import tools.jackson.databind.json.JsonMapper;

/** The file of keys: what it keeps, what it forgets, what it refuses. */
final class KeyStoreTest {
    private static final Instant NOW = Instant.parse("2026-11-21T10:00:00Z");
    private static final String KEY = "omni-" + "k".repeat(43);

    @TempDir
    private Path home;

    @Test
    void aKeyIsKnownByItsTextAndKeptAsItsHash() throws IOException {
        var store = open("a");
        var entry = store.add("laptop", TestDaemon.hash(KEY), false, Priority.NORMAL, KeyRights.ALL);

        assertEquals(entry, store.check(KEY).orElseThrow());
        assertEquals(entry.id(), TestDaemon.hash(KEY).substring(0, 12));
        var file = Files.readString(home.resolve("keys.json"));
        assertTrue(file.contains(entry.hash()), file);
        assertFalse(file.contains(KEY), file);
        assertEquals(
                "rw-------", PosixFilePermissions.toString(Files.getPosixFilePermissions(home.resolve("keys.json"))));
        assertFalse(Files.exists(home.resolve("keys.json.new")));
    }

    @Test
    void anythingElseIsNotKnown() {
        var store = open("a");
        store.add("laptop", TestDaemon.hash(KEY), false, Priority.NORMAL, KeyRights.ALL);

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
        var indexer = store.add("indexer", TestDaemon.hash("one"), false, Priority.BACKGROUND, KeyRights.ALL);
        store.add("laptop", TestDaemon.hash("two"), false, Priority.NORMAL, KeyRights.ALL);

        assertEquals(store.list(), open("a").list());
        assertEquals(Priority.BACKGROUND, indexer.priority());
        assertEquals(Priority.NORMAL, open("a").check("two").orElseThrow().priority());
        var file = Files.readString(home.resolve("keys.json"));
        assertEquals(file.indexOf("priority"), file.lastIndexOf("priority"), file);
    }

    /** An Omni that knows of no rights refuses the file: it would take a limited key for one that may everything. */
    @Test
    void aKeysRightsAreKeptAndTheFileSaysThatItHasSome() throws IOException {
        var store = open("a");
        store.add("laptop", TestDaemon.hash("one"), false, Priority.NORMAL, KeyRights.ALL);
        var file = home.resolve("keys.json");
        assertTrue(Files.readString(file).startsWith("{\"version\":1,"), Files.readString(file));
        var guest = store.add("guest", TestDaemon.hash("two"), false, Priority.NORMAL, rights(RouteGroup.CHAT));
        store.add("console", TestDaemon.hash("three"), true, Priority.NORMAL, rights(RouteGroup.MEMORY));
        assertTrue(Files.readString(file).startsWith("{\"version\":2,"), Files.readString(file));
        assertEquals(store.list(), open("a").list());
        assertEquals(
                rights(RouteGroup.CHAT), open("a").check("two").orElseThrow().rights());
        assertEquals(KeyRights.ALL, open("a").check("one").orElseThrow().rights());

        Files.writeString(file, Files.readString(file).replace("[\"memory\"]", "[\"vault\"]"));
        assertTrue(open("a").check("three").isEmpty(), "a session's key of which more is said");
        var next = open("a");
        next.revoke(guest);
        assertTrue(Files.readString(file).startsWith("{\"version\":1,"), Files.readString(file));
    }

    private static KeyRights rights(RouteGroup group) {
        return KeyRightsTest.rights(null, List.of(group), null, null, null);
    }

    @Test
    void asManyKeysOfAsManyModelsAsMayBeFitInTheFile() {
        var models = IntStream.range(0, KeyRights.MODELS_MAX)
                .mapToObj(n -> String.format(Locale.ROOT, "%0" + KeyRights.MODEL_CHARACTERS_MAX + "d", n))
                .toList();
        var rights = KeyRightsTest.rights(
                models, List.of(RouteGroup.values()), 60_000L, 1_000_000_000_000L, "9999-12-31T23:59:59Z");
        var name = "\u20ac".repeat(KeyStore.NAME_CHARACTERS_MAX);
        var keys = JsonMapper.shared().createArrayNode();
        for (var n = 0; n < KeyStore.KEYS_MAX - 1; n++) {
            keys.addObject()
                    .put("name", name)
                    .put("hash", TestDaemon.hash("key " + n))
                    .put("created", "2026-11-21T10:00:00Z")
                    .put("priority", "interactive")
                    .set("rights", rights.toJson());
        }
        var file = JsonMapper.shared().createObjectNode().put("version", 2).set("keys", keys);
        assertDoesNotThrow(() -> Files.write(home.resolve("keys.json"), Json.bytes(file)));
        var store = KeyStore.open(home, "a", KeyStore.KEYS_MAX, () -> NOW);
        store.add(name, TestDaemon.hash("last"), false, Priority.INTERACTIVE, rights);
        assertEquals(KeyStore.KEYS_MAX, open("a").list().size());
    }

    @Test
    void anotherKeyTakesAKeysPlace() {
        var store = open("a");
        store.add("first", TestDaemon.hash("one"), false, Priority.NORMAL, KeyRights.ALL);
        var guest = store.add("guest", TestDaemon.hash("two"), false, Priority.BACKGROUND, rights(RouteGroup.CHAT));
        var start = store.add("start", TestDaemon.hash("three"), true, Priority.NORMAL, KeyRights.ALL);
        var by = store.rotate(guest, TestDaemon.hash("four"));
        store.rotate(start, TestDaemon.hash("five"));

        assertEquals(
                new KeyStore.Entry(
                        "guest",
                        TestDaemon.hash("four"),
                        NOW,
                        Optional.empty(),
                        Priority.BACKGROUND,
                        rights(RouteGroup.CHAT)),
                by);
        assertTrue(store.check("two").isEmpty());
        assertEquals(store.list(), open("a").list());
        assertEquals(
                List.of("first", "guest", "start"),
                store.list().stream().map(KeyStore.Entry::name).toList());
        assertTrue(open("a").check("five").orElseThrow().session());
        var gone = assertThrows(ApiError.class, () -> store.rotate(guest, TestDaemon.hash("six")));
        assertEquals(ErrorCode.NOT_FOUND, gone.code());
        for (var hash : List.of("none", TestDaemon.hash("one"), by.hash())) {
            var refused = assertThrows(ApiError.class, () -> store.rotate(by, hash));
            assertEquals(ErrorCode.INVALID_VALUE, refused.code());
        }
    }

    @Test
    void keysOutliveTheDaemonAndSessionKeysTheirTreeOnly() {
        open("a").add("laptop", TestDaemon.hash("one"), false, Priority.NORMAL, KeyRights.ALL);
        open("a").add("console", TestDaemon.hash("two"), true, Priority.NORMAL, KeyRights.ALL);

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
        open("a").add("console", TestDaemon.hash("one"), true, Priority.NORMAL, KeyRights.ALL);
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
        open("a").add("console", TestDaemon.hash("one"), true, Priority.NORMAL, KeyRights.ALL);
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
        store.add("console", TestDaemon.hash("one"), true, Priority.NORMAL, KeyRights.ALL);
        store.reread();

        assertTrue(store.check("one").isPresent());
        assertTrue(open("").check("one").isEmpty());
    }

    /** Each daemon of a run knows the keys of the one before. */
    @Test
    void theProofIsOfAllThatTheFileSays() {
        var entry = open("a").add("console", TestDaemon.hash("one"), true, Priority.NORMAL, KeyRights.ALL);
        // printf 'omni session key 1\n%s\n2026-11-21T10:00:00Z\nconsole' $(printf one | sha256sum | cut -d' ' -f1) |
        // openssl dgst -sha256 -hmac a -binary | basenc --base64url
        assertEquals("De6Shx30BsjEn5BD3LZ6QhE5tvWYraqShyR0o06tWQ8", entry.tree().orElseThrow());
    }

    @Test
    void aRevokedKeyIsForgottenForGood() {
        var store = open("a");
        store.add("laptop", TestDaemon.hash("one"), false, Priority.NORMAL, KeyRights.ALL);
        store.add("phone", TestDaemon.hash("two"), false, Priority.NORMAL, KeyRights.ALL);
        store.revoke(store.find("laptop").getFirst());

        assertTrue(store.check("one").isEmpty());
        assertTrue(store.check("two").isPresent());
        assertTrue(open("a").check("one").isEmpty());
    }

    @Test
    void keysAreFoundByIdOrName() {
        var store = open("a");
        var one = store.add("same", TestDaemon.hash("one"), false, Priority.NORMAL, KeyRights.ALL);
        store.add("same", TestDaemon.hash("two"), false, Priority.NORMAL, KeyRights.ALL);

        assertEquals(List.of(one), store.find(one.id()));
        assertEquals(2, store.find("same").size());
        assertEquals(List.of(), store.find("none"));
    }

    @Test
    void theSameKeyTwiceIsOneKey() {
        var store = open("a");
        var first = store.add("laptop", TestDaemon.hash("one"), false, Priority.NORMAL, KeyRights.ALL);

        assertEquals(first, store.add("other", TestDaemon.hash("one"), false, Priority.NORMAL, KeyRights.ALL));
        assertEquals(1, store.list().size());
    }

    @Test
    void oneKeyMoreThanAllowedIsRefused() {
        var store = KeyStore.open(home, "a", 2, () -> NOW);
        store.add("a", TestDaemon.hash("one"), false, Priority.NORMAL, KeyRights.ALL);
        store.add("b", TestDaemon.hash("two"), false, Priority.NORMAL, KeyRights.ALL);

        var error = assertThrows(
                ApiError.class, () -> store.add("c", TestDaemon.hash("three"), false, Priority.NORMAL, KeyRights.ALL));
        assertEquals(ErrorCode.RATE_LIMIT_EXCEEDED, error.code());
        assertEquals(2, store.list().size());
    }

    @Test
    void namesAndHashesAreChecked() {
        var store = open("a");
        store.add(
                "n".repeat(KeyStore.NAME_CHARACTERS_MAX),
                TestDaemon.hash("one"),
                false,
                Priority.NORMAL,
                KeyRights.ALL);

        for (var name : List.of("", " ", "a\nb", "n".repeat(KeyStore.NAME_CHARACTERS_MAX + 1))) {
            assertThrows(
                    ApiError.class,
                    () -> store.add(name, TestDaemon.hash("two"), false, Priority.NORMAL, KeyRights.ALL),
                    name);
        }
        for (var hash : List.of("", "abc", TestDaemon.hash("x") + "0", "Z".repeat(64))) {
            assertThrows(ApiError.class, () -> store.add("name", hash, false, Priority.NORMAL, KeyRights.ALL), hash);
        }
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "",
                "[]",
                "{}",
                "{\"version\":3,\"keys\":[]}",
                "{\"version\":1,\"keys\":[{}]}",
                "{\"version\":1,\"keys\":[{\"hash\":\"0\"}]}",
                "{\"version\":1,\"keys\":[{\"name\":\"n\",\"created\":\"2026-11-21T10:00:00Z\",\"priority\":\"urgent\","
                        + "\"hash\":\"0000000000000000000000000000000000000000000000000000000000000000\"}]}",
                "{\"version\":2,\"keys\":[{\"name\":\"n\",\"created\":\"2026-11-21T10:00:00Z\",\"rights\":{\"tools\":[]},"
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
        store.add("laptop", TestDaemon.hash("one"), false, Priority.NORMAL, KeyRights.ALL);
        var before = Files.readString(home.resolve("keys.json"));
        store.add("phone", TestDaemon.hash("two"), false, Priority.NORMAL, KeyRights.ALL);
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
        var laptop = store.add("laptop", TestDaemon.hash("one"), false, Priority.NORMAL, KeyRights.ALL);
        var whole = Files.readString(file);
        Files.writeString(file, damaged);
        assertThrows(KeyFileException.class, () -> store.revoke(laptop));
        assertThrows(
                KeyFileException.class,
                () -> store.add("phone", TestDaemon.hash("two"), false, Priority.NORMAL, KeyRights.ALL));
        assertEquals(damaged, Files.readString(file));
        assertEquals(List.of(laptop), store.list());

        Files.writeString(file, whole);
        store.add("phone", TestDaemon.hash("two"), false, Priority.NORMAL, KeyRights.ALL);
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
        var entry = new KeyStore.Entry("laptop", hash, NOW, Optional.empty(), Priority.NORMAL, KeyRights.ALL);
        // printf 'omni api key 1\n%s\n2026-11-21T10:00:00Z\nlaptop' $(printf one | sha256sum | cut -d' ' -f1) |
        // sha256sum | xxd -r -p
        // | basenc --base64url
        assertEquals("wLsglCuXqJMWjig-OnHLCNrf1_SqPhnPn1hYTtIjNK0", entry.digest());
        for (var other : List.of(
                new KeyStore.Entry("laptop ", hash, NOW, Optional.empty(), Priority.NORMAL, KeyRights.ALL),
                new KeyStore.Entry(
                        "laptop", TestDaemon.hash("two"), NOW, Optional.empty(), Priority.NORMAL, KeyRights.ALL),
                new KeyStore.Entry(
                        "laptop", hash, NOW.plusSeconds(1), Optional.empty(), Priority.NORMAL, KeyRights.ALL),
                new KeyStore.Entry("laptop", hash, NOW, Optional.empty(), Priority.INTERACTIVE, KeyRights.ALL),
                new KeyStore.Entry("laptop", hash, NOW, Optional.empty(), Priority.BACKGROUND, KeyRights.ALL))) {
            assertNotEquals(entry.digest(), other.digest());
        }
    }

    /** In a form of its own, so that a key without rights has the digest that it always had. */
    @Test
    void theRightsAreInTheDigest() {
        var hash = TestDaemon.hash("one");
        var chat = new KeyStore.Entry("laptop", hash, NOW, Optional.empty(), Priority.NORMAL, rights(RouteGroup.CHAT));
        // printf 'omni api key 3\n%s\n2026-11-21T10:00:00Z\nnormal\nmodels all\nroutes chat\nrate per minute any\n
        // tokens per day any\nexpires never\nlaptop' $(printf one | sha256sum | cut -d' ' -f1) | sha256sum | xxd -r -p
        // | basenc --base64url
        assertEquals("RKpYqxK1QnRuQ2n5EHVQKK1W9YAazEyLipntBOj9c_A", chat.digest());
        var digests = Stream.of(
                        rights(RouteGroup.CHAT),
                        rights(RouteGroup.VAULT),
                        KeyRights.ALL,
                        KeyRightsTest.rights(List.of("a"), null, null, null, null),
                        KeyRightsTest.rights(List.of("a", "b"), null, null, null, null),
                        KeyRightsTest.rights(null, null, 1L, null, null),
                        KeyRightsTest.rights(null, null, 2L, null, null),
                        KeyRightsTest.rights(null, null, null, 1L, null),
                        KeyRightsTest.rights(null, null, null, null, "2100-01-01T00:00:00Z"),
                        KeyRightsTest.rights(null, null, null, null, "2100-01-01T00:00:01Z"))
                .map(rights -> new KeyStore.Entry("laptop", hash, NOW, Optional.empty(), Priority.NORMAL, rights))
                .map(KeyStore.Entry::digest)
                .distinct();
        assertEquals(10, digests.count());
    }

    /** Whoever edits the file chooses the name, which may then have any characters. */
    @Test
    void aRightIsNotMovedIntoTheName() {
        var hash = TestDaemon.hash("one");
        var bound = KeyRightsTest.rights(null, List.of(RouteGroup.CHAT), 5L, null, null);
        var lines = bound.lines().lines().toList();
        for (var from = 0; from < lines.size(); from++) {
            var name = String.join("\n", lines.subList(from, lines.size())) + "\nlaptop";
            assertNotEquals(
                    new KeyStore.Entry("laptop", hash, NOW, Optional.empty(), Priority.NORMAL, bound).digest(),
                    new KeyStore.Entry(name, hash, NOW, Optional.empty(), Priority.NORMAL, rights(RouteGroup.CHAT))
                            .digest());
        }
    }

    @Test
    void whatAWriteThatBrokeOffLeavesIsOverwritten() throws IOException {
        Files.writeString(home.resolve("keys.json.new"), "half");
        var store = open("a");
        store.add("laptop", TestDaemon.hash("one"), false, Priority.NORMAL, KeyRights.ALL);

        assertTrue(open("a").check("one").isPresent());
        assertFalse(Files.exists(home.resolve("keys.json.new")));
    }

    @Test
    void aKeyThatCannotBeWrittenIsNotKept() throws IOException {
        var store = KeyStore.open(home.resolve("missing"), "a", 8, () -> NOW);

        assertThrows(
                KeyFileException.class,
                () -> store.add("laptop", TestDaemon.hash("one"), false, Priority.NORMAL, KeyRights.ALL));
        assertTrue(store.check("one").isEmpty());
    }

    private KeyStore open(String tree) {
        return KeyStore.open(home, tree, 8, () -> NOW);
    }
}
