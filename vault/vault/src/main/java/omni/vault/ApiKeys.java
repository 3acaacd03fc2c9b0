package omni.vault;

import java.util.ArrayList;
import java.util.Collection;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.regex.Pattern;
import java.util.stream.Collectors;
import omni.vault.VaultException.Reason;
import tools.jackson.core.JacksonException;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.json.JsonMapper;
import tools.jackson.databind.node.ArrayNode;
import tools.jackson.databind.node.ObjectNode;

/**
 * Which API keys the daemon's file had when this vault was open last, so that a file that was changed while it was locked is
 * noticed. Two settings keep it: {@value #KNOWN} has a digest of each key's entry by its id, {@value #REVOKED} the ids of those
 * that were revoked while it was open, the oldest first. No key is here, and no hash of one alone.
 *
 * <p>For any thread: {@code this} guards the settings from their reading to their writing.
 */
final class ApiKeys {
    static final String KNOWN = "api.keys";
    static final String REVOKED = "api.keys.revoked";

    /** As many as fit in a setting; the daemon keeps no more. */
    static final int KEYS_MAX = KeptBounds.API_KEYS_MAX;

    /** As many as fit in a setting: the oldest is forgotten first, and is then a key that nobody knows. */
    static final int REVOKED_MAX = 4096;

    /** Of ids, so that they fit in a detail of an event with a sentence before them. */
    private static final int IDS_A_LINE = 8;

    private static final Pattern ID = Pattern.compile("[0-9a-f]{12}");
    private static final Pattern DIGEST = Pattern.compile("[0-9A-Za-z_-]{43}");
    private static final JsonMapper JSON = JsonMapper.builder().build();

    private final Settings settings;
    private final AuditLog audit;
    /** What was written down since this vault was opened, so that it is written once. */
    private final Set<String> told = new HashSet<>();

    private volatile Set<Key> strangers = Set.of();

    /**
     * A key as the daemon's file has it.
     *
     * @param id the first twelve hexadecimal digits of its hash
     * @param digest SHA-256 of all that the file says of it, base64url without padding
     */
    record Key(String id, String digest) {
        /** @throws VaultException INVALID where it is none */
        void check() throws VaultException {
            if (!ID.matcher(id).matches() || !DIGEST.matcher(digest).matches()) {
                throw Bounds.invalid("A key is twelve hexadecimal digits and a digest of 43 characters.");
            }
        }
    }

    /** What the vault says of a key in the file. */
    enum Standing {
        /** It is as it was left, was made while the vault was open, or was accepted. */
        KNOWN,
        /** It was not there when the vault was open last. */
        MADE_WHILE_LOCKED,
        /** It was there, and its entry said something else. */
        CHANGED_WHILE_LOCKED,
        /** It was revoked while the vault was open. */
        REVOKED
    }

    ApiKeys(Settings settings, AuditLog audit) {
        this.settings = settings;
        this.audit = audit;
    }

    /** Whether a setting of that name is one of these two. */
    static boolean isSetting(String name) {
        return name.equals(KNOWN) || name.equals(REVOKED);
    }

    /**
     * Compares the daemon's file with what is known, writes down what differs, and forgets keys that have gone from it. The first
     * time, all that are there become known.
     *
     * @return the standing of each key, in their order
     * @throws VaultException INVALID where there are too many, or one is none; DAMAGED where the settings are not what was written
     */
    synchronized List<Standing> compare(List<Key> keys) throws VaultException {
        if (keys.size() > KEYS_MAX) {
            throw Bounds.invalid("There are at most " + KEYS_MAX + " API keys.");
        }
        for (Key key : keys) {
            key.check();
        }
        Set<String> revoked = revoked();
        Optional<Map<String, String>> before = known();
        Map<String, String> known = before.isPresent() ? withoutGone(before.get(), keys) : taken(keys, revoked);
        List<Standing> standings =
                keys.stream().map(key -> standing(key, known, revoked)).toList();
        tell("made-while-locked", ids(keys, standings, Standing.MADE_WHILE_LOCKED));
        alarm(
                "The entry of an API key was changed while the vault was locked: ",
                ids(keys, standings, Standing.CHANGED_WHILE_LOCKED));
        alarm("An API key that had been revoked was there again: ", ids(keys, standings, Standing.REVOKED));
        strangers = strangers(keys, standings);
        return standings;
    }

    private static Standing standing(Key key, Map<String, String> known, Set<String> revoked) {
        if (revoked.contains(key.id())) {
            return Standing.REVOKED;
        }
        String digest = known.getOrDefault(key.id(), "");
        if (digest.isEmpty()) {
            return Standing.MADE_WHILE_LOCKED;
        }
        return digest.equals(key.digest()) ? Standing.KNOWN : Standing.CHANGED_WHILE_LOCKED;
    }

    /** Nothing is known yet, as after an update: there is nothing to compare with. */
    private Map<String, String> taken(List<Key> keys, Set<String> revoked) throws VaultException {
        Map<String, String> known = new LinkedHashMap<>();
        for (Key key : keys) {
            if (!revoked.contains(key.id())) {
                known.putIfAbsent(key.id(), key.digest());
            }
        }
        tell("taken", known.keySet());
        keepKnown(known);
        return known;
    }

    private Map<String, String> withoutGone(Map<String, String> known, List<Key> keys) throws VaultException {
        Map<String, String> left = new LinkedHashMap<>(known);
        left.keySet().retainAll(keys.stream().map(Key::id).collect(Collectors.toSet()));
        if (left.size() < known.size()) {
            Set<String> gone = new LinkedHashSet<>(known.keySet());
            gone.removeAll(left.keySet());
            tell("gone-while-locked", gone);
            keepKnown(left);
        }
        return left;
    }

