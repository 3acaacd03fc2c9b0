package omni.device;

import java.util.OptionalLong;

/** Reads {@code /proc/meminfo} and the control groups. Source: proc_meminfo(5). */
final class MemoryProbe {
    private final Roots roots;
    private final Facts proc;

    MemoryProbe(Roots roots) {
        this.roots = roots;
        this.proc = roots.procFacts();
    }

    Memory read() {
        long total = bytes("MemTotal").orElse(0);
        return new Memory(
                total,
                bytes("MemAvailable").orElseGet(() -> bytes("MemFree").orElse(0)),
                bytes("SwapTotal").orElse(0),
                bytes("SwapFree").orElse(0),
                new CgroupProbe(roots).read());
    }

    private OptionalLong bytes(String key) {
        for (String line : proc.lines("meminfo")) {
            if (line.startsWith(key + ":")) {
                OptionalLong kilobytes =
                        Facts.parse(line.substring(key.length() + 1).replace("kB", ""));
                return kilobytes.isPresent() ? OptionalLong.of(kilobytes.getAsLong() << 10) : kilobytes;
            }
        }
        return OptionalLong.empty();
    }
}
