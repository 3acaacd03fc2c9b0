package omni.runtime;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;

/**
 * A copy of this JDK whose {@code java} takes another collector than it is told. No role takes flags from its environment, and
 * none is to: but whoever names a Java names what it does.
 */
final class OtherCollector {
    private static final String SCRIPT = """
            #!/bin/sh
            for word; do
                shift
                [ "$word" != -XX:+UseSerialGC ] || word=-XX:+Use{collector}GC
                set -- "$@" "$word"
            done
            exec "${0%/*}/java-itself" "$@"
            """;

    private OtherCollector() {}

    /** In that folder, which is empty. */
    static Path in(Path folder, String collector) throws IOException, InterruptedException {
        Path jdk = Path.of(System.getProperty("java.home"));
        Path bin = Files.createDirectory(folder.resolve("bin"));
        for (String part : new String[] {"lib", "conf", "release"}) {
            AirgapBoxTest.run("cp", "-a", jdk.resolve(part).toString(), folder.toString());
        }
        Files.copy(jdk.resolve("bin/java"), bin.resolve("java-itself"));
        var runs = PosixFilePermissions.fromString("rwxr-xr-x");
        Files.setPosixFilePermissions(bin.resolve("java-itself"), runs);
        Path java = Files.writeString(bin.resolve("java"), SCRIPT.replace("{collector}", collector));
        Files.setPosixFilePermissions(java, runs);
        return folder;
    }
}
