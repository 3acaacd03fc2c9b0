package omni.airgap;

import java.io.IOException;
import java.nio.channels.FileChannel;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.nio.file.StandardOpenOption;
import java.nio.file.attribute.PosixFilePermissions;
import java.util.ArrayList;
import java.util.Collection;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Optional;
import java.util.Set;

/**
 * What the gap has changed on this Mac and a lift takes back, in a file: macOS has no mark on an interface that would outlive
 * a process. It is on the disk before anything is changed, it only grows until a lift, and it is gone after one.
 *
 * <pre>
 *   omni-gap 1
 *   link en0         an interface that was up
 *   radio en0        a Wi-Fi device that had power
 *   token 1234       the reference to pf that is Omni's
 *   end
 * </pre>
 *
 * <p>A full disk keeps nothing from being closed: then it is known to this process alone, and {@link #problems} says so.
 * For any thread: all methods lock this, for no longer than a write takes.
 */
final class Former {
    private static final String FIRST = "omni-gap 1";
    private static final String LAST = "end";
    /** Of interfaces, and of radios: what comes and goes past that stays down after a lift. */
    private static final int NAMES_MAX = 1024;

    private static final int LINES_MAX = 2 * NAMES_MAX + 3;
    private static final String TOKEN = "[0-9]{1,20}";

    private final Path file;
    private final Set<String> links = new LinkedHashSet<>();
    private final Set<String> radios = new LinkedHashSet<>();
    private Optional<String> token = Optional.empty();
    private String problem = "";
    private boolean damaged;
    private boolean restoring;

    /** Reads the file, where there is one. */
    Former(Path file) {
        this.file = file;
        if (!Files.notExists(file)) {
            read();
        }
    }

    private void read() {
        List<String> lines;
        try {
            lines = Files.readAllLines(file);
        } catch (IOException e) {
            System.getLogger("omni.airgap").log(System.Logger.Level.WARNING, "Not read: " + file, e);
            damaged = true;
            return;
        }
        int last = lines.size() - 1;
        damaged = last < 1
                || last > LINES_MAX
                || !lines.getFirst().equals(FIRST)
                || !lines.get(last).equals(LAST)
                || !lines.subList(1, last).stream().allMatch(this::take);
    }

    private boolean take(String line) {
        String[] words = line.split(" ", 2);
        if (words.length < 2) {
            return false;
        }
        return switch (words[0]) {
            case "link" -> MacLinks.NAME.matcher(words[1]).matches() && links.add(words[1]);
            case "radio" -> MacLinks.NAME.matcher(words[1]).matches() && radios.add(words[1]);
            case "token" -> words[1].matches(TOKEN) && took(words[1]);
            default -> false;
        };
    }

    private boolean took(String word) {
        boolean first = token.isEmpty();
        token = Optional.of(word);
        return first;
    }

    /** Whether there is something to take back. */
    synchronized boolean present() {
        return !Files.notExists(file) || !links.isEmpty() || !radios.isEmpty() || token.isPresent();
    }

    /** Why a lift after a crash would not know what to take back; empty where it would. */
    synchronized List<String> problems() {
        if (damaged && Files.notExists(file)) {
            damaged = false; // the owner has taken it away
            save();
        }
        if (damaged) {
            return List.of(file + " is damaged, so that nobody knows what was up before. Remove it, and bring the"
                    + " interfaces up by hand after a lift");
        }
        if (!problem.isEmpty()) {
            save();
        }
        return problem.isEmpty() ? List.of() : List.of(problem);
    }

    /** These are up and about to be taken down. Returns when the disk has it, or cannot. */
    synchronized void links(Collection<String> names) {
        restoring = false;
        keep(links, names);
    }

    /** This one has power and is about to lose it. */
    synchronized void radio(String device) {
        restoring = false;
        keep(radios, List.of(device));
    }

    /** This reference to pf is Omni's, and none before it is any more. */
    synchronized void token(String taken) {
        restoring = false;
        token = Optional.of(taken);
        save();
    }

    private void keep(Set<String> set, Collection<String> more) {
        boolean grew = false;
        for (String name : more) {
            grew |= set.size() < NAMES_MAX && set.add(name);
        }
        if (grew || Files.notExists(file)) {
            save();
        }
    }

    synchronized List<String> links() {
        return List.copyOf(links);
    }

    synchronized List<String> radios() {
        return List.copyOf(radios);
    }

    synchronized Optional<String> token() {
        return token;
    }

    /** From now on things are taken back. */
    synchronized void restore() {
        restoring = true;
    }

    /** All is taken back: nothing is to be known any more, unless somebody has closed again meanwhile. */
    synchronized void forget() throws AirgapException {
        if (!restoring) {
            return;
        }
        try {
            Files.deleteIfExists(file);
        } catch (IOException e) {
            throw new AirgapException("The gap stays closed: " + file + " cannot be removed.", e);
        }
        links.clear();
        radios.clear();
        token = Optional.empty();
        problem = "";
    }

    private void save() {
        if (damaged) {
            return; // a person may still read something out of it
        }
        List<String> lines = new ArrayList<>(List.of(FIRST));
        links.forEach(name -> lines.add("link " + name));
        radios.forEach(name -> lines.add("radio " + name));
        token.ifPresent(name -> lines.add("token " + name));
        lines.add(LAST);
        try {
            write(String.join("\n", lines) + "\n");
            problem = "";
        } catch (IOException e) {
            System.getLogger("omni.airgap").log(System.Logger.Level.WARNING, "Not written: " + file, e);
            problem = "what was up before is not on the disk: " + file + " cannot be written. Make room there";
        }
    }

    private void write(String text) throws IOException {
        Path folder = file.toAbsolutePath().resolveSibling(".").normalize();
        Files.createDirectories(
                folder, PosixFilePermissions.asFileAttribute(PosixFilePermissions.fromString("rwx------")));
        Path next = folder.resolve(file.getFileName() + ".new");
        Files.deleteIfExists(next);
        Files.createFile(next, PosixFilePermissions.asFileAttribute(PosixFilePermissions.fromString("rw-------")));
        try (FileChannel channel = FileChannel.open(next, StandardOpenOption.WRITE)) {
            channel.write(StandardCharsets.UTF_8.encode(text));
            channel.force(true);
        }
        Files.move(next, file, StandardCopyOption.ATOMIC_MOVE, StandardCopyOption.REPLACE_EXISTING);
        try (FileChannel directory = FileChannel.open(folder, StandardOpenOption.READ)) {
            directory.force(true);
        }
    }
}
