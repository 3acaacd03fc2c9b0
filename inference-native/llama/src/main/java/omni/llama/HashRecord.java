package omni.llama;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.LinkOption;
import java.nio.file.Path;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.util.HexFormat;
import java.util.TreeMap;

/**
 * The record of hashes beside the native files: written when they are unpacked, checked when they are used.
 *
 * <p>Format of {@code SHA256SUMS}, as {@code sha256sum --check} reads it: a line a file, {@code <64 hex digits>}, two
 * spaces, the name.
 */
final class HashRecord {
    /** The record's own name. */
    static final String NAME = "SHA256SUMS";

    private static final int HEX = 64;
    private static final int RECORD_BYTES_MAX = 64 * 1024;

    private HashRecord() {}

    /** Writes the record of every regular file in the folder. */
    static void write(Path directory) throws IOException {
        var lines = new TreeMap<String, String>();
        try (var list = Files.list(directory)) {
            for (var file : list.toList()) {
                lines.put(file.getFileName().toString(), sha256(file));
            }
        }
        var text = new StringBuilder();
        lines.forEach(
                (name, hash) -> text.append(hash).append("  ").append(name).append('\n'));
        Files.writeString(directory.resolve(NAME), text);
    }

    /** Whether the folder has a record and every file in it is as it was. */
    static boolean isIntact(Path directory) {
        try {
            verify(directory);
        } catch (LlamaException damaged) {
            return false;
        }
        return Files.exists(directory.resolve(NAME));
    }

    /** Whether two folders have records that say the same; false where the first has none. */
    static boolean same(Path source, Path copy) throws IOException {
        var record = source.resolve(NAME);
        return Files.exists(record) && Files.readString(record).equals(Files.readString(copy.resolve(NAME)));
    }

    /** Refuses a folder of which a file is not as the record says; a folder without a record passes. */
    static void verify(Path directory) {
        var record = directory.resolve(NAME);
        if (!Files.exists(record)) {
            return;
        }
        try {
            if (Files.size(record) > RECORD_BYTES_MAX) {
                throw damaged(record);
            }
            for (var line :
                    Files.readString(record, StandardCharsets.UTF_8).lines().toList()) {
                if (line.length() < HEX + 3 || line.indexOf('/') >= 0) {
                    throw damaged(record);
                }
                var file = directory.resolve(line.substring(HEX + 2));
                if (!Files.isRegularFile(file, LinkOption.NOFOLLOW_LINKS)
                        || !sha256(file).equals(line.substring(0, HEX))) {
                    throw damaged(file);
                }
            }
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    private static LlamaException damaged(Path file) {
        return new LlamaException(
                "a native file is not what was unpacked",
                file.toString(),
                "Delete its folder and build again; if it returns, check the disk.");
    }

    private static String sha256(Path file) throws IOException {
        try (var in = Files.newInputStream(file)) {
            var digest = MessageDigest.getInstance("SHA-256");
            var buffer = new byte[1 << 16];
            for (var n = in.read(buffer); n >= 0; n = in.read(buffer)) {
                digest.update(buffer, 0, n);
            }
            return HexFormat.of().formatHex(digest.digest());
        } catch (NoSuchAlgorithmException e) {
            throw new IllegalStateException("every JDK has SHA-256", e);
        }
    }
}
