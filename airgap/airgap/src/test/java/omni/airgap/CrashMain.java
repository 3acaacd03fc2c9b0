package omni.airgap;

import java.lang.foreign.Arena;
import java.nio.file.Path;
import java.util.concurrent.atomic.AtomicInteger;

/**
 * Engages and lifts once, and dies at the point of that number as by SIGKILL: no code of it runs afterwards. With the number 0
 * it lives, and prints the names of all points; with {@link #STOPS} it stops as by SIGSTOP when the first links are down, and
 * with {@link #GROWS} it prints "engaged" and takes memory for as long as it lives.
 */
final class CrashMain {
    static final int STOPS = -1;
    static final int GROWS = -2;

    private CrashMain() {}

    public static void main(String[] args) throws AirgapException {
        int deadly = Integer.parseInt(args[2]);
        AtomicInteger points = new AtomicInteger();
        Gap gap = TestGap.withMachine(args[0], Path.of(args[1]), point -> {
            if (points.incrementAndGet() == deadly) {
                Runtime.getRuntime().halt(137);
            }
            if (deadly == 0) {
                System.out.println(point);
            }
            if (deadly == STOPS && point.equals("engage links down")) {
                System.out.println("stopping");
                Tools.run("kill", "-STOP", Long.toString(ProcessHandle.current().pid()));
            }
        });
        gap.start();
        Gap.Status status = gap.engage("to be interrupted");
        if (status.state() != State.GAP) {
            throw new AirgapException("Not closed: " + status);
        }
        if (deadly == GROWS) {
            System.out.println("engaged");
            grow();
        }
        gap.lift(TestGap.GRANT);
    }

    private static void grow() {
        while (true) {
            Arena.global().allocate(1 << 20).fill((byte) 1);
        }
    }

    /** The command line that runs it. */
    static ProcessBuilder process(String scope, Path folder, int deadly) {
        return Tools.java(CrashMain.class, scope, folder.toString(), Integer.toString(deadly));
    }
}
