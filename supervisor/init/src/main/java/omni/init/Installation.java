package omni.init;

import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Optional;
import java.util.regex.Pattern;

/**
 * Where Omni is on a machine whose service manager starts it, and how patient that manager is. Every text is checked to
 * be free of what unit files, plists and rules would read as syntax, so the generators quote nothing.
 *
 * @param user the system user that owns {@code home} and runs every process
 * @param java the {@code java} program, version 25
 * @param app the runtime tree: {@code lib}, {@code native}, {@code seed}
 * @param home the owner's state, OMNI_HOME
 * @param runDir the sockets, OMNI_RUN
 * @param port the TCP port that the daemon is given
 * @param others whether other machines reach that port
 * @param startTimeout until the whole tree must be ready
 * @param stopTimeout until the whole tree must be gone
 * @param watchdog how long the supervisor may be silent before it is killed
 * @param backup the folder that the vault backs itself up to, where there is one
 */
record Installation(
        String user,
        Path java,
        Path app,
        Path home,
        Path runDir,
        int port,
        boolean others,
        Duration startTimeout,
        Duration stopTimeout,
        Duration watchdog,
        Optional<Path> backup) {
    private static final Pattern USER = Pattern.compile("[a-z_][a-z0-9_-]{0,30}");
    private static final Pattern PLAIN = Pattern.compile("[A-Za-z0-9._/+:@=,-]+");
    private static final Duration LONGEST = Duration.ofHours(1);

    Installation {
        if (!USER.matcher(user).matches()) {
            throw new InitException("The user's name must be lower-case letters, digits, _ and -, at most 31 of them");
        }
        for (Path path : List.of(java, app, home, runDir)) {
            if (!path.isAbsolute() || !path.normalize().equals(path)) {
                throw new InitException("Every path must be absolute and without '..': " + path);
            }
            plain(path.toString());
        }
        if (port < 1 || port > 65535) {
            throw new InitException("The port must be from 1 to 65535");
        }
        for (Duration duration : List.of(startTimeout, stopTimeout, watchdog)) {
            if (duration.compareTo(Duration.ofSeconds(1)) < 0 || duration.compareTo(LONGEST) > 0) {
                throw new InitException("Every time must be from one second to one hour");
            }
        }
    }

    /**
     * Returns {@code words} as they are, joined by spaces.
     *
     * @throws InitException if one holds a character that a unit file could read as syntax
     */
    static String words(List<String> words) {
        words.forEach(Installation::plain);
        return String.join(" ", words);
    }

    /** Returns {@code text}, which holds nothing but letters, digits and a few signs. */
    static String plain(String text) {
        if (!PLAIN.matcher(text).matches()) {
            throw new InitException("Only letters, digits and ._/+:@=,- can stand in a unit; move or rename: " + text);
        }
        return text;
    }

    /** Where the supervisor leaves each role's variables for systemd to read: below the sockets, so only its user may. */
    static Path launchDir(Path runDir) {
        return runDir.resolve("launch");
    }
}
