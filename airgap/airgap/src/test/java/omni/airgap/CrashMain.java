package omni.airgap;

import java.nio.file.Path;
import java.time.Clock;
import java.util.List;
import java.util.concurrent.atomic.AtomicInteger;

/**
 * Engages and lifts once, and dies at the point of that number as by SIGKILL: no code of it runs afterwards. With the number 0
 * it lives, and prints the names of all points.
 */
final class CrashMain {
    private CrashMain() {}

    public static void main(String[] args) throws AirgapException {
        int deadly = Integer.parseInt(args[2]);
        AtomicInteger points = new AtomicInteger();
        Gap gap = new Gap(
                Scope.of(args[0]), TestGap.store(Path.of(args[1])), Clock.systemUTC(), wards -> List.of(), point -> {
                    if (points.incrementAndGet() == deadly) {
                        Runtime.getRuntime().halt(137);
                    }
                    if (deadly == 0) {
                        System.out.println(point);
                    }
                });
        gap.start();
        Gap.Status status = gap.engage("to be interrupted");
        if (status.state() != State.GAP) {
            throw new AirgapException("Not closed: " + status);
        }
        gap.lift(TestGap.GRANT);
    }

    /** The command line that runs it. */
    static ProcessBuilder process(String scope, Path folder, int deadly) {
        String paths = String.join(
                ":",
                List.of(
                        Tools.MODULE.resolve("target/classes").toString(),
                        Tools.MODULE.resolve("target/test-classes").toString(),
                        System.getProperty("jdk.module.path", ""),
                        System.getProperty("java.class.path", "")));
        return new ProcessBuilder(
                Path.of(System.getProperty("java.home"), "bin", "java").toString(),
                "-XX:+UseSerialGC",
                "-XX:TieredStopAtLevel=1",
                "--enable-native-access=ALL-UNNAMED",
                "-cp",
                paths,
                CrashMain.class.getName(),
                scope,
                folder.toString(),
                Integer.toString(deadly));
    }
}
