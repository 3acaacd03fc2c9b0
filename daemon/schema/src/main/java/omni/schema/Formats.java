package omni.schema;

import java.util.Map;
import java.util.TreeMap;

/**
 * The formats of texts that are honoured, as patterns. Each is the form in common use, which may be less than its standard
 * allows (no leap seconds, capital T and Z in times); never more.
 */
final class Formats {
    private static final String LEAP_YEAR =
            "(?:[0-9]{2}(?:0[48]|[2468][048]|[13579][26])|(?:[02468][048]|[13579][26])00)";
    private static final String DATE = "(?:[0-9]{4}-(?:(?:0[13578]|1[02])-(?:0[1-9]|[12][0-9]|3[01])"
            + "|(?:0[469]|11)-(?:0[1-9]|[12][0-9]|30)|02-(?:0[1-9]|1[0-9]|2[0-8]))|" + LEAP_YEAR + "-02-29)";
    private static final String TIME = "(?:[01][0-9]|2[0-3]):[0-5][0-9]:[0-5][0-9](?:\\.[0-9]{1,9})?"
            + "(?:Z|[+-](?:[01][0-9]|2[0-3]):[0-5][0-9])";
    private static final String COUNT = "(?:0|[1-9][0-9]{0,3})";
    private static final String SECONDS = COUNT + "S";
    private static final String MINUTES = "(?:" + COUNT + "M(?:" + SECONDS + ")?|" + SECONDS + ")";
    private static final String CLOCK = "T(?:" + COUNT + "H(?:" + COUNT + "M(?:" + SECONDS + ")?)?|" + MINUTES + ")";
    private static final String MONTHS = COUNT + "M(?:" + COUNT + "D)?";
    private static final String DURATION = "P(?:" + COUNT + "W|(?:" + COUNT + "Y(?:" + MONTHS + ")?|" + MONTHS + "|"
            + COUNT + "D)(?:" + CLOCK + ")?|" + CLOCK + ")";
    private static final String LABEL = "[A-Za-z0-9]{1,20}(?:-[A-Za-z0-9]{1,20}){0,2}";
    private static final String LAST_LABEL = "[A-Za-z]{2,20}";
    private static final String HOST = "(?:" + LABEL + "\\.){0,3}" + LAST_LABEL;
    private static final String ATOM = "[A-Za-z0-9!#$%&'*+\\/=?^_`{|}~-]{1,20}";
    private static final String BYTE = "(?:25[0-5]|2[0-4][0-9]|1[0-9]{2}|[1-9]?[0-9])";
    private static final String IPV4 = "(?:" + BYTE + "\\.){3}" + BYTE;
    private static final String GROUP = "[0-9A-Fa-f]{1,4}";
    private static final String PATH_CHARACTER = "(?:[A-Za-z0-9._~!$&'()*+,;=:@-]|%[0-9A-Fa-f]{2})";

    /** Names and what they stand for, whole texts each. */
    static final Map<String, String> PATTERNS = new TreeMap<>(Map.ofEntries(
            // RFC 3339, section 5.6; days as the months have them.
            Map.entry("date", DATE),
            Map.entry("time", TIME),
            Map.entry("date-time", DATE + "T" + TIME),
            // RFC 3339, appendix A.
            Map.entry("duration", DURATION),
            // RFC 9562, section 4.
            Map.entry("uuid", "[0-9A-Fa-f]{8}(?:-[0-9A-Fa-f]{4}){3}-[0-9A-Fa-f]{12}"),
            // RFC 5321, section 4.1.2: a dot-string at a domain.
            Map.entry("email", ATOM + "(?:\\." + ATOM + "){0,2}@(?:" + LABEL + "\\.){1,3}" + LAST_LABEL),
            // RFC 1123, section 2.1.
            Map.entry("hostname", HOST),
            // RFC 2673, section 3.2.
            Map.entry("ipv4", IPV4),
            // RFC 4291, section 2.2, forms 1 and 2.
            Map.entry("ipv6", ipv6()),
            // RFC 3986, with an authority.
            Map.entry(
                    "uri",
                    "[a-z][a-z0-9+.-]{0,15}:\\/\\/" + HOST + "(?::[1-9][0-9]{0,3})?(?:\\/" + PATH_CHARACTER
                            + "*)*(?:\\?(?:" + PATH_CHARACTER + "|[\\/?])*)?(?:#(?:" + PATH_CHARACTER
                            + "|[\\/?])*)?")));

    private Formats() {}

    private static String ipv6() {
        var forms = new StringBuilder("(?:" + GROUP + ":){7}" + GROUP);
        for (var before = 0; before <= 7; before++) {
            forms.append('|').append(before == 0 ? ":" : "(?:" + GROUP + ":){" + before + "}");
            var after = 7 - before;
            if (after == 0) {
                forms.append(':');
            } else {
                forms.append("(?::" + GROUP + "){1," + after + "}|")
                        .append(before == 0 ? ":" : "(?:" + GROUP + ":){" + before + "}")
                        .append(':');
            }
        }
        return "(?:" + forms + ")";
    }
}
