package omni.airgap;

import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.AccessDeniedException;
import java.nio.file.DirectoryStream;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;

/**
 * What {@code /proc} tells of processes and of the network namespaces that they use: as their own, as one of a thread's,
 * behind an open descriptor, or mounted on a file. What vanishes while it is looked at is left out. For any thread.
 *
 * <p>Source: proc(5), namespaces(7).
 */
final class Processes {
    /** The number of this start of the machine (random(4)). */
    static final Path BOOT = Path.of("/proc/sys/kernel/random/boot_id");

    private static final Path PROC = Path.of("/proc");
    private static final int FILES_MAX = 4;
    private static final String NET = "net:[";
    /** So many tables of descriptors are told from each other; of a process with more, each thread's is read. */
    private static final int TABLES_MAX = 64;

    private static final long SELF = ProcessHandle.current().pid();

    private Processes() {}

    /**
     * A process.
     *
     * @param pid its number
     * @param parent its parent's number; 0 where none is known
     * @param namespaces inodes of the network namespaces that it or a thread of it is in, or has open, and a file by which
     *     each can be opened
     * @param dark whether its namespaces or descriptors may not be looked at
     */
    record Seen(int pid, int parent, Map<Long, String> namespaces, boolean dark) {}

    /** All processes. Costs a read of each descriptor of each: milliseconds to tens of them. */
    static List<Seen> all() throws AirgapException {
        List<Seen> processes = new ArrayList<>();
        for (Path directory : numbered(PROC)) {
            int pid = id(directory);
            Map<Long, String> namespaces = new LinkedHashMap<>();
            for (Path task : numbered(directory.resolve("task"))) {
                note(task.resolve("ns/net"), namespaces);
            }
            if (pid != SELF) { // what is open here is held because it is in scope, and keeps nothing there
                for (Path descriptor : entries(directory.resolve("fd"))) {
                    note(descriptor, namespaces);
                }
            }
            processes.add(new Seen(pid, parent(directory), namespaces, dark(directory)));
        }
        if (processes.stream().noneMatch(process -> process.pid() == SELF)) {
            throw new AirgapException(
                    "/proc cannot be read: not even this process is in it. Too many files may be open.");
        }
        return processes;
    }

    /**
     * The folders of a process's descriptors: its own, and that of a thread which has a table to itself (unshare(2)), or has
     * outlived the process's first one. Waits where the kernel does: for a program that is being started (kcmp(2)).
     */
    static List<Path> tables(Path directory, List<Path> tasks) {
        List<Path> tables = new ArrayList<>(List.of(directory.resolve("fd")));
        List<Integer> told = new ArrayList<>(List.of(id(directory)));
        for (Path task : tasks) {
            int thread = id(task);
            boolean other = thread != told.getFirst();
            if (other
                    && (told.size() > TABLES_MAX
                            || told.stream().noneMatch(one -> Libc.shareDescriptors(one, thread)))) {
                told.add(thread);
                tables.add(task.resolve("fd"));
            }
        }
        return tables;
    }

    /** The number of a process or a thread, which its folder has as its name. */
    static int id(Path directory) {
        return Integer.parseInt(directory.getFileName().toString());
    }

    /** What is refused here is refused of all that is looked at: one right, ptrace(2)'s, decides. */
    private static boolean dark(Path directory) {
        try {
            Files.readSymbolicLink(directory.resolve("ns/net"));
            return false;
        } catch (AccessDeniedException e) {
            return true;
        } catch (IOException e) {
            ignore(e);
            return false;
        }
    }

    /** Whether this process is in the machine's own user namespace: there alone every number of a user stands for itself. */
    static boolean firstUserNamespace() {
        try {
            return Files.readString(PROC.resolve("self/uid_map")).strip().matches("0\\s+0\\s+4294967295");
        } catch (IOException e) {
            ignore(e);
            return true;
        }
    }

    /** The namespace of a process, where it may be asked. */
    static Optional<Long> namespaceOf(String pid) {
        return target(PROC.resolve(pid).resolve("ns/net")).flatMap(Processes::inode);
    }

    private static void note(Path link, Map<Long, String> namespaces) {
        target(link)
                .flatMap(target -> namespace(link, target))
                .ifPresent(inode -> namespaces.putIfAbsent(inode, link.toString()));
    }

    /** The network namespace that a link of {@code /proc} leads to, by what it says. */
    static Optional<Long> namespace(Path link, String target) {
        return target.startsWith("/") ? opened(link) : inode(target);
    }

    /**
     * The namespace behind a descriptor that was opened by the file it is mounted on: its link says that file's path, and "/"
     * once the mount is gone.
     */
    private static Optional<Long> opened(Path link) {
        try {
            Libc.Identity found = Libc.identity(link.toString());
            if (found.device() != Nsfs.DEVICE) {
                return Optional.empty();
            }
            int namespace = Libc.open(link.toString());
            boolean network = Libc.isNetwork(namespace);
            Libc.close(namespace);
            return network ? Optional.of(found.inode()) : Optional.empty();
        } catch (KernelException e) {
            ignore(e);
            return Optional.empty();
        }
    }

