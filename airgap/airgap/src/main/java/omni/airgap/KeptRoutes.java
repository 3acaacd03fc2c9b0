package omni.airgap;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.nio.file.attribute.PosixFilePermissions;
import java.util.Arrays;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.function.BooleanSupplier;

/**
 * What the links of each stack would lose by going down ({@link NetworkStack#routes}), in {@code RUN/airgap.routes.NUMBER}: in
 * memory, as the links are, so that it outlives every process of Omni and is gone after a boot. For any thread.
 */
final class KeptRoutes {
    private final Path run;
    /** By number, what the file has; and the lock of both. */
    private final Map<Long, byte[]> kept = new HashMap<>();

    KeptRoutes(Path run) {
        this.run = run;
    }

    /**
     * Keeps what the links there would lose now.
     *
     * @param open whether nothing is closed and nobody has wanted that: what was read before is then what they had
     */
    void keep(NetworkStack stack, BooleanSupplier open) {
        synchronized (kept) {
            if (!open.getAsBoolean()) {
                return;
            }
            try {
                byte[] routes = stack.routes();
                if (open.getAsBoolean() && !Arrays.equals(routes, kept.get(stack.number()))) {
                    write(file(stack), routes);
                    kept.put(stack.number(), routes);
                }
            } catch (IOException e) {
                log("A lift would not give back all routes", e);
            }
        }
    }

    /** Gives back what was kept last. A route that does not come back keeps nothing else closed: the problems, a line each. */
    List<String> restore(NetworkStack stack) {
        Path file = file(stack);
        try {
            return Files.notExists(file) || Files.size(file) > Routes.BYTES_MAX
                    ? List.of()
                    : stack.restoreRoutes(Files.readAllBytes(file));
        } catch (IOException e) {
            log("Routes do not come back", e);
            return List.of("routes are not back: " + e.getMessage());
        }
    }

    /** That stack is gone, and its number may be another one's. */
    void forget(NetworkStack stack) {
        synchronized (kept) {
            kept.remove(stack.number());
            try {
                Files.deleteIfExists(file(stack));
            } catch (IOException e) {
                log("Routes of a namespace that is gone stay", e);
            }
        }
    }

    private Path file(NetworkStack stack) {
        return run.resolve("airgap.routes." + stack.number());
    }

    private static void write(Path file, byte[] routes) throws IOException {
        Path next = file.resolveSibling(file.getFileName() + ".new");
        Files.deleteIfExists(next);
        Files.createFile(next, PosixFilePermissions.asFileAttribute(PosixFilePermissions.fromString("rw-------")));
        Files.write(next, routes);
        Files.move(next, file, StandardCopyOption.ATOMIC_MOVE);
    }

    private static void log(String what, Exception e) {
        System.getLogger("omni.airgap").log(System.Logger.Level.WARNING, what, e);
    }
}
