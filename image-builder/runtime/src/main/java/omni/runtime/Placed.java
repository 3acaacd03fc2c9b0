package omni.runtime;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.nio.file.attribute.FileTime;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.time.Instant;
import java.util.HexFormat;
import java.util.List;

/**
 * A runtime tree where it stays. Its class archives hold the paths, sizes and times of its jars, so that in another place they are
 * passed over and every start takes several times as long: a tree that was copied, as into an image, gets them anew there.
 *
 * @param root the checkout
 * @param tree the tree
 * @param time what its files get
 */
record Placed(Path root, Path tree, FileTime time) {
    private static final String SUMS = "SHA256SUMS";

    /**
     * Completes a tree that was copied, from where it lies or is mounted as it will be.
     *
     * @param args the checkout, the tree's place, and the time (ISO 8601) that its files get
     */
    public static void main(String[] args) throws IOException, InterruptedException {
        new Placed(Path.of(args[0]), Path.of(args[1]), FileTime.from(Instant.parse(args[2]))).complete();
    }

    /** Writes its class archives, and the sums of all. */
    void complete() throws IOException, InterruptedException {
        for (var program : Program.values()) {
            var fresh = tree.resolve(program.archive + ".new");
            var flags = List.of(
                    "-Xshare:dump",
                    "-Xlog:disable",
                    "-XX:SharedClassListFile=" + root.resolve("image-builder/runtime/src/main/cds/classes.list"),
                    "-XX:SharedArchiveFile=" + fresh);
            program.run(tree, root.resolve("target/archive.log"), flags);
            Files.setLastModifiedTime(fresh, time);
            Files.move(fresh, tree.resolve(program.archive), StandardCopyOption.ATOMIC_MOVE);
        }
        sums();
    }

    /** Writes the SHA-256 of every file, as sha256sum does, for {@code omni doctor}. */
    void sums() throws IOException {
        var lines = new StringBuilder();
        try (var walk = Files.walk(tree)) {
            for (var file : walk.filter(Files::isRegularFile).sorted().toList()) {
                var name = tree.relativize(file).toString();
                if (!name.equals(SUMS) && !name.equals("stamp")) {
                    lines.append(sum(file)).append("  ").append(name).append('\n');
                }
            }
        }
        var fresh = Files.writeString(tree.resolve(SUMS + ".new"), lines);
        Files.setLastModifiedTime(fresh, time);
        Files.move(fresh, tree.resolve(SUMS), StandardCopyOption.ATOMIC_MOVE);
    }

    private static String sum(Path file) throws IOException {
        try {
            var digest = MessageDigest.getInstance("SHA-256").digest(Files.readAllBytes(file));
            return HexFormat.of().formatHex(digest);
        } catch (NoSuchAlgorithmException e) {
            throw new IllegalStateException("Every Java has SHA-256", e);
        }
    }
}
