package omni.vault;

import java.io.IOException;
import java.io.InputStream;
import java.net.UnixDomainSocketAddress;
import java.nio.channels.SocketChannel;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Optional;
import jdk.net.ExtendedSocketOptions;
import omni.role.Native;
import omni.vault.VaultException.Reason;

/**
 * The child process that has the root key: reads a request from the vault's socket, answers it, and is gone. It writes no file, opens no
 * other socket and prints nothing.
 */
final class KeyMain {
    private static final int EXIT_DONE = 0;
    private static final int EXIT_EXPOSED = 3;
    private static final int EXIT_ORPHANED = 4;
    private static final int EXIT_NO_TALK = 5;

    private KeyMain() {}

    /**
     * Is the process.
     *
     * @param args the socket's path, and the id of the process that started this one
     */
    public static void main(String[] args) {
        if (!Native.forbidCoreDump()) {
            halt(EXIT_EXPOSED);
        }
        Native.dieWithParent();
        if (Native.parentPid() != Long.parseLong(args[1])) {
            halt(EXIT_ORPHANED);
        }
        halt(talk(Path.of(args[0])));
    }

    /** Nothing of this process is worth waiting for, and nothing of it may stay. */
    private static void halt(int code) {
        Runtime.getRuntime().halt(code);
    }

    private static int talk(Path socket) {
        try (SocketChannel channel = SocketChannel.open(UnixDomainSocketAddress.of(socket))) {
            byte[] token = System.in.readNBytes(KeyProcess.TOKEN_BYTES);
            Thread.ofPlatform().daemon().name("parent").start(() -> endWith(System.in));
            if (!channel.getOption(ExtendedSocketOptions.SO_PEERCRED).user().equals(Files.getOwner(socket))) {
                return EXIT_NO_TALK;
            }
            KeyWire.writeToken(channel, token);
            answer(channel);
            return EXIT_DONE;
        } catch (IOException e) {
            return EXIT_NO_TALK; // the vault is gone, or no vault; there is nobody to tell
        }
    }

    private static void answer(SocketChannel channel) throws IOException {
        KeyWire.Request request = KeyWire.readRequest(channel);
        try {
            KeyWire.write(channel, outcome(new KeyWork(Argon2::stretch, request.tpm()), request));
        } catch (VaultException e) {
            KeyWire.write(channel, e);
        }
    }

    private static KeyWork.Outcome outcome(KeyWork work, KeyWire.Request request) throws VaultException {
        return switch (request.operation()) {
            case CREATE -> work.create(given(request.next()), request.calibration());
            case CREATE_WITH_TPM -> work.createWithTpm(given(request.next()), request.calibration());
            case OPEN -> work.open(given(request.file()), given(request.secret()));
            case CHECK -> work.check(given(request.file()), given(request.secret()));
            case CHANGE_PASSWORD ->
                work.changePassword(
                        given(request.file()), given(request.secret()), given(request.next()), request.calibration());
            case ADD_VERSION -> work.addVersion(given(request.file()), given(request.secret()), purposes(request));
            case NEW_RECOVERY -> work.newRecovery(given(request.file()), given(request.secret()));
            case DROP_OLD -> work.dropOld(given(request.file()), given(request.secret()), purposes(request));
            case BIND_TPM -> bind(work, request, true);
            case UNBIND_TPM -> bind(work, request, false);
        };
    }

    private static Purpose[] purposes(KeyWire.Request request) {
        return request.purposes().toArray(Purpose[]::new);
    }

    private static KeyWork.Outcome bind(KeyWork work, KeyWire.Request request, boolean toTpm) throws VaultException {
        return work.bind(given(request.file()), given(request.next()), request.calibration(), toTpm);
    }

    private static <T> T given(Optional<T> part) throws VaultException {
        return part.orElseThrow(() -> new VaultException(Reason.INVALID, "A part of the request is missing."));
    }

    /** Where the kernel has no signal at a parent's death, the end of the input is one. */
    private static void endWith(InputStream in) {
        try {
            if (in.read() < 0) {
                halt(EXIT_ORPHANED);
            }
        } catch (IOException e) {
            halt(EXIT_ORPHANED); // a pipe that cannot be read tells no more than one that has ended
        }
    }
}
