package omni.cli;

import java.time.Instant;
import omni.vault.VaultProtocol;
import omni.vault.VaultProtocol.Vault;
import omni.vault.VaultProtocol.VaultBoundTo;
import picocli.CommandLine;
import picocli.CommandLine.Command;
import tools.jackson.databind.node.ObjectNode;

/** {@code omni vault}: what you wrote and were told, under your password. By itself it says whether it is open. */
@Command(
        name = "vault",
        description = {
            "The vault: what you wrote and were told, encrypted under your password; without a command of its own it says"
                    + " whether it is open."
        },
        commandListHeading = "%nCommands:%n",
        footer = {"", "Example: omni vault unlock"})
final class VaultCommand extends OmniCommand {
    /** Where none was made. */
    static final String ABSENT =
            "There is no vault: make one with omni vault init, or put a backup back with omni vault restore.";

    private VaultCommand(World world) {
        super(world);
    }

    /** The command with those below it. */
    static CommandLine line(World world) {
        return new CommandLine(new VaultCommand(world))
                .addSubcommand(new VaultStatusCommand(world))
                .addSubcommand(new VaultInitCommand(world))
                .addSubcommand(new VaultUnlockCommand(world))
                .addSubcommand(new VaultLockCommand(world))
                .addSubcommand(new VaultPasswdCommand(world))
                .addSubcommand(new VaultRecoverCommand(world))
                .addSubcommand(new VaultRecoveryKeyCommand(world))
                .addSubcommand(new VaultRotateCommand(world))
                .addSubcommand(new VaultTpmCommand(world))
                .addSubcommand(new VaultVerifyCommand(world))
                .addSubcommand(new VaultBackupCommand(world))
                .addSubcommand(new VaultBackupsCommand(world))
                .addSubcommand(new VaultBackupVerifyCommand(world))
                .addSubcommand(new VaultBackupForgetCommand(world))
                .addSubcommand(new VaultBackupPushCommand(world))
                .addSubcommand(new VaultRestoreCommand(world))
                .addSubcommand(new VaultExportCommand(world))
                .addSubcommand(new VaultWipeCommand(world));
    }

    @Override
    ExitCode run() {
        return VaultStatusCommand.show(this);
    }

    /** Asks the role how it stands. */
    static Vault status(World world) {
        return world.with(
                "vault",
                bus -> VaultProtocol.Client.of(bus)
                        .status(new VaultProtocol.StatusParams())
                        .vault());
    }

    static ObjectNode json(Vault vault) {
        return (ObjectNode) vault.toJson();
    }

    /** For people: how it stands, since when, and what to do about it. */
    static String text(Vault vault, Style style) {
        StringBuilder text = new StringBuilder(256);
        text.append(headline(vault, style)).append('\n');
        line(text, "since " + Instant.parse(vault.since()) + ": " + vault.cause());
        var boundTo = vault.boundTo();
        if (boundTo != null) {
            line(text, boundTo(boundTo));
        }
        if (vault.lockAfterSeconds() > 0) {
            line(text, "locks itself after " + Text.count(vault.lockAfterSeconds(), "second") + " without use");
        }
        if (vault.attempts() > 0) {
            line(
                    text,
                    "a wrong secret was given " + Text.count(vault.attempts(), "time") + " in a row"
                            + (vault.waitSeconds() > 0 ? "; the next one in " + vault.waitSeconds() + " s" : ""));
        }
        vault.limits().forEach(limit -> line(text, limit));
        return text.toString().stripTrailing();
    }

    private static String boundTo(VaultBoundTo boundTo) {
        return switch (boundTo) {
            case NONE -> "the password is bound to neither a TPM nor a key file";
            case TPM -> "the password is bound to this machine's TPM";
            case KEY_FILE -> "the password is bound to a key file";
            case BOTH -> "the password is bound to this machine's TPM and to a key file";
        };
    }

    private static String headline(Vault vault, Style style) {
        return switch (vault.state()) {
            case ABSENT -> ABSENT;
            case SEALED -> style.green("The vault is locked.") + " Unlock it with omni vault unlock.";
            case OPEN -> style.red("The vault is open.") + " Lock it with omni vault lock.";
        };
    }

    private static void line(StringBuilder text, String what) {
        text.append("   ").append(Text.printable(what)).append('\n');
    }
}
