package omni.cli;

import java.io.DataOutputStream;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Locale;
import java.util.Objects;
import omni.role.Config;
import omni.role.ConfigException;
import omni.role.Section;
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
    private static final int PASSWORD = 1;
    private static final int RECOVERY = 2;

    private final World world;

    OfflineVerify(World world) {
        this.world = world;
    }

    /** What is found; by the recovery key in the place of the password, where that is wished. */
    VerifyReply run(boolean byRecoveryKey, @Nullable Path keyFile, String known) {
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
        var file = VaultSecrets.keyFile(keyFile);
        var secret = new VaultSecrets(world).ask(byRecoveryKey ? "Recovery key: " : "Password: ");
        try (var line = new ProgressLine(world, false)) {
            line.show("Deriving the key, and reading all that is kept…");
            return answer(Json.parse(told(folder, known, byRecoveryKey ? RECOVERY : PASSWORD, secret, file)));
        } finally {
            VaultSecrets.wipe(secret);
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

    private String told(Path folder, String known, int kind, ByteBuffer secret, ByteBuffer keyFile) {
        var line = List.of(
                Path.of(System.getProperty("java.home"), "bin", "java").toString(),
                "-XX:+UseSerialGC",
                "-Xmx512m",
                "-XX:ErrorFile=/dev/null",
                "-XX:-CreateCoredumpOnCrash",
                "-XX:+DisableAttachMechanism",
                "-XX:-UsePerfData",
                "--enable-native-access=omni.role,omni.vault,org.xerial.sqlitejdbc",
                "--module-path",
                System.getProperty("jdk.module.path", ""),
                "-m",
                "omni.vault/omni.vault.OfflineCheckMain",
                folder.toString(),
                world.environment().getOrDefault("TMPDIR", "/tmp"),
                tpm(),
                known);
        try {
            var process = new ProcessBuilder(line)
                    .redirectError(ProcessBuilder.Redirect.INHERIT)
                    .start();
            try (var in = new DataOutputStream(process.getOutputStream())) {
                in.write(kind);
                send(in, secret);
                send(in, keyFile);
            }
            var printed = new String(process.getInputStream().readAllBytes(), StandardCharsets.UTF_8);
            process.waitFor();
            if (printed.isBlank()) {
                throw new CommandException(
                        ExitCode.ERROR, "The check ended without a word, with " + process.exitValue() + ".");
            }
            return printed;
        } catch (IOException e) {
            throw new UncheckedIOException("The check cannot be started", e);
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            throw new CommandException(ExitCode.INTERRUPTED, "Interrupted: not all was read.", e);
        }
    }

    private static void send(DataOutputStream to, ByteBuffer secret) throws IOException {
        to.writeInt(secret.remaining());
        to.write(secret.array(), secret.arrayOffset() + secret.position(), secret.remaining());
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
