package omni.engine;

import java.io.IOException;
import java.util.List;
import java.util.Locale;
import java.util.Optional;
import java.util.function.Supplier;
import omni.bus.Call;
import omni.device.Backend;
import omni.llama.Device;

/** Answers {@code omni.Tuning}. For any thread. */
final class TuningService implements TuningProtocol.Handler {
    private final Tuner tuner;
    private final Supplier<List<Device>> devices;

    TuningService(Tuner tuner, Supplier<List<Device>> devices) {
        this.tuner = tuner;
        this.devices = devices;
    }

    @Override
    public void device(TuningProtocol.DeviceParams in, Call<TuningProtocol.DeviceReply> call) {
        List<Backend> backends =
                devices.get().stream().map(TuningService::backend).toList();
        call.reply(
                new TuningProtocol.DeviceReply(tuner.reportAnew().with(backends).toJson()));
    }

    private static Backend backend(Device device) {
        String kind = switch (device.kind()) {
            case CPU -> "cpu";
            case GPU -> "gpu";
            case INTEGRATED_GPU -> "igpu";
            case ACCELERATOR -> "accel";
            case META -> "meta";
        };
        return new Backend(
                device.name(), device.description(), kind, device.memoryFreeBytes(), device.memoryTotalBytes());
    }

    @Override
    public void profiles(TuningProtocol.ProfilesParams in, Call<TuningProtocol.ProfilesReply> call) {
        List<TuningProtocol.Profile> profiles =
                tuner.known().stream().map(this::profile).toList();
        // Without a profile nothing computes here that could be held back; the portable binding computes elsewhere.
        String held = profiles.isEmpty() ? "" : tuner.governor().look().why();
        call.reply(new TuningProtocol.ProfilesReply(profiles, held));
    }

    private TuningProtocol.Profile profile(Tuner.Known known) {
        return new TuningProtocol.Profile(
                known.model.id(),
                known.model.name(),
                TuningProtocol.ProfileState.valueOf(known.state.name()),
                known.percent,
                known.tuning.wire(),
                known.trials.stream().map(TuningService::trial).toList(),
                known.measuredAt == 0 ? null : known.measuredAt,
                tuner.report().fingerprint(),
                known.release);
    }

    private static TuningProtocol.Trial trial(Sweep.Trial trial) {
        return new TuningProtocol.Trial(
                trial.knob().name().toLowerCase(Locale.ROOT),
                trial.value(),
                trial.tokensPerSecond(),
                trial.spread(),
                trial.rounds());
    }

    @Override
    public void forget(TuningProtocol.ForgetParams in, Call<TuningProtocol.ForgetReply> call) {
        try {
            call.reply(new TuningProtocol.ForgetReply(tuner.forget(Optional.ofNullable(in.model()))));
        } catch (IOException e) {
            System.getLogger(TuningService.class.getName())
                    .log(System.Logger.Level.WARNING, "What was measured cannot be forgotten.", e);
            call.reply(new TuningProtocol.ForgetReply(0));
        }
    }
}
