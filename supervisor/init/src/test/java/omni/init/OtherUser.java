package omni.init;

import java.io.File;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;

/**
 * A user that is not root, as root makes one: by a uid that no account has. The tests' classes are copied to where that
 * user may read them, for a checkout or a local repository may be root's alone.
 */
final class OtherUser implements AutoCloseable {
    static final int ID = 61_234;

    private final Path folder;
    private final String classPath;

    OtherUser() throws IOException, InterruptedException {
        folder = Files.createTempDirectory("omni-user");
        List<String> copied = new ArrayList<>();
        String all = Rig.java().paths().getLast();
        for (String element : List.of(all.split(File.pathSeparator, -1))) {
            if (Files.exists(Path.of(element))) {
                Path copy =
                        folder.resolve(copied.size() + "-" + Path.of(element).getFileName());
                run("cp", "-rL", element, copy.toString());
                copied.add(copy.toString());
                copied.add(copy + File.separator + "*");
            }
        }
        classPath = String.join(File.pathSeparator, copied);
        run("chmod", "-R", "a+rX", folder.toString());
    }

    /** Gives that user everything in the folder. */
    void give(Path to) throws IOException, InterruptedException {
        run("chown", "-R", ID + ":" + ID, to.toString());
    }

    /** A main class of the tests as that user. */
    ProcessBuilder java(Class<?> main, String... arguments) {
        List<String> line = new ArrayList<>(
                List.of("setpriv", "--reuid=" + ID, "--regid=" + ID, "--clear-groups", "--inh-caps=-all"));
        line.addAll(new JavaCommand(Rig.java().java(), List.of("-cp", classPath), false)
                .line(List.of("-XX:TieredStopAtLevel=1", "-Xmx64m"), "omni.init", main.getName(), arguments));
        return new ProcessBuilder(line).redirectError(ProcessBuilder.Redirect.INHERIT);
    }

    private static void run(String... command) throws IOException, InterruptedException {
        int code = new ProcessBuilder(command).inheritIO().start().waitFor();
        if (code != 0) {
            throw new IOException(List.of(command) + " ended with " + code);
        }
    }

    @Override
    public void close() {
        Rig.delete(folder);
    }
}
