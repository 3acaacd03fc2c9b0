package omni.cli;

import java.io.ByteArrayInputStream;
import java.io.PrintWriter;
import java.io.StringWriter;
import java.io.Writer;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import omni.airgap.AirgapProtocol;
import omni.api.DaemonProtocol;
import omni.bus.BusServer;
import omni.bus.RunDirectory;
import omni.bus.Service;
import omni.engine.EngineProtocol;
import omni.engine.TuningProtocol;
import omni.fetch.FetchProtocol;
import omni.role.SupervisorProtocol;

/** Real sockets, served by the fake roles, and a place to run commands against them. */
final class FakeTree implements AutoCloseable {
    final FakeSupervisor supervisor = new FakeSupervisor();
    final FakeEngine engine = new FakeEngine();
    final FakeTuning tuning = new FakeTuning();
    final FakeDaemon daemon = new FakeDaemon();
    final FakeFetch fetch = new FakeFetch();
    final FakeAirgap airgap = new FakeAirgap();
    final Map<String, String> environment = new HashMap<>();
    private final Map<String, BusServer> servers = new HashMap<>();

    FakeTree(Path folder) {
        environment.put("OMNI_HOME", folder.resolve("home").toString());
        environment.put("OMNI_RUN", folder.resolve("run").toString());
        environment.put("PATH", System.getenv("PATH"));
    }

    /** What a command did. */
    record Done(int exit, String out, String err) {}

    FakeTree start() {
        serve("supervisor", SupervisorProtocol.service(supervisor));
        serve("engine", EngineProtocol.service(engine), TuningProtocol.service(tuning));
        serve("daemon", DaemonProtocol.service(daemon));
        serve("fetch", FetchProtocol.service(fetch));
        serve("airgap", AirgapProtocol.service(airgap));
        return this;
    }

    private void serve(String role, Service... services) {
        var builder = BusServer.at(RunDirectory.socket(RunDirectory.resolve(environment), role));
        for (var service : services) {
            builder.service(service);
        }
        servers.put(role, builder.start());
    }

    void stop(String role) {
        var server = servers.remove(role);
        if (server != null) {
            server.close();
        }
    }

    World world(String input) {
        return world(input, new StringWriter(), new StringWriter());
    }

    private World world(String input, Writer out, Writer err) {
        return new World(
                environment,
                new ByteArrayInputStream(input.getBytes(StandardCharsets.UTF_8)),
                new PrintWriter(out),
                new PrintWriter(err));
    }

    Done run(String... command) {
        return runWith("", command);
    }

    Done runWith(String input, String... command) {
        return runInto(new StringWriter(), input, command);
    }

    /** With standard output going there. */
    Done runInto(Writer out, String input, String... command) {
        var err = new StringWriter();
        var world = world(input, out, err);
        var exit = Main.commandLine(world).execute(command);
        world.out().flush();
        world.err().flush();
        return new Done(exit, out.toString(), err.toString());
    }

    @Override
    public void close() {
        List.copyOf(servers.keySet()).forEach(this::stop);
    }
}
