package omni.fetch;

import java.io.BufferedReader;
import java.io.File;
import java.io.IOException;
import java.io.InputStreamReader;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Set;

/** A pull in a process of its own, which can be killed. */
public final class Child {
    private Child() {}

    /** Pulls; prints how many bytes have come whenever that changes. */
    public static void main(String[] arguments) throws IOException {
        try (Rig rig = new Rig(Path.of(arguments[0]), arguments[1], arguments[1])) {
            Thread.ofPlatform().daemon().start(() -> {
                long told = -1;
                while (true) {
                    long now = rig.meter.bytes();
                    if (now != told) {
                        System.out.println(now);
                        told = now;
                    }
                    java.util.concurrent.locks.LockSupport.parkNanos(1_000_000);
                }
            });
            rig.pull(arguments[2]);
            System.out.println("whole");
        } catch (FetchException e) {
            System.out.println("ended: " + e.getMessage());
        }
    }

    static Process start(Path home, TestServer server, String source) throws IOException {
        Set<String> path = new LinkedHashSet<>();
        for (Class<?> type : List.of(Child.class, FetchRole.class)) {
            path.add(Path.of(type.getProtectionDomain()
                            .getCodeSource()
                            .getLocation()
                            .getPath())
                    .toString());
        }
        path.add(Path.of("target", "test-classes").toAbsolutePath().toString());
        path.add(Path.of("target", "classes").toAbsolutePath().toString());
        for (String property : List.of("jdk.module.path", "java.class.path")) {
            path.addAll(List.of(System.getProperty(property, "").split(File.pathSeparator, -1)));
        }
        path.remove("");
        return new ProcessBuilder(
                        Path.of(System.getProperty("java.home"), "bin", "java").toString(),
                        "-XX:TieredStopAtLevel=1",
                        "-Xshare:auto",
                        "-Xmx128m",
                        "-cp",
                        String.join(File.pathSeparator, path),
                        Child.class.getName(),
                        home.toString(),
                        server.base().toString(),
                        source)
                .redirectErrorStream(true)
                .start();
    }

    /** Starts a pull and kills it with SIGKILL when it has brought so much, or when it has ended before. */
    static void pullAndKill(Path home, TestServer server, String source, long bytes) throws Exception {
        Process process = start(home, server, source);
        awaitBytes(process, bytes);
        process.destroyForcibly().waitFor();
    }

    /** Reads what the child prints until it has so many bytes or ends; returns its last line. */
    static String awaitBytes(Process process, long bytes) throws IOException {
        var lines = new BufferedReader(new InputStreamReader(process.getInputStream(), StandardCharsets.UTF_8));
        String last = "";
        for (String line = lines.readLine(); line != null; line = lines.readLine()) {
            last = line;
            if (line.matches("\\d+") && Long.parseLong(line) >= bytes) {
                break;
            }
        }
        return last;
    }
}
