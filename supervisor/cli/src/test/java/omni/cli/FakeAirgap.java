package omni.cli;

import java.util.List;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.CountDownLatch;
import omni.airgap.AirgapProtocol;
import omni.airgap.AirgapProtocol.Gap;
import omni.airgap.AirgapProtocol.GapState;
import omni.bus.BusError;
import omni.bus.Call;

/** A kill switch that closes nothing: it tells of a gap that the test describes, and of whether somebody has engaged. */
class FakeAirgap implements AirgapProtocol.Handler {
    volatile Gap gap = gap(GapState.OPEN, "start");
    volatile List<String> outOfReach = List.of();
    /** Before each audit. */
    volatile Runnable auditing = () -> {};

    /** The step-up keys that were taken, and whether none is. */
    final List<String> keys = new CopyOnWriteArrayList<>();

    volatile boolean refusing;

    final CountDownLatch engaged = new CountDownLatch(1);

    static Gap gap(GapState state, String cause) {
        return new Gap(
                state,
                "2026-11-21T04:00:00.123456789Z",
                cause,
                "machine",
                1,
                List.of(),
                List.of(),
                0,
                false,
                List.of(),
                "iojj3XQJ8ZX9UtstPLpdcspnCb8dlBIb83SIAbQPb1w=");
    }

    @Override
    public void status(AirgapProtocol.StatusParams in, Call<AirgapProtocol.StatusReply> call) {
        call.reply(new AirgapProtocol.StatusReply(gap));
    }

    @Override
    public void engage(AirgapProtocol.EngageParams in, Call<AirgapProtocol.EngageReply> call) {
        engaged.countDown();
        gap = gap(GapState.GAP, in.cause());
        call.reply(new AirgapProtocol.EngageReply(gap));
    }

    @Override
    public void audit(AirgapProtocol.AuditParams in, Call<AirgapProtocol.AuditReply> call) {
        auditing.run();
        call.reply(new AirgapProtocol.AuditReply(List.of(), List.of(), List.of(), outOfReach));
    }

    @Override
    public void talks(AirgapProtocol.TalksParams in, Call<AirgapProtocol.TalksReply> call) {
        call.reply(new AirgapProtocol.TalksReply(List.of()));
    }

    @Override
    public void evidence(AirgapProtocol.EvidenceParams in, Call<AirgapProtocol.EvidenceReply> call) {
        throw none();
    }

    @Override
    public void keepWitnessed(AirgapProtocol.KeepWitnessedParams in, Call<AirgapProtocol.KeepWitnessedReply> call) {
        throw none();
    }

    @Override
    public void beginLift(AirgapProtocol.BeginLiftParams in, Call<AirgapProtocol.BeginLiftReply> call) {
        throw none();
    }

    @Override
    public void lift(AirgapProtocol.LiftParams in, Call<AirgapProtocol.LiftReply> call) {
        throw none();
    }

    @Override
    public void setStepUp(AirgapProtocol.SetStepUpParams in, Call<AirgapProtocol.SetStepUpReply> call) {
        if (refusing) {
            throw none();
        }
        keys.add(in.publicKey());
        call.reply(new AirgapProtocol.SetStepUpReply());
    }

    @Override
    public void beginStepUp(AirgapProtocol.BeginStepUpParams in, Call<AirgapProtocol.BeginStepUpReply> call) {
        call.reply(new AirgapProtocol.BeginStepUpReply("a try", false));
    }

    @Override
    public void acceptPassword(AirgapProtocol.AcceptPasswordParams in, Call<AirgapProtocol.AcceptPasswordReply> call) {
        throw none();
    }

    @Override
    public void refusePassword(AirgapProtocol.RefusePasswordParams in, Call<AirgapProtocol.RefusePasswordReply> call) {
        throw none();
    }

    private static BusError none() {
        return new AirgapProtocol.Failed(AirgapProtocol.FailedReason.FAILED, "a fake does not");
    }
}
