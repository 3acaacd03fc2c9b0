package omni.init;

import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicBoolean;

/**
 * systemd's own client, called as a program by its absolute path: it knows how to reach systemd on every version. Any
 * thread may call; each call is a process of its own.
 */
final class Systemctl {
    /** A stop takes as long as the unit's own TimeoutStopSec, an hour at most; all else takes far less. */
    private static final Duration LONGEST = Duration.ofMinutes(65);

    private static final int OUTPUT_BYTES_MAX = 16 * 1024;
    private static final String PROPERTIES =
            "--property=ActiveState,InvocationID,MainPID,Result,ExecMainPID,ExecMainCode,ExecMainStatus";

    private final Path program;

    Systemctl(Path program) {
        this.program = program;
    }

    /**
     * What systemd knows of a unit.
     *
     * @param activeState such as active, activating, deactivating, inactive, failed
     * @param invocation a random name that each start of the unit gets; empty where it was not started
     * @param mainPid 0 where no process runs
     * @param result why the unit's last run ended, such as success, exit-code, signal, timeout, oom-kill
     * @param exitPid the process that {@code exitCode} and {@code exitStatus} speak of
     * @param exitCode as si_code of waitid(2): 1 exited, 2 killed, 3 dumped; 0 where nothing has ended
     * @param exitStatus the exit code or the signal's number
     */
    record State(
            String activeState,
            String invocation,
            long mainPid,
            String result,
            long exitPid,
            int exitCode,
            int exitStatus) {
        /** Whether a process runs, or is being started or stopped. */
        boolean isAlive() {
            return switch (activeState) {
                case "active", "activating", "deactivating", "reloading", "refreshing" -> true;
                default -> false;
            };
        }
    }

    /** Why and how a call ended. */
    record Outcome(int code, String output) {}

    /** Starts the unit, refused where a stop of it is under way; the process ends when the unit has ended again. */
    Process startAndWait(String unit) throws IOException {
        return start("start", "--wait", "--job-mode=fail", unit);
    }

    /** Stops the unit and waits until it has. */
    Outcome stop(String unit) throws IOException, InterruptedException {
        return call("stop", unit);
    }

    /** Kills every process of the unit. */
    Outcome kill(String unit) throws IOException, InterruptedException {
        return call("kill", "--signal=SIGKILL", unit);
    }

    /** What systemd knows of the unit now. */
    State show(String unit) throws IOException, InterruptedException {
        Outcome outcome = call("show", PROPERTIES, unit);
        if (outcome.code() != 0) {
            throw new IOException("systemd does not answer: " + outcome.output());
        }
        Map<String, String> values = new HashMap<>();
        outcome.output().lines().filter(line -> line.indexOf('=') > 0).forEach(line -> {
            int equals = line.indexOf('=');
            values.put(line.substring(0, equals), line.substring(equals + 1));
        });
        return new State(
                values.getOrDefault("ActiveState", ""),
                values.getOrDefault("InvocationID", ""),
                number(values, "MainPID"),
                values.getOrDefault("Result", ""),
                number(values, "ExecMainPID"),
                Math.toIntExact(number(values, "ExecMainCode")),
                Math.toIntExact(number(values, "ExecMainStatus")));
    }

    /** Reads what the process says, at most 16 KiB of it, and waits for its end; kills it after {@link #LONGEST}. */
    static Outcome finish(Process process) throws IOException, InterruptedException {
        var tooLong = new AtomicBoolean();
        CompletableFuture<Process> end = process.onExit()
                .orTimeout(LONGEST.toMillis(), TimeUnit.MILLISECONDS)
                .whenComplete((_, late) -> {
                    if (late != null) {
                        tooLong.set(true);
                        process.destroyForcibly();
                    }
                });
        try (InputStream out = process.getInputStream()) {
            byte[] text = out.readNBytes(OUTPUT_BYTES_MAX);
            out.transferTo(OutputStream.nullOutputStream());
            process.waitFor();
            end.cancel(false);
            if (tooLong.get()) {
                throw new IOException("systemctl does not end");
            }
            return new Outcome(process.exitValue(), new String(text, StandardCharsets.UTF_8).strip());
        }
    }

    private Outcome call(String... arguments) throws IOException, InterruptedException {
        return finish(start(arguments));
    }

    private Process start(String... arguments) throws IOException {
        List<String> command = new ArrayList<>(List.of(program.toString(), "--no-ask-password", "--no-pager"));
        command.addAll(List.of(arguments));
        ProcessBuilder builder = new ProcessBuilder(command).redirectErrorStream(true);
        builder.environment().clear();
        builder.environment().putAll(Map.of("LC_ALL", "C.UTF-8", "SYSTEMD_COLORS", "0", "SYSTEMD_URLIFY", "0"));
        Process process = builder.start();
        process.getOutputStream().close();
        return process;
    }

    private static long number(Map<String, String> values, String key) {
        String text = values.getOrDefault(key, "");
        return text.matches("[0-9]{1,18}") ? Long.parseLong(text) : 0;
    }
}
