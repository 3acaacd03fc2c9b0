package omni.airgap;

import java.io.Closeable;
import java.time.Clock;
import java.time.Instant;
import java.util.ArrayList;
import java.util.Collection;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Queue;
import java.util.TreeMap;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.atomic.AtomicLong;
import java.util.concurrent.locks.ReentrantLock;
import java.util.function.Consumer;

/**
 * The gap over all namespaces in scope: closes, watches, and opens again when that is granted. For any thread.
 *
 * <p>{@code lock} guards the state and the stacks, and is held for the length of an engage or a lift. Two things wait for
 * no lock: the first datagrams of an engage, and the watch that takes down what comes up again.
 */
final class Gap implements Closeable {
    private static final int ROUNDS_MAX = 5;

    private final Host host;
    private final GapStore store;
    private final Clock clock;
    private final Obstacles obstacles;
    private final Faults faults;
    private final ReentrantLock lock = new ReentrantLock();
    private final ReentrantLock correcting = new ReentrantLock();
    private final Map<Long, NetworkStack> stacks = new ConcurrentHashMap<>();
    private final Queue<NetworkStack> retired = new ConcurrentLinkedQueue<>();
    private final List<Consumer<Status>> listeners = new CopyOnWriteArrayList<>();
    private final AtomicLong corrections = new AtomicLong();
    private List<String> unreached = List.of();
    private volatile boolean shut;
    private volatile Status status;
    /** How often somebody has wanted it closed: a lift that sees the number change gives way. */
    private final AtomicLong engages = new AtomicLong();
    /** Why the newest engage was asked for. */
    private volatile String asked = "";
    /** How many of the engages are confirmed, or being confirmed: for who holds the lock. */
    private long confirming;

    /**
     * What is known of the gap.
     *
     * @param state where it stands
     * @param since when it was closed, or opened
     * @param cause why, in a few words
     * @param namespaces how many are under control
     * @param problems what is not confirmed, a line each
     * @param steps what the last closing found
     * @param corrections what was open again and was closed, since the gap began
     */
    record Status(
            State state,
            Instant since,
            String cause,
            int namespaces,
            List<String> problems,
            List<Report.Step> steps,
            long corrections) {
        Status with(long now) {
            return new Status(state, since, cause, namespaces, problems, steps, now);
        }
    }

    /** What stands in the way of a lift: sockets that would send what was written during the gap. */
    @FunctionalInterface
    interface Obstacles {
        List<String> find(Collection<NetworkStack> stacks) throws AirgapException;
    }

    /** Where a process could die: nothing in the product; tests die there. */
    @FunctionalInterface
    interface Faults {
        void at(String point);
    }

    /** Nothing is touched before {@link #start}. */
    Gap(Host host, GapStore store, Clock clock) {
        this(host, store, clock, host::obstacles, point -> {});
    }

    /** With obstacles and faults of a test's own. */
    Gap(Host host, GapStore store, Clock clock, Obstacles obstacles, Faults faults) {
        this.host = host;
        this.store = store;
        this.clock = clock;
        this.obstacles = obstacles;
        this.faults = faults;
        State state = store.closed() ? State.ENGAGING : State.OPEN;
        GapStore.Closing closing = store.closing().orElse(new GapStore.Closing(clock.instant(), "start"));
        status = new Status(state, closing.at(), closing.cause(), 0, List.of(), List.of(), 0);
    }

    /** Looks at the namespaces in scope, and closes them again where the gap was closed. */
    void start() throws AirgapException {
        lock.lock();
        try {
            boolean before = store.closed();
            try {
                refresh();
            } catch (AirgapException e) {
                if (!before) {
                    throw e;
                }
                log("Not all of the scope can be found; what can is closed", e);
            }
            if (before || marked()) {
                engage(store.closing().map(GapStore.Closing::cause).orElse("the gap was closed before"));
            } else {
                List<String> problems = new ArrayList<>();
                attempt(problems, store::arm);
                attempt(problems, host::restore); // what a lift left that died at its end
                change(State.OPEN, "start", problems, List.of());
                stacks.values().forEach(this::remember);
            }
        } finally {
            lock.unlock();
        }
    }

    /** A crash between the first datagram and the mark leaves its marks in the kernel. */
    private boolean marked() throws AirgapException {
        for (NetworkStack stack : stacks.values()) {
            if (stack.marked()) {
                return true;
            }
        }
        return false;
    }

    Status status() {
        return status.with(corrections.get());
    }

    /** Looks after it until that is closed. */
    Subscription watch() {
        return host.watch(this);
    }

    /** Calls it at each change, on the thread that made the change, until what is returned is closed. */
    Subscription onChange(Consumer<Status> listener) {
        listeners.add(listener);
        return () -> listeners.remove(listener);
    }

