package omni.fetch;

import java.io.IOException;
import java.nio.file.Path;
import java.time.Clock;
import java.time.Duration;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.Executors;
import java.util.concurrent.ScheduledExecutorService;
import java.util.concurrent.TimeUnit;
import omni.bus.Service;
import omni.role.Role;
import omni.role.RoleContext;
import omni.role.Section;

/**
 * The role "fetch": brings models to this machine, sends backups away, and may connect outward for it. Starts when somebody asks the
 * supervisor for it, and ends by itself when nobody has wanted anything for a while.
 */
public final class FetchRole implements Role {
    /** Called by the service loader. */
    public FetchRole() {}

    @Override
    public String name() {
        return "fetch";
    }

    @Override
    public List<Section<?>> sections() {
        return List.of(FetchConfig.SECTION);
    }

    @Override
    public Running start(RoleContext context) throws IOException {
        FetchConfig config = context.config(FetchConfig.SECTION);
        Path folder = Pulls.prepare(context.home());
        Http http = new Http(config.patience(), config.proxyAddress(), Optional.empty(), Clock.systemUTC());
        Pulls pulls = Pulls.of(folder, http, Tokens.of(context.home()), config, Pulls.Box.of(folder));
        GitPush git = new GitPush(Tokens.of(context.home()), config.patience(), config.proxyAddress());
        FetchService service = new FetchService(pulls, git, consent(context), context::note);
        return new Fetching(service, http, config.idle(), context::rest);
    }

    private static Consent consent(RoleContext context) {
        return context.hasCredential()
                ? new VaultConsent(context.provenPeer("vault"))
                : (_, _) -> {
                    throw new FetchException(
                            FetchProtocol.Reason.REFUSED,
                            "This role was started by hand, and cannot tell whose vault permits it: nothing leaves.");
                };
    }

    /** The role at work. */
    private static final class Fetching implements Running {
        private final FetchService service;
        private final Http http;
        private final ScheduledExecutorService clock = Executors.newSingleThreadScheduledExecutor(
                Thread.ofPlatform().daemon().name("idle").factory());

        Fetching(FetchService service, Http http, Duration idle, Runnable rest) {
            this.service = service;
            this.http = http;
            long millis = Math.max(100, idle.toMillis() / 4);
            var _ = clock.scheduleWithFixedDelay(
                    () -> {
                        if (service.idle().compareTo(idle) >= 0) {
                            rest.run();
                        }
                    },
                    millis,
                    millis,
                    TimeUnit.MILLISECONDS);
        }

        @Override
        public List<Service> services() {
            return List.of(FetchProtocol.service(service));
        }

        @Override
        public void stop(Duration grace) {
            clock.shutdownNow();
            service.close();
            http.close();
        }
    }
}
