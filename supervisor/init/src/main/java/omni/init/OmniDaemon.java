package omni.init;

import java.time.Duration;
import java.util.Optional;
import java.util.concurrent.atomic.AtomicReference;
import omni.role.Config;
import omni.role.ConfigException;
import org.apache.commons.daemon.Daemon;
import org.apache.commons.daemon.DaemonContext;
import org.apache.commons.daemon.DaemonInitException;
import org.jspecify.annotations.Nullable;

/**
 * The supervisor as Commons Daemon runs it, under jsvc or procrun: {@link #start} returns when every resident role is
 * ready, {@link #stop} when all are gone. A tree that ends by itself is told to the controller as a failure, and the
 * process ends. The methods are called one at a time, in the order of Commons Daemon's contract.
 */
public final class OmniDaemon implements Daemon {
    /** A tree that is not ready by then goes on trying; only the caller of start is told to wait no longer. */
    private static final Duration READY_MAX = Duration.ofHours(1);

    private final AtomicReference<@Nullable TreeRun> run = new AtomicReference<>();
    private Optional<Start> prepared = Optional.empty();

    private record Start(DaemonContext context, Place place, Config config) {}

    /** For Commons Daemon, which makes the object by its name. */
    public OmniDaemon() {}

    @Override
    public void init(DaemonContext context) throws DaemonInitException {
        if (context.getArguments().length > 0) {
            throw new DaemonInitException("The supervisor takes no arguments: its settings are in omni.toml");
        }
        Place place = Place.of(System.getenv());
        try {
            prepared = Optional.of(new Start(context, place, Config.ofHome(place.home())));
        } catch (ConfigException e) {
            throw new DaemonInitException(e.getMessage(), e);
        }
    }

    @Override
    public void start() throws Exception {
        Start start = prepared.orElseThrow(() -> new InitException("Commons Daemon must call init before start"));
        TreeRun tree = TreeRun.start(
                start.place(),
                start.config(),
                Roles.all(),
                Main.launcher(start.place(), start.config()),
                (role, bad, line) -> {});
        run.set(tree);
        if (!tree.awaitReady(Optional.of(READY_MAX))) {
            String reason = tree.await().reason();
            tree.close();
            throw new InitException("Omni could not start: " + reason);
        }
        Thread.ofPlatform().daemon().name("end-of-tree").start(() -> watch(start.context(), tree));
    }

    /** A tree that ends without having been asked to has failed. */
    private static void watch(DaemonContext context, TreeRun tree) {
        try {
            Order.Outcome outcome = tree.await();
            if (outcome.failed()) {
                context.getController().fail("Omni has stopped: " + outcome.reason());
            } else {
                context.getController().shutdown();
            }
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
    }

    @Override
    public void stop() throws Exception {
        TreeRun tree = run.get();
        if (tree != null) {
            tree.stop("Commons Daemon");
            tree.await();
        }
    }

    @Override
    public void destroy() {
        TreeRun tree = run.getAndSet(null);
        if (tree != null) {
            tree.close();
        }
    }
}
