package omni.fetch;

import java.io.IOException;
import java.net.URI;
import java.nio.file.Path;
import java.time.Duration;
import java.util.Optional;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.FutureTask;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.atomic.AtomicLong;
import java.util.function.Consumer;
import omni.bus.Call;
import omni.fetch.FetchProtocol.Brought;

/** Serves omni.Fetch. Each call comes on a thread of its own; a transfer runs on another one while that reports on it. */
final class FetchService implements FetchProtocol.Handler {
    /** How often a pull's caller hears of it. */
    private static final Duration REPORT = Duration.ofMillis(250);

    private final Pulls pulls;
    private final GitPush git;
    private final Consent consent;
    private final Consumer<String> note;
    private final AtomicInteger calls = new AtomicInteger();
    private final AtomicLong lastEnd = new AtomicLong(System.nanoTime());
    private final Cancellation closing = new Cancellation();

    FetchService(Pulls pulls, GitPush git, Consent consent, Consumer<String> note) {
        this.pulls = pulls;
        this.git = git;
        this.consent = consent;
        this.note = note;
    }

    private interface Work {
        void run() throws IOException;
    }

    /** Turns our exceptions into the interface's error. */
    private void answer(Work work) {
        calls.incrementAndGet();
        try {
            work.run();
        } catch (FetchException e) {
            throw new FetchProtocol.Failed(e.reason(), e.getMessage(), e.host().orElse(null));
        } catch (IOException e) {
            throw new FetchProtocol.Failed(
                    FetchProtocol.Reason.SPACE, "The folder of pulls cannot be used: " + e.getMessage() + ".", null);
        } finally {
            lastEnd.set(System.nanoTime());
            calls.decrementAndGet();
        }
    }

    /** How long nobody has wanted anything; zero while somebody does. */
    Duration idle() {
        return calls.get() > 0 ? Duration.ZERO : Duration.ofNanos(System.nanoTime() - lastEnd.get());
    }

    /** Ends every pull that runs. */
    void close() {
        closing.cancel();
    }

    @Override
    public void pull(FetchProtocol.PullParams in, Call<FetchProtocol.PullReply> call) {
        Meter meter = new Meter(System::nanoTime);
        answer(() -> {
            Brought brought = during(
                    "pull",
                    call,
                    cancellation -> pulls.pull(
                            in.source(),
                            Optional.ofNullable(in.revision()),
                            Optional.ofNullable(in.sha256()),
                            meter,
                            cancellation),
                    () -> report(meter, call));
            call.reply(new FetchProtocol.PullReply(null, brought));
        });
    }

    private void report(Meter meter, Call<FetchProtocol.PullReply> call) {
        FetchProtocol.Progress progress = meter.look();
        Long total = progress.total();
        note.accept(
                total == null || total == 0
                        ? "pulling"
                        : "pulling, " + progress.bytes() * 100 / total + " % of " + Units.bytes(total));
        if (call.wantsMore()) {
            call.next(new FetchProtocol.PullReply(progress, null));
        }
    }

    @Override
    public void push(FetchProtocol.PushParams in, Call<FetchProtocol.PushReply> call) {
        SendingMeter meter = new SendingMeter();
        answer(() -> {
            Path folder = GitPush.folder(in.repository());
            URI address = Address.of(in.address());
            consent.require(in.permit(), PushSession.of(in.repository(), in.address()));
            GitPush.Pushed pushed =
                    during("push", call, cancellation -> git.push(folder, address, meter, cancellation), () -> {
                        note.accept("sending a backup");
                        if (call.wantsMore()) {
                            call.next(new FetchProtocol.PushReply(meter.look(), null, null));
                        }
                    });
            call.reply(new FetchProtocol.PushReply(null, pushed.commit(), pushed.sent()));
        });
    }

    /** Work that ends early where it is not wanted any more. */
    private interface Wanted<T> {
        T work(Cancellation cancellation);
    }

    /** Does the work on a thread of its own, and reports on it meanwhile; it ends where the caller leaves or the role does. */
    private <T> T during(String name, Call<?> call, Wanted<T> wanted, Runnable report) {
        Cancellation cancellation = new Cancellation();
        call.onCancel(cancellation::cancel);
        FutureTask<T> task = new FutureTask<>(() -> wanted.work(cancellation));
        try (Cancellation.Hold _ = closing.onCancel(cancellation::cancel)) {
            Thread worker = Thread.ofVirtual().name(name).start(task);
            try {
                return await(task, report);
            } finally {
                cancellation.cancel();
                join(worker);
                note.accept("");
            }
        }
    }

    private static <T> T await(FutureTask<T> task, Runnable report) {
        while (true) {
            try {
                return task.get(REPORT.toMillis(), TimeUnit.MILLISECONDS);
            } catch (TimeoutException _) {
                report.run();
            } catch (ExecutionException e) {
                if (e.getCause() instanceof RuntimeException failed) {
                    throw failed;
                }
                throw new IllegalStateException("A transfer ended in an unexpected way.", e);
            } catch (InterruptedException _) {
                Thread.currentThread().interrupt();
                throw FetchException.cancelled();
            }
        }
    }

    /** Waits for the worker, so that nobody writes when this pull's name is free again. */
    private static void join(Thread worker) {
        boolean interrupted = false;
        while (worker.isAlive()) {
            try {
                worker.join();
            } catch (InterruptedException _) {
                interrupted = true;
            }
        }
        if (interrupted) {
            Thread.currentThread().interrupt();
        }
    }

    @Override
    public void list(FetchProtocol.ListParams in, Call<FetchProtocol.ListReply> call) {
        answer(() -> call.reply(new FetchProtocol.ListReply(pulls.list())));
    }

    @Override
    public void forget(FetchProtocol.ForgetParams in, Call<FetchProtocol.ForgetReply> call) {
        answer(() -> {
            pulls.forget(in.pull());
            call.reply(new FetchProtocol.ForgetReply());
        });
    }
}
