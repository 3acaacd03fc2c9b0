package omni.device;

import java.util.List;
import java.util.Optional;
import tools.jackson.databind.node.ObjectNode;

/**
 * What hardware is here, as one process sees it.
 *
 * @param setting the machine, and whether it is a container or a virtual machine
 * @param cpu the processors
 * @param memory the memory and its limits
 * @param disks the file systems under {@code $OMNI_HOME}
 * @param libraries what of the operating system the natives need
 * @param power where the power comes from
 * @param thermal how warm it is
 * @param nvidia NVIDIA's GPUs, through their own driver
 * @param apple a Mac's own description
 * @param jetson what a Jetson tells; absent elsewhere
 * @param backends what ggml's registry reports; none where no engine was asked
 */
public record Report(
        Setting setting,
        Cpu cpu,
        Memory memory,
        List<Disk> disks,
        Libraries libraries,
        Power power,
        Thermal thermal,
        Finding<Nvidia> nvidia,
        Finding<Apple> apple,
        Optional<Jetson> jetson,
        List<Backend> backends) {

    /** Returns the same report with what ggml's registry says. */
    public Report with(List<Backend> found) {
        return new Report(
                setting, cpu, memory, disks, libraries, power, thermal, nvidia, apple, jetson, List.copyOf(found));
    }

    /** Returns which kinds of natives can compute here and why, the fastest first. */
    public List<NativeFit> natives() {
        return NativeFit.of(this);
    }

    /**
     * Returns what of the hardware decides how fast a model is, as 64 hexadecimal digits: the same after a restart,
     * another after a change of processors, usable cores, memory, GPUs, driver or power mode.
     */
    public String fingerprint() {
        return Fingerprint.of(this);
    }

    /** Returns all of it as JSON, with the fields of the records as names. */
    public ObjectNode toJson() {
        return ReportJson.of(this);
    }
}
