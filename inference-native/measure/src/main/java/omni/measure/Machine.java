package omni.measure;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;

/**
 * What measured.
 *
 * @param processors that this program may use
 * @param processor its name, as the system has it; empty where it does not say
 * @param system such as "Linux 6.1 amd64"
 */
record Machine(int processors, String processor, String system) {
    private static final int NAME_CHARACTERS_MAX = 100;

    static Machine here(Path proc) {
        return new Machine(
                Runtime.getRuntime().availableProcessors(),
                processor(proc.resolve("cpuinfo")),
                Texts.shortened(
                        System.getProperty("os.name") + " " + System.getProperty("os.version") + " "
                                + System.getProperty("os.arch"),
                        NAME_CHARACTERS_MAX));
    }

    private static String processor(Path cpuinfo) {
        try (var lines = Files.lines(cpuinfo)) {
            return lines.filter(line -> line.startsWith("model name"))
                    .findFirst()
                    .map(line -> Texts.shortened(
                            line.substring(line.indexOf(':') + 1).strip(), NAME_CHARACTERS_MAX))
                    .orElse("");
        } catch (IOException | UncheckedIOException _) {
            return "";
        }
    }
}
