package omni.engine;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import omni.device.CpuSet;

/**
 * How much the processors have done. Source: proc_stat(5); its unit is {@code USER_HZ}, which every Linux that runs here
 * has at 100. Elsewhere nothing is told, and so nobody else is ever busy.
 */
final class ProcessorTimes {
    private static final long TICK_NANOS = 10_000_000;
    /** user, nice, system, idle, iowait, irq, softirq, steal: idle and iowait are not work. */
    private static final List<Integer> WORK = List.of(1, 2, 3, 6, 7, 8);

    private ProcessorTimes() {}

    /** Returns the times of some processors and of this process. */
    static Governor.Times read(Path stat, CpuSet cpus) {
        long all = 0;
        try {
            for (String line : Files.readAllLines(stat)) {
                List<String> fields = List.of(line.split(" +", -1));
                String name = fields.getFirst();
                if (name.startsWith("cpu")
                        && !name.equals("cpu")
                        && cpus.contains(Integer.parseInt(name.substring("cpu".length())))) {
                    for (int field : WORK) {
                        all += field < fields.size() ? Long.parseLong(fields.get(field)) * TICK_NANOS : 0;
                    }
                }
            }
        } catch (IOException | NumberFormatException _) {
            return new Governor.Times(0, 0);
        }
        long own = ProcessHandle.current()
                .info()
                .totalCpuDuration()
                .orElse(Duration.ZERO)
                .toNanos();
        return new Governor.Times(all, own);
    }
}
