package omni.bus;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.LinkOption;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermission;
import java.nio.file.attribute.PosixFilePermissions;
import java.util.Map;
import java.util.Optional;
import java.util.Set;

/** Where the sockets live, and how long their paths may be. */
public final class RunDirectory {
    /**
     * Bytes that the JDK binds at most: two less than sun_path, which has 108 on Linux and 104 on macOS (unix(7)); the
     * JDK keeps one for the NUL and one to spare.
     */
    static final int SOCKET_PATH_BYTES_MAX = System.getProperty("os.name", "").startsWith("Linux") ? 106 : 102;

    private static final String SUFFIX = ".sock";
    private static final Set<PosixFilePermission> OWNER_ONLY = PosixFilePermissions.fromString("rwx------");

    private RunDirectory() {}

    /**
     * The socket folder: OMNI_RUN, else XDG_RUNTIME_DIR/omni, else OMNI_HOME/run, else ~/.omni/run. Made with mode 0700
     * if it is not there.
     *
     * @throws BusException if it cannot be made, belongs to another user or lets others in
     */
    public static Path resolve(Map<String, String> env) {
        Path folder = named(env);
        try {
            if (!Files.isDirectory(folder)) {
                Path parent = folder.getParent();
                if (parent != null) {
                    Files.createDirectories(parent);
                }
                Files.createDirectory(folder, PosixFilePermissions.asFileAttribute(OWNER_ONLY));
            }
            check(folder);
        } catch (IOException fault) {
            throw new BusException(
                    "Cannot make or use the socket folder " + folder + ": set " + origin(env)
                            + " to a folder that you may write to",
                    fault);
        }
        return folder;
    }

    /**
     * A role's socket where there is one, be it of a role that has ended. Makes and changes nothing, so that a disk may be looked
     * at, and does not look whose the folder is: nothing goes there that is not for everybody.
     *
     * @throws BusException if the path is longer than the system allows
     */
    public static Optional<Path> present(Map<String, String> env, String role) {
        Path folder = named(env);
        return Files.exists(folder.resolve(role + SUFFIX)) ? Optional.of(socket(folder, role)) : Optional.empty();
    }

    /**
     * Where the socket folder is said to be. Makes and changes nothing, and does not look whose it is: for root, who finds it to be an
     * owner's, and believes nothing that is in it.
     */
    public static Path named(Map<String, String> env) {
        return locate(env).toAbsolutePath().normalize();
    }

    /** The variable that says where the folder is. */
    private static String origin(Map<String, String> env) {
        boolean own = !env.getOrDefault("OMNI_RUN", "").isEmpty()
                || !env.getOrDefault("XDG_RUNTIME_DIR", "").isEmpty();
        return own ? "OMNI_RUN" : "OMNI_HOME";
    }

    private static Path locate(Map<String, String> env) {
        String run = env.getOrDefault("OMNI_RUN", "");
        if (!run.isEmpty()) {
            return Path.of(run);
        }
        String runtime = env.getOrDefault("XDG_RUNTIME_DIR", "");
        if (!runtime.isEmpty()) {
            return Path.of(runtime, "omni");
        }
        String home = env.getOrDefault("OMNI_HOME", "");
        if (!home.isEmpty()) {
            return Path.of(home, "run");
        }
        return Path.of(System.getProperty("user.home"), ".omni", "run");
    }

    /** Whoever can write here can pretend to be a role, so only its owner may. */
    private static void check(Path folder) throws IOException {
        Path probe = Files.createTempFile(folder, ".owner", "");
        try {
            if (!Files.getOwner(probe).equals(Files.getOwner(folder, LinkOption.NOFOLLOW_LINKS))) {
                throw new BusException("The socket folder " + folder + " belongs to another user: set OMNI_RUN");
            }
        } finally {
            Files.delete(probe);
        }
        var mode = Files.getPosixFilePermissions(folder);
        if (mode.contains(PosixFilePermission.GROUP_WRITE) || mode.contains(PosixFilePermission.OTHERS_WRITE)) {
            throw new BusException("Others may write to the socket folder " + folder + ": chmod 700 it");
        }
        if (!mode.equals(OWNER_ONLY)) {
            Files.setPosixFilePermissions(folder, OWNER_ONLY);
        }
    }

    /**
     * A role's socket in the folder.
     *
     * @throws BusException if the path is longer than the system allows
     */
    public static Path socket(Path runDir, String role) {
        return checkLength(runDir.resolve(role + SUFFIX));
    }

    static Path checkLength(Path socket) {
        int bytes = socket.toAbsolutePath().toString().getBytes(StandardCharsets.UTF_8).length;
        if (bytes > SOCKET_PATH_BYTES_MAX) {
            throw new BusException("The socket path " + socket + " has " + bytes + " bytes and the system allows "
                    + SOCKET_PATH_BYTES_MAX + ": set OMNI_RUN to a shorter folder");
        }
        return socket;
    }
}
