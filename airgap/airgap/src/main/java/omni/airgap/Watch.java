package omni.airgap;

import java.io.Closeable;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.Semaphore;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.locks.LockSupport;
import omni.airgap.raw.Kernel;

/**
 * Listens to what happens to links, namespaces and the drop tables, and closes at once what opens in a gap. Three platform
 * threads: one that corrects, and waits for the kernel, and for a lift that begins; and one that looks at everything once a
 * second (on a slow machine every five at most), and whenever the first has seen that namespaces come or go; and
 * one that keeps, while it is open, what links would lose.
 */
final class Watch implements Closeable {
    /** How soon a namespace that has come into scope is listened to, and everything is looked at: in a gap, and while open. */
    private static final int POLL_MILLIS = 200;

    private static final int POLL_OPEN_MILLIS = 2000;
    private static final int CHECK_MILLIS = 1000;
    private static final int CHECK_OPEN_MILLIS = 10_000;
    private static final int CHECK_MILLIS_MAX = 5000;
    private static final long KEEP_NANOS = 2_000_000_000;

    private final Gap gap;
    private final Moved moved;
    private final Semaphore checks = new Semaphore(0);
    private final Thread corrector =
            Thread.ofPlatform().daemon().name("gap-watch").unstarted(this::correct);
    private final Thread keeper =
            Thread.ofPlatform().daemon().name("gap-routes").unstarted(this::keep);
    private final Thread checker = Thread.ofPlatform().name("gap-check").unstarted(this::check);
    private volatile boolean closed;

    /** Hears of a link that has left a namespace for the one that has that number there. */
    @FunctionalInterface
    interface Moved {
        void to(Ward from, int number);
    }

    Watch(Gap gap, Moved moved) {
        this.gap = gap;
        this.moved = moved;
    }

    Watch start() {
        corrector.start();
        checker.start();
        keeper.start();
        return this;
    }

    /** What is set is kept within two seconds: the kernel's messages about routes could come without end. */
    private void keep() {
        Urgency.takeTurns();
        while (!closed) {
            LockSupport.parkNanos(KEEP_NANOS);
            gap.wards().forEach(gap::remember);
        }
    }

    private void check() {
        try {
            long took = 0;
            while (!closed) {
                // On a slow machine less often, so that others have their turn.
                long pause = Math.max(
                        gap.unsettled() ? CHECK_MILLIS : CHECK_OPEN_MILLIS, Math.min(2 * took, CHECK_MILLIS_MAX));
                var _ = checks.tryAcquire(pause, TimeUnit.MILLISECONDS);
                checks.drainPermits();
                if (!closed) {
                    Urgency.takeTurns(); // to correct is urgent, to look is not
                    long start = System.nanoTime();
                    gap.check();
                    took = TimeUnit.NANOSECONDS.toMillis(System.nanoTime() - start);
                }
            }
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
    }

    private void correct() {
        while (!closed) {
            gap.release();
            List<Ward> wards = new ArrayList<>(gap.wards());
            int[] descriptors = new int[2 * wards.size()];
            for (int i = 0; i < wards.size(); i++) {
                descriptors[2 * i] = wards.get(i).linkEvents().descriptor();
                descriptors[2 * i + 1] = wards.get(i).filterEvents().descriptor();
            }
            try {
                boolean[] ready = Libc.readable(descriptors, gap.shut() ? POLL_MILLIS : POLL_OPEN_MILLIS);
                for (int i = 0; i < wards.size() && !closed; i++) {
                    correct(wards.get(i), ready[2 * i], ready[2 * i + 1]);
                }
            } catch (KernelException e) {
                System.getLogger("omni.airgap").log(System.Logger.Level.WARNING, "The watch missed something", e);
                checks.release();
            }
        }
    }

    /** What fails in one namespace keeps no other from being corrected. */
    private void correct(Ward ward, boolean links, boolean filter) {
        try {
            if (links) {
                links(ward);
            }
            if (filter) {
                filter(ward);
            }
        } catch (KernelException e) {
            System.getLogger("omni.airgap").log(System.Logger.Level.WARNING, "The watch missed something", e);
            checks.release();
        }
    }

    private void links(Ward ward) throws KernelException {
        boolean[] changed = {false};
        List<Link> up = new ArrayList<>();
        boolean lost = read(ward.linkEvents(), message -> {
            if (message.type() == Kernel.RTM_NEWLINK()) {
                Link link = Link.read(message.body());
                changed[0] = true;
                if (link.up() && !link.loopback() && gap.shut()) {
                    up.add(link);
                    down(ward, link); // at once, before what else has come is read
                }
            } else {
                changed[0] = true;
                if (message.type() == Kernel.RTM_DELLINK()) {
                    Link.newNamespace(message.body()).ifPresent(number -> moved.to(ward, number));
                }
                checks.release(); // a link is gone, perhaps to another namespace; or a namespace has come
            }
        });
        if (!changed[0] && !lost) {
            return;
        }
        ward.prepare();
        gap.whileShut(() -> {
            ward.down(); // what the messages did not say, be it that some were lost
            ward.drop();
            up.forEach(link -> gap.corrected("link " + link.name()));
        });
    }

    private void down(Ward ward, Link link) {
        try {
            gap.whileShut(() -> ward.down(link));
        } catch (KernelException e) {
            System.getLogger("omni.airgap").log(System.Logger.Level.WARNING, "A link does not go down", e);
        }
    }

    private void filter(Ward ward) throws KernelException {
        boolean[] ours = {false};
        var _ = read(ward.filterEvents(), message -> {
            int type = message.type() & 0xff;
            ours[0] |= type == Kernel.NFT_MSG_DELTABLE()
                    || type == Kernel.NFT_MSG_NEWTABLE()
                    || type == Kernel.NFT_MSG_DELCHAIN()
                    || type == Kernel.NFT_MSG_DELRULE()
                    || type == Kernel.NFT_MSG_NEWCHAIN()
                    || type == Kernel.NFT_MSG_NEWRULE();
        });
        if (ours[0] && gap.shut() && !ward.problems().isEmpty()) {
            gap.whileShut(() -> {
                ward.drop();
                gap.corrected("drop table");
            });
        }
    }

    /** Whether the kernel lost messages because too many came: then everything is looked at. */
    private boolean read(Netlink events, Netlink.Handler handler) throws KernelException {
        try {
            events.events(handler);
            return false;
        } catch (KernelException e) {
            if (e.errno() != KernelException.ENOBUFS) {
                throw e;
            }
            checks.release();
            return true;
        }
    }

    @Override
    public void close() {
        closed = true; // the corrector reads nothing from now on, and ends when its wait does
        checks.release();
        Threads.join(checker);
    }
}
