package omni.airgap;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.Comparator;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/**
 * The interfaces of a Mac by ifconfig(8), Wi-Fi's power by networksetup(8), and the frames sent by netstat(1). What these
 * answer is text of a system that others change, too: a name that is none is never handed to a program, and an answer of
 * another shape is a failure, never "nothing is up".
 */
final class MacLinks {
    static final String LOOPBACK = "lo0";
    /** IFNAMSIZ is 16 with the final NUL (net/if.h). */
    static final Pattern NAME = Pattern.compile("[A-Za-z][A-Za-z0-9._]{0,14}");

    private static final Pattern POWER = Pattern.compile("(?:Wi-Fi|AirPort) Power \\((.+)\\): (On|Off)");
    private static final String PORT = "Hardware Port: ";
    private static final String DEVICE = "Device: ";
    private static final Set<String> RADIOS = Set.of("Wi-Fi", "AirPort");
    private static final int NAMES_MAX = 1024;
    /** Ipkts, Ierrs, Opkts, Oerrs and Coll end each line of netstat -i. */
    private static final int SENT_FROM_END = 3;

    private final Programs programs;

    MacLinks(Programs programs) {
        this.programs = programs;
    }

    /**
     * Interfaces but the loopback.
     *
     * @param names theirs; hardware first, for it is what matters
     * @param odd what stands among them and is no name, fit to be shown
     */
    record Interfaces(List<String> names, List<String> odd) {
        boolean none() {
            return names.isEmpty() && odd.isEmpty();
        }

        /** A line each. */
        List<String> asProblems() {
            List<String> lines = new ArrayList<>();
            names.forEach(name -> lines.add("interface " + name + " is up"));
            odd.forEach(name -> lines.add("an interface is up whose name is none: " + name));
            return lines;
        }
    }

    /** Those that are up. */
    Interfaces up() throws AirgapException {
        return list("-l", "-u");
    }

    /** All there are. */
    Interfaces all() throws AirgapException {
        return list("-l");
    }

    private Interfaces list(String... arguments) throws AirgapException {
        String output = programs.ask(Program.IFCONFIG, arguments).output();
        List<String> words = Arrays.stream(output.strip().split("\\s+", -1)).toList();
        if (!words.contains(LOOPBACK) || words.size() > NAMES_MAX) {
            // The loopback is always there and up: without it this is not what ifconfig says of a working machine.
            throw new AirgapException(Program.IFCONFIG.path() + " " + String.join(" ", arguments)
                    + " does not name lo0 (if it is down: ifconfig lo0 up): " + Programs.shown(output));
        }
        List<String> names = new ArrayList<>();
        List<String> odd = new ArrayList<>();
        for (String word : words) {
            if (!NAME.matcher(word).matches()) {
                odd.add(Programs.shown(word));
            } else if (!word.equals(LOOPBACK)) {
                names.add(word);
            }
        }
        names.sort(Comparator.comparing(name -> !name.startsWith("en")));
        return new Interfaces(List.copyOf(names), List.copyOf(odd));
    }

    void change(String name, boolean up) throws AirgapException {
        programs.ask(Program.IFCONFIG, named(name), up ? "up" : "down");
    }

    /** Devices of Wi-Fi, be they on or off. */
    Set<String> radios() throws AirgapException {
        List<String> lines =
                programs.ask(Program.NETWORKSETUP, "-listallhardwareports").lines();
        Set<String> devices = new LinkedHashSet<>();
        String port = "";
        for (String line : lines) {
            if (line.startsWith(PORT)) {
                port = line.substring(PORT.length());
            } else if (line.startsWith(DEVICE) && RADIOS.contains(port)) {
                devices.add(named(line.substring(DEVICE.length())));
            }
        }
        if (port.isEmpty()) {
            throw new AirgapException(Program.NETWORKSETUP.path() + " names no hardware port: "
                    + Programs.shown(String.join(" ", lines)));
        }
        return devices;
    }

    /** Whether that device of Wi-Fi has power. */
    boolean power(String device) throws AirgapException {
        String output = programs.ask(Program.NETWORKSETUP, "-getairportpower", named(device))
                .output();
        Matcher matcher = POWER.matcher(output.strip());
        if (!matcher.matches() || !matcher.group(1).equals(device)) {
            throw new AirgapException(Program.NETWORKSETUP.path() + " does not tell the power of " + device + ": "
                    + Programs.shown(output));
        }
        return matcher.group(2).equals("On");
    }

    /** Switches it. Read {@link #power} back: networksetup ends with status 0 also where it has failed. */
    void power(String device, boolean on) throws AirgapException {
        programs.ask(Program.NETWORKSETUP, "-setairportpower", named(device), on ? "on" : "off");
    }

    /** Frames that each interface has sent, by name; netstat cuts long ones, so that two may need their number. */
    Map<String, Long> sent() throws AirgapException {
        Map<String, Long> sent = new TreeMap<>();
        for (String line : programs.ask(Program.NETSTAT, "-i", "-n").lines()) {
            String[] words = line.split("\\s+", -1);
            if (words.length >= 3 + SENT_FROM_END && words[2].startsWith("<Link#")) {
                String name = words[0].replace("*", "");
                String count = words[words.length - SENT_FROM_END];
                if (!count.matches("[0-9]{1,18}")) {
                    throw new AirgapException(Program.NETSTAT.path() + " counts no frames: " + Programs.shown(line));
                }
                sent.put(sent.containsKey(name) ? name + words[2] : name, Long.parseLong(count));
            }
        }
        if (sent.isEmpty()) {
            throw new AirgapException(Program.NETSTAT.path() + " names no interface.");
        }
        return sent;
    }

    private static String named(String name) throws AirgapException {
        if (!NAME.matcher(name).matches()) {
            throw new AirgapException("This is no name of an interface: " + Programs.shown(name));
        }
        return name;
    }
}
