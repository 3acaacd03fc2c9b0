package omni.api;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.GeneralSecurityException;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.time.Instant;
import java.time.InstantSource;
import java.time.temporal.ChronoUnit;
import java.util.ArrayList;
import java.util.Base64;
import java.util.HexFormat;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.locks.ReentrantLock;
import java.util.regex.Pattern;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import javax.crypto.Mac;
import javax.crypto.spec.SecretKeySpec;
import omni.engine.EngineProtocol.Priority;
import omni.role.PrivateFile;
import omni.vault.KeptBounds;
import tools.jackson.core.JacksonException;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.json.JsonMapper;
import tools.jackson.databind.node.JsonNodeFactory;

/**
 * The API keys of this box, as their SHA-256 hashes in {@code $OMNI_HOME/keys.json}. A key's text is never here but for
 * the moment in which a request's is hashed.
 *
 * <pre>{@code
 * {"version": 1,
 *  "keys": [{"name": "laptop", "hash": "<64 hexadecimal digits>", "created": "2026-11-21T10:00:00Z"},
 *           {"name": "indexer", "hash": "…", "created": "…", "priority": "background", "rights": {"routes": ["embeddings"]}},
 *           {"name": "console", "hash": "…", "created": "…", "tree": "<43 characters of base64url>"}]}
 * }</pre>
 *
 * <p>An entry without {@code priority} is of class normal, one without {@code rights} ({@link KeyRights}) may everything. A file that has
 * rights says version 2, so that an Omni that does not know of them refuses it. An entry with {@code tree} is a session key, of the run of the tree that it was
 * made in: an HMAC-SHA-256 (RFC 2104) of all that the file says of it, under the run's random name, which is in the roles' environments
 * alone. It is dropped on load where that is not this run's, so that who can write the file, but not run programs as this user, makes none.
 * The file has mode 0600 and is replaced whole: written beside, forced to disk, renamed. Every method is safe for use by many threads;
 * {@link #writing} is held across a change and its write, checks read one volatile list.
 */
final class KeyStore {
    /** The file within the home directory. */
    static final String FILE = "keys.json";

    /** Characters of a key's name. */
    static final int NAME_CHARACTERS_MAX = 64;

    /** What a caller may present; longer is refused unread. Omni's own keys have 48 characters. */
    static final int PRESENTED_CHARACTERS_MAX = 256;

    /** What the file holds at most, whatever is configured. */
    static final int KEYS_MAX = KeptBounds.API_KEYS_MAX;

    private static final int ID_DIGITS = 12;
    private static final int VERSION = 1;
    private static final int VERSION_WITH_RIGHTS = 2;
    private static final String HMAC = "HmacSHA256";

    /** More than as many keys take as may be, each with as many models of names as long as may be. */
    private static final long FILE_BYTES_MAX = 8L * 1024 * 1024;

    private static final Pattern HASH = Pattern.compile("[0-9a-f]{64}");

    /**
     * One key.
     *
     * @param hash SHA-256 of the key's ASCII text
     * @param tree proves the run of the tree that it lives as long as; empty for a key that stays
     * @param priority how urgent its requests are, at most
     * @param rights what it may, and how much
     */
    record Entry(
            String name, String hash, Instant created, Optional<String> tree, Priority priority, KeyRights rights) {
        /** First digits of the hash: enough to name a key, useless to guess it. */
        String id() {
            return hash.substring(0, ID_DIGITS);
        }

        /** Whether it is gone when the tree stops. */
        boolean session() {
            return tree.isPresent();
        }

        /**
         * SHA-256, base64url without padding, of all that the file says of a key that stays: a line for the form, the hash and the
         * time each, then the name, which alone may have any characters. Before the name, in another form, the class where it is not the
         * usual one; in a third one the class and the rights, where it may not everything.
         */
        String digest() {
            return base64(sha256(said("omni api key")));
        }

        /** All that the file says of it, under the name of a form. */
        private byte[] said(String form) {
            return said(form, "\n" + hash + "\n" + created + "\n").getBytes(StandardCharsets.UTF_8);
        }

        private String said(String form, String key) {
            if (!rights.all()) {
                return form + " 3" + key + priority.wire() + "\n" + rights.lines() + "\n" + name;
            }
            return priority == Priority.NORMAL
                    ? form + " 1" + key + name
                    : form + " 2" + key + priority.wire() + "\n" + name;
        }
    }

