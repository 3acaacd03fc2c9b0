package omni.vault;

import java.io.BufferedReader;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Random;
import java.util.concurrent.locks.LockSupport;
import java.util.stream.Stream;
import tools.jackson.databind.node.ObjectNode;

/**
 * Backs up a vault of so many messages and so many MiB of files while the process that does it is killed at random moments, lets it
 * finish, checks it, puts it back, and compares. Then it changes a byte of it as often, and looks whether a check sees that.
 */
final class BackupMain {
    private static final int MESSAGES_A_CONVERSATION = 20;
    private static final int FILE_MIB = 64;

    /** What a process ends with that SIGKILL has ended. */
    private static final int KILLED = 128 + 9;

    private final Path folder;
    private final boolean git;
    private final Random random;

    BackupMain(Path folder, long seed, boolean git) {
        this.folder = folder;
        this.git = git;
        this.random = new Random(seed);
    }

    /**
     * What came of it.
     *
     * @param kills that came while it was at work
     * @param same whether what was put back is what was there
     * @param found changed bytes that a check has found
     * @param next bytes that the next snapshot wrote, after one more message
     */
    record Result(
            int kills,
            boolean same,
            int found,
            List<String> problems,
            long read,
            long written,
            long next,
            Duration taking,
            Duration checking,
            Duration restoring) {}

    public static void main(String[] args) throws Exception {
        System.out.println(new BackupMain(Path.of(args[0]), Long.parseLong(args[4]), args.length > 5)
                .run(Integer.parseInt(args[1]), Integer.parseInt(args[2]), Integer.parseInt(args[3])));
    }

    Result run(int messages, int mebibytes, int interruptions) throws IOException, InterruptedException {
        Path place = folder.resolve("vault");
        Path target = folder.resolve("target");
        String before = fill(place, messages, mebibytes);
        long start = System.nanoTime();
        BackupWriter.Done whole;
        try (BackupVault vault = BackupVault.at(place)) {
            before = vault.hash();
            start = System.nanoTime();
            whole = vault.backups.take(folder.resolve("uninterrupted"), git, (read, written) -> {});
        }
        Duration taking = Duration.ofNanos(System.nanoTime() - start);
        int kills = 0;
        BackupTarget.make(target, git).close();
        while (kills < interruptions) {
            if (isKilled(place, target, taking.dividedBy(2))) {
                kills++;
            } else {
                delete(target);
                BackupTarget.make(target, git).close();
            }
        }
        BackupVault.at(place).close(); // what the last kill has left is put right
        try (BackupVault vault = BackupVault.at(place)) {
            before = vault.hash();
            vault.take(target);
            start = System.nanoTime();
            List<String> problems = new ArrayList<>(vault.check(target).problems());
            Duration checking = Duration.ofNanos(System.nanoTime() - start);
            start = System.nanoTime();
            Path other = folder.resolve("other");
            BackupVault.restore(target, Optional.empty(), other, Made.password(Made.PASSWORD));
            Duration restoring = Duration.ofNanos(System.nanoTime() - start);
            boolean same = before.equals(BackupVault.hash(other));
            int found = 0;
            for (int i = 0; i < interruptions; i++) {
                found += isFound(vault, target) ? 1 : 0;
            }
            // All is as it was; where a byte of a tree was another one, all chunks counted as damaged until now.
            problems.addAll(vault.check(target).problems());
            vault.conversation("one more");
            long next = vault.take(target).written();
            return new Result(
                    kills, same, found, problems, whole.read(), whole.written(), next, taking, checking, restoring);
        }
    }

    private String fill(Path place, int messages, int mebibytes) throws IOException {
        try (BackupVault vault = BackupVault.make(place).vault()) {
            vault.fill(random, 1, 1 << 20);
            for (int left = messages; left > 0; left -= MESSAGES_A_CONVERSATION) {
                List<ObjectNode> some = new ArrayList<>();
                for (int i = 0; i < Math.min(left, MESSAGES_A_CONVERSATION); i++) {
                    some.add(TestVault.message("about " + random.nextLong() + " walnuts ".repeat(20)));
                }
                vault.open.conversations().create(Map.of("topic", "many"), some, Optional.empty());
            }
            for (int left = mebibytes; left > 0; left -= FILE_MIB) {
                vault.file(random, Math.min(left, FILE_MIB) << 20);
            }
            return vault.hash();
        }
    }

    /** Whether it was still at work when it was killed. */
    private boolean isKilled(Path place, Path target, Duration within) throws IOException, InterruptedException {
        Process process = Jvm.process(List.of(), BackupTaker.class, place.toString(), target.toString())
                .start();
        BufferedReader out = process.inputReader();
        out.readLine();
        // What is tried is a moment that nobody has chosen.
        LockSupport.parkNanos(random.nextLong(within.toNanos()));
        process.toHandle().destroyForcibly();
        int exit = process.waitFor();
        if (exit != 0 && exit != KILLED) {
            throw new IOException("The backup ended with " + exit);
        }
        return exit == KILLED;
    }

    /** Whether a check sees that one byte of some file is another; afterwards it is what it was. */
    private boolean isFound(BackupVault vault, Path target) throws IOException {
        Path file = files(target).get(random.nextInt(files(target).size()));
        try (FileChannel channel = FileChannel.open(file, StandardOpenOption.READ, StandardOpenOption.WRITE)) {
            long at = random.nextLong(channel.size());
            ByteBuffer was = ByteBuffer.allocate(1);
            channel.read(was, at);
            channel.write(ByteBuffer.wrap(new byte[] {(byte) (was.get(0) ^ 1 << random.nextInt(8))}), at);
            try {
                return !vault.check(target).problems().isEmpty();
            } catch (VaultException e) {
                return e.reason() == VaultException.Reason.DAMAGED; // the file that says what the folder is
            } finally {
                channel.write(was.flip(), at);
            }
        }
    }

    private static List<Path> files(Path folder) throws IOException {
        try (Stream<Path> all = Files.walk(folder)) {
            return all.filter(Files::isRegularFile).sorted().toList();
        }
    }

    private static void delete(Path folder) throws IOException {
        try (Stream<Path> all = Files.walk(folder)) {
            for (Path path : all.sorted(Comparator.reverseOrder()).toList()) {
                Files.delete(path);
            }
        }
    }
}
