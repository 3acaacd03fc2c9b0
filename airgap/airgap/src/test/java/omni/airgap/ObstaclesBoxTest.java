package omni.airgap;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.nio.file.Path;
import java.time.Clock;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** A lift waits for the end of what may hold bytes, and says whose it is. */
class ObstaclesBoxTest {
    @TempDir
    Path folder;

    @ParameterizedTest
    @ValueSource(
            strings = {
                "mptcp",
                "mptcp6",
                "udp-corked",
                "udp6-corked",
                "raw",
                "raw6",
                "ping",
                "ping6",
                "packet",
                "xdp",
                "io_uring",
                "parked"
            })
    void aLiftNamesItAndGoesOnWhenItHasEnded(String kind) throws Exception {
        try (Street street = new Street(1);
                Gap gap = new Gap(
                        new LinuxHost(Scope.of(street.file())),
                        TestGap.store(folder),
                        Clock.systemUTC(),
                        TestParser::obstacles,
                        point -> {})) {
            gap.start();
            Process holder = street.startInBox(Tools.probe("hide").toString(), kind);
            assertEquals("ready", holder.inputReader().readLine());
            assertEquals(State.GAP, gap.engage("a test").state());
            AirgapException thrown = assertThrows(AirgapException.class, () -> gap.lift(TestGap.GRANT));
            assertTrue(thrown.getMessage().contains("pid " + holder.pid() + " "), thrown.getMessage());
            assertEquals(State.GAP, gap.status().state());
            holder.destroyForcibly().waitFor();
            assertEquals(State.OPEN, gap.lift(TestGap.GRANT).state());
        }
    }
}
