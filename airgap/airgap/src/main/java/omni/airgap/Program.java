package omni.airgap;

import java.nio.file.Path;
import java.time.Duration;

/**
 * A program of macOS that the gap is made with, by the absolute path that every macOS has it at, and the bounds within which
 * it must answer: what hangs or floods is killed, and its step counts as failed.
 */
enum Program {
    /** Interfaces up and down. */
    IFCONFIG("/sbin/ifconfig", 5, 64 * 1024),
    /** The packet filter. */
    PFCTL("/sbin/pfctl", 10, 1024 * 1024),
    /** Wi-Fi's power. Slower than the others, for it asks a daemon. */
    NETWORKSETUP("/usr/sbin/networksetup", 15, 64 * 1024),
    /** Frames that each interface has sent. */
    NETSTAT("/usr/sbin/netstat", 10, 1024 * 1024),
    /** Sockets and who holds them. */
    LSOF("/usr/sbin/lsof", 30, 16 * 1024 * 1024);

    private final Path path;
    private final Duration longest;
    private final int outputBytesMax;

    Program(String path, int seconds, int outputBytesMax) {
        this.path = Path.of(path);
        this.longest = Duration.ofSeconds(seconds);
        this.outputBytesMax = outputBytesMax;
    }

    Path path() {
        return path;
    }

    /** How long it may take from its start to its end. */
    Duration longest() {
        return longest;
    }

    /** Most bytes that it may write to standard output, and to standard error. */
    int outputBytesMax() {
        return outputBytesMax;
    }
}
