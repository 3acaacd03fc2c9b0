package omni.api;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.net.BindException;
import java.net.InetSocketAddress;
import java.nio.channels.ServerSocketChannel;
import java.nio.file.Path;
import java.time.Clock;
import java.time.Duration;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.locks.LockSupport;
import omni.airgap.AirgapProtocol;
import omni.bus.BusClient;
import omni.bus.Service;
import omni.engine.EngineProtocol;
import omni.role.Role;

/** The daemon when it runs: the HTTP server and the bus service over one set of keys, templates and answers. */
final class Daemon implements Role.Running {
    private static final Duration STOP_STEP = Duration.ofMillis(10);
    /** A scrape waits for the engine no longer than this. */
    private static final Duration COUNTS_WAIT_MAX = Duration.ofMillis(500);

    private final HttpServer server;
    private final Sweeper sweeper;
    private final Answers answers;
    private final VaultLink vault;
    private final KeyUse use;
    private final Service service;
    private final Address address;
    private final Optional<DeviceCertificate> certificate;

    private Daemon(
            HttpServer server,
            Sweeper sweeper,
            Answers answers,
            VaultLink vault,
            KeyUse use,
            Service service,
            Address address,
            Optional<DeviceCertificate> certificate) {
        this.server = server;
        this.sweeper = sweeper;
        this.answers = answers;
        this.vault = vault;
        this.use = use;
        this.service = service;
        this.address = address;
        this.certificate = certificate;
    }

    /**
     * Starts it; it listens when this returns. The vault's link is its own from now on.
     *
     * @param given the socket that it was given to listen on; else it makes one as configured
     * @throws KeyFileException where the keys, or the key for TLS, cannot be read
     * @throws IllegalStateException where the address is taken or not this machine's
     */
    static Daemon start(
            DaemonConfig config,
            Optional<ServerSocketChannel> given,
            Path home,
            String tree,
            BusClient engineBus,
            BusClient airgapBus,
            FetchLink fetch,
            VaultLink vault,
            Clock clock) {
        var store = KeyStore.open(home, tree, config.keysMax(), clock);
        var certificate = certificate(config, given, home, clock);
        var sweeper = new Sweeper(config.patience());
        var use = KeyUse.open(home, store::ids, clock, System::nanoTime, task -> writeLater(sweeper, task));
        var keys = new KeyCheck(store, vault, use, clock);
        var engine = new EngineLink(EngineProtocol.Client.of(engineBus));
        var templates = new Templates(engine, clock, config.reorderVolatileLines());
        var counting = EngineProtocol.Client.of(engineBus.within(COUNTS_WAIT_MAX));
        var metrics = new Metrics(() -> EngineLink.counts(counting));
        var answers = new Answers(
                engine, templates, sweeper, config.answerTimeout(), clock, vault::requireMayAnswer, metrics);
        var airgap = new AirgapLink(AirgapProtocol.Client.of(airgapBus));
        var models = new OllamaStoreRoutes(answers, engine, airgap, fetch, config.pullModels());
        var routes = new Routes(
                answers, engine, airgap, vault, new Health(engine::models), models, config.embeddingInputsMax(), clock);
        var json = new Json(config.nestingMax());
        var bodies = new Bodies(json, config.bodyBytesMax(), config.bodiesBytesMax());
        var guard = new Guard(
                config.host(),
                config.hosts(),
                config.origins(),
                () -> certificate.map(DeviceCertificate::hosts).orElse(Set.of()),
                keys);
        HttpServer server;
        try {
            server = HttpServer.start(config, given, certificate, new Front(guard, routes, bodies, metrics), sweeper);
        } catch (UncheckedIOException e) {
            sweeper.close();
            vault.close();
            throw new IllegalStateException(why(config, e), e);
        }
        vault.leaveBy(() -> {
            server.leaveToNext();
            use.write(); // a client that can end this process takes back nothing of what it has used
        });
        vault.watch().whenOpen(keys::compareIfOpen);
        var address = Address.of(config, server.address());
        var service =
                DaemonProtocol.service(new DaemonService(keys, answers, address, certificate, json, vault, clock));
        return new Daemon(server, sweeper, answers, vault, use, service, address, certificate);
    }

    private static void writeLater(Sweeper sweeper, Runnable task) {
        var _ = sweeper.after(
                KeyUse.WRITE_AFTER,
                () -> Thread.ofVirtual().name("omni-api-key-use").start(task));
    }

    /** Where more than the loopback is listened on; a socket that was opened for the loopback alone reaches no further. */
    private static Optional<DeviceCertificate> certificate(
            DaemonConfig config, Optional<ServerSocketChannel> given, Path home, Clock clock) {
        var reach = config.reach();
        return reach.beyondLoopback() && given.map(Daemon::isForAll).orElse(true)
                ? Optional.of(DeviceCertificate.open(home, Machine.real(), reach, config.hosts(), clock))
                : Optional.empty();
    }

    private static boolean isForAll(ServerSocketChannel channel) {
        try {
            return channel.getLocalAddress() instanceof InetSocketAddress bound
                    && bound.getAddress().isAnyLocalAddress();
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    private static String why(DaemonConfig config, UncheckedIOException e) {
        var host = config.reach().beyondLoopback() ? "0.0.0.0" : config.host();
        var place = host + ":" + config.port();
        return e.getCause() instanceof BindException
                ? "Cannot listen on " + place + ": taken, or not an address of this machine."
                        + " Stop the other program or set daemon.port in omni.toml."
                : "Cannot listen on " + place + ". Check daemon.host, daemon.port and daemon.listen in omni.toml.";
    }

    /** Where the API is found. */
    String url() {
        return address.url();
    }

    /** What of it is worth a line when it starts. */
    String note() {
        var missing = lan().map(DaemonProtocol.Lan::missing).orElse(List.of());
        return "listens on " + url()
                + (certificate.isPresent() ? ", and for other machines by TLS" : "")
                + (missing.isEmpty()
                        ? ""
                        : "; not on " + String.join(" ", missing) + ", which this machine does not have now");
    }

    /** How other machines reach it, where they do. */
    Optional<DaemonProtocol.Lan> lan() {
        return address.lan(certificate);
    }

    @Override
    public List<Service> services() {
        return List.of(service);
    }

    /** Refuses new answers at once or leaves them to the next daemon, lets those in progress go on for half the grace, then ends them and listens no more. */
    @Override
    public void stop(Duration grace) {
        server.leaveToNext();
        answers.stop();
        vault.close();
        var until = System.nanoTime() + grace.dividedBy(2).toNanos();
        while (answers.running() > 0 && System.nanoTime() - until < 0) {
            LockSupport.parkNanos(STOP_STEP.toNanos());
        }
        answers.cancelAll();
        server.close();
        use.close();
        sweeper.close();
    }
}
