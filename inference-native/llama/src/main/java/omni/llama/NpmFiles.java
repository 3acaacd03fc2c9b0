package omni.llama;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.util.List;

/**
 * Brings single files of an npm package into a folder of the build, by way of the cache. It stands here, beside the reader of archives
 * that it shares with the native libraries.
 */
final class NpmFiles {
    private static final int ENTRIES_MAX = 1000;
    private static final long BYTES_MAX = 256L << 20;
    private static final int FIXED_ARGUMENTS = 4;

    private NpmFiles() {}

    /** {@code NpmFiles NAME VERSION INTEGRITY FOLDER FILE…}: the folder then has those files of the package's top folder, and keeps others. */
    public static void main(String[] args) throws IOException {
        if (args.length <= FIXED_ARGUMENTS) {
            System.err.println("usage: omni.llama.NpmFiles NAME VERSION INTEGRITY FOLDER FILE...");
            System.exit(2);
        }
        try {
            var files = List.of(args).subList(FIXED_ARGUMENTS, args.length);
            var cache = new NpmCache(Natives.cache(System.getenv()).resolve("npm"), Npm.command());
            bring(cache, args[0], args[1], args[2], Path.of(args[3]), files);
        } catch (LlamaException e) {
            System.err.println("Files of " + args[0] + ": " + e.getMessage());
            System.exit(1);
        }
    }

    static void bring(NpmCache cache, String name, String version, String integrity, Path folder, List<String> files)
            throws IOException {
        var wanted = name + "-" + version + "-" + Integer.toHexString(files.hashCode()); // others are another folder
        var from =
                cache.folder(wanted, name + "@" + version, integrity, (archive, into) -> unpack(archive, into, files));
        Files.createDirectories(folder);
        for (var file : files) {
            var source = from.resolve(file);
            if (!Files.exists(source)) {
                throw new LlamaException(
                        "a file is not there", source.toString(), "Name a file of the package's top folder.");
            }
            Files.copy(source, folder.resolve(file), StandardCopyOption.REPLACE_EXISTING);
        }
    }

    private static void unpack(Path archive, Path folder, List<String> files) throws IOException {
        try (var in = Files.newInputStream(archive)) {
            Tar.read(in, ENTRIES_MAX, BYTES_MAX, (name, content) -> {
                if (name.size() == 2 && name.getFirst().equals("package") && files.contains(name.getLast())) {
                    Files.copy(content, folder.resolve(name.getLast()));
                }
            });
        }
    }
}
