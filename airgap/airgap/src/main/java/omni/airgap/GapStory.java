package omni.airgap;

import java.time.Instant;
import java.time.format.DateTimeParseException;
import java.time.temporal.ChronoUnit;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import tools.jackson.databind.JsonNode;

/** Tells in words which gaps the records of a proof show, and when one of them did not hold. For one thread. */
final class GapStory {
    private static final int GAPS_MAX = 1000;
    private static final int BREAKS_MAX = 20;
    private static final int WORDS_CHARACTERS_MAX = 300;
    private static final int LINKS_MAX = 10_000;

    private final List<String> gaps = new ArrayList<>();
    private final List<String> breaks = new ArrayList<>();
    private long untoldGaps;
    private long untoldBreaks;
    private String closedAt = "";
    private String brokenAt = "";
    private String liftedAt = "";
    /** Of this gap: what each link had sent when it was seen last, by namespace and name; and what it has sent in it. */
    private final Map<String, Long> sentLast = new HashMap<>();

    private final Map<String, Long> sent = new TreeMap<>();
    private boolean confirmed;
    private long refused;

    /** Takes the next record. */
    void add(JsonNode record) {
        JsonNode happened = record.path("body").path("at"); // the record's own time is when it was written
        String time = words(happened.isString() ? happened : record.path("time"));
        switch (record.path("kind").asString("")) {
            case "closed" -> {
                begin(time);
                frames(record);
                mended((brokenAt.equals(closedAt) ? ", confirmed at " : ", confirmed again at ") + moment(time));
            }
            case "broken" -> {
                begin(time);
                brokenAt = brokenAt.isEmpty() ? time : brokenAt;
            }
            case "watched" -> frames(record);
            case "key" -> rekeyed(time, record.path("body"));
            case "lifting" -> {
                frames(record);
                liftedAt = time; // from here on it is being opened
            }
            case "refused" -> refused += closedAt.isEmpty() ? 0 : 1;
            case "open" -> {
                mended(" and not confirmed before it was lifted");
                if (!closedAt.isEmpty()) {
                    String by = words(record.path("body").path("cause")).replaceFirst("^lift: ", "");
                    String end = liftedAt.isEmpty() ? time : liftedAt;
                    tell("a gap from " + moment(closedAt) + " to " + moment(end) + ", by this box's clock, lifted by "
                            + by);
                }
                closedAt = "";
                liftedAt = "";
                sentLast.clear();
                sent.clear();
                confirmed = false;
            }
            default -> {}
        }
    }

    /** A box may sign what it likes: not more of it than is worth telling. */
    private static String words(JsonNode text) {
        return words(text.asString(""));
    }

    private static String words(String words) {
        return words.substring(0, Math.min(words.length(), WORDS_CHARACTERS_MAX));
    }

    /** To the second, where it is a moment at all. */
    private static String moment(String time) {
        try {
            return Instant.parse(time).truncatedTo(ChronoUnit.SECONDS).toString();
        } catch (DateTimeParseException e) {
            return time;
        }
    }

    private void begin(String time) {
        closedAt = closedAt.isEmpty() ? time : closedAt;
    }

    /** Of a gap that was confirmed once: a link whose count rises from there on has sent, and one that is new from its first frame on. */
    private void frames(JsonNode record) {
        boolean first = !confirmed;
        confirmed |= record.path("kind").asString("").equals("closed");
        if (closedAt.isEmpty() || !confirmed) {
            return;
        }
        record.path("body")
                .path("sentFrames")
                .properties()
                .forEach(namespace -> namespace.getValue().properties().forEach(link -> {
                    String name = words(link.getKey()) + " of net:[" + words(namespace.getKey()) + "]";
                    long now = link.getValue().asLong(0);
                    if (sentLast.size() < LINKS_MAX || sentLast.containsKey(name)) {
                        long before = sentLast.getOrDefault(name, first ? now : 0L);
                        sentLast.put(name, now);
                        long more = now < before ? now : now - before; // one that was made anew counts from nothing
                        if (more > 0) {
                            sent.merge(name, more, Long::sum);
                        }
                    }
                }));
    }

    private void rekeyed(String time, JsonNode body) {
        JsonNode former = body.path("former");
        gaps.add("that these records go on, under a new key from " + moment(time) + ", from "
                + former.path("records").asLong(0) + " others, which are not in this proof: "
                + words(body.path("cause")));
    }

    private void mended(String how) {
        if (brokenAt.isEmpty()) {
            return;
        }
        if (breaks.size() < BREAKS_MAX) {
            breaks.add("broken (not confirmed) since " + moment(brokenAt) + how);
        } else {
            untoldBreaks++;
        }
        brokenAt = "";
    }

    private void tell(String gap) {
        if (gaps.size() < GAPS_MAX) {
            String more = untoldBreaks > 0 ? "; broken more often: " + untoldBreaks : "";
            sent.entrySet().stream()
                    .limit(BREAKS_MAX)
                    .forEach(link -> breaks.add(link.getKey() + " sent " + link.getValue()
                            + (link.getValue() == 1 ? " frame" : " frames")));
            if (sent.size() > BREAKS_MAX) {
                breaks.add("links more that sent: " + (sent.size() - BREAKS_MAX));
            }
            if (refused > 0) {
                breaks.add("tries to lift it that were refused: " + refused);
            }
            gaps.add(breaks.isEmpty() ? gap : gap + "; in it: " + String.join("; ", breaks) + more);
        } else {
            untoldGaps++;
        }
        breaks.clear();
        untoldBreaks = 0;
        refused = 0;
    }

    /** A line for each gap. To be asked once, at the end. */
    List<String> lines() {
        if (!closedAt.isEmpty()) {
            mended(" and not confirmed when the proof was made");
            tell("a gap since " + moment(closedAt) + ", by this box's clock, not lifted when the proof was made");
        }
        if (untoldGaps > 0) {
            gaps.add("more gaps: " + untoldGaps);
        }
        return List.copyOf(gaps);
    }
}
