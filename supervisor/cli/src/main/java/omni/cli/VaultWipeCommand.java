package omni.cli;

import java.nio.file.Path;
import omni.vault.VaultProtocol;
import omni.vault.VaultProtocol.WipeReply;
import omni.vault.VaultProtocol.WipeReplyTpm;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Option;

/** {@code omni vault wipe}: destroys the keys, and with them all that the vault keeps. */
@Command(
        name = "wipe",
        description = {
            "Destroys the vault, open or locked: its keys at once, then all that they protected. Nothing brings it back but a"
                    + " backup.",
            "The word wipe and the password are asked for at the terminal, or read from standard input, a line each."
        },
        footer = {"", "Example: omni vault wipe", "Example: omni vault wipe --yes"})
final class VaultWipeCommand extends OmniCommand {
    private static final String WORD = "wipe";

    private static final String WHAT_COULD_REMAIN =
            "So may who takes the disk itself to a laboratory and learns the same: flash cells, and file systems that write"
                    + " beside, keep older blocks of the key file for a while. Tell nobody the password, and use it for nothing"
                    + " else.";

    @Option(names = "--key-file", paramLabel = "FILE", description = "The key file that belongs to the password.")
    private @Nullable Path keyFile;

    @Option(names = "--yes", description = "Do not ask for the word; the password is asked for all the same.")
    private boolean yes;

    VaultWipeCommand(World world) {
        super(world);
    }

    @Override
    ExitCode run() {
        var secrets = new VaultSecrets(world);
        var file = VaultSecrets.keyFile(keyFile);
        secrets.requireVault();
        if (!yes
                && !new SecretInput(world)
                        .read("To destroy the vault, type the word wipe: ")
                        .equals(WORD)) {
            throw new CommandException(ExitCode.USAGE, "That is not the word wipe: nothing was changed.");
        }
        var permit = secrets.prove(file);
        var wiped = world.with(
                "vault",
                bus -> VaultProtocol.Client.of(bus)
                        .wipe(new VaultProtocol.WipeParams(permit.permit(), permit.session())));
        answer(wiped.toJson(), () -> text(wiped));
        return ExitCode.OK;
    }

    /** For people: what is gone, and what remains. */
    static String text(WipeReply wiped) {
        var text = new StringBuilder(512);
        text.append("The vault is destroyed: its keys were gone within ")
                .append(Text.count(wiped.keysGoneMillis(), "millisecond"))
                .append(", and what they protected is being removed.\n")
                .append(tpm(wiped.tpm()))
                .append('\n')
                .append(WHAT_COULD_REMAIN)
                .append('\n');
        var backups = wiped.backups();
        if (backups == null) {
            text.append(
                    "Where backups are is not known, for it stood in the vault; they stay, and open with their secrets.");
        } else if (backups.isEmpty()) {
            text.append("No backups are known of.");
        } else {
            text.append("Backups stay, and open with their secrets:");
            backups.forEach(backup -> text.append("\n   ").append(Text.printable(backup)));
        }
        return text.toString();
    }

    /** What became of its part of the password, and who can still read what was copied before. */
    private static String tpm(WipeReplyTpm tpm) {
        return switch (tpm) {
            case DESTROYED ->
                "The TPM has destroyed its part of the password, which opens no copy of this disk any more that was made since the"
                        + " TPM belonged to it. Whoever copied the disk before and learns the recovery key can still read that"
                        + " copy.";
            case NOT_ANSWERED ->
                "The TPM has not answered in time, and may still hold its part of the password. The vault asks it once more as it"
                        + " starts again: omni vault says in some seconds what came of that. Where it still has not answered, clear"
                        + " the TPM in the setup of this machine's firmware. Until then whoever copied this disk before, has this"
                        + " machine and learns the password can still read that copy, and so can who learns the recovery key.";
            case NONE ->
                "No TPM belonged to the password: whoever copied this disk before and learns the password or the recovery key"
                        + " can still read that copy.";
            case UNKNOWN ->
                "Whether a TPM belonged to the password is not known, for the key file could not be read. Whoever copied this disk"
                        + " while that file was whole, and learns the password or the recovery key, can still read that copy; by"
                        + " the password, where a TPM belonged to it, with this machine alone. Where you had one (omni vault tpm"
                        + " on), clear it in the setup of this machine's firmware: then the password opens no such copy.";
        };
    }
}