    /** Ends with {@link #close}. */
    @FunctionalInterface
    interface Subscription extends AutoCloseable {
        @Override
        void close();
    }

    Collection<NetworkStack> stacks() {
        return stacks.values();
    }

    /** Those of the stacks that are namespaces of Linux. */
    List<Ward> wards() {
        return LinuxHost.wards(stacks.values());
    }

    /** What stands in the way of a lift, a line each. */
    List<String> obstacles() throws AirgapException {
        return obstacles.find(stacks.values());
    }

    /** Every socket of what is under control. */
    Audit audit() throws AirgapException {
        return host.audit(stacks.values());
    }

    /** Every socket of this machine. */
    Audit everywhere() throws AirgapException {
        return host.everywhere();
    }

    /**
     * Closes what has left the scope. For the thread that waits on the wards' sockets, so that none is closed, and its number
     * given to another, while it waits.
     */
    void release() {
        for (NetworkStack stack = retired.poll(); stack != null; stack = retired.poll()) {
            stack.close();
        }
    }

    /** Whether there is nothing that it could close. */
    boolean idle() {
        return host.empty();
    }

    /** Whether somebody has begun to engage and waits for the lock to confirm it: for who holds that. */
    boolean awaited() {
        return engages.get() != confirming;
    }

    /** Whether what comes up now is to be taken down. */
    boolean shut() {
        return shut;
    }

    /** Whether it is to be looked at often: where it is shut, and where a lift is under way, or has broken off. */
    boolean unsettled() {
        return shut || status.state().closed();
    }

    /** Closes everything in scope. From any state, as often as anybody likes. */
    Status engage(String cause) {
        return confirm(cause, cut(cause));
    }

    /**
     * The first of an engage, and what cannot wait: says that it is closed and takes every link down. Where no {@link #confirm}
     * follows, because something broke in between, the next {@link #check} makes up for it.
     *
     * @return what went wrong, for {@link #confirm}
     */
    List<String> cut(String cause) {
        List<String> early = new ArrayList<>();
        asked = cause;
        engages.incrementAndGet();
        shut = true;
        attempt(early, store::mark);
        faults.at("engage marked");
        for (NetworkStack stack : stacks.values()) {
            attempt(early, stack::down);
            faults.at("engage links down");
        }
        return early;
    }

    /** The rest of an engage, after the {@link #cut}: closes all of it, and reads it back. */
    Status confirm(String cause, List<String> early) {
        lock.lock();
        try {
            confirming = engages.get(); // all of these
            shut = true;
            attempt(early, store::mark); // again: a lift that ended meanwhile has taken it away
            boolean again = status.state() == State.GAP || status.state() == State.BROKEN;
            String why = again ? status.cause() : cause; // the one that closed it
            if (!again) {
                change(State.ENGAGING, why, List.of(), List.of());
            }
            GapStore.Closing closing = new GapStore.Closing(status.since(), why);
            Thread disk = Thread.ofPlatform().name("persist").start(() -> attempt(early, () -> store.persist(closing)));
            Report report = shutAll();
            host.shut(report);
            faults.at("engage confirmed");
            Threads.join(disk);
            faults.at("engage persisted");
            List<String> problems = new ArrayList<>(report.problems());
            if (!store.durable()) {
                problems.addAll(early);
                problems.add("the gap would not outlive a loss of power");
            }
            if (stacks.isEmpty()) {
                problems.add("no namespace in scope is there: nothing is cut off");
            }
            State.Event event = problems.isEmpty() ? new State.Confirmed() : new State.Failed();
            change(status.state().after(event), why, problems, report.steps());
            faults.at("engage ended");
            return status();
        } finally {
            lock.unlock();
        }
    }

    /** Shuts every ward, and those that come into scope meanwhile, until there is no new one. */
    private Report shutAll() {
        Report report = new Report();
        List<NetworkStack> done = new ArrayList<>();
        for (int i = 0; i < ROUNDS_MAX; i++) {
            for (NetworkStack stack : stacks.values()) {
                if (!done.contains(stack)) {
                    stack.shut(report, faults);
                    done.add(stack);
                }
            }
            report.step("namespaces", () -> {
                refresh();
                return unreached;
            });
            if (done.containsAll(stacks.values())) {
                return report;
            }
        }
        report.step("namespaces", () -> List.of("namespaces are made faster than they can be closed"));
        return report;
    }