    private static Set<String> ids(List<Key> keys, List<Standing> standings, Standing standing) {
        Set<String> ids = new LinkedHashSet<>();
        for (int i = 0; i < keys.size(); i++) {
            if (standings.get(i) == standing) {
                ids.add(keys.get(i).id());
            }
        }
        return ids;
    }

    private static Set<Key> strangers(List<Key> keys, List<Standing> standings) {
        Set<Key> strangers = new HashSet<>();
        for (int i = 0; i < keys.size(); i++) {
            if (standings.get(i) == Standing.MADE_WHILE_LOCKED || standings.get(i) == Standing.CHANGED_WHILE_LOCKED) {
                strangers.add(keys.get(i));
            }
        }
        return Set.copyOf(strangers);
    }

    /**
     * Knows a key from now on: one that was just made, or one that its owner accepts, which is written down.
     *
     * @throws VaultException REFUSED where it was revoked, or there are too many; INVALID where it is none, or nothing was compared
     *     yet, which would then be no first time any more
     */
    synchronized void know(Key key, boolean accepted) throws VaultException {
        key.check();
        if (revoked().contains(key.id())) {
            throw new VaultException(
                    Reason.REFUSED, "That API key was revoked, for good: make another with omni key new.");
        }
        Map<String, String> known = new LinkedHashMap<>(
                known().orElseThrow(() -> Bounds.invalid("API keys are compared before one becomes known.")));
        if (key.digest().equals(known.get(key.id()))) {
            return;
        }
        if (known.size() >= KEYS_MAX && !known.containsKey(key.id())) {
            throw new VaultException(
                    Reason.REFUSED, "There are " + KEYS_MAX + " API keys already: revoke one with omni key revoke.");
        }
        if (accepted) {
            audit.add(AuditEvent.API_KEYS, Map.of("what", "accepted", "keys", key.id()));
        }
        known.put(key.id(), key.digest());
        keepKnown(known);
        forgetStranger(key.id());
    }

    /**
     * Remembers that a key was revoked, so that an old file brings it back no more.
     *
     * @throws VaultException INVALID where that is no key's id
     */
    synchronized void revoke(String id) throws VaultException {
        if (!ID.matcher(id).matches()) {
            throw Bounds.invalid("A key's id is twelve hexadecimal digits.");
        }
        Set<String> revoked = new LinkedHashSet<>(revoked());
        if (revoked.add(id)) {
            audit.add(AuditEvent.API_KEYS, Map.of("what", "revoked", "keys", id));
            if (revoked.size() > REVOKED_MAX) {
                revoked.remove(revoked.iterator().next());
            }
            keepRevoked(revoked);
        }
        Optional<Map<String, String>> known = known();
        if (known.isPresent() && known.get().containsKey(id)) {
            Map<String, String> left = new LinkedHashMap<>(known.get());
            left.remove(id);
            keepKnown(left);
        }
        forgetStranger(id);
    }

    private void forgetStranger(String id) {
        strangers = strangers.stream().filter(key -> !key.id().equals(id)).collect(Collectors.toUnmodifiableSet());
    }

    /** How many keys of the file were made or changed while the vault was locked, and are not accepted. */
    int strangers() {
        return strangers.size();
    }

    private void tell(String what, Collection<String> ids) throws VaultException {
        for (String line : lines(what, ids)) {
            audit.add(AuditEvent.API_KEYS, Map.of("what", what, "keys", line));
        }
    }

    private void alarm(String what, Collection<String> ids) throws VaultException {
        for (String line : lines(what, ids)) {
            audit.alarm(what + line);
        }
    }

    private List<String> lines(String what, Collection<String> ids) {
        List<String> fresh = ids.stream().filter(id -> told.add(what + id)).toList();
        List<String> lines = new ArrayList<>();
        for (int i = 0; i < fresh.size(); i += IDS_A_LINE) {
            lines.add(String.join(" ", fresh.subList(i, Math.min(fresh.size(), i + IDS_A_LINE))));
        }
        return lines;
    }

    private Optional<Map<String, String>> known() throws VaultException {
        Optional<String> text = settings.get(KNOWN);
        if (text.isEmpty()) {
            return Optional.empty();
        }
        if (read(KNOWN, text.get()) instanceof ObjectNode object) {
            Map<String, String> known = new LinkedHashMap<>();
            object.properties()
                    .forEach(key -> known.put(key.getKey(), key.getValue().asString("")));
            return Optional.of(known);
        }
        throw damaged(KNOWN);
    }

    private void keepKnown(Map<String, String> known) throws VaultException {
        ObjectNode object = JSON.createObjectNode();
        known.forEach(object::put);
        settings.put(KNOWN, JSON.writeValueAsString(object));
    }

    private Set<String> revoked() throws VaultException {
        Optional<String> text = settings.get(REVOKED);
        if (text.isEmpty()) {
            return Set.of();
        }
        if (read(REVOKED, text.get()) instanceof ArrayNode array) {
            Set<String> revoked = new LinkedHashSet<>();
            array.values().forEach(id -> revoked.add(id.asString("")));
            return revoked;
        }
        throw damaged(REVOKED);
    }

    private void keepRevoked(Set<String> revoked) throws VaultException {
        ArrayNode array = JSON.createArrayNode();
        revoked.forEach(array::add);
        settings.put(REVOKED, JSON.writeValueAsString(array));
    }

    private static JsonNode read(String setting, String text) throws VaultException {
        try {
            return JSON.readTree(text);
        } catch (JacksonException e) {
            throw new VaultException(Reason.DAMAGED, "The setting " + setting + " is no JSON.", e);
        }
    }

    private static VaultException damaged(String setting) {
        return new VaultException(Reason.DAMAGED, "The setting " + setting + " is not what the vault writes.");
    }
}
