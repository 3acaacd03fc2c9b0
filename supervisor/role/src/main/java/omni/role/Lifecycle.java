package omni.role;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.channels.ServerSocketChannel;
import java.nio.file.Path;
import java.time.Duration;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.atomic.AtomicReference;
import omni.bus.BusClient;
import omni.bus.BusServer;
import omni.bus.RunDirectory;
import omni.bus.Service;
import org.jspecify.annotations.Nullable;

/**
 * One role from start to stop: starts it, serves its socket, reports, and stops it in order when the process is told to
 * end (SIGTERM, SIGINT, the end of the control pipe). What fails for good ends the process at once with code 70, and the
 * supervisor begins again: nothing is repaired in a process that has failed.
 *
 * <p>{@link #run} belongs to the main thread, the stop to the virtual machine's shutdown hook; the rest is any thread's.
 */
final class Lifecycle implements RoleContext {
    /** What the process needs of the stop grace for itself. */
    private static final Duration EXIT_MARGIN = Duration.ofMillis(500);

    private final Role role;
    private final Surroundings surroundings;
    private final Config config;
    private final Leash leash;
    private final System.Logger log = System.getLogger("omni.role");
    private final Notify systemd = Notify.from(System.getenv());
    private final Map<String, BusClient> peers = new ConcurrentHashMap<>();
    private final Map<String, BusClient> provenPeers = new ConcurrentHashMap<>();
    private final AtomicReference<@Nullable Serving> serving = new AtomicReference<>();
    private final Optional<Reporter> reporter;

    private record Serving(Role.Running running, BusServer server) {}

    Lifecycle(Role role, Surroundings surroundings, Config config, Leash leash) {
        this.role = role;
        this.surroundings = surroundings;
        this.config = config;
        this.leash = leash;
        this.reporter = surroundings
                .instance()
                .map(instance -> new Reporter(
                        SupervisorProtocol.Client.of(peer("supervisor")
                                .within(config.get(SupervisorConfig.SECTION).liveness())),
                        role.name(),
                        instance,
                        config.get(SupervisorConfig.SECTION).liveness(),
                        this::fail));
    }

    /** Starts the role, and returns only by an exception: the process ends by the stop. */
    void run() throws InterruptedException {
        Thread.setDefaultUncaughtExceptionHandler(
                (thread, thrown) -> fail("Uncaught in thread \"" + thread.getName() + "\"", thrown));
        Runtime.getRuntime().addShutdownHook(Thread.ofPlatform().name("stop").unstarted(this::stop));
        reporter.ifPresent(Reporter::start);
        try {
            Role.Running running = role.start(this);
            var server = BusServer.at(RunDirectory.socket(surroundings.runDir(), role.name()))
                    .identity("Omni", "Omni " + role.name(), version(), "");
            if (surroundings.credentialRoot().isPresent()) {
                server = server.knowing(surroundings.credentialRoot().get());
            }
            for (Service service : running.services()) {
                server = server.service(service);
            }
            serving.set(new Serving(running, server.start()));
        } catch (Exception e) {
            fail("The role cannot start: " + reason(e), e);
        }
        log.log(System.Logger.Level.INFO, "Ready");
        reporter.ifPresent(Reporter::ready);
        systemd.ready("ready");
        new CountDownLatch(1).await();
    }

    private void stop() {
        reporter.ifPresent(Reporter::stopping);
        systemd.stopping("stopping");
        Serving current = serving.get();
        if (current != null) {
            Duration grace = grace();
            Thread stop = Thread.ofPlatform().daemon().name("role-stop").start(() -> {
                current.running().stop(grace);
                current.server().close();
            });
            try {
                stop.join(grace.plus(EXIT_MARGIN.dividedBy(2)));
            } catch (InterruptedException e) {
                Thread.currentThread().interrupt();
            }
        }
        log.log(System.Logger.Level.INFO, "Stopped");
        Runtime.getRuntime().halt(leash.isOrphaned() ? Main.EXIT_FAILED : 0);
    }

    private Duration grace() {
        Duration patience = leash.isOrphaned()
                ? Leash.ORPHAN_GRACE
                : config.get(SupervisorConfig.SECTION).stopGrace();
        Duration grace = patience.minus(EXIT_MARGIN);
        return grace.compareTo(EXIT_MARGIN) > 0 ? grace : patience.dividedBy(2);
    }

    @Override
    public void fail(String reason, Throwable cause) {
        try {
            log.log(System.Logger.Level.ERROR, reason, cause);
        } finally {
            Runtime.getRuntime().halt(Main.EXIT_FAILED);
        }
    }

    @Override
    public void rest() {
        Thread.ofPlatform()
                .daemon()
                .name("rest")
                .start(() -> Runtime.getRuntime().exit(0));
    }

    @Override
    public Path home() {
        return surroundings.home();
    }

    @Override
    public Path runDir() {
        return surroundings.runDir();
    }

    @Override
    public Path app() {
        return surroundings.app();
    }

    @Override
    public <T extends Record> T config(Section<T> section) {
        return config.get(section);
    }

    @Override
    public void note(String oneLine) {
        reporter.ifPresent(r -> r.note(oneLine));
    }

    @Override
    public BusClient peer(String name) {
        return peers.computeIfAbsent(name, n -> BusClient.to(RunDirectory.socket(surroundings.runDir(), n)));
    }

    @Override
    public BusClient provenPeer(String name) {
        Path socket = RunDirectory.socket(surroundings.runDir(), name);
        return surroundings
                .credential()
                .map(credential ->
                        provenPeers.computeIfAbsent(name, _ -> BusClient.to(socket, role.name(), credential)))
                .orElseGet(() -> peer(name));
    }

    @Override
    public boolean hasCredential() {
        return surroundings.credential().isPresent();
    }

    @Override
    public void vanish() {
        Native.exit(0);
    }

    @Override
    public Optional<ServerSocketChannel> listener() {
        return surroundings.listens() ? Optional.of(inherited()) : Optional.empty();
    }

    private static ServerSocketChannel inherited() {
        try {
            if (System.inheritedChannel() instanceof ServerSocketChannel channel) {
                return channel;
            }
        } catch (IOException e) {
            throw new UncheckedIOException("Standard input cannot be listened on", e);
        }
        throw new IllegalStateException("OMNI_STDIN says that standard input is a listening socket, and it is none");
    }

    @Override
    public String tree() {
        return surroundings.tree();
    }

    private static String reason(Exception e) {
        return e.getMessage() == null ? e.getClass().getSimpleName() : e.getMessage();
    }

    private static String version() {
        String version = Lifecycle.class.getModule().isNamed()
                ? Lifecycle.class.getModule().getDescriptor().rawVersion().orElse("")
                : "";
        return version.isEmpty() ? "development" : version;
    }
}
