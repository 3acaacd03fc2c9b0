package omni.init;

import static org.junit.jupiter.api.Assertions.assertEquals;

import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** The property lists read by a parser that is not ours: Python's plistlib. */
class LaunchdPlistsBoxTest {
    private static final String READ = """
        import plistlib, sys
        for name in sorted(sys.argv[1:]):
            p = plistlib.load(open(name, 'rb'))
            print(p['Label'], p['ProgramArguments'], p['KeepAlive'], p['RunAtLoad'], p['ExitTimeOut'], p.get('UserName'))
        """;

    @TempDir
    Path folder;

    @Test
    void pythonReadsThem() throws Exception {
        var command = new java.util.ArrayList<>(List.of("python3", "-c", READ));
        for (var file : new LaunchdPlists(Samples.installation())
                .files(List.of("/java", "-m", "x/y"))
                .entrySet()) {
            var path = folder.resolve(file.getKey());
            Files.createDirectories(path.getParent());
            Files.writeString(path, file.getValue());
            command.add(path.toString());
        }
        var process = new ProcessBuilder(command).redirectErrorStream(true).start();
        var said = new String(process.getInputStream().readAllBytes(), StandardCharsets.UTF_8);
        assertEquals(0, process.waitFor(), said);
        assertEquals("""
            omni.supervisor ['/java', '-m', 'x/y'] {'SuccessfulExit': False} True 30 None
            omni.supervisor ['/java', '-m', 'x/y'] {'SuccessfulExit': False} True 30 omni
            """, said);
    }
}
