package omni.init;

import java.io.UncheckedIOException;
import java.nio.file.Path;
import java.util.Optional;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.Future;
import omni.bus.BusException;
import omni.role.Config;
import omni.role.ConfigException;

/**
 * The supervisor as a service: {@code java … -m omni.init/omni.init.Main}. No terminal; SIGTERM stops the tree in
 * reverse order.
 *
 * <p>Exit codes: 0 after an orderly stop, 1 where the restart budget was used up (the last line on standard error says by
 * whom), 4 where another supervisor holds the run directory, 78 where {@code omni.toml} is wrong, 70 where the
 * supervisor itself failed.
 */
public final class Main {
    static final int EXIT_BUDGET = 1;
    static final int EXIT_TAKEN = 4;
    static final int EXIT_CONFIG = 78;
    static final int EXIT_FAILED = 70;

    private Main() {}

    /** Runs the tree until it is told to stop. */
    public static void main(String[] arguments) throws InterruptedException {
        Place place = Place.of(System.getenv());
        try {
            Config config = Config.ofHome(place.home());
            System.exit(run(place, config, launcher(place, config)));
        } catch (ConfigException e) {
            e.problems().forEach(System.err::println);
            System.exit(EXIT_CONFIG);
        } catch (TreeRun.AlreadyRunning e) {
            System.err.println(e.getMessage());
            System.exit(EXIT_TAKEN);
        } catch (InitException | BusException | UncheckedIOException e) {
            System.err.println("Omni cannot start: " + e.getMessage());
            System.exit(EXIT_FAILED);
        }
    }

    /** The launcher that OMNI_LAUNCHER names: systemd, else child processes, which is all that launchd and jsvc offer. */
    static Launcher launcher(Place place, Config config) {
        if (System.getenv().getOrDefault("OMNI_LAUNCHER", "").equals("systemd")) {
            return new SystemdLauncher(
                    new Systemctl(Path.of(SystemdUnits.SYSTEMCTL)), Installation.launchDir(place.runDir()));
        }
        JavaCommand java = JavaCommand.ofThisProcess();
        return new ProcessLauncher(
                role -> java.role(role, place.app()),
                role -> LogFile.of(place.home(), role),
                place.home(),
                RoleNetwork.of(System.getenv()),
                Optional.of(HeldPort.ofDaemon(config)));
    }

    /** Runs the tree on that launcher until it has ended and its run directory is given back. Returns the exit code. */
    static int run(Place place, Config config, Launcher launcher) throws InterruptedException {
        var code = new CompletableFuture<Integer>();
        try {
            code.complete(await(TreeRun.start(place, config, Roles.all(), launcher, (role, bad, line) -> {}), code));
        } finally {
            code.complete(EXIT_FAILED);
        }
        return code.join();
    }

    private static int await(TreeRun tree, Future<Integer> code) throws InterruptedException {
        try (TreeRun run = tree) {
            Runtime.getRuntime()
                    .addShutdownHook(Thread.ofPlatform().name("stop").unstarted(() -> stop(run, code)));
            Order.Outcome outcome = run.await();
            if (outcome.failed()) {
                System.err.println("Omni has stopped: " + outcome.reason());
            }
            return outcome.failed() ? EXIT_BUDGET : 0;
        }
    }

    /** SIGTERM: the tree stops in order, and the process ends only after the main thread has cleared up behind it. */
    private static void stop(TreeRun run, Future<Integer> code) {
        run.stop("SIGTERM");
        try {
            Runtime.getRuntime().halt(code.get());
        } catch (InterruptedException | ExecutionException e) {
            Runtime.getRuntime().halt(EXIT_FAILED);
        }
    }
}
