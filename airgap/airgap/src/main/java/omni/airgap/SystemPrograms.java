package omni.airgap;

import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.FutureTask;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import java.util.function.Function;

/**
 * The programs of this machine. Nothing of this process's environment goes to them. Waiting for one is not interrupted: who
 * asked for a gap may hang up, and it is closed all the same.
 */
final class SystemPrograms implements Programs {
    private static final Map<String, String> ENVIRONMENT =
            Map.of("LC_ALL", "C", "PATH", "/usr/bin:/bin:/usr/sbin:/sbin");

    private final Function<Program, Path> paths;
    private final Function<Program, Duration> longest;

    SystemPrograms() {
        this(Program::path, Program::longest);
    }

    /** With other files in the place of the programs, and other times. */
    SystemPrograms(Function<Program, Path> paths, Function<Program, Duration> longest) {
        this.paths = paths;
        this.longest = longest;
    }

    @Override
    public Answer run(Program program, List<String> arguments, String input) throws AirgapException {
        FutureTask<Answer> talk = new FutureTask<>(() -> talk(program, arguments, input));
        Thread.ofVirtual().name(program.name()).start(talk);
        boolean interrupted = false;
        try {
            while (true) {
                try {
                    return talk.get();
                } catch (InterruptedException e) {
                    interrupted = true; // talking is bounded by itself
                } catch (ExecutionException e) {
                    if (e.getCause() instanceof AirgapException known) {
                        throw known;
                    }
                    throw new AirgapException(program.path() + " cannot be talked to.", e);
                }
            }
        } finally {
            if (interrupted) {
                Thread.currentThread().interrupt();
            }
        }
    }

    private Answer talk(Program program, List<String> arguments, String input)
            throws IOException, InterruptedException, ExecutionException {
        long end = System.nanoTime() + longest.apply(program).toNanos();
        Process process = start(program, arguments);
        try {
            FutureTask<String> output = read(program, process.getInputStream());
            FutureTask<String> complaint = read(program, process.getErrorStream());
            feed(process, input);
            String said = output.get(end - System.nanoTime(), TimeUnit.NANOSECONDS);
            String why = complaint.get(end - System.nanoTime(), TimeUnit.NANOSECONDS);
            if (!process.waitFor(end - System.nanoTime(), TimeUnit.NANOSECONDS)) {
                throw new TimeoutException();
            }
            return new Answer(process.exitValue(), said, why);
        } catch (TimeoutException e) {
            throw new AirgapException(
                    program.path() + " was not done within "
                            + longest.apply(program).toMillis() + " ms, and was killed.",
                    e);
        } catch (ExecutionException e) {
            if (e.getCause() instanceof AirgapException known) {
                throw known;
            }
            throw e;
        } finally {
            process.destroyForcibly();
        }
    }

    private Process start(Program program, List<String> arguments) throws AirgapException {
        List<String> command = new ArrayList<>(List.of(paths.apply(program).toString()));
        command.addAll(arguments);
        ProcessBuilder builder =
                new ProcessBuilder(command).directory(Path.of("/").toFile());
        builder.environment().clear();
        builder.environment().putAll(ENVIRONMENT);
        try {
            return builder.start();
        } catch (IOException e) {
            throw new AirgapException(program.path() + " cannot be started. macOS has it; is it there?", e);
        }
    }

    /** Reads in a thread of its own, for each pipe can be full while the other is waited for. */
    private static FutureTask<String> read(Program program, InputStream pipe) {
        FutureTask<String> task = new FutureTask<>(() -> {
            byte[] bytes = pipe.readNBytes(program.outputBytesMax() + 1);
            if (bytes.length > program.outputBytesMax()) {
                throw new AirgapException(
                        program.path() + " said more than " + program.outputBytesMax() + " bytes, and was killed.");
            }
            return new String(bytes, StandardCharsets.UTF_8);
        });
        Thread.ofVirtual().name(program.name() + "-pipe").start(task);
        return task;
    }

    /** What is fed here is less than a pipe holds, so that this does not wait. */
    private static void feed(Process process, String input) {
        try (OutputStream pipe = process.getOutputStream()) {
            pipe.write(input.getBytes(StandardCharsets.UTF_8));
        } catch (IOException e) { // it ended first: its exit status says why
            System.getLogger("omni.airgap").log(System.Logger.Level.DEBUG, "A program took no input", e);
        }
    }
}