    /** The file system of all namespaces. */
    private static final class Nsfs {
        static final long DEVICE = device();

        private static long device() {
            try {
                return Libc.identity("/proc/self/ns/net").device();
            } catch (KernelException e) {
                throw new IllegalStateException("/proc has no namespaces", e);
            }
        }
    }

    /** Every namespace that a process uses or a mount keeps, and files by which each can be opened: one may be enough. */
    static Map<Long, List<String>> namespaces(List<Seen> processes) {
        Map<Long, List<String>> all = new HashMap<>();
        for (Seen process : processes) {
            process.namespaces().forEach((inode, file) -> add(all, inode, file));
        }
        Set<String> seen = new HashSet<>();
        mounted("self", "", all, seen);
        for (Seen process : processes) {
            mounted(Integer.toString(process.pid()), "/proc/" + process.pid() + "/root", all, seen);
        }
        return all;
    }

    static void add(Map<Long, List<String>> all, long inode, String file) {
        List<String> files = all.computeIfAbsent(inode, _ -> new ArrayList<>());
        if (files.size() < FILES_MAX) {
            files.add(file);
        }
    }

    /**
     * Namespaces kept by a mount, such as those of {@code ip netns}: "… - nsfs nsfs rw" with "net:[…]" as its root. Each
     * mount namespace is read once.
     */
    private static void mounted(String pid, String root, Map<Long, List<String>> all, Set<String> seen) {
        Path directory = PROC.resolve(pid);
        Optional<String> mounts = target(directory.resolve("ns/mnt"));
        if (mounts.isEmpty() || !seen.add(mounts.get())) {
            return;
        }
        try {
            for (String line : Files.readAllLines(directory.resolve("mountinfo"), StandardCharsets.ISO_8859_1)) {
                List<String> words = List.of(line.split(" ", -1));
                if (words.size() > 4 && words.get(3).startsWith(NET)) {
                    add(all, number(words.get(3)), root + path(words.get(4)));
                }
            }
        } catch (IOException e) {
            ignore(e);
        }
    }

    /**
     * A path as mountinfo writes it: blank, tab, line feed and backslash in octal digits, every other byte as it is. One that
     * is not UTF-8 becomes a name that does not open, and so a namespace that is known and cannot be reached.
     */
    static String path(String bytes) {
        ByteArrayOutputStream path = new ByteArrayOutputStream();
        for (int i = 0; i < bytes.length(); i++) {
            if (bytes.charAt(i) == '\\' && bytes.substring(i + 1).matches("[0-7]{3}.*")) {
                path.write(Integer.parseInt(bytes, i + 1, i + 4, 8));
                i += 3;
            } else {
                path.write(bytes.charAt(i));
            }
        }
        return path.toString(StandardCharsets.UTF_8);
    }

    /** The name in {@code stat} is any bytes at all, and ends with the last parenthesis. */
    private static int parent(Path directory) {
        try {
            String stat = Files.readString(directory.resolve("stat"), StandardCharsets.ISO_8859_1);
            List<String> behindName =
                    List.of(stat.substring(stat.lastIndexOf(')') + 2).split(" ", -1));
            return Integer.parseInt(behindName.get(1));
        } catch (IOException e) {
            ignore(e);
            return 0;
        }
    }

    /** Entries of a directory whose names are numbers; none where it is gone. */
    static List<Path> numbered(Path directory) {
        return entries(directory).stream()
                .filter(path -> Character.isDigit(path.getFileName().toString().charAt(0)))
                .toList();
    }

    static List<Path> entries(Path directory) {
        List<Path> entries = new ArrayList<>();
        try (DirectoryStream<Path> stream = Files.newDirectoryStream(directory)) {
            stream.forEach(entries::add);
        } catch (IOException | java.nio.file.DirectoryIteratorException e) {
            ignore(e);
        }
        return entries;
    }

    /** What a link of {@code /proc} says, such as {@code socket:[4711]}. */
    static Optional<String> target(Path link) {
        try {
            return Optional.of(Files.readSymbolicLink(link).toString());
        } catch (IOException e) {
            ignore(e);
            return Optional.empty();
        }
    }

    private static Optional<Long> inode(String target) {
        return target.startsWith(NET) ? Optional.of(number(target)) : Optional.empty();
    }

    /** The number in {@code net:[4711]} or {@code socket:[4711]}. */
    static long number(String target) {
        return Long.parseLong(target.substring(target.indexOf('[') + 1, target.length() - 1));
    }

    /** A process that has ended meanwhile, or that may not be looked at, is none of ours to report. */
    private static void ignore(Exception e) {
        if (!(e instanceof NoSuchFileException)) {
            System.getLogger("omni.airgap").log(System.Logger.Level.TRACE, "Not read", e);
        }
    }
}
