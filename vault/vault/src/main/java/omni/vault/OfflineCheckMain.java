package omni.vault;

import java.io.EOFException;
import java.io.FileDescriptor;
import java.io.FileInputStream;
import java.io.IOException;
import java.io.PrintStream;
import java.nio.ByteBuffer;
import java.nio.channels.ReadableByteChannel;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.time.Clock;
import java.util.List;
import java.util.Locale;
import java.util.Optional;
import omni.role.Native;
import omni.vault.VaultException.Reason;
import omni.vault.VaultProtocol.VerifyReply;

/**
 * {@code omni vault verify --offline}: a process of its own, for the command's own may call neither SQLite nor the kernel. The secrets come
 * on standard input, into locked memory outside of the heap: 1 byte, 1 for a password and 2 for a recovery key; then the
 * secret and the key file, or nothing, each with its length before it, 4 bytes, big-endian. Prints a line of JSON, as
 * {@code omni.Vault}'s Verify answers, or {@code {"reason":…,"message":…}}.
 *
 * <p>Arguments: the vault's folder, a folder for what goes again, {@code vault.tpm}, and what was kept, or an empty word.
 */
final class OfflineCheckMain {
    private static final int EXIT_DONE = 0;
    private static final int EXIT_REFUSED = 5;
    private static final int EXIT_EXPOSED = 3;
    private static final int RECOVERY = 2;

    private OfflineCheckMain() {}

    /** Is the process: ends with 0 where it has read all, and with 5 where it has not. */
    public static void main(String[] args) throws IOException {
        if (!Native.forbidCoreDump()) {
            System.exit(EXIT_EXPOSED);
        }
        Native.dieWithParent();
        PrintStream out = new PrintStream(System.out, true, StandardCharsets.UTF_8);
        try (FileInputStream in = new FileInputStream(FileDescriptor.in)) {
            VerifyReply found = check(args, in.getChannel());
            out.println(found.toJson());
            System.exit(EXIT_DONE);
        } catch (VaultException e) {
            out.println(Json.object()
                    .put("reason", e.reason().name().toLowerCase(Locale.ROOT))
                    .put("message", e.getMessage()));
            System.exit(EXIT_REFUSED);
        }
    }

    private static VerifyReply check(String[] args, ReadableByteChannel secrets) throws IOException {
        Path folder = Path.of(args[0]);
        List<AuditHead> kept = OfflineCheck.kept(args[3]);
        TpmDevice tpm = TpmDevice.of(args[2]);
        try (OfflineCheck check = new OfflineCheck(folder, Path.of(args[1]), Clock.systemUTC())) {
            Runtime.getRuntime()
                    .addShutdownHook(Thread.ofPlatform().unstarted(check::abandon)); // where it is interrupted
            var keeper = new KeyKeeper(folder, check.work(), KeyKeeper.Machine.ours(), tpm);
            try (KeyRing keys = keys(keeper, secrets)) {
                return check.check(keeper.present(), keys, new TpmCounter(tpm), kept);
            }
        }
    }

    private static KeyRing keys(KeyKeeper keeper, ReadableByteChannel secrets) throws IOException {
        byte kind = read(secrets, ByteBuffer.allocate(1)).get();
        Optional<SecretMemory> secret = field(secrets);
        Optional<SecretMemory> keyFile = field(secrets);
        try {
            List<Optional<SecretMemory>> fields = List.of(secret, keyFile);
            return keeper.open(kind == RECOVERY ? SecretFields.recovery(secret) : SecretFields.password(fields, 0));
        } finally {
            secret.ifPresent(SecretMemory::close);
            keyFile.ifPresent(SecretMemory::close);
        }
    }

    private static Optional<SecretMemory> field(ReadableByteChannel from) throws IOException {
        int bytes = read(from, ByteBuffer.allocate(Integer.BYTES)).getInt();
        if (bytes < 0 || bytes > SecretCall.FIELD_BYTES_MAX) {
            throw new VaultException(Reason.INVALID, SecretCall.TOO_LONG);
        }
        if (bytes == 0) {
            return Optional.empty();
        }
        SecretMemory memory = SecretMemory.of(bytes);
        var _ = read(from, memory.buffer());
        return Optional.of(memory);
    }

    private static ByteBuffer read(ReadableByteChannel from, ByteBuffer into) throws IOException {
        while (into.hasRemaining()) {
            if (from.read(into) < 0) {
                throw new EOFException("Standard input ends within a secret");
            }
        }
        return into.flip();
    }
}
