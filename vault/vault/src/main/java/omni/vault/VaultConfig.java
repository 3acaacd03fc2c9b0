package omni.vault;

import java.nio.file.Path;
import java.time.Duration;
import omni.role.Key;
import omni.role.Section;

/**
 * The table {@code [vault]} of {@code omni.toml}.
 *
 * @param lockAfter without use for so long, it locks itself; zero: never
 * @param lockInGap whether closing the air gap locks it
 * @param answerWhileLocked whether the API answers what needs nothing of it while it is locked; the daemon's business
 * @param tpm which TPM it may use
 * @param backup folder that it backs itself up to; empty: none
 * @param backupEvery how old the last snapshot there may be
 * @param backupKeepDays of how many days with a snapshot the newest is kept, and so on
 */
public record VaultConfig(
        @Key(
                doc =
                        "Lock the vault when nothing was asked of it for this long, and no backup or rotation goes on; \"0ms\" never does.",
                def = "0ms",
                max = "720h")
        Duration lockAfter,

        @Key(
                doc =
                        "Lock the vault when the air gap closes, and keep it locked until the gap is open; a gap that does not answer is a closed one.",
                def = "false")
        boolean lockInGap,

        @Key(
                doc = "While the vault is locked, answer requests to a model that need nothing that it keeps, and keep"
                        + " nothing of them. Where false, all of them are refused until it is unlocked; a box without a vault"
                        + " answers them.",
                def = "true")
        boolean answerWhileLocked,

        @Key(
                doc =
                        "The TPM 2.0 that counts unlocks, and that omni vault tpm on makes belong to the password: \"auto\" for"
                                + " /dev/tpmrm0 where it is there and open to the vault, \"off\", or the whole path of another.",
                def = "auto",
                min = "1",
                max = "4096")
        String tpm,

        @Key(
                doc =
                        "Folder that the vault backs itself up to while it is open, on a disk of its own best; the first backup there is"
                                + " taken by hand; empty: none.",
                def = "")
        Path backup,

        @Key(
                doc = "Take a snapshot into that folder when the last one is this old.",
                def = "24h",
                min = "1h",
                max = "8760h")
        Duration backupEvery,

        @Key(
                doc = "Of the snapshots in that folder, keep the newest of each of the last so many days that have one;"
                        + " where all three of these are 0, every one.",
                def = "7",
                min = "0",
                max = "60")
        int backupKeepDays,

        @Key(doc = "The same, of each of the last so many weeks.", def = "4", min = "0", max = "60")
        int backupKeepWeeks,

        @Key(doc = "The same, of each of the last so many months.", def = "12", min = "0", max = "60")
        int backupKeepMonths) {
    /** The table. */
    public static final Section<VaultConfig> SECTION = Section.of("vault", VaultConfig.class);

    /** Which snapshots are kept. */
    BackupPolicy backupPolicy() {
        return new BackupPolicy(backupKeepDays, backupKeepWeeks, backupKeepMonths);
    }
}
