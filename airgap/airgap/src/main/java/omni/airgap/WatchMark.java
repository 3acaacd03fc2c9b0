package omni.airgap;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;

/**
 * {@code HOME/airgap/watching}: says that the role has looked at the gap and watches it, in this run of the machine. In that folder
 * none of the other roles can write, as they can beside the sockets: who answers at the role's socket may be anybody. For any thread.
 */
record WatchMark(Path file) {
    private static final Path BOOT = Path.of("/proc/sys/kernel/random/boot_id");

    /** In the role's folder. */
    static WatchMark in(Path folder) {
        return new WatchMark(folder.resolve("watching"));
    }

    /** Says it. Where that cannot be written the forerunner watches on, beside the role. */
    void make() {
        try {
            Files.writeString(file, Files.readString(BOOT));
        } catch (IOException e) {
            System.getLogger("omni.airgap").log(System.Logger.Level.DEBUG, "Not said that the gap is watched", e);
        }
    }

    /** Whether it was said since the machine started. */
    boolean made() {
        try {
            return Files.readString(file).equals(Files.readString(BOOT));
        } catch (IOException e) {
            System.getLogger("omni.airgap").log(System.Logger.Level.TRACE, "Not said yet", e);
            return false;
        }
    }
}
