package omni.init;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.nio.file.Path;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Deque;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.regex.MatchResult;
import java.util.regex.Pattern;
import org.junit.jupiter.api.Test;

/**
 * The shape of the property lists. A real parser reads them in LaunchdPlistsBoxTest; launchd itself is on a Mac only.
 */
class LaunchdPlistsTest {
    /** A tag, or text between two; the space between lines is neither. */
    private static final Pattern TOKEN = Pattern.compile("<[^>]*>|[^<\\s][^<]*");

    private static final List<String> COMMAND =
            List.of("/opt/jdk/bin/java", "-Xmx64m", "-m", "omni.init/omni.init.Main");
    private static final Path DAEMON = Path.of("Library/LaunchDaemons/omni.supervisor.plist");
    private static final Path AGENT = Path.of("Library/LaunchAgents/omni.supervisor.plist");

    private final Map<Path, String> files = new LaunchdPlists(Samples.installation()).files(COMMAND);

    @Test
    void thereIsOneForTheMachineAndOneForALogin() {
        assertEquals(Set.of(DAEMON, AGENT), files.keySet());
    }

    @Test
    void theDaemonSaysWhatLaunchdMustKnow() {
        var plist = read(DAEMON);
        assertEquals("omni.supervisor", plist.get("Label"));
        assertEquals(COMMAND, plist.get("ProgramArguments"));
        assertEquals(true, plist.get("RunAtLoad"));
        assertEquals(Map.of("SuccessfulExit", false), plist.get("KeepAlive"));
        assertEquals(10L, plist.get("ThrottleInterval"));
        assertEquals(30L, plist.get("ExitTimeOut"));
        assertEquals(63L, plist.get("Umask"));
        assertEquals(Map.of("Core", 0L), plist.get("HardResourceLimits"));
        assertEquals("omni", plist.get("UserName"));
        assertEquals(
                Map.of(
                        "OMNI_APP", "/opt/omni",
                        "OMNI_HOME", "/var/lib/omni",
                        "OMNI_LAUNCHER", "launchd",
                        "OMNI_RUN", "/run/omni"),
                plist.get("EnvironmentVariables"));
    }

    @Test
    void theAgentRunsAsWhoeverLogsIn() {
        var plist = read(AGENT);
        assertFalse(plist.containsKey("UserName"));
        assertEquals("Background", plist.get("LimitLoadToSessionType"));
        assertEquals("omni.supervisor", plist.get("Label"));
    }

    @Test
    void everyKeyIsOneThatLaunchdKnows() {
        var known = Set.of(
                "Label",
                "UserName",
                "LimitLoadToSessionType",
                "ProgramArguments",
                "EnvironmentVariables",
                "WorkingDirectory",
                "RunAtLoad",
                "KeepAlive",
                "ThrottleInterval",
                "ExitTimeOut",
                "ProcessType",
                "Umask",
                "HardResourceLimits",
                "StandardOutPath",
                "StandardErrorPath");
        for (var path : files.keySet()) {
            var keys = read(path).keySet();
            assertTrue(known.containsAll(keys), keys.toString());
        }
    }

    @Test
    void whatXmlCouldReadAsSyntaxIsRefused() {
        var plists = new LaunchdPlists(Samples.installation());
        assertThrows(InitException.class, () -> plists.files(List.of("<string>")));
    }

    private Map<String, Object> read(Path path) {
        var tokens = new ArrayDeque<String>();
        TOKEN.matcher(files.getOrDefault(path, ""))
                .results()
                .map(MatchResult::group)
                .forEach(tokens::add);
        assertTrue(tokens.remove().startsWith("<?xml version=\"1.0\" encoding=\"UTF-8\"?>"));
        assertTrue(tokens.remove().startsWith("<!--"));
        assertTrue(tokens.remove().startsWith("<!DOCTYPE plist PUBLIC "));
        assertEquals("<plist version=\"1.0\">", tokens.remove());
        assertEquals("<dict>", tokens.remove());
        var dict = dict(tokens);
        assertEquals("</plist>", tokens.remove());
        assertTrue(tokens.isEmpty());
        return dict;
    }

    /** The rest of a dict whose opening tag is read. */
    private static Map<String, Object> dict(Deque<String> tokens) {
        var values = new LinkedHashMap<String, Object>();
        for (var token = tokens.remove(); !token.equals("</dict>"); token = tokens.remove()) {
            assertEquals("<key>", token);
            var key = text(tokens, "</key>");
            assertFalse(values.containsKey(key), "given twice: " + key);
            values.put(key, value(tokens.remove(), tokens));
        }
        return values;
    }

    private static Object value(String tag, Deque<String> tokens) {
        return switch (tag) {
            case "<string>" -> text(tokens, "</string>");
            case "<integer>" -> Long.parseLong(text(tokens, "</integer>"));
            case "<true/>" -> true;
            case "<false/>" -> false;
            case "<dict>" -> dict(tokens);
            case "<array>" -> array(tokens);
            default -> throw new AssertionError("no such plist element: " + tag);
        };
    }

    private static List<Object> array(Deque<String> tokens) {
        var values = new ArrayList<Object>();
        for (var token = tokens.remove(); !token.equals("</array>"); token = tokens.remove()) {
            values.add(value(token, tokens));
        }
        return values;
    }

    private static String text(Deque<String> tokens, String end) {
        var text = tokens.remove();
        assertEquals(end, tokens.remove());
        return text;
    }
}
