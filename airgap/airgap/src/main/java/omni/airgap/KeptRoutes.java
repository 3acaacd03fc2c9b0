package omni.airgap;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.FileAttribute;
import java.nio.file.attribute.PosixFilePermissions;
import java.util.Arrays;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.function.BooleanSupplier;
import java.util.stream.Stream;
import omni.role.PrivateFile;

/**
 * What the links of each stack would lose by going down ({@link NetworkStack#routes}), in {@code HOME/airgap/routes/BOOT/STACK}: so it
 * outlives every process of Omni, other roles cannot write it, and no other run of the machine takes it for its own. For any thread.
 */
final class KeptRoutes {
    /** Of all stacks together: a user may make as many namespaces as they like. */
    private static final int STACKS_MAX = 256;

    private static final long BYTES_MAX = 4L << 20;
    private static final FileAttribute<?> FOLDER =
            PosixFilePermissions.asFileAttribute(PosixFilePermissions.fromString("rwx------"));

    private final Path folder;
    /** By stack, what its file has; and the lock of both. */
    private final Map<String, Kept> kept = new HashMap<>();

    private long bytes;
    private boolean swept;
    private volatile boolean troubled;

    /** What was written: the same hash and length are taken for the same. */
    private record Kept(int length, int hash) {
        static Kept of(byte[] routes) {
            return new Kept(routes.length, Arrays.hashCode(routes));
        }
    }

    /** Changes nothing yet. */
    KeptRoutes(Path folder) {
        this.folder = folder;
    }

    /**
     * Keeps what the links there would lose now.
     *
     * @param open whether nothing is closed, nobody has wanted that, and the stack is still there: what was read before is then what
     *     they had
     */
    void keep(NetworkStack stack, BooleanSupplier open) {
        if (!open.getAsBoolean()) {
            return;
        }
        try {
            byte[] routes = stack.routes();
            synchronized (kept) {
                if (open.getAsBoolean()) {
                    write(stack, routes);
                }
            }
            troubled = false;
        } catch (IOException e) {
            if (!troubled) { // it is tried again every two seconds
                log("A lift would not give back all routes", e);
            }
            troubled = true;
        }
    }

    private void write(NetworkStack stack, byte[] routes) throws IOException {
        String name = stack.mark();
        Kept now = Kept.of(routes);
        Kept before = kept.getOrDefault(name, new Kept(0, 0));
        if (now.equals(before)) {
            return;
        }
        if (bytes - before.length() + routes.length > BYTES_MAX
                || (kept.size() >= STACKS_MAX && !kept.containsKey(name))) {
            throw new IOException("There are more namespaces with more routes than are kept.");
        }
        Path file = file(stack);
        Files.createDirectories(file.resolveSibling("."), FOLDER);
        sweep();
        PrivateFile.write(file, routes);
        kept.put(name, now);
        bytes += routes.length - before.length();
    }

    /** Takes away what earlier runs of the machine have left. */
    private void sweep() throws IOException {
        if (swept) {
            return;
        }
        swept = true;
        String now = boot();
        try (Stream<Path> runs = Files.list(folder)) {
            for (Path run : runs.filter(path -> !path.endsWith(now)).toList()) {
                try (Stream<Path> files = Files.list(run)) {
                    for (Path file : files.toList()) {
                        Files.delete(file);
                    }
                }
                Files.delete(run);
            }
        }
    }

    /** Gives back what was kept last. A route that does not come back keeps nothing else closed: the problems, a line each. */
    List<String> restore(NetworkStack stack) {
        try {
            Path file = file(stack);
            return Files.notExists(file) || Files.size(file) > Routes.BYTES_MAX
                    ? List.of()
                    : stack.restoreRoutes(Files.readAllBytes(file));
        } catch (IOException e) {
            log("Routes do not come back", e);
            return List.of("routes are not back: " + e.getMessage());
        }
    }

    /** That stack is gone. */
    void forget(NetworkStack stack) {
        synchronized (kept) {
            Kept was = kept.remove(stack.mark());
            bytes -= was == null ? 0 : was.length();
            try {
                Files.deleteIfExists(file(stack));
            } catch (IOException e) {
                log("Routes of a namespace that is gone stay", e);
            }
        }
    }

    private Path file(NetworkStack stack) throws IOException {
        return folder.resolve(boot()).resolve(stack.mark());
    }

    private static String boot() throws IOException {
        return Files.notExists(Processes.BOOT)
                ? "boot"
                : Files.readString(Processes.BOOT, StandardCharsets.US_ASCII).strip();
    }

    private static void log(String what, IOException e) {
        System.getLogger("omni.airgap").log(System.Logger.Level.WARNING, what, e);
    }
}
