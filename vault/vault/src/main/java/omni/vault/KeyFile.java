package omni.vault;

import static java.util.Comparator.comparing;
import static java.util.stream.Collectors.joining;

import java.security.MessageDigest;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.EnumMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Optional;
import java.util.Set;
import org.jspecify.annotations.Nullable;
import tools.jackson.core.JacksonException;
import tools.jackson.core.StreamReadConstraints;
import tools.jackson.core.StreamReadFeature;
import tools.jackson.core.json.JsonFactory;
import tools.jackson.databind.DeserializationFeature;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.json.JsonMapper;
import tools.jackson.databind.node.ArrayNode;
import tools.jackson.databind.node.ObjectNode;

/**
 * What {@code keys.json} holds: the root key wrapped once by the password and once by the recovery key, and the data keys wrapped by
 * the root key. Nothing in it is secret. An example, with its texts in base64 cut short:
 *
 * <pre>
 *   {"format": "omni-vault-keys/1",
 *    "vault": "0c6f3e2a9b514d0788e1c2d3a4b5f607",
 *    "password": {
 *      "argon2id": {"memoryKib": 262144, "passes": 3, "lanes": 1, "salt": "kU1Vx…"},
 *      "keyFile": false, "tag": "b2JZ…", "sealed": "Hn8x…"},
 *    "recovery": {"tag": "Tm90…", "sealed": "cGxh…"},
 *    "keys": [{"purpose": "records", "version": 1, "tag": "aW4g…", "sealed": "dGV4…"}, …],
 *    "seal": "cXVp…"}
 * </pre>
 *
 * <p>Where a TPM belongs to the password, that is there beside {@code keyFile}: {@code "tpm": {"place": 0, "key": "…"}} ({@link TpmSlot}).
 *
 * <p>The members are these and no others, in any order, at most {@value #BYTES_MAX} bytes in all. Keys stand in the order of the
 * purposes, each purpose with its versions, from the oldest that is still there, one after the other; {@link Wrap} says what a tag and a seal of a key are, and what they are bound
 * to is a text of ASCII lines here. The seal at the end is made of the root key and all the rest, so that no part can be taken away,
 * put back or exchanged without one of the secrets. That the whole file is an older one does not show in it.
 *
 * @param vault the vault's own name: 16 random bytes in hexadecimal
 * @param keys at most {@value #KEYS_MAX}
 * @param seal 32 bytes in base64
 */
record KeyFile(String vault, PasswordSlot password, Wrap recovery, List<DataKey> keys, String seal) {
    static final String FORMAT = "omni-vault-keys/1";
    static final int BYTES_MAX = 128 << 10;
    static final int KEYS_MAX = 256;
    static final int VAULT_BYTES = 16;

    private static final int NESTING_MAX = 4;
    private static final int CHARS_MAX = 200;
    private static final JsonMapper JSON = JsonMapper.builder(JsonFactory.builder()
                    .streamReadConstraints(StreamReadConstraints.builder()
                            .maxDocumentLength(BYTES_MAX)
                            .maxStringLength(CHARS_MAX)
                            .maxNameLength(CHARS_MAX)
                            .maxNumberLength(10)
                            .maxNestingDepth(NESTING_MAX)
                            .build())
                    .enable(StreamReadFeature.STRICT_DUPLICATE_DETECTION)
                    .build())
            .enable(DeserializationFeature.FAIL_ON_TRAILING_TOKENS)
            .build();

    KeyFile {
        requireName(vault);
        keys = List.copyOf(keys);
        requireOrder(keys);
        Base64Text.require("seal", seal, Wrap.TAG_BYTES);
    }

    /** Refuses what is no vault's name by IllegalArgumentException. */
    static void requireName(String vault) {
        if (!vault.matches("[0-9a-f]{" + 2 * VAULT_BYTES + "}")) {
            throw new IllegalArgumentException("vault is not " + VAULT_BYTES + " bytes in hexadecimal");
        }
    }

