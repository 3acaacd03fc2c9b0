package omni.init;

import java.io.IOException;
import java.io.PrintWriter;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import java.util.TreeMap;
import java.util.concurrent.Callable;
import omni.bus.BusClient;
import omni.bus.BusException;
import omni.bus.RunDirectory;
import omni.cli.ExitCode;
import omni.cli.Subcommand;
import omni.role.Config;
import omni.role.SupervisorProtocol;
import org.jline.utils.Signals;
import picocli.CommandLine.Command;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.Spec;
import tools.jackson.databind.json.JsonMapper;

/**
 * {@code omni up}: the tree in the foreground, as child processes of this one. Ends with the tree: by Ctrl-C, by
 * {@code omni down}, or when the restart budget is used up; then the reason is the last line.
 */
@Command(
        name = "up",
        description = "Start Omni here, in the foreground; Ctrl-C stops it.",
        mixinStandardHelpOptions = true)
public final class Up implements Subcommand, Callable<Integer> {
    private static final Duration PATIENCE = Duration.ofSeconds(10);
    private static final Duration ECHO = Duration.ofMillis(500);

    /** Ports below need CAP_NET_BIND_SERVICE (capabilities(7)). */
    private static final int PRIVILEGED = 1024;

    @Spec
    private CommandSpec spec = CommandSpec.create();

    @Option(names = "--json", description = "Write JSON, one value a line, instead of text for people.")
    private boolean json;

    /** System.nanoTime of the first Ctrl-C; 0 before. */
    private long firstInterrupt;

    /** Whether a second Ctrl-C has killed what did not stop. */
    private volatile boolean killed;

    /** Made by the command's root. */
    public Up() {}

    @Override
    public Integer call() throws InterruptedException, IOException {
        PrintWriter out = spec.commandLine().getOut();
        PrintWriter err = spec.commandLine().getErr();
        Place place = Place.of(System.getenv());
        Optional<String> running = running(place.runDir());
        if (running.isPresent()) {
            return tell(err, ExitCode.TAKEN, running.get());
        }
        Config config = Config.ofHome(place.home());
        HeldPort listener = HeldPort.ofDaemon(config);
        Optional<String> taken = portTaken(listener.host(), listener.port());
        if (taken.isPresent()) {
            return tell(err, ExitCode.TAKEN, taken.get());
        }
        return run(place, config, listener, out, err);
    }

    private int run(Place place, Config config, HeldPort listener, PrintWriter out, PrintWriter err)
            throws InterruptedException, IOException {
        JavaCommand java = JavaCommand.ofThisProcess();
        RoleNetwork network = RoleNetwork.of(System.getenv());
        network.hideSupervisor();
        var launcher = new ProcessLauncher(
                role -> java.role(role, place.app()),
                role -> LogFile.of(place.home(), role),
                place.home(),
                network,
                Optional.of(listener));
        Roster roster = Roles.all();
        try (TreeRun run = TreeRun.start(place, config, roster, launcher, (role, bad, line) -> {
            out.println(json ? jsonLine(Map.of("role", role, "failed", bad, "message", line)) : inColumns(role, line));
            out.flush();
        })) {
            onSignal("INT", () -> interrupted(run, out));
            onSignal("TERM", () -> run.stop("SIGTERM"));
            onSignal("HUP", () -> run.stop("the terminal went away"));
            if (run.awaitReady(Optional.empty())) {
                welcome(java, place.app(), json);
            }
            Order.Outcome outcome = run.await();
            if (killed) {
                return ExitCode.INTERRUPTED.number();
            }
            if (outcome.failed()) {
                out.flush();
                return tell(err, ExitCode.ERROR, "Omni has stopped: " + outcome.reason());
            }
            out.println(json ? jsonLine(Map.of("stopped", true)) : "Omni has stopped.");
            return ExitCode.OK.number();
        } catch (TreeRun.AlreadyRunning e) {
            return tell(err, ExitCode.TAKEN, String.valueOf(e.getMessage()));
        } catch (InitException e) {
            return tell(err, ExitCode.ERROR, String.valueOf(e.getMessage()));
        }
    }

