package omni.device;

import java.util.ArrayList;
import java.util.List;
import java.util.OptionalInt;
import java.util.OptionalLong;

/** The processors of a Mac, which has no files that tell of them. */
final class AppleCpu {
    private AppleCpu() {}

    static Cpu of(Apple apple, Cpu cpu) {
        List<Cpu.Core> cores = new ArrayList<>();
        int count = apple.performanceCores() + apple.efficiencyCores();
        for (int core = 0; core < count; core++) {
            // macOS numbers the frugal cores first.
            Cpu.Kind kind = core < apple.efficiencyCores() ? Cpu.Kind.EFFICIENCY : Cpu.Kind.PERFORMANCE;
            cores.add(new Cpu.Core(0, CpuSet.of(core), kind, OptionalInt.empty(), OptionalLong.empty()));
        }
        CpuSet all = CpuSet.first(count);
        return new Cpu(
                apple.processor(),
                cpu.architecture(),
                1,
                cores,
                all,
                CpuSet.NONE,
                all,
                new Cpu.Isa(cpu.architecture(), apple.features()),
                cpu.caches(),
                cpu.nodes());
    }
}
