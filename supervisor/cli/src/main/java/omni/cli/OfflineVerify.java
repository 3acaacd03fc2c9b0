package omni.cli;

import java.io.IOException;
import java.io.OutputStream;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.List;
import java.util.Locale;
import java.util.Objects;
import java.util.Optional;
import omni.role.Config;
import omni.role.ConfigException;
import omni.role.Section;
import omni.vault.OfflineCheckCommand;
import omni.vault.VaultConfig;
import omni.vault.VaultProtocol.FailedReason;
import omni.vault.VaultProtocol.VerifyReply;
import org.jspecify.annotations.Nullable;
import tools.jackson.databind.JsonNode;

/**
 * Checks a vault with every role dead. A virtual machine of its own does it, for the command's own may call neither SQLite nor the
 * kernel; this asks for the secret, and looks before that whether there is anything to be done with it.
 */
final class OfflineVerify {
    private final World world;

    OfflineVerify(World world) {
        this.world = world;
    }

    /** What is found; by the recovery key in the place of the password, where that is wished. */
    VerifyReply run(boolean byRecoveryKey, @Nullable Path keyFile, Optional<String> known) {
        if (new Failures(world).isRunning()) {
            throw new CommandException(
                    ExitCode.REFUSED,
                    "Omni runs here: use omni vault verify without --offline, or stop it first with omni down.");
        }
        var folder = world.home().resolve("vault");
        if (Files.notExists(folder.resolve("keys.json"))) {
            throw new CommandException(
                    ExitCode.REFUSED, "There is no vault in " + world.home() + ": OMNI_HOME names another home.");
        }
        var line = OfflineCheckCommand.line(folder, temporary(), tpm(), known);
        var message = message(byRecoveryKey, keyFile);
        try (var progress = new ProgressLine(world, false)) {
            progress.show("Deriving the key, and reading all that is kept…");
            return answer(Json.parse(told(line, message)));
        } finally {
            Arrays.fill(message, (byte) 0);
        }
    }

    private Path temporary() {
        var named = world.environment().getOrDefault("TMPDIR", "");
        return Path.of(named.isEmpty() ? "/tmp" : named);
    }

    private byte[] message(boolean byRecoveryKey, @Nullable Path keyFile) {
        var file = VaultSecrets.keyFile(keyFile);
        try {
            var secret = new VaultSecrets(world).ask(byRecoveryKey ? "Recovery key: " : "Password: ");
            try {
                return OfflineCheckCommand.message(byRecoveryKey, secret, file);
            } finally {
                VaultSecrets.wipe(secret);
            }
        } finally {
            VaultSecrets.wipe(file);
        }
    }

    private static VerifyReply answer(JsonNode json) {
        if (json.has("reason")) {
            var reason = FailedReason.valueOf(json.path("reason").asString("").toUpperCase(Locale.ROOT));
            throw new CommandException(
                    Failures.exit(reason), json.path("message").asString(""));
        }
        return VerifyReply.fromJson(json, "the answer");
    }

    private static String told(List<String> line, byte[] message) {
        var builder = new ProcessBuilder(line).redirectError(ProcessBuilder.Redirect.INHERIT);
        builder.environment().clear();
        builder.environment().putAll(OfflineCheckCommand.ENVIRONMENT);
        try {
            var process = builder.start();
            try (var in = process.getOutputStream()) { // open to the end, which would be its own
                send(in, message);
                var printed = new String(process.getInputStream().readAllBytes(), StandardCharsets.UTF_8);
                var exit = process.waitFor();
                if (exit != OfflineCheckCommand.EXIT_DONE && exit != OfflineCheckCommand.EXIT_REFUSED) {
                    throw new CommandException(
                            ExitCode.ERROR, "The check ended without an answer, with " + exit + ": not all was read.");
                }
                return printed;
            }
        } catch (IOException e) {
            throw new UncheckedIOException("The check cannot be started", e);
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            throw new CommandException(ExitCode.INTERRUPTED, "Interrupted: not all was read.", e);
        }
    }

    private static void send(OutputStream in, byte[] message) {
        try {
            in.write(message);
            in.flush();
        } catch (IOException e) {
            System.getLogger("omni.cli") // it has ended already, and its answer says more
                    .log(System.Logger.Level.DEBUG, "The check took no secret", e);
        } finally {
            Arrays.fill(message, (byte) 0);
        }
    }

    /** Which TPM is configured; where that cannot be read, the one that is there. */
    private String tpm() {
        try {
            return Config.load(world.home().resolve("omni.toml"), Section.all())
                    .get(VaultConfig.SECTION)
                    .tpm();
        } catch (ConfigException e) {
            world.err().println("omni.toml cannot be read: the TPM is the one that is there, if any.");
            return Objects.requireNonNull(VaultConfig.SECTION.defaults().tpm());
        }
    }
}
