package omni.vault;

import java.time.Instant;
import java.util.Collections;
import java.util.Map;
import java.util.TreeMap;
import omni.vault.VaultException.Reason;
import tools.jackson.databind.node.ObjectNode;

/**
 * Equal events in a row while the vault was sealed: compact JSON, its members in this order.
 *
 * <pre>
 *   {"first":"…","last":"…","count":3,"event":"wrong-secret","details":{…},"previous":"…"}
 * </pre>
 *
 * @param first when the first of them was, {@code last} when the last
 * @param previous SHA-256 of the line before, in hexadecimal
 */
record SealedLine(
        Instant first, Instant last, long count, AuditEvent event, Map<String, String> details, String previous) {
    SealedLine {
        details = Collections.unmodifiableMap(new TreeMap<>(details));
    }

    /** @throws VaultException DAMAGED where the text is no such line */
    static SealedLine read(String text) throws VaultException {
        ObjectNode object = AuditJson.read(text);
        SealedLine line = new SealedLine(
                AuditJson.time(object, "first"),
                AuditJson.time(object, "last"),
                object.path("count").asLong(0),
                AuditJson.event(object),
                AuditJson.details(object),
                object.path("previous").asString(""));
        if (!line.text().equals(text) || line.count() < 1) {
            throw new VaultException(Reason.DAMAGED, "it is not spelt as lines are");
        }
        AuditJson.check(line.details());
        return line;
    }

    String text() {
        ObjectNode object = AuditJson.object()
                .put("first", first.toString())
                .put("last", last.toString())
                .put("count", count)
                .put("event", event.text());
        object.set("details", AuditJson.object(details));
        return AuditJson.text(object.put("previous", previous));
    }

    boolean tells(AuditEvent otherEvent, Map<String, String> otherDetails) {
        return event == otherEvent && details.equals(otherDetails);
    }

    SealedLine again(Instant now) {
        return new SealedLine(first, now, count + 1, event, details, previous);
    }

    SealedLine behind(String line) {
        return new SealedLine(first, last, count, event, details, AuditJson.hash(line));
    }
}