    private final Path file;
    private final SecretKeySpec run;
    private final int keysMax;
    private final InstantSource clock;
    private final ReentrantLock writing = new ReentrantLock();
    private volatile List<Entry> entries = List.of();

    private KeyStore(Path file, String tree, int keysMax, InstantSource clock) {
        this.file = file;
        this.run = new SecretKeySpec((tree.isEmpty() ? Ids.run() : tree).getBytes(StandardCharsets.UTF_8), HMAC);
        this.keysMax = keysMax;
        this.clock = clock;
    }

    /**
     * Reads the file; none is as good as an empty one. Session keys that are not of this run are dropped, from the file too.
     *
     * @param tree the run's name, which nobody can guess; where it is empty, session keys live as long as this
     * @throws KeyFileException where the file cannot be read or is not one of ours: refusing all keys silently, or
     *     overwriting what an owner may still repair, would both be worse
     */
    static KeyStore open(Path home, String tree, int keysMax, InstantSource clock) {
        var store = new KeyStore(home.resolve(FILE), tree, keysMax, clock);
        store.reread();
        return store;
    }

    /**
     * Reads the file again, which somebody else may have written: what is in it is what counts.
     *
     * @throws KeyFileException as {@link #open}; the keys are then those of before
     */
    void reread() {
        writing.lock();
        try {
            var all = read(file);
            var kept = all.stream()
                    .filter(entry -> !entry.session() || isOfThisRun(entry))
                    .toList();
            if (kept.size() < all.size()) {
                write(kept);
            }
            entries = kept;
        } finally {
            writing.unlock();
        }
    }

    /**
     * Whose key this is. Takes the same time whichever key matches, if any: every hash is compared to its end.
     *
     * @param presented what the client sent as its key
     */
    Optional<Entry> check(String presented) {
        if (presented.isEmpty() || presented.length() > PRESENTED_CHARACTERS_MAX) {
            return Optional.empty();
        }
        var hash = HexFormat.of()
                .formatHex(sha256(presented.getBytes(StandardCharsets.UTF_8)))
                .getBytes(StandardCharsets.US_ASCII);
        var found = Optional.<Entry>empty();
        for (var entry : entries) {
            if (MessageDigest.isEqual(entry.hash().getBytes(StandardCharsets.US_ASCII), hash)) {
                found = Optional.of(entry);
            }
        }
        return found;
    }

    /** The ids of the keys. */
    Set<String> ids() {
        return entries.stream().map(Entry::id).collect(Collectors.toUnmodifiableSet());
    }

    /** The keys in the order they were added. */
    List<Entry> list() {
        return entries;
    }

    /**
     * Keeps a key. One that is known already stays as it is, and is returned.
     *
     * @throws ApiError INVALID_VALUE for a hash that is none or a name that is empty, long or not printable;
     *     RATE_LIMIT_EXCEEDED when there are as many keys as may be
     * @throws KeyFileException where the file cannot be written, or read any more; the key is then not kept
     */
    Entry add(String name, String hash, boolean session, Priority priority, KeyRights rights) {
        checkHash(hash);
        if (name.isBlank()
                || name.length() > NAME_CHARACTERS_MAX
                || name.chars().anyMatch(Character::isISOControl)) {
            throw ApiError.at(
                    "name",
                    ErrorCode.INVALID_VALUE,
                    "A key's name has 1 to " + NAME_CHARACTERS_MAX + " printable characters. Choose another.");
        }
        writing.lock();
        try {
            var known = entries.stream().filter(e -> e.hash().equals(hash)).findFirst();
            if (known.isPresent()) {
                return known.get();
            }
            if (entries.size() >= keysMax) {
                throw ApiError.of(
                        ErrorCode.RATE_LIMIT_EXCEEDED,
                        "There are " + keysMax + " keys already. Revoke one first, with omni key revoke.");
            }
            var entry = made(name, hash, session, priority, rights);
            var more = new ArrayList<>(entries);
            more.add(entry);
            write(more);
            entries = List.copyOf(more);
            return entry;
        } finally {
            writing.unlock();
        }
    }

