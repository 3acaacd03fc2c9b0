package omni.api;

import java.nio.channels.ServerSocketChannel;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.Optional;
import java.util.concurrent.atomic.AtomicInteger;
import omni.bus.BusClient;
import omni.bus.BusServer;
import omni.bus.Credential;
import omni.role.Config;
import omni.role.Role;
import omni.role.RoleContext;
import omni.role.Section;
import omni.vault.QuickVault;

/** The real role "vault", in this process, with keys that are derived at once; its sockets are in its home. */
final class RealVault implements RoleContext, AutoCloseable {
    final AtomicInteger faults = new AtomicInteger();
    private final Path home;
    private final Runnable ended;
    private final Config config;
    private final Role.Running running;
    private final BusServer server;

    /**
     * Starts it.
     *
     * @param root that the daemon's credential is of
     * @param ended is done when an open one has locked, in place of the end of the process
     * @param line of the table [vault]
     */
    RealVault(Path home, Credential root, Runnable ended, String line) throws Exception {
        this.home = home;
        this.ended = ended;
        var role = QuickVault.role();
        var toml = Files.writeString(home.resolve("vault.toml"), "[vault]\n" + line);
        config = Config.load(toml, role.sections());
        running = role.start(this);
        var builder = BusServer.at(home.resolve("vault.sock")).knowing(root);
        running.services().forEach(builder::service);
        server = builder.start();
    }

    @Override
    public void close() {
        server.close();
        running.stop(Duration.ZERO);
    }

    @Override
    public void vanish() {
        Thread.ofVirtual().name("end").start(server::close);
        ended.run();
    }

    @Override
    public <T extends Record> T config(Section<T> section) {
        return config.get(section);
    }

    @Override
    public Path home() {
        return home;
    }

    @Override
    public Path runDir() {
        return home;
    }

    @Override
    public Path app() {
        return home;
    }

    @Override
    public Optional<ServerSocketChannel> listener() {
        return Optional.empty();
    }

    @Override
    public void note(String oneLine) {}

    @Override
    public BusClient peer(String role) {
        throw new IllegalStateException("It has no peers.");
    }

    @Override
    public boolean hasCredential() {
        return true;
    }

    @Override
    public BusClient provenPeer(String role) {
        return peer(role);
    }

    @Override
    public void fail(String reason, Throwable cause) {
        faults.incrementAndGet();
    }

    @Override
    public void rest() {
        faults.incrementAndGet();
    }

    @Override
    public String tree() {
        return "test";
    }
}
