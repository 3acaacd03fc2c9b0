package omni.runtime;

import java.io.IOException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;

/** The programs that start from the tree: main class, native access and archive belong together. */
enum Program {
    COMMAND("omni.cli/omni.cli.Main", "omni.role,org.jline.terminal.ffm", "cli.jsa"),
    ROLE("omni.role/omni.role.Main", "omni.role,omni.airgap,omni.vault,omni.llama,org.xerial.sqlitejdbc", "omni.jsa");

    /** The class archive's name in the tree. */
    final String archive;

    private final String main;
    private final String nativeAccess;

    Program(String main, String nativeAccess, String archive) {
        this.main = main;
        this.nativeAccess = nativeAccess;
        this.archive = archive;
    }

    /** Runs it from that tree to its end; what it prints goes to the file {@code out}. */
    void run(Path tree, Path out, List<String> flags, String... arguments) throws IOException, InterruptedException {
        List<String> line = new ArrayList<>();
        line.add(Path.of(System.getProperty("java.home"), "bin", "java").toString());
        line.add("-XX:+UseSerialGC");
        line.addAll(flags);
        line.add("--enable-native-access=" + nativeAccess);
        line.addAll(List.of("--module-path", tree.resolve("lib").toString(), "--module", main));
        line.addAll(List.of(arguments));
        var process = new ProcessBuilder(line)
                .redirectOutput(out.toFile())
                .redirectError(ProcessBuilder.Redirect.INHERIT)
                .start();
        if (process.waitFor() != 0) {
            throw new MissingException("A program of the tree failed: " + String.join(" ", line));
        }
    }
}
