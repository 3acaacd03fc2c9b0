package omni.airgap;

import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import tools.jackson.databind.JsonNode;

/**
 * Tells which links have sent in a gap that was confirmed once: one whose count rises from there on, and one that is new from its first
 * frame on. A link is known by its number, whatever it is called; in older records by its name. For one thread.
 *
 * <pre>
 *   "sentFrames":{"4026532":{"7":{"name":"eth0","frames":12}}}      "4026532" and 7 are its namespace and its number
 *   "sentFrames":{"4026532":{"eth0":12}}                           as it was before
 * </pre>
 */
final class SentStory {
    private static final int LINKS_MAX = 10_000;
    private static final int TOLD_MAX = 20;

    /** What each link had sent when it was seen last. */
    private final Map<String, Long> last = new HashMap<>();

    private final Map<String, Sent> sent = new TreeMap<>();
    private boolean confirmed;

    /**
     * What a link has sent in this gap.
     *
     * @param name what it is called, and where
     */
    private record Sent(String name, long frames) {}

    /** Takes the next record of a gap. */
    void add(String kind, JsonNode body) {
        boolean first = !confirmed;
        confirmed |= kind.equals("closed");
        if (confirmed && (kind.equals("closed") || kind.equals("watched") || kind.equals("lifting"))) {
            body.path("sentFrames")
                    .properties()
                    .forEach(namespace -> namespace
                            .getValue()
                            .properties()
                            .forEach(link ->
                                    add(GapStory.words(namespace.getKey()), link.getKey(), link.getValue(), first)));
        }
    }

    private void add(String namespace, String key, JsonNode link, boolean first) {
        boolean numbered = link.isObject();
        String name = numbered ? GapStory.words(link.path("name")) : GapStory.words(key);
        String told = name + " of net:[" + namespace + "]";
        String known = numbered ? told(namespace, key) : told;
        long now = (numbered ? link.path("frames") : link).asLong(0);
        Long before = last.get(known);
        if (before == null && numbered) {
            before = last.remove(told); // the records of this gap began before links had numbers in them
        }
        if (before == null && last.size() >= LINKS_MAX) {
            return;
        }
        last.put(known, now);
        long start = before != null ? before : first ? now : 0L;
        long more = now < start ? now : now - start; // one that was made anew counts from nothing
        if (more > 0) {
            sent.merge(known, new Sent(told, more), (all, one) -> new Sent(told, all.frames() + one.frames()));
        }
    }

    /** No name of a link has such a sign in it. */
    private static String told(String namespace, String key) {
        return "/" + namespace + "/" + GapStory.words(key);
    }

    /** A line for each link, of many the first ones. */
    List<String> told() {
        List<String> lines = new ArrayList<>();
        sent.values().stream()
                .limit(TOLD_MAX)
                .forEach(link -> lines.add(
                        link.name() + " sent " + link.frames() + (link.frames() == 1 ? " frame" : " frames")));
        if (sent.size() > TOLD_MAX) {
            lines.add("links more that sent: " + (sent.size() - TOLD_MAX));
        }
        return lines;
    }

    /** The gap is over. */
    void clear() {
        last.clear();
        sent.clear();
        confirmed = false;
    }
}
