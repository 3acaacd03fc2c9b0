package omni.template;

import java.time.ZonedDateTime;
import java.time.format.TextStyle;
import java.time.temporal.ChronoField;
import java.time.temporal.IsoFields;
import java.util.Locale;

/**
 * Python's {@code datetime.strftime} with glibc's flags, in the C locale. A time has no zone there, so {@code %z} and
 * {@code %Z} are empty.
 *
 * @see <a href="https://docs.python.org/3/library/datetime.html#strftime-and-strptime-format-codes">Python, format
 *     codes</a>
 */
final class Strftime {
    private Strftime() {}

    static String format(String format, ZonedDateTime time, Budget budget) {
        StringBuilder out = new StringBuilder();
        for (int i = 0; i < format.length(); i++) {
            budget.step();
            char c = format.charAt(i);
            if (c != '%' || i + 1 == format.length()) {
                out.append(c);
                continue;
            }
            char flag = format.charAt(i + 1);
            boolean flagged = "-_0^".indexOf(flag) >= 0 && i + 2 < format.length();
            i += flagged ? 2 : 1;
            String field = field(format.charAt(i), time, budget);
            out.append(flagged ? flagged(flag, field) : field);
        }
        return budget.made(out.toString());
    }

    private static String flagged(char flag, String field) {
        String digits = field;
        while (digits.length() > 1 && (digits.charAt(0) == '0' || digits.charAt(0) == ' ')) {
            digits = digits.substring(1);
        }
        int missing = field.length() - digits.length();
        return switch (flag) {
            case '-' -> digits;
            case '_' -> " ".repeat(missing) + digits;
            case '0' -> "0".repeat(missing) + digits;
            default -> field.toUpperCase(Locale.ROOT);
        };
    }

    private static String field(char code, ZonedDateTime t, Budget budget) {
        int hour = t.getHour();
        return switch (code) {
            case 'a' -> t.getDayOfWeek().getDisplayName(TextStyle.SHORT, Locale.ENGLISH);
            case 'A' -> t.getDayOfWeek().getDisplayName(TextStyle.FULL, Locale.ENGLISH);
            case 'b', 'h' -> t.getMonth().getDisplayName(TextStyle.SHORT, Locale.ENGLISH);
            case 'B' -> t.getMonth().getDisplayName(TextStyle.FULL, Locale.ENGLISH);
            case 'c' -> format("%a %b %e %H:%M:%S %Y", t, budget);
            case 'C' -> pad(t.getYear() / 100, 2);
            case 'd' -> pad(t.getDayOfMonth(), 2);
            case 'D', 'x' -> format("%m/%d/%y", t, budget);
            case 'e' -> (t.getDayOfMonth() < 10 ? " " : "") + t.getDayOfMonth();
            case 'f' -> pad(t.get(ChronoField.MICRO_OF_SECOND), 6);
            case 'F' -> format("%Y-%m-%d", t, budget);
            case 'g' -> pad(t.get(IsoFields.WEEK_BASED_YEAR) % 100, 2);
            case 'G' -> pad(t.get(IsoFields.WEEK_BASED_YEAR), 4);
            case 'H' -> pad(hour, 2);
            case 'I' -> pad(hour % 12 == 0 ? 12 : hour % 12, 2);
            case 'j' -> pad(t.getDayOfYear(), 3);
            case 'k' -> (hour < 10 ? " " : "") + hour;
            case 'l' -> (hour % 12 == 0 || hour % 12 > 9 ? "" : " ") + (hour % 12 == 0 ? 12 : hour % 12);
            case 'm' -> pad(t.getMonthValue(), 2);
            case 'M' -> pad(t.getMinute(), 2);
            case 'n' -> "\n";
            case 'p' -> hour < 12 ? "AM" : "PM";
            case 'P' -> hour < 12 ? "am" : "pm";
            case 'r' -> format("%I:%M:%S %p", t, budget);
            case 'R' -> format("%H:%M", t, budget);
            case 's' -> String.valueOf(t.toEpochSecond());
            case 'S' -> pad(t.getSecond(), 2);
            case 't' -> "\t";
            case 'T', 'X' -> format("%H:%M:%S", t, budget);
            case 'u' -> String.valueOf(t.getDayOfWeek().getValue());
            case 'U' -> pad((t.getDayOfYear() + 6 - t.getDayOfWeek().getValue() % 7) / 7, 2);
            case 'V' -> pad(t.get(IsoFields.WEEK_OF_WEEK_BASED_YEAR), 2);
            case 'w' -> String.valueOf(t.getDayOfWeek().getValue() % 7);
            case 'W' -> pad((t.getDayOfYear() + 6 - (t.getDayOfWeek().getValue() + 6) % 7) / 7, 2);
            case 'y' -> pad(t.getYear() % 100, 2);
            case 'Y' -> String.valueOf(t.getYear());
            case 'z', 'Z' -> "";
            case '%' -> "%";
            default -> "%" + code;
        };
    }

    private static String pad(int number, int width) {
        String digits = String.valueOf(number);
        return "0".repeat(Math.max(0, width - digits.length())) + digits;
    }
}
