package omni.airgap;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.AtomicMoveNotSupportedException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.nio.file.attribute.PosixFilePermissions;
import java.time.Instant;
import java.time.format.DateTimeParseException;
import java.util.List;
import java.util.Optional;
import omni.role.PrivateFile;

/**
 * Whether the gap is closed, kept so that neither a crash nor a full disk opens it: the gap is closed as long as one of
 * two files is there.
 *
 * <ul>
 *   <li>{@code RUN/airgap.closed}, in memory: made before the first step, without waiting for a disk; a process that is
 *       killed in between finds it again. Gone after a boot, as links and tables are.
 *   <li>{@code HOME/airgap/closed}, on the disk: the file {@code armed} under another name. It was written and flushed
 *       while the gap was open, so that closing needs no room: one rename and a flush of the folder.
 * </ul>
 *
 * <p>For one thread at a time.
 */
final class GapStore {
    private static final String CLOSED = "closed";
    private static final String ARMED = "armed";
    private static final String TEXT = "The gap is closed as long as this file is here under the name \"closed\".\n";

    private static final String SCOPE = "scope: ";
    private static final String CLOSING = "closing";

    /** When it was closed, and why. */
    record Closing(Instant at, String cause) {}

    private final String scope;
    private final String text;
    private final Path folder;
    private final Path marker;
    private final KeptRoutes routes;
    /** Whether since when it is closed has been seen on the disk. */
    private boolean kept;

    /**
     * Changes nothing yet.
     *
     * @param folder on the disk
     * @param run in memory: this run of the machine
     */
    GapStore(Path folder, Path run) {
        this(folder, run, "");
    }

    /** With what the gap is about, for whoever finds it closed: a configuration that says less by then opens nothing. */
    GapStore(Path folder, Path run, String scope) {
        this.scope = scope;
        this.text = TEXT + SCOPE + scope + "\n";
        this.folder = folder;
        this.marker = run.resolve("airgap.closed");
        this.routes = new KeptRoutes(folder.resolve("routes"));
    }

    /** What a lift gives back beside the links. */
    KeptRoutes routes() {
        return routes;
    }

    /** Whether it was closed when somebody last said so. */
    boolean closed() {
        // What cannot be looked at counts as closed.
        return !Files.notExists(marker) || !Files.notExists(folder.resolve(CLOSED));
    }

    /** What a gap that is closed on the disk was about when it was closed; nothing where none is, or that cannot be read. */
    static Optional<String> closedScope(Path folder) {
        try {
            return Files.readAllLines(folder.resolve(CLOSED)).stream()
                    .filter(line -> line.startsWith(SCOPE))
                    .map(line -> line.substring(SCOPE.length()))
                    .findFirst();
        } catch (IOException e) {
            System.getLogger("omni.airgap").log(System.Logger.Level.DEBUG, "No gap is closed on the disk", e);
            return Optional.empty();
        }
    }

    /** When this gap was closed, and why; nothing where it is not, or that was not kept: nothing depends on it. */
    Optional<Closing> closing() {
        if (!closed()) {
            return Optional.empty();
        }
        try {
            List<String> lines = Files.readAllLines(folder.resolve(CLOSING));
            return lines.size() == 2
                    ? Optional.of(new Closing(Instant.parse(lines.getFirst()), lines.getLast()))
                    : Optional.empty();
        } catch (IOException | DateTimeParseException e) {
            System.getLogger("omni.airgap").log(System.Logger.Level.DEBUG, "Not known since when it is closed", e);
            return Optional.empty();
        }
    }

    private void forgetClosing() {
        kept = false;
        try {
            Files.deleteIfExists(folder.resolve(CLOSING));
        } catch (IOException e) {
            System.getLogger("omni.airgap").log(System.Logger.Level.WARNING, "Since when it was closed stays there", e);
        }
    }

    private void keep(Closing closing) {
        try {
            Files.writeString(
                    folder.resolve(CLOSING),
                    closing.at() + "\n" + closing.cause().replaceAll("\\R", " ") + "\n");
        } catch (IOException e) {
            System.getLogger("omni.airgap").log(System.Logger.Level.WARNING, "Not kept since when it is closed", e);
        }
    }

    /** Keeps that where there was no room for it when it was closed, or a crash; asked once a second, it looks until it is kept. */
    void complete(Closing closing) {
        if (!kept && durable()) {
            kept = closing().isPresent();
            if (!kept) {
                keep(closing);
            }
        }
    }

    /** Whether it is closed after a loss of power, too. */
    boolean durable() {
        return Files.exists(folder.resolve(CLOSED));
    }

    /** Whether a loss of power would open it, or it is open: not where the file cannot be looked at. */
    boolean openForCertain() {
        return Files.notExists(folder.resolve(CLOSED));
    }

    /** Whether it was closed in this run of the machine. */
    boolean marked() {
        return Files.exists(marker);
    }

    /** Makes closing ready: to be called while there is room. */
    void arm() throws AirgapException {
        Path armed = folder.resolve(ARMED);
        try {
            if (durable() || (Files.exists(armed) && Files.readString(armed).equals(text))) {
                return;
            }
            Files.createDirectories(
                    folder, PosixFilePermissions.asFileAttribute(PosixFilePermissions.fromString("rwx------")));
            write(armed, text);
        } catch (IOException e) {
            throw new AirgapException(
                    "A gap would not outlive a loss of power: " + folder + " cannot be written. Make room there.", e);
        }
    }

    /** A closed gap that has come to be about more says so, for a start with a configuration that says less. */
    private void widen() throws IOException {
        Optional<String> before = closedScope(folder);
        String all = Scope.of(before.orElse("")).and(Scope.of(scope)).text();
        if (before.isPresent() && !all.equals(before.get())) {
            write(folder.resolve(CLOSED), TEXT + SCOPE + all + "\n");
        }
    }

    private static void write(Path file, String whole) throws IOException {
        PrivateFile.write(file, whole.getBytes(StandardCharsets.UTF_8));
    }

    /** Closed, for every process of this run of the machine. Does not wait for a disk. */
    void mark() throws AirgapException {
        try {
            if (!Files.exists(marker)) {
                Files.createFile(marker);
            }
        } catch (IOException e) {
            throw new AirgapException("The mark " + marker + " cannot be made.", e);
        }
    }

    /** Closed, for every run of the machine: returns when the disk has it. */
    void persist(Closing closing) throws AirgapException {
        try {
            if (durable()) {
                complete(closing);
                widen();
                return;
            }
            if (!Files.exists(folder.resolve(ARMED))) {
                arm();
            }
            move(folder.resolve(ARMED), folder.resolve(CLOSED));
            keep(closing);
        } catch (IOException e) {
            throw new AirgapException("The gap is not on the disk: a loss of power would open it.", e);
        }
    }

    /** Open. The last step of a lift. */
    void open() throws AirgapException {
        try {
            forgetClosing();
            if (durable()) {
                move(folder.resolve(CLOSED), folder.resolve(ARMED));
            }
            Files.deleteIfExists(marker);
        } catch (IOException e) {
            throw new AirgapException("The gap stays closed: " + folder + " cannot be written.", e);
        }
    }

    private void move(Path from, Path to) throws IOException {
        try {
            Files.move(from, to, StandardCopyOption.ATOMIC_MOVE, StandardCopyOption.REPLACE_EXISTING);
        } catch (AtomicMoveNotSupportedException e) {
            throw new IOException("Not one file system", e);
        }
        PrivateFile.settle(folder);
    }
}
