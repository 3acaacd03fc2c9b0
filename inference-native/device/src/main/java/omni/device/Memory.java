package omni.device;

/**
 * The memory of the machine, and what of it this process may have.
 *
 * @param totalBytes what the kernel manages
 * @param availableBytes what can be had without swapping
 * @param swapTotalBytes swap space
 * @param swapFreeBytes what of it is free
 * @param cgroup limits on this process
 */
public record Memory(long totalBytes, long availableBytes, long swapTotalBytes, long swapFreeBytes, Cgroup cgroup) {
    /** Returns the most this process may ever have. */
    public long limitBytes() {
        return Math.min(totalBytes, cgroup.memoryLimitBytes().orElse(Long.MAX_VALUE));
    }

    /** Returns how much more it can have now. */
    public long leftBytes() {
        return Math.min(availableBytes, cgroup.memoryLeftBytes().orElse(Long.MAX_VALUE));
    }
}
