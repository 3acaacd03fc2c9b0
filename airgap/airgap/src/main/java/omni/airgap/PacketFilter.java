package omni.airgap;

import java.util.ArrayList;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Set;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/**
 * The packet filter of macOS by pfctl(8): one anchor of Omni's own that passes the loopback and drops the rest, and one
 * reference that keeps pf enabled. Nothing of anybody else's is changed: no other rule, no other reference, and pf is never
 * disabled, for that would take away everybody's references.
 *
 * <p>The anchor is a child of {@code com.apple}, which the main rules of macOS evaluate ({@code anchor "com.apple/*"}), and
 * the first of them, for pf goes through them in the order of their names. Whether it is reached is read back each time.
 * Source: pfctl(8), pf.conf(5).
 */
final class PacketFilter {
    static final String ANCHOR = "com.apple/000.omni-gap";
    /** Without states on the loopback, so that "no state is left" can be confirmed. */
    static final String RULES = "pass quick on lo0 all no state\nblock drop quick all\n";

    /** As pfctl prints them: some add what goes without saying. */
    private static final Pattern PRINTED = Pattern.compile(
            "pass quick on lo0 all(?: flags any)? no state\nblock drop quick all(?: flags any)?(?: no state)?");

    private static final String PARENT = "com.apple";
    private static final String CALL = "anchor \"com.apple/*\" all";
    /** pfctl says this of every kernel that has no ALTQ, as macOS has none. */
    private static final String NOISE = "ALTQ";

    private static final Pattern TOKEN = Pattern.compile("(?m)^Token : ([0-9]{1,20})\\s*$");
    private static final Pattern STATUS = Pattern.compile("(?m)^Status: (Enabled|Disabled)\\b");
    private static final Pattern OTHER = Pattern.compile("anchor \"([A-Za-z0-9._][A-Za-z0-9._/-]{0,127})\".*");
    private static final Pattern SKIPPED = Pattern.compile("(\\S+) +\\(skip\\)");
    private static final Set<String> LOOPBACKS = Set.of("lo0", "lo");
    private static final String NO_REFERENCE = "No pf starter references held";
    private static final String REFERENCES = "TOKENS:";
    /** The token stands before "0 days 00:03:31": a name of a program with blanks shifts the columns before it. */
    private static final int TOKEN_FROM_END = 4;

    private final Programs programs;

    PacketFilter(Programs programs) {
        this.programs = programs;
    }

    /** Loads the rules into the anchor, in the place of what is there. */
    void load() throws AirgapException {
        programs.tell(Program.PFCTL, RULES, "-a", ANCHOR, "-f", "-");
    }

    /** Takes the rules out of the anchor, whereupon pf forgets it. */
    void unload() throws AirgapException {
        programs.ask(Program.PFCTL, "-a", ANCHOR, "-F", "rules");
        if (present()) {
            throw new AirgapException("The rules of " + ANCHOR + " are still in pf.");
        }
    }

    /** Whether there is a rule in the anchor. */
    boolean present() throws AirgapException {
        return !rules(ANCHOR).isEmpty();
    }

    /**
     * Takes a reference, which enables pf, and returns its token.
     *
     * @param before the tokens that there are: where pfctl does not print the new one, it is the one more
     */
    String enable(Set<String> before) throws AirgapException {
        Programs.Answer answer = programs.ask(Program.PFCTL, "-E");
        Matcher matcher = TOKEN.matcher(answer.output() + "\n" + answer.complaint());
        if (!matcher.find()) {
            Set<String> fresh = references();
            fresh.removeAll(before);
            if (fresh.size() == 1) {
                return fresh.iterator().next();
            }
            throw new AirgapException("pf gave no token for its reference: "
                    + Programs.shown(answer.output() + " " + answer.complaint()));
        }
        return matcher.group(1);
    }

    /** Gives the reference back: pf is disabled where nobody else has one. One that is gone is fine. */
    void release(String token) throws AirgapException {
        if (references().contains(token)) {
            programs.ask(Program.PFCTL, "-X", token);
            if (references().contains(token)) {
                throw new AirgapException("pf keeps the reference " + token + ".");
            }
        }
    }

    /** The tokens of all references. */
    Set<String> references() throws AirgapException {
        List<String> lines = lines(programs.ask(Program.PFCTL, "-s", "References"));
        Set<String> tokens = new LinkedHashSet<>();
        if (lines.contains(NO_REFERENCE)) {
            return tokens;
        }
        if (lines.isEmpty() || !lines.getFirst().equals(REFERENCES)) {
            throw new AirgapException("pf does not tell its references: " + Programs.shown(String.join(" ", lines)));
        }
        for (String line : lines.subList(Math.min(2, lines.size()), lines.size())) {
            String[] words = line.split("\\s+", -1);
            String token = words.length > TOKEN_FROM_END ? words[words.length - TOKEN_FROM_END] : "";
            if (!token.matches("[0-9]{1,20}")) {
                throw new AirgapException("This is no reference of pf: " + Programs.shown(line));
            }
            tokens.add(token);
        }
        return tokens;
    }

