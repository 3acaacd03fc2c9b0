package omni.airgap;

/** What threads of the gap have in common. */
final class Threads {
    private Threads() {}

    /** Waits for its end, however often somebody interrupts. */
    static void join(Thread thread) {
        boolean interrupted = false;
        while (thread.isAlive()) {
            try {
                thread.join();
            } catch (InterruptedException e) {
                interrupted = true;
            }
        }
        if (interrupted) {
            Thread.currentThread().interrupt();
        }
    }
}
