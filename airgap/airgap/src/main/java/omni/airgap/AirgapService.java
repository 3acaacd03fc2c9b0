package omni.airgap;

import java.util.List;
import java.util.Locale;
import java.util.Optional;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.FutureTask;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.locks.ReentrantLock;
import java.util.regex.Pattern;
import java.util.stream.Stream;
import omni.airgap.AirgapProtocol.BeginLiftReply;
import omni.airgap.AirgapProtocol.BeginStepUpReply;
import omni.airgap.AirgapProtocol.EngageParams;
import omni.airgap.AirgapProtocol.EngageReply;
import omni.airgap.AirgapProtocol.FailedReason;
import omni.airgap.AirgapProtocol.LiftParams;
import omni.airgap.AirgapProtocol.LiftReply;
import omni.airgap.AirgapProtocol.SetStepUpParams;
import omni.airgap.AirgapProtocol.StatusReply;
import omni.bus.BusError;
import omni.bus.Call;

/** {@code omni.Airgap} over the gap of this process. For any thread. */
final class AirgapService implements AirgapProtocol.Handler {
    private static final int CAUSE_CHARACTERS_MAX = 200;
    /** A cause is shown in one line, on terminals too: nothing in it moves a cursor, begins a line or turns the text round. */
    private static final Pattern UNPRINTABLE = Pattern.compile("[\\p{Cc}\\p{Cf}\\p{Zl}\\p{Zp}]+");

    private static final int SOCKETS_MAX = 500;
    private static final int CHANGES_MAX = 1000;
    private static final int TALKS_MAX = 1000;

    private final Gap gap;
    private final Factors factors;
    private final Evidence evidence;
    private final Optional<TalkLog> talks;
    private final String scope;
    private final List<String> limits;
    private final ReentrantLock looking = new ReentrantLock();

    AirgapService(
            Gap gap, Factors factors, Evidence evidence, Optional<TalkLog> talks, String scope, List<String> limits) {
        this.gap = gap;
        this.factors = factors;
        this.evidence = evidence;
        this.talks = talks;
        this.scope = scope;
        this.limits = List.copyOf(limits);
    }