    /** Forgets every connection that pf has let through: what goes on is judged by the rules. */
    void flushStates() throws AirgapException {
        programs.ask(Program.PFCTL, "-F", "states");
    }

    /** How many connections pf lets through without a look at the rules. */
    int states() throws AirgapException {
        return (int) lines(programs.ask(Program.PFCTL, "-s", "states")).stream()
                .filter(line -> !line.equals("STATES:"))
                .count();
    }

    /** What keeps everything from being dropped, a line each. */
    List<String> problems() throws AirgapException {
        List<String> problems = new ArrayList<>();
        if (!enabled()) {
            problems.add("pf is disabled");
        }
        if (!whole(rules(ANCHOR))) {
            problems.add("the rules of " + ANCHOR + " in pf are not Omni's");
        }
        problems.addAll(unreached());
        return problems;
    }

    private boolean enabled() throws AirgapException {
        String output = programs.ask(Program.PFCTL, "-s", "info").output();
        Matcher matcher = STATUS.matcher(output);
        if (!matcher.find()) {
            throw new AirgapException("pf does not tell whether it is enabled: " + Programs.shown(output));
        }
        return matcher.group(1).equals("Enabled");
    }

    private static boolean whole(List<String> rules) {
        return PRINTED.matcher(String.join("\n", rules)).matches();
    }

    /** What of other rules goes before the anchor's, or around them; empty where the anchor decides of every packet. */
    List<String> unreached() throws AirgapException {
        List<String> problems = new ArrayList<>(before());
        for (String line : lines(programs.ask(Program.PFCTL, "-a", PARENT, "-s", "Anchors"))) {
            if (line.startsWith(PARENT + "/") && line.compareTo(ANCHOR) < 0) {
                problems.add("pf goes through " + Programs.shown(line) + " before Omni's rules");
            }
        }
        List<String> interfaces = lines(programs.ask(Program.PFCTL, "-v", "-s", "Interfaces"));
        if (interfaces.isEmpty()) {
            throw new AirgapException("pf names no interface.");
        }
        for (String line : interfaces) {
            Matcher matcher = SKIPPED.matcher(line);
            if (matcher.matches() && !LOOPBACKS.contains(matcher.group(1))) {
                problems.add("pf lets everything through on " + Programs.shown(matcher.group(1))
                        + " (set skip, in /etc/pf.conf)");
            }
        }
        return problems;
    }

    /** The main rules up to the anchors of macOS: the last that matches decides, and of those with "quick" the first. */
    private List<String> before() throws AirgapException {
        List<String> problems = new ArrayList<>();
        for (String line : lines(programs.ask(Program.PFCTL, "-s", "rules"))) {
            if (line.equals(CALL)) {
                return problems;
            }
            if (decides(line)) {
                problems.add("a rule of pf comes before Omni's: " + Programs.shown(line));
            }
        }
        return List.of("the main rules of pf do not reach Omni's: they have no " + CALL
                + ". Load those of macOS: pfctl -f /etc/pf.conf");
    }

    private boolean decides(String rule) throws AirgapException {
        if (rule.contains(" quick ")) {
            return true;
        }
        Matcher other = OTHER.matcher(rule);
        if (!other.matches()) {
            return rule.startsWith("anchor ");
        }
        return rules(other.group(1)).stream()
                .anyMatch(inner -> inner.contains(" quick ") || inner.startsWith("anchor "));
    }

    /** The filter rules of an anchor; none where there is no such anchor. */
    private List<String> rules(String anchor) throws AirgapException {
        Programs.Answer answer = programs.run(Program.PFCTL, List.of("-a", anchor, "-s", "rules"), "");
        boolean absent =
                answer.complaint().contains("not found") || answer.complaint().contains("Invalid argument");
        if (answer.exit() != 0 && !(absent && answer.lines().isEmpty())) {
            throw new AirgapException("pf does not tell the rules of " + anchor + ": "
                    + Programs.shown(answer.complaint() + " " + answer.output()));
        }
        return lines(answer);
    }

    private static List<String> lines(Programs.Answer answer) {
        return answer.lines().stream().filter(line -> !line.contains(NOISE)).toList();
    }
}
