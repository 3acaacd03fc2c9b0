package omni.airgap;

import java.util.ArrayList;
import java.util.Collection;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeSet;
import java.util.concurrent.locks.LockSupport;
import java.util.stream.Stream;

/**
 * Every socket of some namespaces, with its owners, and the proof that none is missing: the kernel counts the sockets of
 * each namespace ({@code used} of sockstat), and that number less those that are found with an owner, or are known to need
 * none, must be zero. Parsing is not the proof: a socket that no list shows and no process has among its descriptors (held
 * by a ring of io_uring, or parked in the buffer of another) is in the count.
 *
 * <p>Sockets come and go while one looks: a look during which the count has changed says nothing of its namespace, and a
 * difference counts only where it stays over several looks. Immutable.
 *
 * @param namespaces each namespace and its count
 * @param sockets all sockets
 */
record Census(List<Count> namespaces, List<SocketEntry> sockets) {
    private static final int LOOKS_MAX = 20;
    /** So many looks must agree that something is unexplained. */
    private static final int AGREED = 6;

    private static final long PAUSE_NANOS = 30_000_000;
    private static final long MOMENT_NANOS = 2_000_000;
    /** Each pause is longer than the one before, up to so many times the first: a machine that is overloaded lets go late. */
    private static final int PAUSES_MAX = 5;

    Census {
        namespaces = List.copyOf(namespaces);
        sockets = List.copyOf(sockets);
    }

    /**
     * The count of one namespace.
     *
     * @param namespace its inode
     * @param name a file that it was opened by
     * @param used sockets by the kernel's count
     * @param unexplained how many of them nothing explains
     * @param suspects which processes could hold those, in words
     */
    record Count(long namespace, String name, int used, int unexplained, List<String> suspects) {}

    /** What one look found in one namespace, where so many were used when it began. */
    private record Look(Namespace namespace, int used, CensusTalk.Listed listed) {}

    /** A namespace, and a socket in it that asks: one for all looks, for a socket that is closed is counted for a while. */
    private record Place(Namespace namespace, SocketDiag diag) {}

    /** What a look came to. Steady is one during which the count did not change. */
    private record Found(Count count, List<SocketEntry> sockets, boolean steady) {}

    /** What the looks at one place came to so far. */
    private static final class Tally {
        private final Place place;
        private Found last;
        private int least = Integer.MAX_VALUE;
        private int agreed;
        private boolean settled;

        Tally(Place place, Found first) {
            this.place = place;
            last = first;
            add(first);
        }

        void add(Found found) {
            last = found;
            int unexplained = found.count().unexplained();
            least = Math.min(least, Math.max(0, unexplained));
            agreed += found.steady() && unexplained > 0 ? 1 : 0;
            settled = (found.steady() && unexplained == 0) || agreed == AGREED;
        }

        Count count() {
            Count count = last.count();
            return new Count(
                    count.namespace(), count.name(), count.used(), least, least == 0 ? List.of() : count.suspects());
        }
    }

    /**
     * Looks at each namespace until all in it is explained, or has stayed unexplained.
     *
     * @param parser what reads the lists
     */
    static Census take(Collection<Namespace> namespaces, CensusParser parser) throws AirgapException {
        if (namespaces.isEmpty()) {
            return new Census(List.of(), List.of());
        }
        List<Place> places = new ArrayList<>();
        try {
            for (Namespace namespace : namespaces) {
                places.add(new Place(namespace, namespace.inside(SocketDiag::new)));
            }
            List<Found> first = look(places, parser);
            List<Tally> all = new ArrayList<>();
            for (int i = 0; i < places.size(); i++) {
                all.add(new Tally(places.get(i), first.get(i)));
            }
            List<Tally> open = open(all);
            for (int i = 1; i < LOOKS_MAX && !open.isEmpty(); i++) {
                pause(i == 1 ? open : List.of(), PAUSE_NANOS * Math.min(i, PAUSES_MAX));
                List<Found> next = look(open.stream().map(tally -> tally.place).toList(), parser);
                for (int k = 0; k < open.size(); k++) {
                    open.get(k).add(next.get(k));
                }
                open = open(all);
            }
            return new Census(
                    all.stream().map(Tally::count).toList(),
                    all.stream().flatMap(tally -> tally.last.sockets().stream()).toList());
        } finally {
            places.forEach(place -> place.diag().close());
        }
    }

    /**
     * Until the kernel's count has come down to what these explained, for sockets that were closed moments ago; and as long as it
     * takes such a socket to leave the count where it does not, or there are none. Looks that must agree are that far from another.
     */
    private static void pause(List<Tally> waiting, long nanos) throws AirgapException {
        long began = System.nanoTime();
        boolean down = false;
        while (!down && System.nanoTime() - began < nanos) {
            LockSupport.parkNanos(waiting.isEmpty() ? nanos : MOMENT_NANOS);
            down = !waiting.isEmpty();
            for (Tally tally : waiting) {
                Count count = tally.last.count();
                down &= tally.place.namespace().inside(SocketLists::used) <= count.used() - count.unexplained();
            }
        }
    }

    private static List<Tally> open(List<Tally> all) {
        return all.stream().filter(tally -> !tally.settled).toList();
    }

    /** Over all namespaces. */
    int unexplained() {
        return namespaces.stream().mapToInt(Count::unexplained).sum();
    }

    /**
     * Something that is wrong.
     *
     * @param what the same as long as it is the same, though its words change
     * @param words in a line
     */
    record Alarm(String what, String words) {}

