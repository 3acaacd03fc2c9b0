package omni.device;

/**
 * What the machine stands in.
 *
 * @param machine the maker's name for it; empty where the machine does not say
 * @param container {@code docker}, {@code podman}, {@code systemd-nspawn}, {@code kubernetes} and the like; empty where
 *     it is none
 * @param virtual the hypervisor's name, or {@code yes} where only its presence is seen; empty on hardware of its own
 */
public record Setting(String machine, String container, String virtual) {}
