package omni.airgap;

import java.io.IOException;
import java.nio.file.DirectoryIteratorException;
import java.nio.file.DirectoryStream;
import java.nio.file.Files;
import java.nio.file.LinkOption;
import java.nio.file.Path;
import java.nio.file.SecureDirectoryStream;
import java.nio.file.attribute.BasicFileAttributeView;
import java.nio.file.attribute.PosixFileAttributeView;
import java.nio.file.attribute.PosixFileAttributes;
import java.nio.file.attribute.PosixFilePermission;
import java.nio.file.attribute.PosixFilePermissions;
import java.nio.file.attribute.UserPrincipal;
import java.time.Clock;
import java.util.HashSet;
import java.util.Objects;
import java.util.Optional;
import java.util.Set;

/**
 * {@code HOME/airgap} where root writes there in the place of the role. Whoever has the role's user may have put links in it, by which
 * root would change a file elsewhere, or give it away: so the folder and those in it are root's alone first, then looked through, and
 * given back with all that root has made when this is closed. What was root's before stays so. Owners are changed by open folders,
 * never by paths, whose upper part is still that user's. For any thread.
 */
final class RoleFolder implements AutoCloseable {
    /** In all folders together. */
    static final int ENTRIES_MAX = 4096;
    /** Folders in one another: routes/BOOT. */
    private static final int DEPTH_MAX = 2;

    private static final Path SELF = Path.of(".");
    private static final Path EVIDENCE = Path.of("evidence");
    /** Of the talks: root neither reads nor writes there. */
    private static final Path AUDIT = Path.of("audit");

    private static final Set<PosixFilePermission> PRIVATE = PosixFilePermissions.fromString("rwx------");
    private static final String LINK = " is a symbolic link, and root writes through none that it finds there. Remove"
            + " it (rm), or put in its place what it leads to; then try again.";

    private final Path path;
    private final UserPrincipal owner;
    private final UserPrincipal root;
    private final SecureDirectoryStream<Path> folder;
    /** The files that were root's before: such a one may have been moved there. */
    private final Set<Object> before = new HashSet<>();

    private final Thread atExit = new Thread(this::giveBack, "give back");
    private int entries;
    /** Whether all was looked through, so that root writes there. */
    private boolean looked;

    private Optional<String> evidenceTrouble = Optional.empty();
    private boolean given;

    private RoleFolder(Path path, UserPrincipal owner, UserPrincipal root, SecureDirectoryStream<Path> folder) {
        this.path = path;
        this.owner = owner;
        this.root = root;
        this.folder = folder;
    }

    /**
     * Takes that of a home; it is made where there is none. To be called as root.
     *
     * @throws AirgapException where something is there that root must not write to, with what to do; nothing was written then
     */
    static RoleFolder of(Path home) throws AirgapException {
        Path path = home.resolve("airgap");
        RoleFolder taken = open(home, path);
        Runtime.getRuntime().addShutdownHook(taken.atExit); // whoever waits no longer ends this from the keyboard
        try {
            taken.take(taken.folder, path, 0);
            taken.looked = true;
            return taken;
        } catch (AirgapException e) {
            taken.close();
            throw e;
        } catch (IOException | DirectoryIteratorException e) {
            taken.close();
            throw new AirgapException(path + " cannot be looked through: " + e.getMessage(), e);
        }
    }

    private static RoleFolder open(Path home, Path path) throws AirgapException {
        if (Files.isSymbolicLink(path)) {
            throw new AirgapException(path + LINK);
        }
        try {
            Files.createDirectories(path, PosixFilePermissions.asFileAttribute(PRIVATE));
            UserPrincipal root =
                    path.getFileSystem().getUserPrincipalLookupService().lookupPrincipalByName("0");
            try (DirectoryStream<Path> above = Files.newDirectoryStream(home)) {
                SecureDirectoryStream<Path> open = secure(above);
                return new RoleFolder(path, of(open).getOwner(), root, below(open, Path.of("airgap")));
            }
        } catch (IOException e) {
            throw new AirgapException(path + " is no folder that can be opened: " + e.getMessage(), e);
        }
    }

    private static SecureDirectoryStream<Path> secure(DirectoryStream<Path> stream) throws IOException {
        if (stream instanceof SecureDirectoryStream<Path> secure) {
            return secure;
        }
        throw new IOException("this file system opens nothing relative to a folder");
    }

    private static SecureDirectoryStream<Path> below(SecureDirectoryStream<Path> above, Path name) throws IOException {
        return above.newDirectoryStream(name, LinkOption.NOFOLLOW_LINKS);
    }

    private static PosixFileAttributeView of(SecureDirectoryStream<Path> above, Path name) {
        return above.getFileAttributeView(name, PosixFileAttributeView.class, LinkOption.NOFOLLOW_LINKS);
    }

    /** What an open folder itself is. */
    private static PosixFileAttributeView of(SecureDirectoryStream<Path> open) {
        return open.getFileAttributeView(PosixFileAttributeView.class);
    }

