package omni.device;

import java.util.OptionalDouble;
import java.util.OptionalLong;

/**
 * What control groups allow this process.
 *
 * @param version 1 or 2 of what holds its memory; 0 where there is none
 * @param path its own group
 * @param memoryLimitBytes the tightest limit of its group and those above; absent where there is none
 * @param memoryLimitFrom the file that says so; empty where there is none
 * @param memoryLeftBytes how much of that is left, the cache of files that are not in use counted as left
 * @param swapLimitBytes the tightest limit on swap; absent where there is none
 * @param quotaCores processor time a second of time, such as 1.5; absent where there is no limit
 * @param quotaFrom the file that says so; empty where there is no limit
 */
public record Cgroup(
        int version,
        String path,
        OptionalLong memoryLimitBytes,
        String memoryLimitFrom,
        OptionalLong memoryLeftBytes,
        OptionalLong swapLimitBytes,
        OptionalDouble quotaCores,
        String quotaFrom) {}