    private static void requireOrder(List<DataKey> keys) {
        if (keys.size() > KEYS_MAX) {
            throw new IllegalArgumentException("there are more than " + KEYS_MAX + " keys");
        }
        Map<Purpose, Integer> versions = new EnumMap<>(Purpose.class);
        boolean counted = keys.stream().allMatch(key -> {
            Integer before = versions.put(key.purpose(), key.version());
            return before == null ? key.version() >= 1 : key.version() == before + 1;
        });
        if (!counted
                || !keys.equals(
                        keys.stream().sorted(comparing(DataKey::purpose)).toList())) {
            throw new IllegalArgumentException("the keys are not in order");
        }
        if (versions.size() != Purpose.values().length) {
            throw new IllegalArgumentException("there is a purpose without a key");
        }
    }

    /**
     * The root key under the password.
     *
     * @param keyFile whether a key file belongs to the password
     * @param tpm where a TPM holds what belongs to the password, too
     */
    record PasswordSlot(Argon2 argon2, boolean keyFile, Optional<TpmSlot> tpm, Wrap wrap) {
        /** What the wrap is bound to. */
        static String context(String vault, Argon2 argon2, boolean keyFile, Optional<TpmSlot> tpm) {
            return "vault=" + vault + "\nslot=password\n" + argon2.text() + "\nkeyFile=" + keyFile
                    + tpm.map(TpmSlot::context).orElse("");
        }
    }

    /** A data key under the root key. */
    record DataKey(Purpose purpose, int version, Wrap wrap) {
        /** What the wrap is bound to. */
        static String context(String vault, Purpose purpose, int version) {
            return "vault=" + vault + "\npurpose=" + purpose.text() + "\nversion=" + version;
        }
    }

    /** What the root key's wrap by the recovery key is bound to. */
    static String recoveryContext(String vault) {
        return "vault=" + vault + "\nslot=recovery";
    }

    /** A file with the seal that the root key makes over these. */
    static KeyFile sealed(String vault, PasswordSlot password, Wrap recovery, List<DataKey> keys, byte[] root) {
        return new KeyFile(vault, password, recovery, keys, seal(root, text(vault, password, recovery, keys)));
    }

    /** Whether the seal is the one that the root key makes. */
    boolean isSealedBy(byte[] root) {
        String expected = seal(root, text(vault, password, recovery, keys));
        return MessageDigest.isEqual(Base64Text.bytes(expected), Base64Text.bytes(seal));
    }

    private static String seal(byte[] root, String text) {
        return Base64Text.of(Wrap.derive(root, "seal", text));
    }

    private static String text(String vault, PasswordSlot password, Wrap recovery, List<DataKey> keys) {
        return PasswordSlot.context(vault, password.argon2(), password.keyFile(), password.tpm())
                + line(password.wrap())
                + "\nrecovery"
                + line(recovery)
                + keys.stream()
                        .map(key -> "\n" + key.purpose().text() + "=" + key.version() + line(key.wrap()))
                        .collect(joining());
    }

    private static String line(Wrap wrap) {
        return "\ntag=" + wrap.tag() + "\nsealed=" + wrap.sealed();
    }

    /** As JSON, with a line break at the end. */
    byte[] json() {
        ObjectNode root = JSON.createObjectNode();
        root.put("format", FORMAT).put("vault", vault);
        ObjectNode slot = root.putObject("password");
        slot.putObject("argon2id")
                .put("memoryKib", password.argon2.memoryKib())
                .put("passes", password.argon2.passes())
                .put("lanes", password.argon2.lanes())
                .put("salt", password.argon2.salt());
        password.tpm.ifPresent(
                tpm -> slot.putObject("tpm").put("place", tpm.place()).put("key", tpm.key()));
        put(slot.put("keyFile", password.keyFile), password.wrap);
        put(root.putObject("recovery"), recovery);
        ArrayNode array = root.putArray("keys");
        keys.forEach(key ->
                put(array.addObject().put("purpose", key.purpose().text()).put("version", key.version()), key.wrap()));
        root.put("seal", seal);
        byte[] text = JSON.writerWithDefaultPrettyPrinter().writeValueAsBytes(root);
        byte[] line = Arrays.copyOf(text, text.length + 1);
        line[text.length] = '\n';
        return line;
    }

