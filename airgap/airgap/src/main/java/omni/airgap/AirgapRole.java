package omni.airgap;

import java.nio.file.Path;
import java.time.Clock;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import omni.bus.Service;
import omni.role.Role;
import omni.role.RoleContext;
import omni.role.Section;

/** The role "airgap": the kill switch. The only one that may change this machine's network. */
public final class AirgapRole implements Role {
    /** How often a closed gap is looked at for the evidence. */
    private static final Duration EVIDENCE_INTERVAL = Duration.ofMinutes(10);

    /** Called by the service loader. */
    public AirgapRole() {}

    @Override
    public String name() {
        return "airgap";
    }

    @Override
    public List<Section<?>> sections() {
        return List.of(AirgapConfig.SECTION);
    }

    @Override
    public Running start(RoleContext context) throws AirgapException {
        AirgapConfig config = context.config(AirgapConfig.SECTION);
        Path folder = context.home().resolve("airgap");
        Clock clock = Clock.systemUTC();
        List<String> limits = new ArrayList<>(Rehearsal.once());
        if (config.scope().isBlank()) {
            limits.add("airgap.scope is empty: the kill switch cuts off nothing");
        }
        Gap gap = new Gap(
                Scope.of(config.scope()), new GapStore(folder, context.runDir()), clock, Obstacles::find, point -> {});
        EvidenceChain evidence = EvidenceChain.in(folder.resolve("evidence"), clock);
        Recorder recorder = new Recorder(gap, evidence).start(EVIDENCE_INTERVAL);
        var _ = gap.onChange(status -> context.note(note(status)));
        gap.start();
        context.note(note(gap.status()));
        Thread.ofPlatform().daemon().name("rehearsal").start(() -> {
            Rehearsal.often(context.runDir().resolve("airgap.rehearsal"));
            Rehearsal.ask(context.peer(name()));
            Rehearsal.hurry();
        });
        Watch watch = new Watch(gap).start();
        Factors factors = new Factors(folder, new ConsolePresence(config.console()), clock);
        return new Guarding(gap, watch, recorder, new AirgapService(gap, factors, evidence, config.scope(), limits));
    }

    private static String note(Gap.Status status) {
        return switch (status.state()) {
            case OPEN -> "open; " + count(status);
            case ENGAGING, LIFTING -> status.state().name().toLowerCase(Locale.ROOT);
            case GAP -> "closed; " + count(status);
            case BROKEN -> "closed, not confirmed: " + status.problems().getFirst();
        };
    }

    private static String count(Gap.Status status) {
        return status.namespaces() == 1 ? "1 namespace" : status.namespaces() + " namespaces";
    }

    /** The role at work. A gap stays closed when it ends. */
    private record Guarding(Gap gap, Watch watch, Recorder recorder, AirgapService service) implements Running {
        @Override
        public List<Service> services() {
            return List.of(AirgapProtocol.service(service));
        }

        @Override
        public void stop(Duration grace) {
            watch.close();
            recorder.close();
            gap.close();
        }
    }
}
