package omni.device;

import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;

/**
 * What a processor's flags mean for computing. Sources: the x86-64 psABI, chapter 3.1.1 (micro-architecture levels);
 * Linux, {@code Documentation/arch/arm64/elf_hwcaps.rst}.
 */
final class IsaProbe {
    /** What each level adds, by the names of {@code /proc/cpuinfo}: pni is SSE3, abm has LZCNT. */
    private static final List<List<String>> LEVELS = List.of(
            List.of("cx16", "lahf_lm", "popcnt", "pni", "sse4_1", "sse4_2", "ssse3"),
            List.of("avx", "avx2", "bmi1", "bmi2", "f16c", "fma", "abm", "movbe", "xsave"),
            List.of("avx512f", "avx512bw", "avx512cd", "avx512dq", "avx512vl"));

    private static final List<String> X86 = List.of(
            "sse4_2",
            "avx",
            "f16c",
            "fma",
            "avx2",
            "bmi2",
            "avx_vnni",
            "avx512f",
            "avx512bw",
            "avx512vl",
            "avx512_vnni",
            "avx512_bf16",
            "avx512_fp16",
            "amx_tile",
            "amx_int8",
            "amx_bf16");

    /** The kernel's name, and the one that people and llama.cpp use. */
    private static final Map<String, String> ARM = new LinkedHashMap<>();

    static {
        ARM.put("asimd", "neon");
        ARM.put("asimdhp", "fp16");
        ARM.put("asimddp", "dotprod");
        ARM.put("i8mm", "i8mm");
        ARM.put("bf16", "bf16");
        ARM.put("sve", "sve");
        ARM.put("sve2", "sve2");
        ARM.put("svei8mm", "svei8mm");
        ARM.put("sme", "sme");
    }

    private IsaProbe() {}

    static Cpu.Isa of(String architecture, Set<String> flags) {
        return switch (architecture) {
            case "x86_64" ->
                new Cpu.Isa(level(flags), X86.stream().filter(flags::contains).toList());
            case "aarch64" -> new Cpu.Isa("aarch64", arm(flags));
            default -> new Cpu.Isa(architecture, List.of());
        };
    }

    private static String level(Set<String> flags) {
        int level = 1;
        for (List<String> needed : LEVELS) {
            if (!flags.containsAll(needed)) {
                break;
            }
            level++;
        }
        return "x86-64-v" + level;
    }

    private static List<String> arm(Set<String> flags) {
        List<String> features = new ArrayList<>();
        ARM.forEach((kernel, name) -> {
            if (flags.contains(kernel)) {
                features.add(name);
            }
        });
        return List.copyOf(features);
    }
}
