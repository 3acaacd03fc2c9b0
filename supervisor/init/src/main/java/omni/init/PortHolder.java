package omni.init;

import java.io.IOException;
import java.net.InetSocketAddress;
import java.net.ServerSocket;
import java.nio.charset.StandardCharsets;
import java.nio.file.DirectoryStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.HashSet;
import java.util.List;
import java.util.Locale;
import java.util.Optional;
import java.util.Set;
import java.util.stream.Stream;

/**
 * Who holds a TCP port of this machine: the listening socket's inode from {@code /proc/net/tcp} and {@code tcp6}
 * (proc_pid_net(5), columns 2, 4 and 10), then the process that has that inode open. Other users' processes cannot be
 * looked into; nor can Omni's own roles, which forbid it: those are recognised by their command line, as supervisors are.
 */
final class PortHolder {
    private static final String LISTEN = "0A";
    private static final int STATE_COLUMN = 3;
    private static final int INODE_COLUMN = 9;

    private PortHolder() {}

    /** Whether that address is free to listen on now; with port 0, whether it is one of this machine at all. */
    static boolean isFree(String host, int port) {
        try (ServerSocket socket = new ServerSocket()) {
            socket.bind(new InetSocketAddress(host, port));
            return true;
        } catch (IOException e) {
            return false;
        }
    }

    /** A few words that name the holder: {@code "pid 4711 (python3)"}; nothing where this host does not tell. */
    static Optional<String> find(int port) {
        Path proc = Path.of("/proc");
        try {
            Set<String> inodes = inodes(proc, port);
            if (inodes.isEmpty()) {
                return Optional.empty();
            }
            return holder(proc, inodes).or(() -> daemon(proc));
        } catch (IOException e) {
            return Optional.empty();
        }
    }

    private static Set<String> inodes(Path proc, int port) throws IOException {
        Set<String> inodes = new HashSet<>();
        String suffix = String.format(Locale.ROOT, ":%04X", port);
        for (String table : List.of("net/tcp", "net/tcp6")) {
            if (!Files.isReadable(proc.resolve(table))) {
                continue;
            }
            for (String line : Files.readAllLines(proc.resolve(table), StandardCharsets.ISO_8859_1)) {
                String[] columns = line.strip().split("\\s+", -1);
                if (columns.length > INODE_COLUMN
                        && columns[1].endsWith(suffix)
                        && columns[STATE_COLUMN].equals(LISTEN)) {
                    inodes.add("socket:[" + columns[INODE_COLUMN] + "]");
                }
            }
        }
        return inodes;
    }

    private static Optional<String> holder(Path proc, Set<String> inodes) throws IOException {
        try (DirectoryStream<Path> processes = Files.newDirectoryStream(proc, "[0-9]*")) {
            for (Path process : processes) {
                if (holds(process, inodes)) {
                    return Optional.of("pid " + process.getFileName() + " (" + name(process) + ")");
                }
            }
        }
        return Optional.empty();
    }

    private static boolean holds(Path process, Set<String> inodes) {
        try (DirectoryStream<Path> descriptors = Files.newDirectoryStream(process.resolve("fd"))) {
            for (Path descriptor : descriptors) {
                if (inodes.contains(Files.readSymbolicLink(descriptor).toString())) {
                    return true;
                }
            }
            return false;
        } catch (IOException | java.nio.file.DirectoryIteratorException e) {
            return false; // it has ended, or it is not ours to look into
        }
    }

    private static Optional<String> daemon(Path proc) {
        try (Stream<ProcessHandle> all = ProcessHandle.allProcesses()) {
            return all.filter(handle -> commandLine(proc.resolve(Long.toString(handle.pid())))
                            .contains("omni.role.Main daemon"))
                    .findFirst()
                    .map(handle -> "pid " + handle.pid() + " (an Omni daemon with another OMNI_HOME or OMNI_RUN)");
        }
    }

    /** A supervisor holds the port of its daemon. */
    private static String name(Path process) {
        String line = commandLine(process);
        if (line.contains("omni.cli.Main up") || line.contains("omni.init.Main")) {
            return "an Omni with another OMNI_HOME or OMNI_RUN";
        }
        String name = line.split(" ", 2)[0];
        return name.substring(name.lastIndexOf('/') + 1);
    }

    private static String commandLine(Path process) {
        try {
            return Files.readString(process.resolve("cmdline"), StandardCharsets.ISO_8859_1)
                    .replace('\0', ' ')
                    .strip();
        } catch (IOException e) {
            return "";
        }
    }
}
