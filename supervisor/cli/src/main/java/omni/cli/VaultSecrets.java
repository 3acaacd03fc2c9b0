package omni.cli;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.SecureRandom;
import java.text.Normalizer;
import java.util.HexFormat;
import java.util.List;
import java.util.function.Consumer;
import omni.bus.BusException;
import omni.vault.SecretCall;
import omni.vault.SecretCall.Lost;
import omni.vault.SecretCall.Progress;
import omni.vault.SecretCall.Refused;
import omni.vault.SecretCall.Verb;
import omni.vault.VaultProtocol.VaultState;
import org.jspecify.annotations.Nullable;

/** Secrets on their way from the terminal to the vault's own socket. */
final class VaultSecrets {
    /** The largest key file. */
    private static final int KEY_FILE_BYTES_MAX = 1 << 20;

    private static final int KEY_FILE_BYTES_MIN = 32;
    private static final int SESSION_BYTES = 16;

    private final World world;
    private final SecretInput input;

    VaultSecrets(World world) {
        this.world = world;
        this.input = new SecretInput(world);
    }

    /** Before a secret is asked for that nothing could be done with. */
    void requireVault() {
        if (VaultCommand.status(world).state() == VaultState.ABSENT) {
            throw new CommandException(ExitCode.REFUSED, VaultCommand.ABSENT);
        }
    }

    /** The same of a new password. */
    void requireNone() {
        if (VaultCommand.status(world).state() != VaultState.ABSENT) {
            throw new CommandException(
                    ExitCode.REFUSED,
                    "There is a vault already, and it stays as it is: omni vault says how it stands.");
        }
    }

    /** A secret that is there already. */
    ByteBuffer ask(String prompt) {
        return bytes(input.read(prompt));
    }

    /** A new password: at a terminal typed twice. */
    ByteBuffer askNew(String prompt) {
        var password = input.read(prompt);
        if (world.isTerminal(0) && !password.equals(input.read("Once more: "))) {
            throw new CommandException(ExitCode.USAGE, "The two are not the same: nothing was changed.");
        }
        return bytes(password);
    }

    /** In one form, whatever the keyboard sends: the vault compares bytes (Unicode's NFC). */
    static ByteBuffer bytes(String text) {
        return ByteBuffer.wrap(Normalizer.normalize(text, Normalizer.Form.NFC).getBytes(StandardCharsets.UTF_8));
    }

    /** What a key file holds; nothing where none is named. */
    static ByteBuffer keyFile(@Nullable Path file) {
        if (file == null) {
            return ByteBuffer.allocate(0);
        }
        try (var in = Files.newInputStream(file)) {
            var bytes = in.readNBytes(KEY_FILE_BYTES_MAX + 1);
            if (bytes.length < KEY_FILE_BYTES_MIN || bytes.length > KEY_FILE_BYTES_MAX) {
                throw new CommandException(
                        ExitCode.USAGE,
                        "A key file has " + KEY_FILE_BYTES_MIN + " to " + KEY_FILE_BYTES_MAX
                                + " bytes, best random ones: head -c 64 /dev/urandom > FILE");
            }
            return ByteBuffer.wrap(bytes);
        } catch (IOException e) {
            throw new CommandException(ExitCode.USAGE, "The key file cannot be read: " + file, e);
        }
    }

    /**
     * Makes the call, and wipes the fields.
     *
     * @return the answer: a recovery key where the verb has one
     */
    String call(Verb verb, ByteBuffer... fields) {
        return call(verb, _ -> {}, fields);
    }

    /** The same, and tells how far it is. */
    String call(Verb verb, Consumer<Progress> progress, ByteBuffer... fields) {
        return call(verb, progress, _ -> {}, fields);
    }

    /** The same, and tells what a damaged backup lacks. */
    String call(Verb verb, Consumer<Progress> progress, Consumer<Lost> lost, ByteBuffer... fields) {
        try (var line = new ProgressLine(world, false)) {
            line.show(
                    verb == Verb.ROTATE
                            ? "Deriving the key, and putting all that is kept under new ones…"
                            : "Deriving the key…");
            return new String(
                    SecretCall.make(world.socket(SecretCall.SOCKET), verb, List.of(fields), progress, lost),
                    StandardCharsets.UTF_8);
        } catch (Refused e) {
            throw new CommandException(Failures.exit(e.reason()), String.valueOf(e.getMessage()), e);
        } catch (IOException e) {
            throw new BusException.Unavailable("The vault does not answer", e);
        } finally {
            for (ByteBuffer field : fields) {
                wipe(field);
            }
        }
    }

    /** What a dangerous call takes. */
    record Permit(String permit, String session) {}

    /** Asks for the password, and has the vault permit dangerous calls for a while; for this command, and no other one. */
    Permit prove(ByteBuffer keyFile) {
        requireVault();
        var random = new byte[SESSION_BYTES];
        new SecureRandom().nextBytes(random);
        var session = HexFormat.of().formatHex(random);
        return new Permit(prove(ask("Password: "), keyFile, session), session);
    }

    /** The permit for one session, by a password that was asked for. */
    String prove(ByteBuffer password, ByteBuffer keyFile, String session) {
        return call(Verb.PROVE, password, keyFile, ByteBuffer.wrap(session.getBytes(StandardCharsets.UTF_8)));
    }

    static void wipe(ByteBuffer field) {
        field.clear();
        while (field.hasRemaining()) {
            field.put((byte) 0);
        }
    }
}