    /** JLine does this by reflection, for the compiler refuses every direct use of sun.misc.Signal. */
    private static void onSignal(String name, Runnable action) {
        if (Signals.register(name, action) == null) {
            System.getLogger("omni.init")
                    .log(System.Logger.Level.WARNING, "SIG" + name + " cannot be handled: it ends the roles abruptly");
        }
    }

    /** The first Ctrl-C stops in order; a second one has no patience. Some programs send one Ctrl-C on twice. */
    private synchronized void interrupted(TreeRun run, PrintWriter out) {
        long now = System.nanoTime();
        if (firstInterrupt == 0) {
            firstInterrupt = now;
            out.println(
                    json
                            ? jsonLine(Map.of("stopping", true))
                            : "\nStopping, the last started first. Ctrl-C again kills.");
            out.flush();
            run.stop("Ctrl-C");
        } else if (now - firstInterrupt > ECHO.toNanos()) {
            killed = true;
            run.close();
            Runtime.getRuntime().halt(ExitCode.INTERRUPTED.number());
        }
    }

    /** Says why it ends, in the form that every command's error has, and returns the exit code. */
    private int tell(PrintWriter err, ExitCode exit, String message) {
        err.println(
                json
                        ? jsonLine(
                                Map.of("error", Map.of("code", exit.word(), "exit", exit.number(), "message", message)))
                        : message);
        return exit.number();
    }

    private static String inColumns(String role, String line) {
        return String.format(Locale.ROOT, "  %-10s %s", role, line);
    }

    private static String jsonLine(Map<String, ?> values) {
        return JsonMapper.shared().writeValueAsString(new TreeMap<>(values));
    }

    /** Runs the command that prints the address, the key of a first start, and a first request. */
    private static void welcome(JavaCommand java, Path app, boolean json) throws IOException, InterruptedException {
        List<String> line = new ArrayList<>(java.line(JvmFlags.ofCommand(app), "omni.cli", "omni.cli.Main", "welcome"));
        if (json) {
            line.add("--json");
        }
        new ProcessBuilder(line)
                .inheritIO()
                .redirectInput(ProcessBuilder.Redirect.PIPE) // ours may be lent to a role just now
                .start()
                .waitFor();
    }

    /** What to say where a supervisor serves that directory already. */
    private static Optional<String> running(Path runDir) {
        try (BusClient client = BusClient.to(RunDirectory.socket(runDir, "supervisor"))) {
            SupervisorProtocol.Tree tree = SupervisorProtocol.Client.of(client.within(PATIENCE))
                    .status(new SupervisorProtocol.StatusParams())
                    .tree();
            Long pid = tree.roles().getFirst().pid();
            return Optional.of(
                    "Omni is already running here (pid " + pid + ", since " + tree.since() + "): omni status");
        } catch (BusException.Unavailable | BusException.Disconnected e) {
            return Optional.empty();
        }
    }

    private static Optional<String> portTaken(String host, int port) {
        if (!PortHolder.isFree(host, 0)) {
            return Optional.of(host + " is no address of this machine: set [daemon] host in omni.toml to one that is.");
        }
        if (port == 0 || PortHolder.isFree(host, port)) {
            return Optional.empty();
        }
        if (port < PRIVILEGED && PortHolder.find(port).isEmpty()) {
            return Optional.of("Port " + port + " is for root alone, as all below " + PRIVILEGED
                    + " usually are: set another, [daemon] port in omni.toml.");
        }
        return Optional.of("Port " + port + " of " + host + " is taken by "
                + PortHolder.find(port).orElse("a process that cannot be seen from here")
                + ". Stop that, or set another port: [daemon] port in omni.toml.");
    }
}
