package omni.vault;

import java.nio.ByteBuffer;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import omni.role.JavaChild;

/**
 * How a vault is checked offline by a process of its own, for who may call neither SQLite nor the kernel. The process prints a line of JSON: what
 * {@code omni.Vault}'s Verify answers, and ends with {@value #EXIT_DONE}; or the members {@code reason} and {@code message} of its
 * error Failed, and ends with {@value #EXIT_REFUSED}. With another number there is no answer. Its standard input stays open until then:
 * at its end the process removes its copy and ends.
 */
public final class OfflineCheckCommand {
    /** All was read. */
    public static final int EXIT_DONE = 0;

    /** Not all was read. */
    public static final int EXIT_REFUSED = 5;

    /** All that its environment has: the caller's could hold options of a virtual machine. */
    public static final Map<String, String> ENVIRONMENT = Map.of("LANG", "C.UTF-8");

    static final byte PASSWORD = 1;
    static final byte RECOVERY = 2;

    /** A message is no shorter: the stream to a process keeps a copy of what is less than its buffer, and of no more. */
    private static final int MESSAGE_BYTES_MIN = 8 << 10;

    private OfflineCheckCommand() {}

    /**
     * The command line.
     *
     * @param folder the vault's
     * @param temporary below which a folder for a copy is made, which goes again
     * @param tpm as {@code vault.tpm} has it
     * @param known a line of the log that was kept elsewhere
     */
    public static List<String> line(Path folder, Path temporary, String tpm, Optional<String> known) {
        List<String> line = new ArrayList<>(JavaChild.line(
                OfflineCheckMain.class, List.of("-Xmx512m"), folder.toString(), temporary.toString(), tpm));
        known.ifPresent(line::add);
        return List.copyOf(line);
    }

    /**
     * What goes to its standard input, in one write: the kind, 1 byte; the secret and the key file, each with its length before it, 4
     * bytes, big-endian; zeros. Wipe it afterwards.
     *
     * @param byRecoveryKey whether the secret is the recovery key, and no password
     * @param keyFile empty where there is none
     */
    public static byte[] message(boolean byRecoveryKey, ByteBuffer secret, ByteBuffer keyFile) {
        int bytes = 1 + 2 * Integer.BYTES + secret.remaining() + keyFile.remaining();
        return ByteBuffer.allocate(Math.max(bytes, MESSAGE_BYTES_MIN))
                .put(byRecoveryKey ? RECOVERY : PASSWORD)
                .putInt(secret.remaining())
                .put(secret.duplicate())
                .putInt(keyFile.remaining())
                .put(keyFile.duplicate())
                .array();
    }
}
