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
import omni.tpm.TpmDevice;
import omni.vault.VaultException.Reason;
import omni.vault.VaultProtocol.VerifyReply;

/**
 * {@code omni vault verify --offline}: a process of its own, as {@link OfflineCheckCommand} describes it. The secrets come on standard
 * input, into locked memory outside of the heap. It ends where that ends, and not by a signal at its parent's death, which would leave
 * its copy.
 *
 * <p>Arguments: the vault's folder, a folder for what goes again, {@code vault.tpm}, and what was kept, where something was.
 */
final class OfflineCheckMain {
    private static final int EXIT_EXPOSED = 3;
    private static final int EXIT_ORPHANED = 4;
    private static final int KEPT = 3;

    private OfflineCheckMain() {}

    /** Is the process. */
    public static void main(String[] args) throws IOException {
        if (!Native.forbidCoreDump()) {
            System.exit(EXIT_EXPOSED);
        }
        PrintStream out = new PrintStream(System.out, true, StandardCharsets.UTF_8);
        FileInputStream in = new FileInputStream(FileDescriptor.in); // stays open: its end is a parent's
        try {
            VerifyReply found = check(args, in.getChannel());
            out.println(found.toJson());
            System.exit(OfflineCheckCommand.EXIT_DONE);
        } catch (VaultException e) {
            out.println(Json.object()
                    .put("reason", e.reason().name().toLowerCase(Locale.ROOT))
                    .put("message", e.getMessage()));
            System.exit(OfflineCheckCommand.EXIT_REFUSED);
        }
    }

    private static VerifyReply check(String[] args, ReadableByteChannel secrets) throws IOException {
        Path folder = Path.of(args[0]);
        List<AuditHead> kept = args.length > KEPT ? OfflineCheck.kept(args[KEPT]) : List.of();
        TpmDevice tpm = VaultTpm.device(args[2]);
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
        Thread.ofPlatform().daemon().name("parent").start(() -> endWith(secrets));
        try {
            List<Optional<SecretMemory>> fields = List.of(secret, keyFile);
            return keeper.open(
                    kind == OfflineCheckCommand.RECOVERY
                            ? SecretFields.recovery(secret)
                            : SecretFields.password(fields, 0));
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

    /** The hook removes the copy. */
    private static void endWith(ReadableByteChannel input) {
        ByteBuffer zeros = ByteBuffer.allocate(1 << 10);
        try {
            while (input.read(zeros.clear()) >= 0) {
                // what makes the message long enough
            }
        } catch (IOException e) {
            System.getLogger("omni.vault").log(System.Logger.Level.DEBUG, "The input cannot be read", e);
        }
        System.exit(EXIT_ORPHANED); // a pipe that cannot be read tells no more than one that has ended
    }
}
