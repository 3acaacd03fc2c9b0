package omni.role;

import java.time.Duration;
import java.util.OptionalLong;
import java.util.function.BiConsumer;
import omni.bus.BusException;
import omni.role.SupervisorProtocol.ReportParams;
import omni.role.SupervisorProtocol.ReportParamsState;
import org.jspecify.annotations.Nullable;

/**
 * Tells the supervisor how this process is: once it is ready, when the note changes, and each second. Ends the process
 * where the supervisor no longer knows it, or does not answer for the whole liveness time.
 *
 * <p>One thread of its own sends; the other methods only leave word, under this object's lock, and never block.
 */
final class Reporter {
    private static final Duration PERIOD = Duration.ofSeconds(1);
    private static final Duration RETRY = Duration.ofMillis(100);
    private static final int NOTE_CHARACTERS_MAX = 200;
    private static final int MEMORY_EVERY_REPORTS = 10;

    private final SupervisorProtocol.Client supervisor;
    private final String role;
    private final String instance;
    private final Duration liveness;
    private final BiConsumer<String, Throwable> fail;

    private ReportParamsState state = ReportParamsState.STARTING;
    private String note = "";
    private boolean changed;

    /* The sending thread's own. */
    private Duration pause = PERIOD;
    private long reports;
    private OptionalLong pssBytes = OptionalLong.empty();

    Reporter(
            SupervisorProtocol.Client supervisor,
            String role,
            String instance,
            Duration liveness,
            BiConsumer<String, Throwable> fail) {
        this.supervisor = supervisor;
        this.role = role;
        this.instance = instance;
        this.liveness = liveness;
        this.fail = fail;
    }

    void start() {
        Thread.ofPlatform().daemon().name("heartbeat").start(this::run);
    }

    synchronized void ready() {
        change(state == ReportParamsState.STARTING ? ReportParamsState.READY : state, note);
    }

    synchronized void stopping() {
        change(ReportParamsState.STOPPING, note);
    }

    synchronized void note(String oneLine) {
        String line = Text.shorten(oneLine.replaceAll("\\s+", " ").strip(), NOTE_CHARACTERS_MAX);
        if (!line.equals(note)) {
            change(state, line);
        }
    }

    private void change(ReportParamsState newState, String newNote) {
        state = newState;
        note = newNote;
        changed = true;
        notifyAll();
    }

    private void run() {
        long pid = ProcessHandle.current().pid();
        long lastAnswer = 0;
        try {
            while (true) {
                ReportParams report = next(pid);
                lastAnswer = lastAnswer == 0 ? System.nanoTime() : lastAnswer;
                lastAnswer = send(report, lastAnswer);
            }
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
    }

    /** Waits for the next thing to say: a change at once, a heartbeat when its time has come. */
    private ReportParams next(long pid) throws InterruptedException {
        if (reports % MEMORY_EVERY_REPORTS == 1) {
            pssBytes = Native.pssBytes();
        }
        synchronized (this) {
            long end = System.nanoTime() + pause.toNanos();
            long left = pause.toNanos();
            while (!changed && (left > 0 || state == ReportParamsState.STARTING)) {
                wait(left > 0 ? Math.max(1, left / 1_000_000) : 0); // while starting only a change is worth a word
                left = end - System.nanoTime();
            }
            changed = false;
            reports++;
            return new ReportParams(role, instance, pid, state, note.isEmpty() ? null : note, boxed(pssBytes));
        }
    }

    /** Returns when the supervisor last answered, in System.nanoTime. */
    private long send(ReportParams report, long lastAnswer) {
        try {
            supervisor.report(report);
            pause = PERIOD;
            return System.nanoTime();
        } catch (SupervisorProtocol.NotThisTree e) {
            fail.accept("The supervisor does not know this process: it is a leftover", e);
        } catch (BusException e) {
            if (System.nanoTime() - lastAnswer > liveness.toNanos()) {
                fail.accept("The supervisor has not answered for " + Durations.text(liveness), e);
            }
            pause = RETRY;
        }
        return lastAnswer;
    }

    private static @Nullable Long boxed(OptionalLong value) {
        return value.isPresent() ? value.getAsLong() : null;
    }
}