    private void take(SecureDirectoryStream<Path> open, Path at, int depth) throws IOException {
        checkOwner(of(open).getOwner(), at);
        of(open).setOwner(root); // from here on nobody else moves, links or removes anything in it
        of(open).setPermissions(PRIVATE);
        try (SecureDirectoryStream<Path> all = below(open, SELF)) {
            for (Path entry : all) {
                Path name = entry.getFileName();
                if (depth == 0 && name.equals(AUDIT)) {
                    continue;
                }
                if (++entries > ENTRIES_MAX) {
                    throw new AirgapException("More than " + ENTRIES_MAX + " files are in " + path
                            + ": remove those of " + at + " that are not Omni's.");
                }
                try {
                    take(all, name, at.resolve(name), depth);
                } catch (IOException e) { // AirgapException is one
                    if (depth > 0 || !name.equals(EVIDENCE)) {
                        throw e;
                    }
                    evidenceTrouble =
                            Optional.of(String.valueOf(e.getMessage())); // the owner's last way out does not hang on it
                }
            }
        }
    }

    private void take(SecureDirectoryStream<Path> above, Path name, Path at, int depth) throws IOException {
        PosixFileAttributes seen = of(above, name).readAttributes();
        if (seen.isSymbolicLink()) {
            throw new AirgapException(at + LINK);
        }
        if (seen.isDirectory()) {
            if (depth == DEPTH_MAX) {
                throw new AirgapException(at + " is a folder where Omni has none: remove it, then try again.");
            }
            try (SecureDirectoryStream<Path> open = below(above, name)) {
                take(open, at, depth + 1);
            }
            return;
        }
        if (!seen.isRegularFile()) {
            throw new AirgapException(at + " is no file: remove it, then try again.");
        }
        checkOwner(seen.owner(), at);
        if (seen.owner().equals(root) && !owner.equals(root)) {
            if (!Files.getAttribute(at, "unix:nlink", LinkOption.NOFOLLOW_LINKS).equals(1)) {
                throw new AirgapException(
                        at + " is a file of root's that has another name elsewhere: remove it, then try again.");
            }
            before.add(key(above, name));
        }
    }

    private void checkOwner(UserPrincipal now, Path at) throws AirgapException {
        if (!now.equals(owner) && !now.equals(root)) {
            throw new AirgapException(at + " is " + now.getName() + "'s, and not " + owner.getName() + "'s as "
                    + path.getParent() + " is. See what it is; then chown -h " + owner.getName() + " " + at
                    + ", or remove it, and try again.");
        }
    }

    private static Object key(SecureDirectoryStream<Path> above, Path name) throws IOException {
        BasicFileAttributeView view =
                above.getFileAttributeView(name, BasicFileAttributeView.class, LinkOption.NOFOLLOW_LINKS);
        return Objects.requireNonNull(view.readAttributes().fileKey(), "a file has a number on this system");
    }

    /** The evidence there, for root to add to. */
    EvidenceChain evidence(Clock clock, EvidenceTpm tpm) throws AirgapException {
        if (evidenceTrouble.isPresent()) {
            throw new AirgapException(evidenceTrouble.get());
        }
        Path evidence = path.resolve(EVIDENCE);
        EvidenceChain.make(evidence);
        return EvidenceChain.in(evidence, EvidenceKey.in(evidence, tpm).key(), clock);
    }

    Path path() {
        return path;
    }

    /** Gives it back. */
    @Override
    public void close() {
        giveBack();
        try {
            Runtime.getRuntime().removeShutdownHook(atExit);
        } catch (IllegalStateException e) {
            System.getLogger("omni.airgap").log(System.Logger.Level.DEBUG, "On the way out", e);
        }
    }

    private synchronized void giveBack() {
        if (given) {
            return;
        }
        given = true;
        entries = 0;
        try (folder) {
            give(folder, path, 0);
        } catch (IOException e) {
            stays(path);
        }
    }

    /** The folder last: until then nobody else changes what is in it. */
    private void give(SecureDirectoryStream<Path> open, Path at, int depth) throws IOException {
        if (!of(open).getOwner().equals(root)) {
            return; // it was another's, and refused
        }
        try (SecureDirectoryStream<Path> all = below(open, SELF)) {
            for (Path entry : all) {
                Path name = entry.getFileName();
                boolean passed = depth == 0 && name.equals(AUDIT);
                if (!passed && ++entries <= 2 * ENTRIES_MAX) {
                    give(all, name, at.resolve(name), depth);
                }
            }
        } catch (DirectoryIteratorException e) {
            throw e.getCause();
        } finally {
            of(open).setOwner(owner);
        }
    }

    private void give(SecureDirectoryStream<Path> above, Path name, Path at, int depth) {
        try {
            PosixFileAttributes seen = of(above, name).readAttributes();
            if (!seen.owner().equals(root)) {
                return;
            }
            if (seen.isDirectory() && depth < DEPTH_MAX) {
                try (SecureDirectoryStream<Path> open = below(above, name)) {
                    give(open, at, depth + 1);
                }
            } else if (seen.isRegularFile() && written(at)) {
                giveFile(above, name, at);
            }
        } catch (IOException e) {
            stays(at);
        }
    }

    private void giveFile(SecureDirectoryStream<Path> above, Path name, Path at) throws IOException {
        if (before.contains(key(above, name))) {
            stays(at);
        } else {
            of(above, name).setOwner(owner);
        }
    }

    /** Whether root may have made that: not where it has refused to write. */
    private boolean written(Path at) {
        return looked && (evidenceTrouble.isEmpty() || !at.startsWith(path.resolve(EVIDENCE)));
    }

    private void stays(Path at) {
        System.err.println(
                at + " stays root's. See what it is; if it is Omni's: chown -h " + owner.getName() + " " + at);
    }
}
