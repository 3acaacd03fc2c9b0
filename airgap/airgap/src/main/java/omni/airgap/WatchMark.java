package omni.airgap;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.concurrent.locks.LockSupport;

/**
 * {@code HOME/airgap/watching}: says that the role has looked at the gap and watches it, in this run of the machine. In that folder
 * none of the other roles can write, as they can beside the sockets: who answers at the role's socket may be anybody. For any thread.
 */
record WatchMark(Path file) {
    private static final long PAUSE_NANOS = 500_000_000;

    /** In the role's folder. */
    static WatchMark in(Path folder) {
        return new WatchMark(folder.resolve("watching"));
    }

    /**
     * Says it, and where that cannot be written, once it can: until then the forerunner watches on beside the role, and would undo a lift.
     */
    void make() {
        if (Files.isReadable(Processes.BOOT)) { // or this is no Linux, and there is no forerunner
            Thread.ofVirtual().name("watching").start(() -> {
                while (!made()) {
                    write();
                    LockSupport.parkNanos(PAUSE_NANOS);
                }
            });
        }
    }

    private void write() {
        try {
            Files.writeString(file, Files.readString(Processes.BOOT));
        } catch (IOException e) {
            System.getLogger("omni.airgap").log(System.Logger.Level.DEBUG, "Not said that the gap is watched", e);
        }
    }

    /** Whether it was said since the machine started. */
    boolean made() {
        try {
            return Files.readString(file).equals(Files.readString(Processes.BOOT));
        } catch (IOException e) {
            System.getLogger("omni.airgap").log(System.Logger.Level.TRACE, "Not said yet", e);
            return false;
        }
    }
}
