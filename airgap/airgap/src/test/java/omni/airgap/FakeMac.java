package omni.airgap;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.function.Consumer;

/**
 * A Mac as far as its programs show it: plays back what is recorded in {@code src/test/resources/macos}, and remembers what
 * it was told. Commands are known by the program's file name and its arguments.
 */
final class FakeMac implements Programs {
    static final String LOAD = "pfctl -a " + PacketFilter.ANCHOR + " -f -";
    static final String OURS = "pfctl -a " + PacketFilter.ANCHOR + " -s rules";

    private static final String NOISE = "No ALTQ support in kernel\nALTQ related functions disabled\n";

    final Set<String> interfaces = words("ifconfig-l");
    final Set<String> up = words("ifconfig-l-u");
    final Map<String, Boolean> radios = new HashMap<>(Map.of("en0", true));
    /** Tokens of pf and who holds them; pf is enabled as long as there is one. */
    final Map<String, String> tokens = new LinkedHashMap<>();

    final Map<String, String> anchors = new LinkedHashMap<>();
    String mainRules = recorded("pfctl-s-rules");
    String states = recorded("pfctl-s-states");
    String sockets = recorded("lsof-F-quiet");
    final List<String> commands = new ArrayList<>();
    /** Answers in the place of the usual ones, by command. */
    final Map<String, Reply> replies = new HashMap<>();
    /** Called with each command before it has an effect, and after it. */
    Consumer<String> before = command -> {};

    Consumer<String> after = command -> {};

    private long nextToken = Long.parseUnsignedLong("13971906727590307623");

    /** An answer that is not the usual one. */
    @FunctionalInterface
    interface Reply {
        Answer answer() throws AirgapException;
    }

