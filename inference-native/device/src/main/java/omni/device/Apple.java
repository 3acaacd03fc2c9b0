package omni.device;

import java.util.List;

/**
 * What a Mac tells of itself.
 *
 * @param processor as Apple calls it
 * @param performanceCores fast cores
 * @param efficiencyCores frugal cores
 * @param features of {@code neon}, {@code dotprod}, {@code i8mm}, {@code bf16} and {@code sme}
 * @param memoryBytes of the machine
 * @param gpus the Metal devices
 */
public record Apple(
        String processor,
        int performanceCores,
        int efficiencyCores,
        List<String> features,
        long memoryBytes,
        List<Gpu> gpus) {}
