package omni.airgap;

import static org.junit.jupiter.api.Assertions.assertEquals;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.concurrent.Callable;
import java.util.concurrent.FutureTask;
import org.junit.jupiter.api.Test;

/** What the kernel says of threads that are made urgent and patient. Needs the rights of root. */
class RealTimeBoxTest {
    private static final String ROUND_ROBIN = "policy 2, nice 0";

    @Test
    void aThreadAndWhatItStartsAreRealTimeUntilItGivesWay() throws Exception {
        var seen = new FutureTask<>(() -> {
            Libc.realTime(own());
            String urgent = kernelSays();
            String started = inThread(RealTimeBoxTest::kernelSays);
            Rehearsal.giveWay();
            String patient = kernelSays();
            Rehearsal.takeTurns();
            return List.of(urgent, started, patient, inThread(RealTimeBoxTest::kernelSays));
        });
        Thread.ofPlatform().start(seen);

        assertEquals(List.of(ROUND_ROBIN, ROUND_ROBIN, "policy 0, nice 10", "policy 0, nice 0"), seen.get());
    }

    private static int own() throws IOException {
        return Integer.parseInt(Files.readSymbolicLink(Path.of("/proc/thread-self"))
                .getFileName()
                .toString());
    }

    /** Of proc_pid_stat(5), fields 19 and 41. */
    private static String kernelSays() throws IOException {
        String stat = Files.readString(Path.of("/proc/thread-self/stat"));
        String[] fields = stat.substring(stat.lastIndexOf(')') + 2).split(" ", -1); // the third is the first here
        return "policy " + fields[41 - 3] + ", nice " + fields[19 - 3];
    }

    private static String inThread(Callable<String> asked) throws Exception {
        var task = new FutureTask<>(asked);
        Thread.ofPlatform().start(task);
        return task.get();
    }
}
