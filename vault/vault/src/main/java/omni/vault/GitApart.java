package omni.vault;

import java.io.File;
import java.util.concurrent.TimeUnit;
import org.eclipse.jgit.lib.Config;
import org.eclipse.jgit.lib.Constants;
import org.eclipse.jgit.lib.Repository;
import org.eclipse.jgit.storage.file.FileBasedConfig;
import org.eclipse.jgit.util.FS;
import org.eclipse.jgit.util.FS_POSIX;
import org.eclipse.jgit.util.SystemReader;
import org.jspecify.annotations.Nullable;

/**
 * Keeps JGit to the folder that it is given: the process that uses it has the owner's keys in it, or may connect outward. It reads no
 * settings of the user or the system, tells no host name, tries out no disk and starts no program.
 */
public final class GitApart extends SystemReader.Delegate {
    /** Nobody makes a file below a file. */
    private static final String NO_CONFIG = "HEAD/none";

    private static final GitApart INSTANCE = new GitApart();

    private GitApart() {
        super(SystemReader.getInstance());
    }

    /** Has all of JGit in this process live so. */
    public static void use() {
        SystemReader.setInstance(INSTANCE);
    }

    /** Files as they are, and no programs, hooks among them. */
    public static final class Disk extends FS_POSIX {
        /** One for each repository. */
        public Disk() {}

        /** A repository is where it is, whatever a file {@code commondir} in it says. */
        @Override
        public File getCommonDir(File folder) {
            return folder;
        }

        /** Its own settings are read from a file that nobody has: they may lie on a stick that others had. */
        @Override
        public File resolve(File folder, String name) {
            return super.resolve(folder, name.equals(Constants.CONFIG) ? NO_CONFIG : name);
        }

        @Override
        public @Nullable File findHook(Repository repository, String hookName) {
            return null;
        }

        @Override
        protected @Nullable File discoverGitExe() {
            return null;
        }

        @Override
        public ProcessBuilder runInShell(String command, String[] arguments) {
            throw new UnsupportedOperationException("A backup runs no program");
        }
    }

    /** Settings of which there are none, but how exact a disk's times are: else JGit would write files to find out. */
    private static final class NoSettings extends FileBasedConfig {
        private static final long COARSE_SECONDS = 2;

        NoSettings(@Nullable Config parent, FS disk) {
            super(parent, null, disk);
        }

        @Override
        public void load() {
            // there is no file
        }

        @Override
        public void save() {
            // there is no file
        }

        @Override
        public boolean isOutdated() {
            return false;
        }

        @Override
        public long getTimeUnit(
                String section, @Nullable String subsection, String name, long otherwise, TimeUnit unit) {
            return section.equals("filesystem") ? unit.convert(COARSE_SECONDS, TimeUnit.SECONDS) : otherwise;
        }
    }

    @Override
    public String getHostname() {
        return "localhost";
    }

    @Override
    public @Nullable String getenv(String variable) {
        return null;
    }

    @Override
    public FileBasedConfig openUserConfig(@Nullable Config parent, FS disk) {
        return new NoSettings(parent, disk);
    }

    @Override
    public FileBasedConfig openSystemConfig(@Nullable Config parent, FS disk) {
        return new NoSettings(parent, disk);
    }

    @Override
    public FileBasedConfig openJGitConfig(@Nullable Config parent, FS disk) {
        return new NoSettings(parent, disk);
    }
}
