package omni.airgap;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Clock;
import java.util.List;
import java.util.concurrent.locks.LockSupport;
import omni.bus.BusClient;
import omni.bus.BusError;
import omni.bus.BusException;

/**
 * Closes and opens a namespace of its own that nobody else is in: finds out whether this process and this kernel can do
 * all three layers, and has the code loaded, linked and compiled before it counts (the first foreign call alone takes 21 ms).
 */
final class Rehearsal {
    private static final int WARM_ROUNDS = 40;
    private static final int WHOLE_ROUNDS = 10;
    /** A cause that no engage takes. */
    private static final String TOO_LONG = "rehearsal ".repeat(40);

    /** A slow machine is not made slower for that. */
    private static final long LONGEST_NANOS = 5_000_000_000L;

    private static final long NOT_SERVED_YET_NANOS = 20_000_000;

    /** Less than the two or three seconds after which a host was seen to take memory away from a virtual machine. */
    private static final long REST_NANOS = 1_000_000_000;

    private Rehearsal() {}

    /** Asks through the bus until that is quick, too. */
    static void ask(BusClient airgap) {
        long end = System.nanoTime() + LONGEST_NANOS;
        for (int i = 0; i < WARM_ROUNDS && System.nanoTime() < end; i++) {
            if (!askOnce(airgap)) {
                LockSupport.parkNanos(NOT_SERVED_YET_NANOS);
            }
        }
    }

    /**
     * Asks again and again for as long as the process lives, so that nothing on the way of a request rests: what does is taken from it by
     * the host of a virtual machine, by whatever this machine's kernel does not hold in memory for it, and by a processor's caches.
     */
    static void stayAwake(BusClient airgap) {
        while (true) {
            askOnce(airgap);
            LockSupport.parkNanos(REST_NANOS);
        }
    }

    /** Whether it was answered. */
    private static boolean askOnce(BusClient airgap) {
        AirgapProtocol.Client client = AirgapProtocol.Client.of(airgap);
        try {
            var _ = client.status(new AirgapProtocol.StatusParams());
            var _ = client.engage(new AirgapProtocol.EngageParams(TOO_LONG));
        } catch (BusError e) { // as it is meant: the call goes all the way, and is refused there
            System.getLogger("omni.airgap").log(System.Logger.Level.TRACE, "Rehearsed", e);
        } catch (BusException e) {
            return false;
        }
        return true;
    }

    /** Rehearses once, and returns what cannot be done here, a line each. */
    static List<String> once() {
        try (Ward ward = stage()) {
            return play(ward);
        } catch (AirgapException e) {
            return List.of("This process cannot close networks here: " + e.getMessage()
                    + ". It needs the rights of root (CAP_NET_ADMIN, CAP_SYS_ADMIN).");
        }
    }

    /**
     * Rehearses until it is quick, by the whole of the code that an engage runs through.
     *
     * @param folder where the rehearsal's gap may keep its files; it is left empty
     */
    static void often(Path folder) {
        try (Ward ward = stage()) {
            long end = System.nanoTime() + LONGEST_NANOS;
            for (int i = 0; i < WARM_ROUNDS && System.nanoTime() < end; i++) {
                play(ward);
            }
            GapStore store = new GapStore(folder, folder);
            Scope scope =
                    new Scope(false, List.of("/proc/self/fd/" + ward.namespace().descriptor()));
            try (Gap gap = new Gap(new LinuxHost(scope), store, Clock.systemUTC(), wards -> List.of(), point -> {})) {
                gap.start();
                Grant grant = new Grant(true, true, "rehearsal");
                for (int i = 0;
                        i < WHOLE_ROUNDS
                                && System.nanoTime() < end
                                && gap.engage("rehearsal").state() == State.GAP;
                        i++) {
                    gap.lift(grant);
                }
            }
            for (Path file : Processes.entries(folder)) {
                Files.delete(file);
            }
            Files.delete(folder);
        } catch (IOException e) { // AirgapException is one
            System.getLogger("omni.airgap").log(System.Logger.Level.DEBUG, "Not rehearsed", e);
        }
    }

    private static Ward stage() throws AirgapException {
        Namespace namespace = Namespace.fresh();
        Ward ward = Ward.of(namespace);
        try {
            ward.links().addPair();
            ward.prepare();
            return ward;
        } catch (AirgapException e) {
            ward.close();
            throw e;
        }
    }

    private static List<String> play(Ward ward) throws AirgapException {
        ward.links().send(Links.up(ward.links().list().values()));
        ward.prepare();
        ward.down();
        Report report = new Report();
        ward.shut(report, point -> {});
        ward.restoreLinks();
        ward.removeTables();
        return report.problems();
    }
}
