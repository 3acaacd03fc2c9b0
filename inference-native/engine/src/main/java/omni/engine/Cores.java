package omni.engine;

import java.io.IOException;
import java.lang.System.Logger.Level;
import java.nio.file.DirectoryStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.HashSet;
import java.util.Set;

/**
 * How many physical cores this process may use: a second thread on a core only gets in the way of matrix products.
 * Source: Linux, {@code Documentation/admin-guide/cputopology.rst}; elsewhere every processor counts as a core.
 */
final class Cores {
    private Cores() {}

    static int physical() {
        return physical(Path.of("/sys/devices/system/cpu"), Runtime.getRuntime().availableProcessors());
    }

    /** Returns the number of different sets of sibling threads, at most {@code available}, at least 1. */
    static int physical(Path cpus, int available) {
        Set<String> cores = new HashSet<>();
        if (Files.isDirectory(cpus)) {
            try (DirectoryStream<Path> folders = Files.newDirectoryStream(cpus, "cpu[0-9]*")) {
                for (Path folder : folders) {
                    Path siblings = folder.resolve("topology/thread_siblings_list");
                    if (Files.isReadable(siblings)) {
                        cores.add(Files.readString(siblings).strip());
                    }
                }
            } catch (IOException e) {
                System.getLogger(Cores.class.getName()).log(Level.WARNING, "The cores cannot be counted.", e);
            }
        }
        return Math.max(1, cores.isEmpty() ? available : Math.min(cores.size(), available));
    }
}
