package omni.llama;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Comparator;
import java.util.List;
import java.util.Optional;
import java.util.regex.Pattern;

/** The native files of one folder, by their roles: the three libraries, and the backends with their variants. */
final class NativeFiles {
    /** The llama.cpp release that the raw layer was generated from. */
    static final String RELEASE = "0.5.0";

    private static final String SUFFIX = "(\\.v[0-9][0-9.]*)?\\.(so|dylib)(\\.[0-9]+)*";
    private static final int FILES_MAX = 200;

    private final Path directory;
    private final List<Path> files;

    private NativeFiles(Path directory, List<Path> files) {
        this.directory = directory;
        this.files = files;
    }

    /** Lists the folder. */
    static NativeFiles in(Path directory) {
        if (!Files.isDirectory(directory)) {
            throw new LlamaException(
                    "the folder of the native libraries is not there",
                    directory.toString(),
                    "Build with Maven once, or name a folder in OMNI_LLAMA_LIB.");
        }
        try (var list = Files.list(directory)) {
            var files = list.limit(FILES_MAX).sorted(Comparator.naturalOrder()).toList();
            return new NativeFiles(directory, files);
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    /** Compares the files with the record of their hashes; a folder without a record is its owner's business. */
    void verify() {
        HashRecord.verify(directory);
    }

    /** The file of {@code lib<stem>}. */
    Path library(String stem) {
        return find(stem)
                .orElseThrow(() -> new LlamaException(
                        "a native library is missing",
                        "lib" + stem + " in " + directory,
                        "Build with Maven once, or name a complete folder in OMNI_LLAMA_LIB."));
    }

    /** The file of {@code lib<stem>}, where the folder has one. */
    Optional<Path> find(String stem) {
        var pattern = Pattern.compile("lib" + Pattern.quote(stem) + SUFFIX);
        return files.stream()
                .filter(f -> pattern.matcher(f.getFileName().toString()).matches())
                .min(Comparator.comparingInt(f -> f.toString().length()));
    }

    /** The files of one kind of backend: {@code libggml-<kind>} and its variants {@code libggml-<kind>-<variant>}. */
    List<Path> backends(String kind) {
        var pattern = Pattern.compile("libggml-" + Pattern.quote(kind) + "(-[a-z0-9_]+)?" + SUFFIX);
        return files.stream()
                .filter(f -> pattern.matcher(f.getFileName().toString()).matches())
                .toList();
    }

    /** What a backend's file is called for people: {@code cpu-haswell} for {@code libggml-cpu-haswell.so}. */
    static String variant(Path file) {
        var name = file.getFileName().toString();
        return name.substring("libggml-".length()).replaceFirst(SUFFIX + "$", "");
    }
}
