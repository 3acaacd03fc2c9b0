package omni.measure;

import java.io.IOException;
import java.net.InetAddress;
import java.net.URI;
import java.net.UnknownHostException;
import java.nio.file.DirectoryStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.HashSet;
import java.util.Locale;
import java.util.Set;
import java.util.regex.Pattern;

/**
 * Which processes of this machine listen at an address, by {@code /proc/net/tcp} (proc(5)) and the processes' open files. Only those
 * are seen whose files this user may see.
 */
final class Listeners {
    private static final Pattern BLANKS = Pattern.compile("\\s+");
    private static final String LISTENING = "0A";
    private static final int LOCAL_ADDRESS = 1;
    private static final int STATE = 3;
    private static final int INODE = 9;

    private final Path proc;

    Listeners(Path proc) {
        this.proc = proc;
    }

    /** Whether the host of an address is this machine. */
    static boolean isHere(URI url) {
        try {
            var address = InetAddress.getByName(url.getHost());
            return address.isLoopbackAddress() || java.net.NetworkInterface.getByInetAddress(address) != null;
        } catch (UnknownHostException | java.net.SocketException _) {
            return false;
        }
    }

    /** The processes that listen at the address's port. */
    Set<Long> at(URI url) {
        int port = url.getPort() >= 0 ? url.getPort() : "https".equals(url.getScheme()) ? 443 : 80;
        var sockets = new HashSet<String>();
        for (var table : Set.of("net/tcp", "net/tcp6")) {
            sockets.addAll(sockets(proc.resolve(table), port));
        }
        return sockets.isEmpty() ? Set.of() : holders(sockets);
    }

    private static Set<String> sockets(Path table, int port) {
        var end = String.format(Locale.ROOT, ":%04X", port);
        var sockets = new HashSet<String>();
        try (var lines = Files.lines(table)) {
            lines.map(line -> BLANKS.split(line.strip()))
                    .filter(cells -> cells.length > INODE)
                    .filter(cells -> cells[STATE].equals(LISTENING) && cells[LOCAL_ADDRESS].endsWith(end))
                    .forEach(cells -> sockets.add("socket:[" + cells[INODE] + "]"));
        } catch (IOException | java.io.UncheckedIOException _) {
            return Set.of();
        }
        return sockets;
    }

    private Set<Long> holders(Set<String> sockets) {
        var holders = new HashSet<Long>();
        try (var entries = Files.newDirectoryStream(proc, "[0-9]*")) {
            for (var entry : entries) {
                if (holdsOne(entry.resolve("fd"), sockets)) {
                    holders.add(Long.parseLong(entry.getFileName().toString()));
                }
            }
        } catch (IOException _) {
            return holders;
        }
        return holders;
    }

    private static boolean holdsOne(Path descriptors, Set<String> sockets) {
        try (DirectoryStream<Path> open = Files.newDirectoryStream(descriptors)) {
            for (var descriptor : open) {
                if (sockets.contains(target(descriptor))) {
                    return true;
                }
            }
        } catch (IOException | java.nio.file.DirectoryIteratorException _) {
            return false;
        }
        return false;
    }

    private static String target(Path link) {
        try {
            return Files.readSymbolicLink(link).toString();
        } catch (IOException _) {
            return "";
        }
    }
}
