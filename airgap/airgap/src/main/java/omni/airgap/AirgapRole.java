package omni.airgap;

import java.nio.file.Path;
import java.time.Clock;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Optional;
import java.util.concurrent.CopyOnWriteArrayList;
import omni.bus.Service;
import omni.role.Role;
import omni.role.RoleContext;
import omni.role.Section;

/** The role "airgap": the kill switch. The only one that may change this machine's network. */
public final class AirgapRole implements Role {
    /** How often a closed gap is looked at for the evidence. */
    private static final Duration EVIDENCE_INTERVAL = Duration.ofMinutes(10);

    private static final System.Logger LOG = System.getLogger("omni.airgap");

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
        Rootless rootless = Rootless.of(System.getenv());
        Scope scope = rootless.scope(config.scope());
        var parser = new ResidentParser(); // its process is started by the first census: to close waits for none
        Scope closing = scope.withClosed(folder);
        Host host = Host.of(closing, folder, parser);
        List<String> limits = new ArrayList<>(host.limits());
        host.lockMemory().ifPresent(limits::add);
        limits.addAll(rootless.limits(config.scope()));
        GapStore store = new GapStore(folder, context.runDir(), closing.text());
        Gap gap = new Gap(host, store, clock);
        var _ = gap.onChange(status -> context.note(note(status)));
        GapLog told = new GapLog();
        var _ = gap.onChange(told);
        List<Gap.Status> earlier = new CopyOnWriteArrayList<>();
        Gap.Subscription listening = gap.onChange(earlier::add);
        gap.start(); // before the evidence is opened: a disk or a TPM that is slow opens nothing
        Evidence evidence = Evidence.opening(folder.resolve("evidence"), EvidenceTpm.of(config.tpm()), clock);
        Recorder recorder = new Recorder(gap, evidence, clock).started().start(EVIDENCE_INTERVAL);
        listening.close();
        earlier.forEach(recorder::changed);
        context.note(note(gap.status()));
        host.rehearse(context, name());
        Gap.Subscription watch = gap.watch();
        WatchMark.in(folder).make();
        signal(gap, limits);
        Owner owner = Owner.NOBODY;
        if (context.hasCredential()) {
            owner = new VaultOwner(context.provenPeer("vault"));
        } else {
            limits.add(
                    "no vault's password lifts a gap: this role was started by hand, and cannot tell whose vault answers");
        }
        String rootsLine = OfflineMain.line(context.home(), context.runDir());
        var presence = new ConsolePresence(config.console(), rootsLine);
        presence.trouble().ifPresent(trouble -> {
            limits.add(trouble);
            LOG.log(System.Logger.Level.WARNING, "As configured {0}", trouble);
        });
        Factors factors = new Factors(folder, presence, owner, clock, rootsLine);
        Optional<TalkLog> talks = talks(folder.resolve("audit"), host, clock, limits);
        String words = rootless.words(config.scope().strip());
        if (!closing.text().equals(scope.text()) || (words.isEmpty() && !gap.idle())) {
            words = closing.text(); // closed with a scope that is configured no longer
        }
        var service = new AirgapService(gap, factors, evidence, talks, words, limits);
        return new Guarding(gap, watch, evidence, recorder, told, talks, parser, service);
    }

    private static void signal(Gap gap, List<String> limits) {
        try {
            EngageSignal.on(() -> engage(gap));
        } catch (AirgapException e) {
            limits.add(e.getMessage());
        }
    }

    private static void engage(Gap gap) {
        if (gap.idle() && gap.status().state() == State.OPEN) {
            LOG.log(System.Logger.Level.WARNING, "A signal to close: nothing is in scope");
        } else {
            gap.engage("a signal");
        }
    }

    private static Optional<TalkLog> talks(Path folder, Host host, Clock clock, List<String> limits) {
        try {
            return Optional.of(new TalkLog(folder, host::everywhere, clock).start());
        } catch (AirgapException e) {
            limits.add(e.getMessage());
            return Optional.empty();
        }
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
    private record Guarding(
            Gap gap,
            Gap.Subscription watch,
            Evidence evidence,
            Recorder recorder,
            GapLog told,
            Optional<TalkLog> talks,
            ResidentParser parser,
            AirgapService service)
            implements Running {
        @Override
        public List<Service> services() {
            return List.of(AirgapProtocol.service(service));
        }

        @Override
        public void stop(Duration grace) {
            talks.ifPresent(TalkLog::close);
            watch.close();
            evidence.close(); // nor is a TPM waited for that does not answer
            recorder.close();
            parser.close();
            gap.close();
            told.close();
        }
    }
}
