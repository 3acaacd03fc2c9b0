package omni.vault;

import java.io.IOException;
import java.nio.file.Path;

/** Takes a snapshot of the vault in one folder into another, and prints that it has begun; {@link BackupMain} kills it. */
final class BackupTaker {
    private BackupTaker() {}

    public static void main(String[] args) throws IOException {
        try (BackupVault vault = BackupVault.at(Path.of(args[0]))) {
            System.out.println("begins");
            vault.take(Path.of(args[1]));
        }
    }
}
