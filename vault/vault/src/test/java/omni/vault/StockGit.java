package omni.vault;

import java.io.IOException;
import java.nio.file.Path;
import org.eclipse.jgit.lib.Repository;
import org.eclipse.jgit.storage.file.FileRepositoryBuilder;

/** Opens a repository by JGit as it comes, which looks around; {@link BackupGitBoxTest} watches it. */
final class StockGit {
    private StockGit() {}

    public static void main(String[] args) throws IOException {
        try (Repository repository = new FileRepositoryBuilder()
                .setGitDir(Path.of(args[0]).toFile())
                .setBare()
                .build()) {
            System.out.println(repository.exactRef("refs/heads/main"));
        }
    }
}