    private static void checkHash(String hash) {
        if (!HASH.matcher(hash).matches()) {
            throw ApiError.at("hash", ErrorCode.INVALID_VALUE, "The hash must be 64 lower-case hexadecimal digits.");
        }
    }

    private Entry made(String name, String hash, boolean session, Priority priority, KeyRights rights) {
        var created = clock.instant().truncatedTo(ChronoUnit.SECONDS);
        var made = new Entry(name, hash, created, Optional.empty(), priority, rights);
        return session ? new Entry(name, hash, created, Optional.of(proof(made)), priority, rights) : made;
    }

    /**
     * Puts another key in the place of one; all else that is said of it stays, but for the time.
     *
     * @throws ApiError INVALID_VALUE for a hash that is none, or another key's already; NOT_FOUND where the old key is gone
     * @throws KeyFileException as {@link #add}; the old key is then still good, and the other is not
     */
    Entry rotate(Entry old, String hash) {
        checkHash(hash);
        writing.lock();
        try {
            if (entries.stream().anyMatch(entry -> entry.hash().equals(hash))) {
                throw ApiError.at("hash", ErrorCode.INVALID_VALUE, "There is that very key already. Make a fresh one.");
            }
            var now = entries.stream()
                    .filter(entry -> entry.hash().equals(old.hash()))
                    .findFirst()
                    .orElseThrow(() -> ApiError.at("key", ErrorCode.NOT_FOUND, "That key is gone. Make a fresh one."));
            var by = made(now.name(), hash, now.session(), now.priority(), now.rights());
            replace(now, by);
            return by;
        } finally {
            writing.unlock();
        }
    }

    /**
     * Puts an entry in the place of another, wherever that stands.
     *
     * @throws KeyFileException as {@link #add}; nothing has changed then
     */
    void replace(Entry old, Entry by) {
        writing.lock();
        try {
            var next = entries.stream()
                    .map(entry -> entry.hash().equals(old.hash()) ? by : entry)
                    .distinct()
                    .toList();
            write(next);
            entries = next;
        } finally {
            writing.unlock();
        }
    }

    /** The keys with that id or name; revoking takes exactly one. */
    List<Entry> find(String idOrName) {
        var byId = entries.stream().filter(e -> e.id().equals(idOrName)).toList();
        return byId.isEmpty()
                ? entries.stream().filter(e -> e.name().equals(idOrName)).toList()
                : byId;
    }

    /**
     * Forgets a key; the next request that brings it is refused.
     *
     * @throws KeyFileException where the file cannot be written, or read any more; the key is then still good
     */
    void revoke(Entry entry) {
        writing.lock();
        try {
            var fewer =
                    entries.stream().filter(e -> !e.hash().equals(entry.hash())).toList();
            write(fewer);
            entries = fewer;
        } finally {
            writing.unlock();
        }
    }

