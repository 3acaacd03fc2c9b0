package omni.device;

import java.io.IOException;
import java.io.InputStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.DirectoryIteratorException;
import java.nio.file.DirectoryStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.Optional;
import java.util.OptionalLong;

/**
 * Small text files below a folder, as kernels publish them. What is missing, unreadable or not of the form asked for is
 * absent, never an error: a driver may refuse any single file at any time ({@code EAGAIN} of a sleeping sensor).
 */
final class Facts {
    /** {@code /proc/cpuinfo} is the largest: about 1.5 kB a processor. */
    static final int FILE_BYTES_MAX = 4 << 20;

    static final int ENTRIES_MAX = 8192;

    private final Path root;

    Facts(Path root) {
        this.root = root;
    }

    Facts under(String path) {
        return new Facts(root.resolve(path));
    }

    boolean exists() {
        return Files.exists(root);
    }

    boolean exists(String path) {
        return Files.exists(root.resolve(path));
    }

    /** Returns the text of a file without the space around it; NUL bytes, which end device-tree strings, are kept. */
    Optional<String> text(String path) {
        Path file = root.resolve(path);
        if (!Files.isRegularFile(file)) {
            return Optional.empty();
        }
        try (InputStream in = Files.newInputStream(file)) {
            return Optional.of(new String(in.readNBytes(FILE_BYTES_MAX), StandardCharsets.UTF_8).strip());
        } catch (IOException _) {
            return Optional.empty();
        }
    }

    /** Returns the text of a file that is there and not empty. */
    Optional<String> word(String path) {
        return text(path).filter(text -> !text.isEmpty());
    }

    OptionalLong number(String path) {
        return text(path).map(Facts::parse).orElse(OptionalLong.empty());
    }

    CpuSet cpus(String path) {
        return text(path).map(CpuSet::parse).orElse(CpuSet.NONE);
    }

    /** Returns the lines of a file; none where it is missing. */
    List<String> lines(String path) {
        return text(path).map(text -> text.lines().toList()).orElse(List.of());
    }

    /** Returns the entries of a folder that begin with a word and end with a number, by that number. */
    List<String> numbered(String folder, String word) {
        List<String> names = new ArrayList<>();
        for (String name : names(folder)) {
            if (name.startsWith(word) && parse(name.substring(word.length())).isPresent()) {
                names.add(name);
            }
        }
        names.sort(Comparator.comparingLong(
                name -> parse(name.substring(word.length())).orElse(0)));
        return names;
    }

    /** Returns the entries of a folder, sorted. */
    List<String> names(String folder) {
        Path path = root.resolve(folder);
        List<String> names = new ArrayList<>();
        if (Files.isDirectory(path)) {
            try (DirectoryStream<Path> entries = Files.newDirectoryStream(path)) {
                for (Path entry : entries) {
                    if (names.size() == ENTRIES_MAX) {
                        break;
                    }
                    names.add(String.valueOf(entry.getFileName()));
                }
            } catch (IOException | DirectoryIteratorException _) {
                return List.of();
            }
        }
        names.sort(Comparator.naturalOrder());
        return names;
    }

    /** Returns a decimal number, or nothing where the text is not one. */
    static OptionalLong parse(String text) {
        try {
            return OptionalLong.of(Long.parseLong(text.strip()));
        } catch (NumberFormatException _) {
            return OptionalLong.empty();
        }
    }
}
