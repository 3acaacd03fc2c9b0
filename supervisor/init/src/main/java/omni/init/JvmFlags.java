package omni.init;

import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;

/**
 * The flags of every role's virtual machine, in this one place (java(1)). What the environment may say (JAVA_TOOL_OPTIONS
 * and its like) does not reach a role: its environment is made anew.
 */
final class JvmFlags {
    /** The class-data archive in the runtime tree; roles start without it where it is not there or does not fit. */
    private static final String ARCHIVE = "omni.jsa";

    private static final String COMMAND_ARCHIVE = "cli.jsa";

    /* A crash report, a core file or a heap dump would hold what people wrote; nobody may attach and look, either. */
    private static final List<String> PRIVATE = List.of(
            "-XX:ErrorFile=/dev/null",
            "-XX:-CreateCoredumpOnCrash",
            "-XX:-HeapDumpOnOutOfMemoryError",
            "-XX:+DisableAttachMechanism",
            "-XX:-UsePerfData");

    /* Idle roles stay small: a little heap at first; decision 0075. */
    private static final List<String> FRUGAL = List.of("-Xms10m", "-Xmn4m");

    private static final List<String> SMALL = List.of(
            "-XX:+UseSerialGC",
            "-XX:+ExitOnOutOfMemoryError",
            "-XX:ReservedCodeCacheSize=32m",
            "-XX:CICompilerCount=2",
            "-Xss512k",
            "-Xshare:auto",
            "-Xlog:disable",
            "-Xlog:all=error:stderr",
            "-Xlog:cds=off",
            "-Xlog:aot=off",
            "-Dfile.encoding=UTF-8",
            "-Djava.awt.headless=true");

    private JvmFlags() {}

    /** The flags of a short-lived command of this program, for the runtime tree at app. */
    static List<String> ofCommand(Path app) {
        List<String> flags = new ArrayList<>(PRIVATE);
        flags.addAll(
                List.of("-XX:+UseSerialGC", "-XX:TieredStopAtLevel=1", "-Xmx64m", "-Xshare:auto", "-Xlog:disable"));
        addArchive(flags, app.resolve(COMMAND_ARCHIVE));
        return List.copyOf(flags);
    }

    /** The flags of that role's process, for the runtime tree at app. */
    static List<String> of(RoleSpec role, Path app) {
        List<String> flags = new ArrayList<>(SMALL);
        flags.addAll(FRUGAL);
        flags.addAll(PRIVATE);
        flags.add("-Xmx" + role.heapMebibytesMax() + "m");
        flags.addAll(role.jvmFlags());
        addArchive(flags, app.resolve(ARCHIVE));
        return List.copyOf(flags);
    }

    private static void addArchive(List<String> flags, Path archive) {
        if (Files.isReadable(archive)) {
            flags.add("-XX:SharedArchiveFile=" + archive);
        }
    }
}