    private static List<Entry> read(Path file) {
        try {
            if (Files.notExists(file)) {
                return List.of();
            }
            if (Files.size(file) > FILE_BYTES_MAX) {
                throw damaged();
            }
            var node = JsonMapper.shared().readTree(Files.readAllBytes(file));
            var version = node.path("version").asInt(0);
            if ((version != VERSION && version != VERSION_WITH_RIGHTS)
                    || !node.path("keys").isArray()) {
                throw damaged();
            }
            if (node.get("keys").size() > KEYS_MAX) {
                throw new KeyFileException("keys.json has more than " + KEYS_MAX + " keys. Take some out of it.");
            }
            return node.get("keys").values().stream().map(KeyStore::entry).toList();
        } catch (IOException e) {
            throw new KeyFileException("keys.json cannot be read. Give its owner the right to, or move it away.", e);
        } catch (JacksonException | java.time.DateTimeException e) {
            throw new KeyFileException(DAMAGED, e);
        }
    }

    private static final String DAMAGED =
            "keys.json is not a list of keys. Repair it or move it away, then make new keys with omni key new.";

    private static KeyFileException damaged() {
        return new KeyFileException(DAMAGED);
    }

    private static Entry entry(JsonNode node) {
        var hash = node.path("hash").asString("");
        if (!HASH.matcher(hash).matches()) {
            throw damaged();
        }
        return new Entry(
                node.path("name").asString(""),
                hash,
                Instant.parse(node.path("created").asString("")),
                node.has("tree") ? Optional.of(node.path("tree").asString("")) : Optional.empty(),
                priority(node.path("priority").asString(Priority.NORMAL.wire())),
                node.has("rights") ? KeyRights.read(node.get("rights")).orElseThrow(KeyStore::damaged) : KeyRights.ALL);
    }

    private static Priority priority(String wire) {
        return Stream.of(Priority.values())
                .filter(each -> each.wire().equals(wire))
                .findFirst()
                .orElseThrow(KeyStore::damaged);
    }

    private boolean isOfThisRun(Entry entry) {
        var proof = entry.tree().orElse("").getBytes(StandardCharsets.UTF_8);
        return MessageDigest.isEqual(proof(entry).getBytes(StandardCharsets.UTF_8), proof);
    }

    /** What shows that a key is of this run's session: base64url without padding. */
    private String proof(Entry entry) {
        try {
            var mac = Mac.getInstance(HMAC);
            mac.init(run);
            return base64(mac.doFinal(entry.said("omni session key")));
        } catch (GeneralSecurityException e) {
            throw new IllegalStateException("Every JDK has HmacSHA256", e);
        }
    }

    /** In the place of a file that can be read: one that cannot be is its owner's to repair, and has what is not known here. */
    private void write(List<Entry> next) {
        try {
            var _ = read(file);
        } catch (KeyFileException e) {
            throw new KeyFileException(
                    "keys.json cannot be read any more, and is not written over: nothing was changed. Repair it, or move it away"
                            + " and try again.",
                    e);
        }
        var limited = next.stream().anyMatch(entry -> !entry.rights().all());
        var root = JsonNodeFactory.instance.objectNode().put("version", limited ? VERSION_WITH_RIGHTS : VERSION);
        var keys = root.putArray("keys");
        for (var entry : next) {
            var key = keys.addObject()
                    .put("name", entry.name())
                    .put("hash", entry.hash())
                    .put("created", entry.created().toString());
            entry.tree().ifPresent(t -> key.put("tree", t));
            if (entry.priority() != Priority.NORMAL) {
                key.put("priority", entry.priority().wire());
            }
            if (!entry.rights().all()) {
                key.set("rights", entry.rights().toJson());
            }
        }
        try {
            PrivateFile.write(file, Json.bytes(root));
        } catch (IOException e) {
            throw new KeyFileException("keys.json cannot be written. Look at the disk's space and rights.", e);
        }
    }

    private static String base64(byte[] bytes) {
        return Base64.getUrlEncoder().withoutPadding().encodeToString(bytes);
    }

    private static byte[] sha256(byte[] bytes) {
        try {
            return MessageDigest.getInstance("SHA-256").digest(bytes);
        } catch (NoSuchAlgorithmException e) {
            throw new IllegalStateException("Every JDK has SHA-256", e);
        }
    }
}
