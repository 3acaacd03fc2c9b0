package omni.vault;

import java.nio.charset.StandardCharsets;
import java.time.Instant;
import java.util.Collections;
import java.util.Map;
import java.util.TreeMap;
import omni.vault.VaultException.Reason;
import tools.jackson.databind.node.ObjectNode;

/**
 * A line of the audit log: compact JSON, its members in this order, details by name, times in UTC.
 *
 * <pre>
 *   {"number":7,"time":"…","event":"unlocked","details":{…},"previous":"…","key":1,"signature":"…"}
 * </pre>
 *
 * <p>{@code previous} is the SHA-256 of the whole line before; 64 zeros in the first. {@code signature} is Ed25519 (RFC 8032),
 * in base64, over {@code "omni vault audit\n"} and the line without its last member. Only this one spelling is a line.
 *
 * @param keyVersion of the audit key that signs it
 * @param signature empty in one that is not signed yet
 */
record AuditLine(
        long number,
        Instant time,
        AuditEvent event,
        Map<String, String> details,
        String previous,
        int keyVersion,
        String signature) {
    private static final String BOUND = "omni vault audit\n";

    AuditLine {
        details = Collections.unmodifiableMap(new TreeMap<>(details));
    }

    /**
     * The line in that text.
     *
     * @throws VaultException DAMAGED where it is none; the message goes on from "Line 7: "
     */
    static AuditLine read(String text) throws VaultException {
        ObjectNode object = AuditJson.read(text);
        AuditLine line = new AuditLine(
                object.path("number").asLong(0),
                AuditJson.time(object, "time"),
                AuditJson.event(object),
                AuditJson.details(object),
                object.path("previous").asString(""),
                object.path("key").asInt(0),
                object.path("signature").asString(""));
        if (!line.text().equals(text)) {
            throw new VaultException(Reason.DAMAGED, "it is not spelt as lines are");
        }
        return line;
    }

    /** As it is kept. */
    String text() {
        return AuditJson.text(object().put("signature", signature));
    }

    /** What its signature is over. */
    byte[] signed() {
        return (BOUND + AuditJson.text(object())).getBytes(StandardCharsets.UTF_8);
    }

    AuditLine with(String newSignature) {
        return new AuditLine(number, time, event, details, previous, keyVersion, newSignature);
    }

    private ObjectNode object() {
        ObjectNode object = AuditJson.object()
                .put("number", number)
                .put("time", time.toString())
                .put("event", event.text());
        object.set("details", AuditJson.object(details));
        return object.put("previous", previous).put("key", keyVersion);
    }
}
