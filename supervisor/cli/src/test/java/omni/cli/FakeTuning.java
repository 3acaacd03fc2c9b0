package omni.cli;

import java.util.List;
import omni.bus.Call;
import omni.engine.TuningProtocol;

/** What a tuned engine says of itself and of a box that is not here. */
final class FakeTuning implements TuningProtocol.Handler {
    long forgotten = 1;
    int willMeasure = 3;
    /** How many looks see it being measured after it was forgotten. */
    int measuring;

    String held = "computes with at most 1 of 2 threads: other programs use 1.0 processors";

    @Override
    public void device(TuningProtocol.DeviceParams in, Call<TuningProtocol.DeviceReply> call) {
        call.reply(new TuningProtocol.DeviceReply(Json.parse("""
            {"setting": {"machine": "ACME Box", "container": "docker", "virtual": ""},
             "cpu": {"model": "Fast\\u001b[31m One", "performanceCores": 2, "efficiencyCores": 4, "usable": "0-5",
                     "online": "0-7", "offline": "8", "isa": "x86-64-v3", "features": ["avx2", "fma"],
                     "caches": [{"level": 2, "type": "Unified", "bytesEach": 2097152, "instances": 2}]},
             "memory": {"totalBytes": 17179869184, "limitBytes": 4294967296, "leftBytes": 1073741824,
                        "cgroup": {"memoryLimitFrom": "/sys/fs/cgroup/memory.max", "quotaCores": 1.5,
                                   "quotaFrom": "/sys/fs/cgroup/cpu.max"}},
             "disks": [{"mount": "/data", "source": "/dev/sda1", "type": "ext4", "totalBytes": 2000000000,
                        "freeBytes": 1000000000, "rotational": true}],
             "power": {"source": "battery", "batteryPercent": 41},
             "thermal": {"headroomMilliCelsius": 12000, "throttling": ["the fan is off"]},
             "nvidia": {"state": "failed", "why": "The CUDA driver did not answer in time."}}
            """)));
    }

    @Override
    public synchronized void profiles(TuningProtocol.ProfilesParams in, Call<TuningProtocol.ProfilesReply> call) {
        boolean busy = measuring > 0;
        measuring -= busy ? 1 : 0;
        call.reply(new TuningProtocol.ProfilesReply(
                List.of(new TuningProtocol.Profile(
                        "abc",
                        "seed",
                        busy ? TuningProtocol.ProfileState.MEASURING : TuningProtocol.ProfileState.MEASURED,
                        busy ? 47 : 100,
                        List.of(new TuningProtocol.Choice("threads", "2", "measured", "It was faster.")),
                        List.of(new TuningProtocol.Trial("threads", "2", 21.5, 0.04, 5)),
                        1L,
                        "print",
                        "v0.5.0")),
                held));
    }

    @Override
    public synchronized void forget(TuningProtocol.ForgetParams in, Call<TuningProtocol.ForgetReply> call) {
        measuring = willMeasure;
        call.reply(new TuningProtocol.ForgetReply(forgotten));
    }
}
