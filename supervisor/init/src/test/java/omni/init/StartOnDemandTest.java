package omni.init;

import static org.junit.jupiter.api.Assertions.assertTrue;

import java.nio.file.Path;
import java.util.List;
import java.util.OptionalLong;
import java.util.concurrent.atomic.AtomicReference;
import omni.bus.BusClient;
import omni.bus.BusServer;
import omni.bus.Credential;
import omni.role.SupervisorProtocol;
import omni.role.SupervisorProtocol.ReportParamsState;
import omni.role.SupervisorProtocol.TreeLauncher;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Who asks for a role on demand while it goes to rest. */
class StartOnDemandTest {
    private static final int ASKED = 200;

    @TempDir
    Path folder;

    /** Its processes are ready and end at once, in no time at all: nearly no wait for it sees anything but a role at rest. */
    private static final class Hasty implements Launcher {
        final AtomicReference<Supervisor> supervisor = new AtomicReference<>();
        private int launches;

        @Override
        public TreeLauncher kind() {
            return TreeLauncher.PROCESS;
        }

        @Override
        public List<String> notIsolated() {
            return List.of();
        }

        @Override
        public Child launch(Launch launch, Listener listener) {
            listener.started(1);
            supervisor
                    .get()
                    .post(new Event.Reported(launch.instance(), ReportParamsState.READY, "", OptionalLong.empty()));
            if (launches++ % 3 > 0) {
                listener.exited(new Exit(0, ""));
            }
            return new Child() {
                @Override
                public void terminate() {
                    listener.exited(new Exit(0, ""));
                }

                @Override
                public void kill() {
                    listener.exited(new Exit(137, ""));
                }
            };
        }

        @Override
        public void close() {}
    }

    @Test
    void isNotToldThatTheTreeStops() throws Exception {
        var launcher = new Hasty();
        var place = new Place(folder, folder, folder, RandomName.next(), Credential.root());
        var roster = Roster.of(List.of(Rig.onDemand("guest")));
        try (var supervisor = new Supervisor(roster, TreeBench.PATIENCE, launcher, place, (role, bad, line) -> {});
                var _ = BusServer.at(folder.resolve("s.sock"))
                        .service(SupervisorProtocol.service(new SupervisorService(supervisor)))
                        .start();
                var bus = BusClient.to(folder.resolve("s.sock"))) {
            launcher.supervisor.set(supervisor);
            supervisor.start();
            var client = SupervisorProtocol.Client.of(bus);
            for (int i = 0; i < ASKED; i++) {
                client.start(new SupervisorProtocol.StartParams("guest"));
                String instance = supervisor.snapshot().instances().getOrDefault("guest", "");
                supervisor.ask(new Event.Exited(instance, new Launcher.Exit(0, "")));
            }
            assertTrue(launcher.launches > ASKED, "it was at rest before anybody looked");
            supervisor.stop("the test is over");
        }
    }
}
