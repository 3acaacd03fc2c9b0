package omni.vault;

import static org.junit.jupiter.api.Assertions.assertEquals;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Test;

/** Memory for secrets where the limit of locked memory is nothing. Needs to be root, which that limit is not for. */
final class LockBoxTest {
    private static String said(String limit) throws IOException {
        List<String> line = new ArrayList<>(List.of(
                "setpriv", "--bounding-set=-ipc_lock", "--inh-caps=-ipc_lock", "prlimit", "--memlock=" + limit));
        line.addAll(TestJava.command(List.of(), LockMain.class));
        Process process = new ProcessBuilder(line)
                .redirectError(ProcessBuilder.Redirect.INHERIT)
                .start();
        return new String(process.getInputStream().readAllBytes(), StandardCharsets.UTF_8).strip();
    }

    @Test
    void aLimitThatIsTooLowIsTold() throws IOException {
        assertEquals("false true", said("0:0"));
    }

    /** The control: with a limit that is high enough it holds. */
    @Test
    void aLimitThatIsHighEnoughHolds() throws IOException {
        assertEquals("true true", said("1048576:1048576"));
    }
}
