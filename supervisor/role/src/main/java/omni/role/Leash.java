package omni.role;

import java.io.IOException;
import java.io.OutputStream;
import java.time.Duration;

/**
 * What ties a child process to its supervisor, so that none outlives it: its own process group, the parent-death signal
 * (where the kernel has one) with the parent checked again, and the control pipe on standard input, whose end means that
 * the supervisor is gone; where a listening socket has its place, a look each second at who the parent is. And what keeps
 * its memory private: no core dump.
 */
final class Leash {
    /** Time to exit in order once the control pipe has ended. */
    static final Duration ORPHAN_GRACE = Duration.ofSeconds(1);

    private static final Duration LOOK = Duration.ofSeconds(1);

    private volatile boolean orphaned;

    private Leash() {}

    /**
     * Puts the leash on. A process without a supervisor, or whose supervisor is not its parent (as under systemd), gets
     * the last part only.
     */
    static Leash fasten(Surroundings surroundings) {
        var leash = new Leash();
        Native.forbidCoreDump();
        if (surroundings.supervisorPid().isPresent()) {
            Native.ownProcessGroup();
            Native.dieWithParent();
            long supervisor = surroundings.supervisorPid().getAsLong();
            if (Native.parentPid() != supervisor) {
                Runtime.getRuntime().halt(Main.EXIT_FAILED);
            }
            Thread.ofPlatform()
                    .daemon()
                    .name("leash")
                    .start(surroundings.listens() ? () -> leash.watchParent(supervisor) : leash::watchPipe);
        }
        return leash;
    }

    /** Whether the supervisor went away. */
    boolean isOrphaned() {
        return orphaned;
    }

    private void watchPipe() {
        try {
            System.in.transferTo(OutputStream.nullOutputStream());
        } catch (IOException e) {
            System.getLogger("omni.role").log(System.Logger.Level.DEBUG, "The control pipe broke", e); // as at its end
        }
        end();
    }

    private void watchParent(long supervisor) {
        try {
            while (Native.parentPid() == supervisor) {
                Thread.sleep(LOOK);
            }
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
        end();
    }

    private void end() {
        orphaned = true;
        Thread exit = Thread.ofPlatform().name("orphan").start(() -> System.exit(Main.EXIT_FAILED));
        try {
            exit.join(ORPHAN_GRACE);
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
        Runtime.getRuntime().halt(Main.EXIT_FAILED);
    }
}
