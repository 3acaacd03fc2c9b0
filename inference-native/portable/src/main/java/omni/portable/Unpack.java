package omni.portable;

import de.kherud.llama.LlamaModel;
import java.io.IOException;
import java.io.InputStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Locale;

/**
 * Takes the native library for this system out of java-llama.cpp's jar once, when the tree is built: left alone, the
 * library would unpack itself into the folder for temporary files at each start, and delete there what looks like its own.
 */
final class Unpack {
    private Unpack() {}

    /**
     * Writes the library into a folder.
     *
     * @return whether the jar has one for this system
     */
    static boolean into(Path folder) throws IOException {
        String name = System.mapLibraryName("jllama");
        String place = "/de/kherud/llama/" + system() + "/" + name;
        try (InputStream library = LlamaModel.class.getResourceAsStream(place)) {
            if (library == null) {
                return false;
            }
            Files.copy(library, Files.createDirectories(folder).resolve(name));
            return true;
        }
    }

    /** This system in the words of the jar's folders. */
    private static String system() {
        String os = System.getProperty("os.name").toLowerCase(Locale.ROOT).startsWith("mac") ? "Mac" : "Linux";
        String arch = System.getProperty("os.arch");
        return os + "/" + (arch.equals("amd64") ? "x86_64" : arch.equals("arm64") ? "aarch64" : arch);
    }
}
