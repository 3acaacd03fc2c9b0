package omni.cli;

import java.time.Duration;
import java.time.Instant;
import java.time.temporal.ChronoUnit;
import java.util.Locale;

/** Numbers as people read them. */
final class Text {
    private static final String[] UNITS = {"B", "kB", "MB", "GB", "TB"};

    private Text() {}

    /** Bytes in decimal units, such as "11.7 MB". */
    static String bytes(long bytes) {
        double value = bytes;
        int unit = 0;
        while (value >= 999.5 && unit < UNITS.length - 1) {
            value /= 1000;
            unit++;
        }
        return unit == 0 || value >= 99.95
                ? String.format(Locale.ROOT, "%.0f %s", value, UNITS[unit])
                : String.format(Locale.ROOT, "%.1f %s", value, UNITS[unit]);
    }

    /** A span in its two largest units, such as "3 h 12 min". */
    static String span(Duration span) {
        if (span.toMinutes() < 1) {
            return span.toSeconds() + " s";
        } else if (span.toHours() < 1) {
            return span.toMinutes() + " min";
        } else if (span.toDays() < 1) {
            return span.toHours() + " h " + span.toMinutesPart() + " min";
        }
        return span.toDays() + " d " + span.toHoursPart() + " h";
    }

    /** A moment to the second, such as "2026-11-30T03:51:12Z". */
    static String time(Instant moment) {
        return moment.truncatedTo(ChronoUnit.SECONDS).toString();
    }

    /** "1 model", "2 models". */
    static String count(long number, String noun) {
        return number + " " + noun + (number == 1 ? "" : "s");
    }

    /** The text with spaces up to a width. */
    static String pad(String text, int width) {
        return text + " ".repeat(Math.max(0, width - text.length()));
    }

    /**
     * Text from elsewhere, fit for a terminal: control characters, which could move the cursor or set colours, become
     * a visible mark; line feeds and tabs stay.
     */
    static String printable(String text) {
        return text.codePoints()
                .map(c -> Character.getType(c) == Character.CONTROL && c != '\n' && c != '\t' ? '\ufffd' : c)
                .collect(StringBuilder::new, StringBuilder::appendCodePoint, StringBuilder::append)
                .toString();
    }
}
