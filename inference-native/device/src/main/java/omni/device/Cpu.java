package omni.device;

import java.util.List;
import java.util.OptionalInt;
import java.util.OptionalLong;

/**
 * The processors.
 *
 * @param model as the maker calls it; empty where the machine does not say
 * @param architecture {@code x86_64}, {@code aarch64} or what else the machine calls itself
 * @param sockets packages with at least one online processor
 * @param cores physical cores with at least one online processor, by socket and first processor
 * @param online logical processors that run
 * @param offline logical processors that are present or possible but switched off
 * @param usable online processors that this process may run on (affinity and cpuset)
 * @param isa what they can compute
 * @param caches each kind once
 * @param nodes NUMA nodes; none where the machine does not say
 */
public record Cpu(
        String model,
        String architecture,
        int sockets,
        List<Core> cores,
        CpuSet online,
        CpuSet offline,
        CpuSet usable,
        Isa isa,
        List<Cache> caches,
        List<Node> nodes) {

    /** What a core is made for. */
    public enum Kind {
        /** The fast cores, and all cores of a machine that has one kind. */
        PERFORMANCE,
        /** The frugal cores of a hybrid machine. */
        EFFICIENCY
    }

    /**
     * A physical core.
     *
     * @param socket the package's number
     * @param threads its logical processors that are online
     * @param kind what it is made for
     * @param capacity its speed as the scheduler sees it, 1024 for the fastest core; absent where not told
     * @param kiloHertzMax its highest clock; absent where not told
     */
    public record Core(int socket, CpuSet threads, Kind kind, OptionalInt capacity, OptionalLong kiloHertzMax) {}

    /**
     * What the processors can compute, all of them.
     *
     * @param level {@code x86-64-v1} to {@code x86-64-v4}, {@code aarch64}, or the architecture
     * @param features of those that matter for matrix products: {@code avx2}, {@code avx512}, {@code avx512_vnni},
     *     {@code amx_int8}, {@code neon}, {@code dotprod}, {@code i8mm}, {@code sve} and the like
     */
    public record Isa(String level, List<String> features) {}

    /**
     * One kind of cache.
     *
     * @param level 1 is nearest to the core
     * @param type {@code Data}, {@code Instruction} or {@code Unified}
     * @param bytesEach size of one
     * @param instances how many there are
     */
    public record Cache(int level, String type, long bytesEach, int instances) {}

    /**
     * A NUMA node.
     *
     * @param id its number
     * @param cpus its processors
     * @param memoryBytes its memory
     */
    public record Node(int id, CpuSet cpus, long memoryBytes) {}

    /** Returns how many physical cores of a kind are online. */
    public int count(Kind kind) {
        return (int) cores.stream().filter(core -> core.kind() == kind).count();
    }

    /** Returns how many physical cores of a kind this process may run on. */
    public int usable(Kind kind) {
        return (int) cores.stream()
                .filter(core -> core.kind() == kind)
                .filter(core -> !core.threads().and(usable).isEmpty())
                .count();
    }

    /** Returns how many physical cores this process may run on, at least 1. */
    public int usableCores() {
        return Math.max(1, usable(Kind.PERFORMANCE) + usable(Kind.EFFICIENCY));
    }
}