    static String recorded(String name) {
        try {
            return Files.readString(Tools.MODULE.resolve("src/test/resources/macos/" + name + ".txt"));
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    private static Set<String> words(String name) {
        return new LinkedHashSet<>(List.of(recorded(name).strip().split(" ")));
    }

    /** This command does nothing and says that it has. */
    void ignores(String command) {
        says(command, "");
    }

    void says(String command, String output) {
        replies.put(command, () -> new Answer(0, output, ""));
    }

    void fails(String command, String why) {
        replies.put(command, () -> {
            throw new AirgapException(why);
        });
    }

    @Override
    public Answer run(Program program, List<String> arguments, String input) throws AirgapException {
        String command = program.path().getFileName() + " " + String.join(" ", arguments);
        commands.add(command);
        before.accept(command);
        Reply reply = replies.get(command);
        Answer answer = reply != null ? reply.answer() : usual(program, command, arguments, input);
        after.accept(command);
        return answer;
    }

    private Answer usual(Program program, String command, List<String> arguments, String input) {
        return switch (program) {
            case IFCONFIG -> ifconfig(arguments);
            case NETWORKSETUP -> networksetup(arguments);
            case PFCTL -> pfctl(command, arguments, input);
            case LSOF -> said(sockets);
            case NETSTAT -> said(recorded("netstat-i-n"));
        };
    }

    private static Answer said(String output) {
        return new Answer(0, output, "");
    }

    private Answer ifconfig(List<String> arguments) {
        if (arguments.getFirst().equals("-l")) {
            return said(String.join(" ", arguments.size() == 1 ? interfaces : up) + "\n");
        }
        String name = arguments.getFirst();
        if (!interfaces.contains(name)) {
            return new Answer(1, "", "ifconfig: interface " + name + " does not exist\n");
        }
        if (arguments.getLast().equals("up")) {
            up.add(name);
        } else {
            up.remove(name);
        }
        return said("");
    }

    private Answer networksetup(List<String> arguments) {
        String device = arguments.size() > 1 ? arguments.get(1) : "";
        return switch (arguments.getFirst()) {
            case "-listallhardwareports" -> said(recorded("networksetup-listallhardwareports"));
            case "-getairportpower" ->
                said(recorded(
                        radios.getOrDefault(device, false)
                                ? "networksetup-getairportpower-on"
                                : "networksetup-getairportpower-off"));
            case "-setairportpower" -> {
                radios.put(device, arguments.getLast().equals("on"));
                yield said("");
            }
            default -> throw new AssertionError(arguments);
        };
    }

    private Answer pfctl(String command, List<String> arguments, String input) {
        return switch (command) {
            case "pfctl -s info" ->
                noisy(recorded(tokens.isEmpty() ? "pfctl-s-info-disabled" : "pfctl-s-info-enabled"));
            case "pfctl -s References" -> noisy(tokens.isEmpty() ? recorded("pfctl-s-References-none") : references());
            case "pfctl -E" -> {
                String token = Long.toUnsignedString(nextToken++);
                tokens.put(token, "pfctl");
                // The token among what pfctl complains of: so it was seen, and on standard output, too.
                yield new Answer(0, "", NOISE + recorded("pfctl-E").replaceAll("Token : [0-9]+", "Token : " + token));
            }
            case "pfctl -s rules" -> noisy(mainRules);
            case "pfctl -a com.apple -s Anchors" -> noisy(anchorNames());
            case "pfctl -v -s Interfaces" -> noisy(recorded("pfctl-v-s-Interfaces"));
            case "pfctl -s states" -> noisy(states);
            case "pfctl -F states" -> {
                states = "";
                yield new Answer(0, "", NOISE + "39 states cleared\n");
            }
            default -> pfctlAnchor(arguments, input);
        };
    }

    private Answer pfctlAnchor(List<String> arguments, String input) {
        if (arguments.getFirst().equals("-X")) {
            return tokens.remove(arguments.get(1)) == null
                    ? new Answer(1, "", NOISE + "pfctl: DIOCSTOPREF: Invalid argument\n")
                    : noisy("");
        }
        if (!arguments.getFirst().equals("-a")) {
            throw new AssertionError(arguments);
        }
        String anchor = arguments.get(1);
        return switch (String.join(" ", arguments.subList(2, arguments.size()))) {
            case "-f -" -> {
                anchors.put(anchor, input);
                yield noisy("");
            }
            case "-F rules" -> {
                anchors.remove(anchor);
                yield new Answer(0, "", NOISE + "rules cleared\n");
            }
            case "-s rules" ->
                anchors.containsKey(anchor)
                        ? noisy(anchors.get(anchor))
                        : new Answer(0, "", NOISE + "pfctl: DIOCGETRULES: Invalid argument\n");
            default -> throw new AssertionError(arguments);
        };
    }

    private String anchorNames() {
        StringBuilder names = new StringBuilder(recorded("pfctl-a-com.apple-s-Anchors"));
        anchors.keySet().forEach(name -> names.insert(0, "  " + name + "\n"));
        return names.toString();
    }

    private String references() {
        StringBuilder table = new StringBuilder(recorded("pfctl-s-References"));
        tokens.forEach(
                (token, name) -> table.append(String.format("%-8d %-28s %-24s 0 days 00:03:31%n", 618, name, token)));
        return table.toString();
    }

    private static Answer noisy(String output) {
        return new Answer(0, output, NOISE);
    }

    /** All that a lift must leave as it was. */
    record Picture(
            Set<String> up, Map<String, Boolean> radios, Map<String, String> tokens, Map<String, String> anchors) {}

    Picture picture() {
        return new Picture(Set.copyOf(up), Map.copyOf(radios), Map.copyOf(tokens), Map.copyOf(anchors));
    }

    /** Whether nothing but the loopback gets out. */
    boolean dark() {
        return up.equals(Set.of("lo0"))
                && !radios.containsValue(true)
                && !tokens.isEmpty()
                && PacketFilter.RULES.equals(anchors.get(PacketFilter.ANCHOR))
                && states.isEmpty();
    }
}