    /** What is wrong, a line each; empty where all is as it should be. */
    List<String> alarms() {
        return alarmed().stream().map(Alarm::words).toList();
    }

    /** The same, each with what it is about. */
    List<Alarm> alarmed() {
        List<Alarm> alarms = new ArrayList<>();
        for (Count count : namespaces) {
            if (count.unexplained() != 0) {
                String what = (count.unexplained() == 1 ? "1 is" : count.unexplained() + " are")
                        + " held by nothing that can be seen in " + count.name();
                alarms.add(new Alarm(
                        what,
                        count.unexplained() + " of " + count.used() + " sockets in " + count.name()
                                + (count.unexplained() == 1 ? " is" : " are") + " held by nothing that can be seen"
                                + (count.suspects().isEmpty() ? "" : ": " + String.join("; ", count.suspects()))));
            }
        }
        new RoleSockets(sockets).alarms(sockets).forEach(words -> alarms.add(new Alarm(words, words)));
        return alarms;
    }

    /** One look, in the order of the places. */
    private static List<Found> look(List<Place> places, CensusParser parser) throws AirgapException {
        try (CensusTalk talk = parser.talk()) {
            List<Integer> used = new ArrayList<>();
            for (Place place : places) {
                used.add(place.namespace().inside(() -> {
                    int before = SocketLists.used();
                    SocketLists.collect(place.diag(), talk);
                    return before;
                }));
            }
            talk.listsEnd();
            Holders holders = Holders.read(); // while the lists are being read
            List<CensusTalk.Listed> listed = talk.listed(
                    places.stream().map(place -> place.namespace().inode()).toList());
            List<Look> looks = new ArrayList<>();
            for (int i = 0; i < places.size(); i++) {
                looks.add(new Look(places.get(i).namespace(), used.get(i), listed.get(i)));
            }
            return found(looks, holders, talk);
        }
    }

    private static List<Found> found(List<Look> looks, Holders holders, CensusTalk talk) throws AirgapException {
        Map<Long, List<SocketEntry>> unlisted = unlisted(looks, holders);
        List<Integer> used = new ArrayList<>();
        for (Look look : looks) {
            used.add(look.namespace().inside(SocketLists::used));
        }
        holders.identify(
                Stream.concat(
                                looks.stream().flatMap(look -> look.listed().sockets().stream()),
                                unlisted.values().stream().flatMap(List::stream))
                        .map(SocketEntry::inode),
                talk);
        List<Found> all = new ArrayList<>();
        for (int i = 0; i < looks.size(); i++) {
            Look look = looks.get(i);
            Namespace namespace = look.namespace();
            List<SocketEntry> here = owned(look.listed().sockets(), holders);
            here.addAll(owned(unlisted.getOrDefault(namespace.inode(), List.of()), holders));
            long explained = here.stream().filter(Census::explained).count();
            int unexplained = used.get(i) - (int) explained - look.listed().closedEnds();
            List<String> suspects = unexplained <= 0
                    ? List.of()
                    : holders.suspects(parking(here, look.listed().queued()));
            Count count = new Count(namespace.inode(), namespace.name(), used.get(i), unexplained, suspects);
            all.add(new Found(count, here, look.used() == used.get(i)));
        }
        return all;
    }

    /**
     * By its owner, or by having none. In a user namespace processes outside are out of sight: there a Unix socket may be held by
     * one of them, as the supervisor holds its ends of the roles' connections; it is listed, and sends nothing off the machine.
     */
    private static boolean explained(SocketEntry socket) {
        return socket.inode() == 0
                || !socket.owners().isEmpty()
                || (socket.protocol().equals("unix") && !Processes.firstUserNamespace());
    }

    /** The same socket may stand in two lists (MPTCP is TCP, too): once is enough. */
    private static List<SocketEntry> owned(List<SocketEntry> listed, Holders holders) {
        Set<Long> seen = new HashSet<>();
        List<SocketEntry> all = new ArrayList<>();
        for (SocketEntry socket : listed) {
            if (socket.inode() == 0) {
                all.add(socket);
            } else if (seen.add(socket.inode())) {
                all.add(socket.heldBy(holders.owners(socket.inode())));
            }
        }
        return all;
    }

    /** Sockets that a process holds and no list has, by the namespace that they live in. */
    private static Map<Long, List<SocketEntry>> unlisted(List<Look> looks, Holders holders) throws AirgapException {
        Set<Long> inodes = holders.inodes();
        looks.forEach(look -> look.listed().sockets().forEach(socket -> inodes.remove(socket.inode())));
        Set<Long> wanted = new HashSet<>();
        looks.forEach(look -> wanted.add(look.namespace().inode()));
        Map<Long, List<SocketEntry>> found = new HashMap<>();
        holders.inspect(inodes).forEach((inode, what) -> {
            if (wanted.contains(what.getKey())) {
                found.computeIfAbsent(what.getKey(), _ -> new ArrayList<>())
                        .add(new SocketEntry(
                                what.getKey(), inode, what.getValue(), "", "", "", false, 0, -1, List.of()));
            }
        });
        return found;
    }

    /** Who has Unix sockets here with something in their buffer: there a descriptor can be parked. */
    private static Set<Integer> parking(List<SocketEntry> sockets, Set<Long> queued) {
        Set<Integer> pids = new TreeSet<>();
        sockets.stream()
                .filter(socket -> queued.contains(socket.inode()))
                .forEach(socket -> socket.owners().forEach(owner -> pids.add(owner.pid())));
        return pids;
    }
}
