package omni.airgap;

import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.time.Duration;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionException;
import java.util.concurrent.TimeUnit;
import omni.airgap.CensusWire.Kind;
import omni.role.JavaChild;

/**
 * The process of {@link CensusMain}, from its start to its end, with the one thread that starts it and stays. That thread gives up all
 * capabilities, and its place before others, before it starts the process, and so does that; the rest of this process keeps its own. The
 * kernel kills the process when that thread ends: under systemd no role may send a signal.
 *
 * <p>For one thread; {@link #close} is for any.
 */
final class ParserProcess implements ParserChild {
    /**
     * 100,000 sockets with the longest names are 36 MiB. What is collected while a question is answered is as good as dead with the answer:
     * room for that of ten thousand and more between the generations keeps it out of the old one, which would grow to its end otherwise.
     */
    private static final List<String> FLAGS = List.of(
            "-Xms12m",
            "-Xmn8m",
            "-XX:SurvivorRatio=2",
            "-Xmx64m",
            "-Xss512k",
            "-XX:TieredStopAtLevel=1",
            "-XX:CICompilerCount=1",
            "-XX:ReservedCodeCacheSize=16m");

    private static final Duration ENDING_MAX = Duration.ofSeconds(5);
    private static final int EXIT_NO_MEMORY = 3;

    private final CompletableFuture<Process> started = new CompletableFuture<>();
    private final Thread keeper;
    private final Process process;
    private final FrameWriter questions;
    private final FrameReader answers;
    /** When it is killed, and after how long; guarded by this. */
    private long end;

    private Duration limit;
    private boolean limited = true;
    private boolean wanted = true;
    private boolean late;

    /**
     * Starts it, and waits until it is ready.
     *
     * @throws AirgapException where it does not start, has capabilities for all that, or is not ready in that time
     */
    ParserProcess(Duration startMax) throws AirgapException {
        limit = startMax;
        end = System.nanoTime() + startMax.toNanos();
        keeper = Thread.ofPlatform().daemon().name("census").start(this::keep);
        try {
            process = started.join();
        } catch (CompletionException e) {
            throw new AirgapException(
                    "The process that reads the lists of sockets cannot be started without rights: "
                            + (e.getCause() instanceof KernelException known
                                    ? known.getMessage()
                                    : "no memory, or no process left")
                            + ". No census was taken.",
                    e);
        }
        questions = new FrameWriter(process.getOutputStream());
        answers = new FrameReader(process.getInputStream());
        try {
            if (!answers.next() || answers.kind() != Kind.READY) {
                throw new IOException("It is not ready.");
            }
        } catch (IOException e) {
            throw failure(e);
        }
        rest();
    }

    private void keep() {
        try {
            Urgency.takeTurns();
            Capabilities.drop();
            Process child = start();
            var _ = child.onExit().thenRun(this::hasEnded);
            started.complete(child);
            watch(child);
            var _ = child.toHandle().destroyForcibly(); // Process.destroyForcibly would wait for who writes to it
        } catch (IOException e) {
            started.completeExceptionally(e);
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        } finally {
            started.completeExceptionally(new IllegalStateException("Its thread has failed"));
        }
    }

    private static Process start() throws IOException {
        String parent = Long.toString(ProcessHandle.current().pid());
        var builder = new ProcessBuilder(JavaChild.line(CensusMain.class, FLAGS, parent))
                .redirectError(ProcessBuilder.Redirect.DISCARD);
        builder.environment().clear();
        return builder.start();
    }

    /** Until it has ended, is not wanted any longer, or its time is over. */
    private synchronized void watch(Process child) throws InterruptedException {
        while (wanted && !late && child.isAlive()) {
            if (limited) {
                TimeUnit.NANOSECONDS.timedWait(this, Math.max(1, end - System.nanoTime()));
                late = limited && end - System.nanoTime() <= 0;
            } else {
                wait();
            }
        }
    }

    private synchronized void hasEnded() {
        notifyAll();
    }

    /** From now on it has so long to answer. */
    synchronized void limit(Duration most) {
        limit = most;
        limited = true;
        end = System.nanoTime() + most.toNanos();
        notifyAll();
    }

    /** It has answered. */
    synchronized void rest() {
        limited = false;
        notifyAll();
    }

    boolean isAlive() {
        return process.isAlive() && keeper.isAlive();
    }

    long pid() {
        return process.pid();
    }

    @Override
    public FrameWriter questions() {
        return questions;
    }

    @Override
    public FrameReader answers() {
        return answers;
    }

    @Override
    public AirgapException failure(IOException cause) {
        Optional<Duration> overdue = overdue();
        int exit = overdue.isPresent() ? 0 : exit();
        close();
        return new AirgapException(
                "The process that reads the lists of sockets "
                        + overdue.map(most -> "did not answer within " + most.toMillis() / 1000.0 + " s")
                                .orElseGet(() -> "has ended (" + meaning(exit) + ")")
                        + ": no census was taken. Try again.",
                cause);
    }

    private synchronized Optional<Duration> overdue() {
        return late ? Optional.of(limit) : Optional.empty();
    }

    /** Its exit code, once it has ended; a negative number where it does not end. */
    private int exit() {
        try {
            return process.waitFor(ENDING_MAX.toNanos(), TimeUnit.NANOSECONDS) ? process.exitValue() : -1;
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            return -1;
        }
    }

    private static String meaning(int exit) {
        return switch (exit) {
            case EXIT_NO_MEMORY -> "too little memory";
            case CensusMain.EXIT_CAPABLE -> "it had capabilities, and must not";
            case CensusMain.EXIT_EXPOSED -> "it could not give up what it must not have";
            default -> "exit code " + exit;
        };
    }

    /** Returns when it has ended, as a rule. */
    @Override
    public void close() {
        synchronized (this) {
            wanted = false;
            notifyAll();
        }
        try {
            if (keeper.join(ENDING_MAX)) {
                var _ = process.waitFor(ENDING_MAX.toNanos(), TimeUnit.NANOSECONDS);
            }
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
        close(process.getOutputStream(), process.getInputStream());
    }

    /** One that was not yet so far that the kernel would kill it ends with its input. */
    private static void close(OutputStream in, InputStream out) {
        try (in;
                out) {
            System.getLogger("omni.airgap").log(System.Logger.Level.TRACE, "The census' process has ended");
        } catch (IOException e) {
            System.getLogger("omni.airgap").log(System.Logger.Level.DEBUG, "A pipe did not close", e);
        }
    }
}
