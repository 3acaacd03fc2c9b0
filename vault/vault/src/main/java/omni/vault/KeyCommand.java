package omni.vault;

import java.util.List;
import java.util.stream.Stream;
import omni.role.JavaChild;

/** The command line of a child process that has secrets: this process's Java and modules, and flags that let nothing out of it. */
final class KeyCommand {
    /** Of the heap, beside what a derivation takes. */
    private static final int OTHER_MEBIBYTES = 64;

    private KeyCommand() {}

    /** For derivations of that much memory, with those flags beside the usual ones. */
    static List<String> line(int memoryKib, List<String> flags) {
        // A block of 1 KiB is an object and an array on the heap, and a sixteenth more than that. All of it at once: a
        // heap that grows is collected at each step.
        String heap = (memoryKib / 1024 * 17 / 16 + OTHER_MEBIBYTES) + "m";
        return JavaChild.line(
                KeyMain.class,
                Stream.concat(Stream.of("-Xmn16m", "-Xms" + heap, "-Xmx" + heap), flags.stream())
                        .toList());
    }
}