    /** Closes again what is open though it should not be; what does not hold makes the state BROKEN until it does. */
    void check() {
        long before = engages.get();
        Optional<Map<Long, List<String>>> ahead = lookAhead();
        lock.lock();
        try {
            List<NetworkStack> fresh = new ArrayList<>();
            ahead.ifPresent(found -> enter(found, fresh));
            if (!status.state().closed()) {
                if (shut) {
                    engage(asked);
                } else if (ahead.isPresent() && engages.get() == before) {
                    adopt(ahead.get());
                }
                return;
            }
            Report report = new Report();
            report.step("namespaces", () -> {
                fresh.addAll(refresh());
                for (NetworkStack stack : fresh) {
                    stack.shut(report, faults);
                }
                return unreached;
            });
            boolean whole = report.problems().isEmpty();
            for (NetworkStack stack : stacks.values()) {
                whole &= holds(stack::problems);
            }
            whole &= holds(host::problems);
            store.complete(new GapStore.Closing(status.since(), status.cause()));
            if (!whole || status.state() != State.GAP) { // not confirmed, or what was to confirm it broke off
                engage(status.cause());
            }
        } finally {
            lock.unlock();
        }
    }

    /** What does not is a correction: it is closed again by what follows. */
    private boolean holds(Report.Work look) {
        try {
            List<String> problems = look.problems();
            if (status.state() == State.GAP) {
                problems.forEach(this::corrected);
            }
            return problems.isEmpty();
        } catch (AirgapException e) {
            log("It cannot be seen whether the gap holds", e);
            return false;
        }
    }

    /** While it is open, what is in scope: without the lock, which an engage waits for, because on a busy machine it takes long. */
    private Optional<Map<Long, List<String>>> lookAhead() {
        if (shut || status.state().closed() || host.empty()) {
            return Optional.empty();
        }
        try {
            return Optional.of(host.find(stacks.keySet(), new ArrayList<>()));
        } catch (AirgapException e) {
            log("The namespaces in scope cannot be found", e);
            return Optional.empty();
        }
    }

    private void adopt(Map<Long, List<String>> found) {
        leave(found);
        try {
            store.arm();
        } catch (AirgapException e) {
            log("A gap is not made ready", e);
        }
    }

    /** Keeps what the links there would lose by going down, for a lift to give back; nothing where it is not open. */
    void remember(NetworkStack stack) {
        store.routes().keep(stack, () -> !shut && status.state() == State.OPEN && stacks.containsValue(stack));
    }

    /**
     * Opens again.
     *
     * @throws AirgapException where it is not granted, not confirmed, or something stands in the way; then it stays closed
     */
    Status lift(Grant grant) throws AirgapException {
        long before = engages.get();
        lock.lock();
        try {
            giveWay(confirming);
            State next = status.state().after(new State.Lift(grant));
            if (next != State.LIFTING) {
                throw new AirgapException(
                        status.state() == State.OPEN
                                ? "The gap is open."
                                : !grant.holds()
                                        ? "Lifting needs the step-up key and a person at the box."
                                        : "The gap is not confirmed (" + String.join("; ", status.problems())
                                                + "): it is lifted only when it is.");
            }
            List<String> inTheWay = new ArrayList<>(obstacles());
            faults.at("lift granted");
            for (NetworkStack stack : stacks.values()) {
                inTheWay.addAll(stack.destroySockets());
                faults.at("lift sockets destroyed");
            }
            if (!inTheWay.isEmpty()) {
                throw new AirgapException("The gap stays closed: " + String.join("; ", inTheWay)
                        + ". End these programs, or wait where there is none any more; then lift again.");
            }
            giveWay(before);
            change(next, "lift: " + grant.how(), List.of(), status.steps());
            return opened(grant, before);
        } finally {
            lock.unlock();
        }
    }

    /** Of so many engages it knows; whoever has begun another one comes first, also where that waits for its turn to confirm. */
    private void giveWay(long known) throws AirgapException {
        if (engages.get() != known) {
            throw new AirgapException("The gap stays closed: somebody closed it again meanwhile.");
        }
    }

    private Status opened(Grant grant, long before) throws AirgapException {
        List<String> problems = new ArrayList<>();
        String failed = "it broke off";
        try {
            faults.at("lift begun");
            allow();
            giveWay(before); // who engages counts first and shuts then: one of the two is seen
            for (NetworkStack stack : stacks.values()) {
                stack.restoreLinks();
                problems.addAll(store.routes().restore(stack));
                faults.at("links restored");
                giveWay(before);
            }
            store.open();
            faults.at("lift stored"); // the tables still drop everything, and would make a next start close again
            for (NetworkStack stack : stacks.values()) {
                giveWay(before);
                stack.removeTables();
                faults.at("tables removed");
            }
            attempt(problems, host::restore); // a radio that does not come on again keeps nothing else closed
            faults.at("machine restored");
            failed = "";
        } catch (AirgapException e) {
            failed = e.getMessage();
            throw e;
        } finally {
            if (!failed.isEmpty()) { // whatever it was
                engage("a lift failed: " + failed);
            }
        }
        change(status.state().after(new State.Lifted(grant)), "lift: " + grant.how(), problems, List.of());
        return status();
    }

