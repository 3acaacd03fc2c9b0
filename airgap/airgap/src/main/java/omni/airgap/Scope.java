package omni.airgap;

import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.HashMap;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;

/**
 * Which network namespaces the gap is about: all of this machine, or those that are named and what comes out of them. A
 * machine that is reached over its own network is cut off for good by a gap in its first namespace: so that one is in
 * scope only where the whole machine is.
 *
 * @param machine all namespaces there are
 * @param files the named ones, by files that stand for them
 * @param own whether the namespace that this process is in may be named, too, for it was made for Omni
 * @param beyond what is meant, too, and cannot be closed: a problem each, as long as there is the scope
 */
record Scope(boolean machine, List<String> files, boolean own, List<String> beyond) {
    static final String MACHINE = "machine";

    Scope {
        files = List.copyOf(files);
        beyond = List.copyOf(beyond);
    }

    Scope(boolean machine, List<String> files) {
        this(machine, files, false, List.of());
    }

    /** From the word in the configuration: {@code machine}, or files with blanks between; nothing for none. */
    static Scope of(String text) {
        List<String> words = Arrays.stream(text.strip().split("\\s+"))
                .filter(word -> !word.isEmpty())
                .toList();
        return words.equals(List.of(MACHINE)) ? new Scope(true, List.of()) : new Scope(false, words);
    }

    /** Everything that is in one of them. */
    Scope and(Scope other) {
        Set<String> all = new LinkedHashSet<>(files);
        all.addAll(other.files);
        List<String> problems = new ArrayList<>(beyond);
        problems.addAll(other.beyond);
        boolean whole = machine || other.machine;
        return new Scope(whole, whole ? List.of() : List.copyOf(all), own || other.own, problems);
    }

    /** This, and what a gap that is closed was about when it was closed: that stays under control until it is lifted. */
    Scope withClosed(Path folder) {
        return GapStore.closedScope(folder).map(Scope::of).map(this::and).orElse(this);
    }

    /** As {@link #of} reads it. The namespace that this process is in stands for another one the next time, and is left out. */
    String text() {
        return machine
                ? MACHINE
                : String.join(
                        " ",
                        files.stream()
                                .filter(file -> !file.equals(Rootless.OWN))
                                .toList());
    }

    boolean empty() {
        return !machine && files.isEmpty();
    }

    /** The inodes of the namespaces in scope, and files by which each can be opened; what of the named cannot be is a problem, and the
     * rest goes on. */
    Map<Long, List<String>> find(Set<Long> known, List<String> problems) throws AirgapException {
        problems.addAll(beyond);
        List<Processes.Seen> processes = Processes.all();
        if (!machine) {
            return named(processes, known, problems);
        }
        long dark = processes.stream().filter(Processes.Seen::dark).count();
        if (dark > 0) {
            problems.add(dark + " processes cannot be looked into: the namespaces that they alone use are missed");
        }
        return SocketNamespaces.addTo(Processes.namespaces(processes), problems);
    }

    /** Namespaces that are not in scope, and could come into it because a link goes there. */
    Map<Long, List<String>> others(Set<Long> found) throws AirgapException {
        if (machine) {
            return Map.of();
        }
        Map<Long, List<String>> all = Processes.namespaces(Processes.all());
        all.keySet().removeAll(found);
        all.keySet().removeAll(kept());
        return all;
    }

    /**
     * The named namespaces; those that processes in them, or their descendants, have made; and those that were in scope
     * before and are still used.
     */
    private Map<Long, List<String>> named(List<Processes.Seen> processes, Set<Long> known, List<String> problems)
            throws AirgapException {
        Set<Long> kept = kept();
        Map<Long, List<String>> found = new LinkedHashMap<>();
        for (String file : files) {
            try (Namespace namespace = Namespace.open(file)) {
                if (kept.contains(namespace.inode())) {
                    throw new AirgapException(
                            file + " is the network that this machine is reached by. A gap there needs"
                                    + " scope = \"machine\", and whoever works from afar is cut off for good.");
                }
                found.put(namespace.inode(), List.of(file));
            } catch (KernelException e) {
                // Where it is not made yet, or gone, it comes into scope when it is there.
                if (e.errno() != KernelException.ENOENT) {
                    problems.add(file + " cannot be closed: " + e.getMessage());
                }
            } catch (NotNamespaceException e) {
                problems.add(e.getMessage());
            }
        }
        Map<Long, List<String>> all = Processes.namespaces(processes);
        known.stream().filter(all::containsKey).forEach(inode -> found.putIfAbsent(inode, all.get(inode)));
        descend(processes, found, kept);
        return found;
    }

    private static void descend(List<Processes.Seen> processes, Map<Long, List<String>> found, Set<Long> kept) {
        Map<Integer, List<Processes.Seen>> children = new HashMap<>();
        processes.forEach(process -> children.computeIfAbsent(process.parent(), _ -> new ArrayList<>())
                .add(process));
        List<Processes.Seen> work = new ArrayList<>(processes.stream()
                .filter(process -> process.namespaces().keySet().stream().anyMatch(found::containsKey))
                .filter(process -> process.namespaces().keySet().stream().noneMatch(kept::contains))
                .toList());
        Set<Integer> seen = new HashSet<>();
        while (!work.isEmpty()) {
            Processes.Seen process = work.removeLast();
            if (seen.add(process.pid())) {
                process.namespaces().forEach((inode, file) -> {
                    if (!kept.contains(inode)) {
                        found.putIfAbsent(inode, List.of(file));
                    }
                });
                work.addAll(children.getOrDefault(process.pid(), List.of()));
            }
        }
    }

    /** The first process's namespace and this process's own: never in scope unless the machine is, or it is Omni's own. */
    private Set<Long> kept() {
        Set<Long> kept = new HashSet<>();
        for (String pid : own && !Processes.firstUserNamespace() ? List.of("1") : List.of("1", "self")) {
            Optional<Long> namespace = Processes.namespaceOf(pid);
            namespace.ifPresent(kept::add);
        }
        return kept;
    }
}
