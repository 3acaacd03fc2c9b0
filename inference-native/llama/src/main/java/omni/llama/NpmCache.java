package omni.llama;

import java.io.IOException;
import java.nio.channels.FileChannel;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.nio.file.StandardOpenOption;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.util.Base64;
import java.util.Comparator;

/**
 * Packages of npm that a build needs, each pinned by its SHA-512 and fetched once. What is wanted of one, and the record of its hashes,
 * appear in the cache at once or not at all; with a sound cache nothing is fetched.
 *
 * @param parent folder of the cache, made where it is not there
 */
record NpmCache(Path parent, Npm npm) {
    /** Takes what is wanted out of a package's archive, into an empty folder. */
    @FunctionalInterface
    interface Unpacking {
        void unpack(Path archive, Path folder) throws IOException;
    }

    /**
     * The folder of that name with the files of a package, fetched where it is not there or damaged.
     *
     * @param spec name and version, as npm takes them
     * @param integrity the pinned hash, {@code sha512-} and base64, as npm writes it
     * @throws LlamaException where it cannot be fetched or is another one
     */
    Path folder(String name, String spec, String integrity, Unpacking unpacking) throws IOException {
        var folder = parent.resolve(name);
        Files.createDirectories(parent);
        // Two builds at once: the second waits and finds what the first fetched.
        try (var lock = FileChannel.open(
                        parent.resolve(name + ".lock"), StandardOpenOption.CREATE, StandardOpenOption.WRITE);
                var held = lock.lock()) {
            if (held.isValid() && !HashRecord.isIntact(folder)) {
                var work = Files.createTempDirectory(parent, "fetch-");
                try {
                    var archive = npm.pack(spec, work);
                    check(archive, integrity);
                    var fresh = Files.createDirectory(work.resolve("files"));
                    unpacking.unpack(archive, fresh);
                    HashRecord.write(fresh);
                    replace(fresh, folder);
                } finally {
                    delete(work);
                }
            }
        }
        return folder;
    }

    /** Refuses an archive whose SHA-512 is not the pinned one. */
    private static void check(Path archive, String integrity) throws IOException {
        try (var in = Files.newInputStream(archive)) {
            var digest = MessageDigest.getInstance("SHA-512");
            var buffer = new byte[1 << 16];
            for (var n = in.read(buffer); n >= 0; n = in.read(buffer)) {
                digest.update(buffer, 0, n);
            }
            var found = "sha512-" + Base64.getEncoder().encodeToString(digest.digest());
            if (!found.equals(integrity)) {
                throw new LlamaException(
                        "the package is not the pinned one",
                        archive.getFileName() + " has " + found,
                        "Do not use it. Ask your npm registry's operator why it differs from " + integrity + ".");
            }
        } catch (NoSuchAlgorithmException e) {
            throw new IllegalStateException("every JDK has SHA-512", e);
        }
    }

    // Folders cannot be exchanged in one step: the old one goes first, and without it the next run begins again.
    static void replace(Path fresh, Path folder) throws IOException {
        delete(folder);
        Files.move(fresh, folder, StandardCopyOption.ATOMIC_MOVE);
    }

    static void delete(Path folder) throws IOException {
        if (Files.exists(folder)) {
            try (var walk = Files.walk(folder)) {
                for (var path : walk.sorted(Comparator.reverseOrder()).toList()) {
                    Files.delete(path);
                }
            }
        }
    }
}