    @Override
    public void status(AirgapProtocol.StatusParams in, Call<StatusReply> call) {
        if (!call.wantsMore()) {
            call.reply(new StatusReply(gap(gap.status())));
            return;
        }
        var changes = new LinkedBlockingQueue<Gap.Status>(CHANGES_MAX);
        call.onCancel(() -> changes.offer(gap.status())); // so that the wait for a change ends
        try (var _ = gap.onChange(changes::offer)) {
            call.next(new StatusReply(gap(gap.status())));
            while (!call.isCancelled()) {
                call.next(new StatusReply(gap(changes.take())));
            }
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
        call.reply(new StatusReply(gap(gap.status())));
    }

    @Override
    public void engage(EngageParams in, Call<EngageReply> call) {
        String cause = UNPRINTABLE.matcher(in.cause()).replaceAll(" ").strip();
        if (cause.length() > CAUSE_CHARACTERS_MAX) {
            throw failed(FailedReason.INVALID, "The cause is at most " + CAUSE_CHARACTERS_MAX + " characters.");
        }
        if (gap.idle() && gap.status().state() == State.OPEN) {
            throw failed(
                    FailedReason.REFUSED,
                    "No network is in scope: there is nothing to close. Set airgap.scope in omni.toml, and start Omni again.");
        }
        String why = cause.isEmpty() ? "asked for" : cause;
        List<String> early = gap.cut(why);
        call.reply(new EngageReply(gap(apart(Urgency::hurry, () -> gap.confirm(why, early)))));
    }

    @Override
    public void audit(AirgapProtocol.AuditParams in, Call<AirgapProtocol.AuditReply> call) {
        Audit audit = look(() -> in.everywhere() ? gap.everywhere() : gap.audit());
        RoleSockets may = new RoleSockets(audit.census().sockets());
        List<AirgapProtocol.Socket> sockets = audit.census().sockets().stream()
                .map(socket -> socket(socket, may))
                .toList();
        int last = 0;
        if (call.wantsMore()) {
            for (; sockets.size() - last > SOCKETS_MAX; last += SOCKETS_MAX) {
                call.next(new AirgapProtocol.AuditReply(
                        sockets.subList(last, last + SOCKETS_MAX), List.of(), List.of(), List.of()));
            }
        }
        call.reply(new AirgapProtocol.AuditReply(
                sockets.subList(last, Math.min(sockets.size(), last + SOCKETS_MAX)),
                audit.census().namespaces().stream()
                        .map(count -> new AirgapProtocol.Census(
                                count.namespace(), count.name(), count.used(), count.unexplained(), count.suspects()))
                        .toList(),
                Stream.concat(audit.census().alarms().stream(), evidence.alarms().stream())
                        .toList(),
                audit.outOfReach()));
    }

    @Override
    public void talks(AirgapProtocol.TalksParams in, Call<AirgapProtocol.TalksReply> call) {
        if (in.last() < 1 || in.last() > TALKS_MAX) {
            throw failed(FailedReason.INVALID, "last is from 1 to " + TALKS_MAX + ".");
        }
        TalkLog log = talks.orElseThrow(
                () -> failed(FailedReason.FAILED, "Who talks to whom is not kept: omni airgap status says why."));
        var events = new LinkedBlockingQueue<List<String>>(CHANGES_MAX);
        call.onCancel(() -> events.offer(List.of())); // so that the wait for an event ends
        try (var _ = log.onEvents(events::offer)) {
            List<String> last = attempt(() -> log.last((int) in.last()));
            if (call.wantsMore()) {
                call.next(new AirgapProtocol.TalksReply(last));
                while (!call.isCancelled()) {
                    call.next(new AirgapProtocol.TalksReply(events.take()));
                }
            }
            call.reply(new AirgapProtocol.TalksReply(last));
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
    }

    private static AirgapProtocol.Socket socket(SocketEntry socket, RoleSockets may) {
        return new AirgapProtocol.Socket(
                socket.namespace(),
                socket.inode(),
                socket.protocol(),
                socket.state(),
                socket.local(),
                socket.remote(),
                socket.outward(),
                socket.owners().stream()
                        .map(owner -> new AirgapProtocol.Owner(
                                owner.pid(),
                                owner.program(),
                                owner.user(),
                                owner.unit(),
                                owner.role(),
                                owner.role().isEmpty() ? null : may.expects(socket, owner)))
                        .toList());
    }

    @Override
    public void evidence(AirgapProtocol.EvidenceParams in, Call<AirgapProtocol.EvidenceReply> call) {
        Evidence.Shown shown = attempt(evidence::shown);
        call.reply(new AirgapProtocol.EvidenceReply(
                shown.chain().file().toString(),
                Proof.key(shown.chain().publicKey()),
                shown.checkpoint().note().note(),
                shown.counter().orElse(null),
                shown.witnessed().orElse(null),
                evidence.alarms(),
                evidence.notWritten().orElse(null)));
    }

    @Override
    public void keepWitnessed(AirgapProtocol.KeepWitnessedParams in, Call<AirgapProtocol.KeepWitnessedReply> call) {
        Checkpoint kept = attempt(() -> evidence.keep(in.note()));
        call.reply(new AirgapProtocol.KeepWitnessedReply(
                kept.size(),
                kept.note().signatures().stream()
                        .filter(Cosignature::looksLikeOne)
                        .map(SignedNote.Signature::name)
                        .toList()));
    }

    @Override
    public void beginLift(AirgapProtocol.BeginLiftParams in, Call<BeginLiftReply> call) {
        if (gap.status().state() == State.OPEN) {
            throw failed(FailedReason.REFUSED, "The gap is open: there is nothing to lift.");
        }
        Factors.Begun begun = attempt(factors::beginLift);
        call.reply(new BeginLiftReply(begun.nonce(), begun.console(), attempt(factors::takesPassword)));
    }

    @Override
    public void lift(LiftParams in, Call<LiftReply> call) {
        String permit = in.permit();
        Grant grant = attempt(() -> {
            try {
                return permit == null
                        ? factors.judge(in.nonce(), in.signature(), in.code())
                        : factors.judgePermit(in.nonce(), permit, in.code());
            } catch (DeniedException e) {
                refused(e);
                throw e;
            }
        });
        call.reply(new LiftReply(gap(apart(Urgency::hurry, () -> gap.lift(grant)))));
    }

    /** A try that was judged is in the log and in the evidence. */
    private void refused(DeniedException denied) {
        if (denied.reason() != FailedReason.DENIED) {
            return;
        }
        System.getLogger("omni.airgap")
                .log(System.Logger.Level.WARNING, "A lift was refused: {0}", denied.getMessage());
        evidence.refused(denied.getMessage());
    }

    @Override
    public void setStepUp(SetStepUpParams in, Call<AirgapProtocol.SetStepUpReply> call) {
        attempt(() -> {
            if (!factors.keyed()) {
                requireOpen();
            }
            factors.keep(in.publicKey(), Optional.ofNullable(in.nonce()), Optional.ofNullable(in.signature()));
            return true;
        });
        call.reply(new AirgapProtocol.SetStepUpReply());
    }

    @Override
    public void acceptPassword(AirgapProtocol.AcceptPasswordParams in, Call<AirgapProtocol.AcceptPasswordReply> call) {
        attempt(() -> {
            requireOpen();
            factors.acceptPassword(in.permit(), in.nonce(), in.signature(), this::requireOpen);
            return true;
        });
        call.reply(new AirgapProtocol.AcceptPasswordReply());
    }

    @Override
    public void refusePassword(AirgapProtocol.RefusePasswordParams in, Call<AirgapProtocol.RefusePasswordReply> call) {
        attempt(() -> {
            requireOpen();
            factors.refusePassword(in.nonce(), in.signature());
            return true;
        });
        call.reply(new AirgapProtocol.RefusePasswordReply());
    }

    /** Or whoever can call would make their own way out of a gap. */
    private void requireOpen() throws DeniedException {
        if (gap.status().state() != State.OPEN) {
            throw new DeniedException(
                    FailedReason.REFUSED,
                    "The gap is closed, and what lifts it can be named only while it is open. Without a step-up key root"
                            + " lifts it at a terminal of the box: " + factors.rootsLine());
        }
    }

    @Override
    public void beginStepUp(AirgapProtocol.BeginStepUpParams in, Call<BeginStepUpReply> call) {
        boolean needed = attempt(factors::keyed);
        call.reply(new BeginStepUpReply(factors.beginStepUp(), needed));
    }

    /** One after the other. */
    private <T> T look(Work<T> work) {
        looking.lock();
        try {
            return apart(Urgency::takeTurns, work);
        } finally {
            looking.unlock();
        }
    }

    /**
     * On a thread of its own: those that answer here go before all others, and are for what cannot wait.
     *
     * @param turn puts the thread in its place
     */
    private static <T> T apart(Runnable turn, Work<T> work) {
        var task = new FutureTask<>(() -> {
            turn.run();
            return attempt(work);
        });
        Thread.ofPlatform().daemon().name("apart").start(task);
        try {
            return task.get();
        } catch (ExecutionException e) {
            if (e.getCause() instanceof RuntimeException known) {
                throw known;
            }
            throw new IllegalStateException(e);
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            throw failed(FailedReason.FAILED, "The role is being stopped.");
        }
    }

    /** Work that may be refused. */
    private interface Work<T> {
        T run() throws AirgapException;
    }

    private static <T> T attempt(Work<T> work) {
        try {
            return work.run();
        } catch (DeniedException e) {
            throw failed(e.reason(), e.getMessage());
        } catch (AirgapException e) {
            System.getLogger("omni.airgap").log(System.Logger.Level.WARNING, "Not done: {0}", e.getMessage());
            throw failed(FailedReason.FAILED, e.getMessage());
        }
    }

    private static BusError failed(FailedReason reason, String message) {
        return new AirgapProtocol.Failed(reason, message);
    }

    /** A key that cannot be read is none; and no reason not to say, or do, the rest. */
    private boolean keyed() {
        try {
            return factors.keyed();
        } catch (AirgapException e) {
            System.getLogger("omni.airgap").log(System.Logger.Level.ERROR, "The step-up key is of no use", e);
            return false;
        }
    }

    private AirgapProtocol.Gap gap(Gap.Status status) {
        return new AirgapProtocol.Gap(
                AirgapProtocol.GapState.valueOf(status.state().name().toUpperCase(Locale.ROOT)),
                status.since().toString(),
                status.cause(),
                scope,
                status.namespaces(),
                status.problems(),
                status.steps().stream()
                        .map(step -> new AirgapProtocol.Step(
                                step.namespace(), step.name(), step.confirmed(), step.micros(), step.problems()))
                        .toList(),
                status.corrections(),
                keyed(),
                Stream.concat(limits.stream(), evidence.limits().stream()).toList(),
                evidence.key().orElse(null));
    }
}
