package omni.airgap;

import java.time.Instant;
import java.time.format.DateTimeParseException;
import java.time.temporal.ChronoUnit;
import java.util.ArrayList;
import java.util.List;
import tools.jackson.databind.JsonNode;

/**
 * Tells in words which gaps the records of a proof show, and when one of them did not hold. A gap goes on from one record to the next where
 * both say since when it is closed, and say the same; records from before they did end one where another is engaged. For one thread.
 */
final class GapStory {
    private static final int GAPS_MAX = 1000;
    private static final int BREAKS_MAX = 20;
    private static final int WORDS_CHARACTERS_MAX = 300;

    private final List<String> gaps = new ArrayList<>();
    private final List<String> breaks = new ArrayList<>();
    private long untoldGaps;
    private long untoldBreaks;
    private String closedAt = "";
    /** Since when it is closed, as the records say it: the same in all of one gap. */
    private String since = "";
    /** When it was seen closed last, and confirmed. */
    private String seenAt = "";

    private String brokenAt = "";
    private String liftedAt = "";
    private String liftedBy = "";
    private String fullAt = "";
    private final SentStory sent = new SentStory();
    private long refused;
    private long corrections;

    /** Takes the next record. */
    void add(JsonNode record) {
        JsonNode body = record.path("body");
        JsonNode happened = body.path("at"); // the record's own time is when it was written
        String time = words(happened.isString() ? happened : record.path("time"));
        String kind = record.path("kind").asString("");
        if (body.path("late").isString()) {
            note("a lift at " + moment(words(body.path("late"))) + " went on before the evidence had it");
        }
        switch (kind) {
            case "engaging", "watched" -> goesOn(kind, time, body);
            case "started" -> started(time, body);
            case "closed" -> {
                goesOn(kind, time, body);
                begin(time);
                mended((brokenAt.equals(closedAt) ? ", confirmed at " : ", confirmed again at ") + moment(time));
            }
            case "broken" -> {
                goesOn(kind, time, body);
                begin(time);
                brokenAt = brokenAt.isEmpty() ? time : brokenAt;
            }
            case "key" -> rekeyed(time, body);
            case "lifting" -> {
                liftedAt = time; // from here on it is being opened
                liftedBy = by(body);
            }
            case "refused" -> refused += closedAt.isEmpty() ? 0 : 1;
            case "unwritten" -> unwritten(body);
            case EvidenceChain.FULL -> fullAt = time;
            case "open" -> lifted(liftedAt.isEmpty() ? time : liftedAt, by(body));
            default -> {}
        }
        if (!closedAt.isEmpty()) {
            corrections = Math.max(corrections, body.path("corrections").asLong(0));
            sent.add(kind, body);
            seenAt = kind.equals("closed") || (kind.equals("watched") && brokenAt.isEmpty()) ? time : seenAt;
        }
    }

    private static String by(JsonNode body) {
        return words(body.path("cause")).replaceFirst("^lift: ", "");
    }

    private void lifted(String end, String by) {
        mended(" and not confirmed before it was lifted");
        if (!closedAt.isEmpty()) {
            tell("a gap from " + moment(closedAt) + " to " + moment(end) + ", by this box's clock, lifted by " + by);
        }
        over();
    }

    private void over() {
        closedAt = "";
        since = "";
        seenAt = "";
        brokenAt = "";
        liftedAt = "";
        sent.clear();
    }

    /** How the role has found the gap as it started. */
    private void started(String time, JsonNode body) {
        if (!body.path("state").asString("").equals("open")) {
            goesOn(CounterMark.STARTED, time, body);
        } else if (!closedAt.isEmpty()) {
            endedUnseen("found open, as the role started, at " + moment(time));
        } else {
            over();
        }
    }

    /** Of a record that says that it is closed: whether that is the gap that is being told, or another one. */
    private void goesOn(String kind, String time, JsonNode body) {
        String now = words(body.path("since"));
        if (!closedAt.isEmpty()) {
            boolean another = (now.isEmpty() || since.isEmpty())
                    ? kind.equals("engaging") && !again(words(body.path("cause")))
                    : !now.equals(since);
            if (another) {
                endedUnseen("closed anew at " + moment(time));
            } else if (!liftedAt.isEmpty() && !kind.equals("watched")) {
                note("a lift by " + liftedBy + " that began at " + moment(liftedAt) + " and ended closed again, at "
                        + moment(time));
                liftedAt = "";
            }
        }
        since = now.isEmpty() ? since : now;
    }

    /** Causes of a gap that is engaged again and was not open, in records that do not say since when it is closed. */
    private boolean again(String cause) {
        return liftedAt.isEmpty() ? cause.equals("the gap was closed before") : cause.startsWith("a lift failed: ");
    }

    /** Nothing says when it ended, and it was not to be told as one with the next. */
    private void endedUnseen(String how) {
        if (!liftedAt.isEmpty()) {
            lifted(liftedAt, liftedBy); // the last of that lift alone is missing
            return;
        }
        mended(" and not confirmed when it was seen last");
        tell("a gap from " + moment(closedAt) + ", by this box's clock, whose end is not recorded: "
                + (seenAt.isEmpty() ? "" : "seen closed last at " + moment(seenAt) + ", ") + how);
        over();
    }

    private void unwritten(JsonNode body) {
        note("records that could not be written, from " + moment(words(body.path("from"))) + " to "
                + moment(words(body.path("to"))) + ": " + body.path("records").asLong(0));
    }

    /** Tells it of the gap, or by itself where there is none. */
    private void note(String what) {
        if (!closedAt.isEmpty() && breaks.size() < BREAKS_MAX) {
            breaks.add(what);
        } else if (!closedAt.isEmpty()) {
            untoldBreaks++;
        } else if (gaps.size() < GAPS_MAX) {
            gaps.add("outside of the gaps that are told: " + what);
        } else {
            untoldGaps++;
        }
    }

    /** A box may sign what it likes: not more of it than is worth telling. */
    static String words(JsonNode text) {
        return words(text.asString(""));
    }

    static String words(String words) {
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
            breaks.addAll(sent.told());
            if (corrections > 0) {
                breaks.add("what was open again and was closed: " + corrections);
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
        corrections = 0;
        refused = 0;
    }

    /** A line for each gap. To be asked once, at the end. */
    List<String> lines() {
        if (!closedAt.isEmpty()) {
            mended(" and not confirmed when the proof was made");
            tell("a gap since " + moment(closedAt) + ", by this box's clock, "
                    + (liftedAt.isEmpty()
                            ? fullAt.isEmpty()
                                    ? "not lifted when the proof was made"
                                    : "not lifted when the records ended"
                            : "of which a lift by " + liftedBy + " began at " + moment(liftedAt)
                                    + " and had not ended when the proof was made"));
        }
        if (!fullAt.isEmpty()) {
            gaps.add("that these records end at " + moment(fullAt)
                    + ", when the evidence was full: what came after is not in" + " them");
        }
        if (untoldGaps > 0) {
            gaps.add("more gaps: " + untoldGaps);
        }
        return List.copyOf(gaps);
    }
}
