package omni.vault;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;

import java.io.IOException;
import java.lang.foreign.MemorySegment;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Records that go over to another key while they are read and written, and when they are killed meanwhile. */
final class RenewKeyTest {
    @TempDir
    Path home;

    /** Keys of which the first versions are gone. */
    private record Newer(FakeKeys keys) implements DataKeys {
        @Override
        public int newest(Purpose purpose) {
            return keys.newest(purpose);
        }

        @Override
        public int oldest(Purpose purpose) {
            return newest(purpose);
        }

        @Override
        public MemorySegment key(Purpose purpose, int version) throws VaultException {
            assertEquals(newest(purpose), version, "an old key is asked for");
            return keys.key(purpose, version);
        }
    }

    private static FakeKeys two() {
        FakeKeys keys = new FakeKeys("vault");
        keys.addVersion(Purpose.RECORDS);
        keys.addVersion(Purpose.CONVERSATIONS);
        return keys;
    }

    private static void opensByTheNewKeysAlone(Path folder, List<String> settings) throws IOException {
        RecordsCheck.Report report = RecordsCheck.closed(folder, new Newer(two()));
        assertEquals(List.of(), report.problems());
        try (Records records = Records.open(folder, new Newer(two()))) {
            assertEquals(settings, List.copyOf(new Settings(records).all().keySet()));
        }
        try (FakeKeys old = new FakeKeys("vault")) {
            assertEquals(
                    VaultException.Reason.DENIED,
                    assertThrows(VaultException.class, () -> Records.open(folder, old))
                            .reason());
        }
        try (Stream<Path> files = Files.list(folder)) {
            assertEquals(
                    List.of(),
                    files.filter(file -> file.toString().contains(".new")).toList());
        }
    }

    @Test
    void allIsThereUnderTheNewKeysAlone() throws IOException {
        try (TestVault vault = new TestVault(home)) {
            vault.settings.put("a", "1");
            String id = vault.conversation("an owl");
            vault.memories.create("bird", "a wren");
            vault.secrets.put("provider", new byte[] {1, 2});
            vault.keys.addVersion(Purpose.RECORDS);
            vault.keys.addVersion(Purpose.CONVERSATIONS);
            RowKeys.rewrapAll(vault.records);
            vault.records.renewKey(() -> {});
            assertEquals(1, vault.conversations.retrieve(id).items(), "it goes on");
            vault.settings.put("b", "2");
        }
        opensByTheNewKeysAlone(home, List.of("a", "b"));
    }

    /** Whoever writes beside is not overtaken by a copy that is older. */
    @Test
    void whatIsWrittenBesideIsInIt() throws IOException {
        List<String> names = new ArrayList<>();
        AtomicInteger steps = new AtomicInteger();
        try (TestVault vault = new TestVault(home)) {
            vault.keys.addVersion(Purpose.RECORDS);
            vault.records.renewKey(() -> {
                steps.incrementAndGet();
                if (names.size() < 4) { // after two copies, and after two encryptions
                    names.add("step " + names.size());
                    put(vault, names.getLast());
                }
            });
            assertEquals(4 + 4, steps.get(), "the change after each of two copies made it an old one");
        }
        opensByTheNewKeysAlone(home, names);
    }

    private static void put(TestVault vault, String name) {
        try {
            vault.settings.put(name, "x");
        } catch (VaultException e) {
            throw new IllegalStateException(e);
        }
    }

    @Test
    void readersAndWritersGoOn() throws Exception {
        List<String> written = new CopyOnWriteArrayList<>();
        List<Throwable> failed = new CopyOnWriteArrayList<>();
        AtomicBoolean done = new AtomicBoolean();
        try (TestVault vault = new TestVault(home)) {
            Thread writer = Thread.ofPlatform().start(() -> {
                try {
                    while (!done.get() || written.isEmpty()) {
                        String name = "%05d".formatted(written.size() % 900);
                        vault.settings.put(name, "x");
                        written.add(name);
                    }
                } catch (VaultException e) {
                    failed.add(e);
                }
            });
            Thread reader = Thread.ofPlatform().start(() -> {
                try {
                    while (!done.get()) {
                        vault.settings.all();
                    }
                } catch (VaultException e) {
                    failed.add(e);
                }
            });
            for (int i = 0; i < 3; i++) {
                vault.keys.addVersion(Purpose.RECORDS);
                vault.records.renewKey(() -> {});
            }
            done.set(true);
            writer.join();
            reader.join();
            assertEquals(List.of(), failed);
            assertEquals(
                    written.stream().distinct().sorted().toList(),
                    List.copyOf(vault.settings.all().keySet()));
        }
    }

    /** What the child runs: it ends after so many steps as if it was killed. */
    public static final class Killed {
        private Killed() {}

        /** Folder and number of steps. */
        public static void main(String[] arguments) throws IOException {
            AtomicInteger left = new AtomicInteger(Integer.parseInt(arguments[1]));
            try (TestVault vault = new TestVault(Path.of(arguments[0]))) {
                vault.keys.addVersion(Purpose.RECORDS);
                vault.records.renewKey(() -> {
                    if (left.decrementAndGet() == 0) {
                        Runtime.getRuntime().halt(9);
                    }
                });
            }
        }
    }

    @Test
    void killedAfterAnyStepTheOldOrTheNewIsWholeAndItIsRunAgain() throws Exception {
        int steps = 0;
        int exit;
        do {
            steps++;
            Path folder = home.resolve("at " + steps);
            try (TestVault vault = new TestVault(folder)) {
                vault.settings.put("a", "1");
                vault.conversation("an owl");
            }
            exit = new ProcessBuilder(
                            TestJava.command(List.of(), Killed.class, folder.toString(), Integer.toString(steps)))
                    .inheritIO()
                    .start()
                    .waitFor();
            try (FakeKeys keys = two();
                    Records records = Records.open(folder, keys)) {
                assertEquals(
                        List.of("a"), List.copyOf(new Settings(records).all().keySet()), "after step " + steps);
                RowKeys.rewrapAll(records);
                records.renewKey(() -> {});
            }
            opensByTheNewKeysAlone(folder, List.of("a"));
        } while (exit == 9);
        assertEquals(0, exit);
        assertEquals(5, steps, "copied, encrypted, closed, exchanged, and not at all");
    }
}