    /** What is being corrected now is done before anything opens, and nothing is corrected afterwards. */
    private void allow() {
        correcting.lock();
        try {
            shut = false;
        } finally {
            correcting.unlock();
        }
    }

    /** Work of the watch that closes something again. */
    @FunctionalInterface
    interface Correction {
        void run() throws KernelException;
    }

    /** Does it where the gap is shut, and so that no lift begins meanwhile. */
    void whileShut(Correction correction) throws KernelException {
        correcting.lock();
        try {
            if (shut) {
                correction.run();
            }
        } finally {
            correcting.unlock();
        }
    }

    /** Notes that something was open again, and was closed; what an engage is still at was not closed before. */
    void corrected(String what) {
        if (status.state() != State.ENGAGING) {
            corrections.incrementAndGet();
        }
        System.getLogger("omni.airgap").log(System.Logger.Level.DEBUG, "Closed again: {0}", what);
    }

    /** Takes in what has come into scope, and lets go of what is gone. Returns the new ones. */
    private List<NetworkStack> refresh() throws AirgapException {
        List<NetworkStack> fresh = new ArrayList<>();
        List<String> outOfReach = new ArrayList<>();
        Map<Long, List<String>> found = host.find(stacks.keySet(), outOfReach);
        if (!enter(found, fresh).isEmpty()) { // vanished while it was looked at, or hidden: the second look tells
            found = host.find(stacks.keySet(), new ArrayList<>());
            enter(found, fresh)
                    .forEach((number, why) -> outOfReach.add("net:[" + number + "] cannot be closed: " + why));
        }
        unreached = List.copyOf(outOfReach);
        leave(found);
        return fresh;
    }

    /** Lets go of what is gone; in a gap a namespace is kept, though nothing but a socket may be left of it. */
    private void leave(Map<Long, List<String>> found) {
        for (NetworkStack stack : shut ? List.<NetworkStack>of() : List.copyOf(stacks.values())) {
            if (!found.containsKey(stack.number())) {
                stacks.remove(stack.number());
                retired.add(stack);
                store.routes().forget(stack);
            }
        }
    }

    /** Takes in those that are new, each by the first of its names that opens. What is left is those that did not, and why. */
    private Map<Long, String> enter(Map<Long, List<String>> found, List<NetworkStack> fresh) {
        Map<Long, String> left = new TreeMap<>();
        found.forEach((number, names) -> {
            if (!stacks.containsKey(number)) {
                String why = "its file is not to be found";
                for (String name : names) {
                    try {
                        enter(number, name).ifPresent(fresh::add);
                    } catch (AirgapException e) {
                        why = e.getMessage();
                    }
                    if (stacks.containsKey(number)) {
                        return;
                    }
                }
                left.put(number, why);
            }
        });
        return left;
    }

    private Optional<NetworkStack> enter(long number, String name) throws AirgapException {
        Optional<NetworkStack> entered = host.enter(number, name);
        if (entered.isPresent()) {
            stacks.put(number, entered.get());
            if (shut) {
                entered.get().down();
            }
        }
        return entered;
    }

    /** Sets the status; who listens hears of what is new, and not of each look. */
    private void change(State state, String cause, List<String> problems, List<Report.Step> steps) {
        Status before = status;
        if (state == State.OPEN) {
            corrections.set(0);
        }
        boolean same = state.closed() == before.state().closed();
        boolean told = state == before.state() && cause.equals(before.cause()) && problems.equals(before.problems());
        status = new Status(
                state, same ? status.since() : clock.instant(), cause, stacks.size(), List.copyOf(problems), steps, 0);
        if (!told) {
            listeners.forEach(listener -> listener.accept(status()));
        }
    }

    /** Work of which a failure is told and keeps nothing else from being done. */
    private interface Work {
        void run() throws AirgapException;
    }

    private static void attempt(List<String> problems, Work work) {
        try {
            work.run();
        } catch (AirgapException e) {
            log("A step of the gap failed", e);
            synchronized (problems) {
                problems.add(e.getMessage());
            }
        }
    }

    private static void log(String what, AirgapException e) {
        System.getLogger("omni.airgap").log(System.Logger.Level.WARNING, what, e);
    }

    @Override
    public void close() {
        lock.lock();
        try {
            release();
            stacks.values().forEach(NetworkStack::close);
            stacks.clear();
        } finally {
            lock.unlock();
        }
    }
}