    private static void put(ObjectNode to, Wrap wrap) {
        to.put("tag", wrap.tag()).put("sealed", wrap.sealed());
    }

    /**
     * What that text says; nothing in it is tried yet.
     *
     * @throws VaultException DAMAGED where it is none
     */
    static KeyFile of(byte[] json) throws VaultException {
        if (json.length > BYTES_MAX) {
            throw damaged("it has more than " + BYTES_MAX + " bytes", null);
        }
        try {
            return file(JSON.readTree(json));
        } catch (JacksonException e) {
            throw damaged("it is no JSON within the limits", e);
        } catch (IllegalArgumentException e) {
            throw damaged(Objects.requireNonNullElse(e.getMessage(), "it is not in order"), e);
        }
    }

    private static KeyFile file(JsonNode root) {
        requireMembers(root, "format", "vault", "password", "recovery", "keys", "seal");
        if (!text(root, "format").equals(FORMAT)) {
            throw new IllegalArgumentException("its format is not " + FORMAT);
        }
        if (!root.get("keys").isArray()) {
            throw new IllegalArgumentException("keys is no list");
        }
        List<DataKey> keys = new ArrayList<>();
        root.get("keys").forEach(node -> keys.add(dataKey(node)));
        JsonNode recovery = root.get("recovery");
        requireMembers(recovery, "tag", "sealed");
        return new KeyFile(
                text(root, "vault"), passwordSlot(root.get("password")), wrap(recovery), keys, text(root, "seal"));
    }

    private static PasswordSlot passwordSlot(JsonNode node) {
        boolean tpm = node.has("tpm");
        requireMembers(
                node,
                tpm
                        ? new String[] {"argon2id", "keyFile", "tpm", "tag", "sealed"}
                        : new String[] {"argon2id", "keyFile", "tag", "sealed"});
        JsonNode argon2 = node.get("argon2id");
        requireMembers(argon2, "memoryKib", "passes", "lanes", "salt");
        if (!node.get("keyFile").isBoolean()) {
            throw new IllegalArgumentException("keyFile is neither true nor false");
        }
        return new PasswordSlot(
                new Argon2(
                        number(argon2, "memoryKib"),
                        number(argon2, "passes"),
                        number(argon2, "lanes"),
                        text(argon2, "salt")),
                node.get("keyFile").booleanValue(),
                tpm ? Optional.of(tpmSlot(node.get("tpm"))) : Optional.empty(),
                wrap(node));
    }

    private static TpmSlot tpmSlot(JsonNode node) {
        requireMembers(node, "place", "key");
        return new TpmSlot(number(node, "place"), text(node, "key"));
    }

    private static DataKey dataKey(JsonNode node) {
        requireMembers(node, "purpose", "version", "tag", "sealed");
        String purpose = text(node, "purpose");
        for (Purpose known : Purpose.values()) {
            if (known.text().equals(purpose)) {
                return new DataKey(known, number(node, "version"), wrap(node));
            }
        }
        throw new IllegalArgumentException("there is a key for a purpose that this program does not know");
    }

    private static Wrap wrap(JsonNode node) {
        return new Wrap(text(node, "tag"), text(node, "sealed"));
    }

    private static void requireMembers(JsonNode node, String... names) {
        if (!node.isObject() || !Set.copyOf(node.propertyNames()).equals(Set.of(names))) {
            throw new IllegalArgumentException(
                    "there is an object with other members than " + String.join(", ", names));
        }
    }

    private static String text(JsonNode node, String name) {
        JsonNode value = node.get(name);
        if (!value.isString()) {
            throw new IllegalArgumentException(name + " is no text");
        }
        return value.stringValue();
    }

    private static int number(JsonNode node, String name) {
        JsonNode value = node.get(name);
        if (!value.isInt()) {
            throw new IllegalArgumentException(name + " is no whole number in range");
        }
        return value.intValue();
    }

    private static VaultException damaged(String what, @Nullable Throwable cause) {
        String message = "keys.json is damaged: " + what + ". Restore it from a backup.";
        return cause == null
                ? new VaultException(VaultException.Reason.DAMAGED, message)
                : new VaultException(VaultException.Reason.DAMAGED, message, cause);
    }
}
