package omni.vault;

import java.nio.charset.StandardCharsets;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.time.DateTimeException;
import java.time.Instant;
import java.util.Collections;
import java.util.HexFormat;
import java.util.Map;
import java.util.TreeMap;
import java.util.regex.Pattern;
import omni.vault.VaultException.Reason;
import tools.jackson.core.JacksonException;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.json.JsonMapper;
import tools.jackson.databind.node.ObjectNode;

/** What lines of the audit log and of the sealed-time log have in common. */
final class AuditJson {
    /** What a line names as the one before where there is none. */
    static final String FIRST = "0".repeat(64);

    static final int LINE_BYTES_MAX = 16 << 10;
    static final int DETAILS_MAX = 8;
    static final int VALUE_CHARACTERS_MAX = 200;

    private static final Pattern NAME = Pattern.compile("[a-z][a-z0-9-]{0,31}");
    private static final JsonMapper JSON = JsonMapper.builder().build();

    private AuditJson() {}

    static ObjectNode object() {
        return JSON.createObjectNode();
    }

    static String text(ObjectNode object) {
        return JSON.writeValueAsString(object);
    }

    static ObjectNode object(Map<String, String> details) {
        ObjectNode object = object();
        details.forEach(object::put);
        return object;
    }

    /** @throws VaultException DAMAGED where the line is too long, or no object in JSON */
    static ObjectNode read(String line) throws VaultException {
        if (line.length() > LINE_BYTES_MAX) {
            throw new VaultException(Reason.DAMAGED, "it is longer than " + LINE_BYTES_MAX + " bytes");
        }
        try {
            if (JSON.readTree(line) instanceof ObjectNode object) {
                return object;
            }
        } catch (JacksonException e) {
            throw new VaultException(Reason.DAMAGED, "it is no JSON", e);
        }
        throw new VaultException(Reason.DAMAGED, "it is no JSON");
    }

    static AuditEvent event(JsonNode object) throws VaultException {
        return AuditEvent.of(object.path("event").asString(""))
                .orElseThrow(() -> new VaultException(Reason.DAMAGED, "it tells of nothing that this program knows"));
    }

    static Instant time(JsonNode object, String name) throws VaultException {
        try {
            return Instant.parse(object.path(name).asString(""));
        } catch (DateTimeException e) {
            throw new VaultException(Reason.DAMAGED, "its time is none", e);
        }
    }

    static Map<String, String> details(JsonNode object) {
        Map<String, String> details = new TreeMap<>();
        for (Map.Entry<String, JsonNode> entry : object.path("details").properties()) {
            details.put(entry.getKey(), entry.getValue().asString(""));
        }
        return Collections.unmodifiableMap(details);
    }

    /** @throws VaultException INVALID where there are too many, or one is not short plain text */
    static Map<String, String> check(Map<String, String> details) throws VaultException {
        if (details.size() > DETAILS_MAX) {
            throw new VaultException(Reason.INVALID, "An event has at most " + DETAILS_MAX + " details.");
        }
        for (Map.Entry<String, String> detail : details.entrySet()) {
            if (!NAME.matcher(detail.getKey()).matches() || !isPlain(detail.getValue())) {
                throw new VaultException(
                        Reason.INVALID,
                        "A detail is a word and a text of at most " + VALUE_CHARACTERS_MAX
                                + " characters without control characters.");
            }
        }
        return details;
    }

    private static boolean isPlain(String value) {
        return value.length() <= VALUE_CHARACTERS_MAX
                && value.codePoints()
                        .noneMatch(c -> Character.isISOControl(c) || Character.getType(c) == Character.SURROGATE);
    }

    /** SHA-256 of the line's UTF-8, in hexadecimal. */
    static String hash(String line) {
        try {
            return HexFormat.of()
                    .formatHex(MessageDigest.getInstance("SHA-256").digest(line.getBytes(StandardCharsets.UTF_8)));
        } catch (NoSuchAlgorithmException e) {
            throw new IllegalStateException("Java has no SHA-256", e);
        }
    }
}
