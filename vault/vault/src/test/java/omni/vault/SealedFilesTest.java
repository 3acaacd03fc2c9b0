package omni.vault;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertNotEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.ByteArrayInputStream;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.InputStream;
import java.nio.ByteBuffer;
import java.nio.channels.ClosedChannelException;
import java.nio.channels.NonWritableChannelException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Locale;
import java.util.Random;
import java.util.Set;
import omni.vault.VaultException.Reason;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.function.Executable;
import org.junit.jupiter.api.io.TempDir;

/** Written, read, listed, deleted, and bounded. */
final class SealedFilesTest {
    private static final int MIB = 1 << 20;

    /** Content of the first segment, behind head and Tink's header and before its tag; then of each further one. */
    private static final int FIRST = MIB - SealedHead.BYTES - 40 - 16;

    private static final int NEXT = MIB - 16;

    @TempDir
    Path home;

    private final FileKeysDouble keys = new FileKeysDouble("owner");
    private Path folder = Path.of("");

    @BeforeEach
    void place() {
        folder = home.resolve("files");
    }

    private SealedFiles files() throws VaultException {
        return SealedFiles.open(folder, keys, Purpose.FILES, "vault", new FileLimits(8 * MIB, 64 * MIB, 100, 0));
    }

    private static byte[] content(int bytes) {
        byte[] content = new byte[bytes];
        new Random(bytes).nextBytes(content);
        return content;
    }

    private static SealedFile write(SealedFiles files, String name, byte[] content) throws VaultException {
        return files.write("document", name, content.length, new ByteArrayInputStream(content));
    }

    private static byte[] read(SealedFiles files, String id) throws IOException {
        try (SealedChannel channel = files.read(id)) {
            return readAll(channel);
        }
    }

    private static byte[] readAll(SealedChannel channel) throws IOException {
        ByteArrayOutputStream all = new ByteArrayOutputStream();
        ByteBuffer buffer = ByteBuffer.allocate(300_000);
        while (channel.read(buffer.clear()) >= 0) {
            all.write(buffer.array(), 0, buffer.position());
        }
        return all.toByteArray();
    }

    private Path onDisk(SealedFile file) {
        return folder.resolve(file.id().substring(0, 2)).resolve(file.id());
    }

    private static Reason reason(Executable call) {
        return assertThrows(VaultException.class, call).reason();
    }

    @Test
    void everySizeAroundTheBordersOfSegmentsComesBack() throws Exception {
        SealedFiles files = files();
        for (int bytes : new int[] {
            0, 1, FIRST - 1, FIRST, FIRST + 1, FIRST + NEXT - 1, FIRST + NEXT, FIRST + NEXT + 1, FIRST + 2 * NEXT + 77
        }) {
            byte[] content = content(bytes);
            SealedFile file = write(files, "of " + bytes, content);
            assertEquals(bytes, file.bytes());
            assertArrayEquals(content, read(files, file.id()), "of " + bytes);
            int segments = 1 + Math.max(0, (bytes - FIRST + NEXT - 1) / NEXT);
            assertEquals(SealedHead.BYTES + 40L + bytes + 16L * segments, Files.size(onDisk(file)), "of " + bytes);
            try (SealedChannel channel = files.read(file.id())) {
                channel.check(() -> {});
                assertEquals(file, channel.file());
            }
        }
    }

    @Test
    void anyPositionCanBeReadAndBehindTheEndIsTheEnd() throws Exception {
        SealedFiles files = files();
        byte[] content = content(FIRST + NEXT + 1000);
        SealedFile file = write(files, "a", content);
        Random random = new Random(1);
        try (SealedChannel channel = files.read(file.id())) {
            assertEquals(content.length, channel.size());
            for (int i = 0; i < 50; i++) {
                int from = random.nextInt(content.length);
                ByteBuffer buffer = ByteBuffer.allocate(1 + random.nextInt(5000));
                int count = channel.position(from).read(buffer);
                assertTrue(count > 0 && channel.position() == from + count);
                assertArrayEquals(
                        Arrays.copyOfRange(content, from, from + count), Arrays.copyOf(buffer.array(), count));
            }
            assertEquals(-1, channel.position(content.length).read(ByteBuffer.allocate(1)));
            assertEquals(-1, channel.position(Long.MAX_VALUE).read(ByteBuffer.allocate(1)));
            assertEquals(0, channel.position(5).read(ByteBuffer.allocate(0)));
            assertThrows(IllegalArgumentException.class, () -> channel.position(-1));
            assertThrows(NonWritableChannelException.class, () -> channel.write(ByteBuffer.allocate(1)));
            assertThrows(NonWritableChannelException.class, () -> channel.truncate(0));
        }
        SealedChannel closed = files.read(file.id());
        closed.close();
        assertFalse(closed.isOpen());
        assertThrows(ClosedChannelException.class, () -> closed.read(ByteBuffer.allocate(1)));
    }

    @Test
    void theFolderTellsWhatIsInItWithoutAnIndex() throws Exception {
        List<SealedFile> written = new ArrayList<>();
        for (int i = 0; i < 10; i++) {
            written.add(write(files(), "größe " + i, content(i)));
        }
        SealedFiles.Listing listing = files().list();
        assertEquals(List.of(), listing.problems());
        assertEquals(Set.copyOf(written), Set.copyOf(listing.files()));
        assertEquals(written.getFirst(), files().describe(written.getFirst().id()));
    }

    @Test
    void nothingOfItIsReadableOnTheDisk() throws Exception {
        byte[] content = "a sentence that nobody else reads ".repeat(100).getBytes(StandardCharsets.UTF_8);
        SealedFile file = write(files(), "a-name-to-look-for.pdf", content);
        String raw = Files.readString(onDisk(file), StandardCharsets.ISO_8859_1);
        assertFalse(raw.contains("nobody") || raw.contains("a-name") || raw.contains("document"));
        Path plain = Files.write(home.resolve("plain"), content); // the search finds what is there
        assertTrue(Files.readString(plain, StandardCharsets.ISO_8859_1).contains("nobody"));
        assertEquals("rw-------", PosixFilePermissions.toString(Files.getPosixFilePermissions(onDisk(file))));
        assertEquals("rwx------", PosixFilePermissions.toString(Files.getPosixFilePermissions(folder)));
        assertNotEquals(
                Files.size(onDisk(file)),
                Files.size(onDisk(write(files(), "a", content(1)))),
                "the size of the content is no secret");
        assertEquals(
                Files.size(onDisk(write(files(), "a", content(1)))),
                Files.size(onDisk(write(files(), "a much longer name", content(1)))),
                "the length of the name is one");
    }

    @Test
    void whatWasWrittenUnderAnOldKeyIsReadUnderIt() throws Exception {
        SealedFile old = write(files(), "old", content(10));
        keys.rotate();
        SealedFile young = write(files(), "young", content(20));
        assertEquals(1, old.keyVersion());
        assertEquals(2, young.keyVersion());
        assertArrayEquals(content(10), read(files(), old.id()));
        assertArrayEquals(content(20), read(files(), young.id()));
    }

    @Test
    void anotherVaultsKeysNameOrPurposeOpensNothing() throws Exception {
        SealedFile file = write(files(), "a", content(10));
        FileLimits limits = FileLimits.DEFAULT;
        for (SealedFiles other : List.of(
                SealedFiles.open(folder, new FileKeysDouble("thief"), Purpose.FILES, "vault", limits),
                SealedFiles.open(folder, keys, Purpose.KV, "vault", limits),
                SealedFiles.open(folder, keys, Purpose.FILES, "other vault", limits))) {
            assertEquals(Reason.DAMAGED, reason(() -> other.read(file.id())));
            assertEquals(1, other.list().problems().size());
        }
        assertArrayEquals(content(10), read(SealedFiles.open(folder, keys, Purpose.FILES, "vault", limits), file.id()));
    }

    @Test
    void whatIsDeletedIsGoneAndMakesRoom() throws Exception {
        SealedFiles files = SealedFiles.open(folder, keys, Purpose.FILES, "vault", new FileLimits(MIB, 10 * MIB, 1, 0));
        SealedFile file = write(files, "a", content(10));
        assertEquals(Reason.REFUSED, reason(() -> write(files, "b", content(10))));
        files.delete(file.id());
        assertFalse(Files.exists(onDisk(file)));
        assertEquals(Reason.MISSING, reason(() -> files.read(file.id())));
        assertEquals(Reason.MISSING, reason(() -> files.delete(file.id())));
        assertEquals(List.of(), files.list().files());
        write(files, "b", content(10));
    }

    @Test
    void eachLimitHoldsAndOneLessIsTaken() throws Exception {
        int full = SealedHead.BYTES + 40 + 100 + 16;
        SealedFiles bytes = SealedFiles.open(
                home.resolve("bytes"), keys, Purpose.FILES, "vault", new FileLimits(100, 2L * full, 9, 0));
        assertEquals(Reason.INVALID, reason(() -> write(bytes, "a", content(101))));
        assertEquals(Reason.INVALID, reason(() -> bytes.write("document", "a", -1, InputStream.nullInputStream())));
        write(bytes, "a", content(100));
        SealedFile last = write(bytes, "b", content(100));
        assertEquals(Reason.REFUSED, reason(() -> write(bytes, "c", content(0))));
        SealedFiles again = SealedFiles.open(
                home.resolve("bytes"), keys, Purpose.FILES, "vault", new FileLimits(100, 2L * full, 9, 0));
        assertEquals(Reason.REFUSED, reason(() -> write(again, "c", content(0))), "also after a start");
        again.delete(last.id());
        write(again, "c", content(100));

        long free = Files.getFileStore(home).getUsableSpace();
        SealedFiles disk = SealedFiles.open(
                home.resolve("disk"), keys, Purpose.FILES, "vault", new FileLimits(100, MIB, 9, 2 * free));
        VaultException refused = assertThrows(VaultException.class, () -> write(disk, "a", content(1)));
        assertEquals(Reason.REFUSED, refused.reason());
        assertTrue(refused.getMessage().contains("Make room"), refused.getMessage());

        assertThrows(IllegalArgumentException.class, () -> new FileLimits(-1, 1, 1, 1));
        assertThrows(IllegalArgumentException.class, () -> new FileLimits(SealedHead.CONTENT_BYTES_MAX + 1, 1, 1, 1));
        assertThrows(IllegalArgumentException.class, () -> new FileLimits(1, 1, -1, 1));
    }

    @Test
    void namesAndKindsHaveBounds() throws Exception {
        SealedFiles files = files();
        byte[] none = new byte[0];
        String name = "ä".repeat(256);
        String kind = "k".repeat(32);
        SealedFile file = files.write(kind, name, 0, new ByteArrayInputStream(none));
        assertEquals(new SealedFile(file.id(), kind, name, 0, 1), files.describe(file.id()));
        assertEquals("", write(files, "", none).name());
        for (String bad : List.of(name + "a", "half of a pair \uD83D")) {
            assertEquals(Reason.INVALID, reason(() -> write(files, bad, none)), bad);
        }
        for (String bad : List.of("", kind + "k", "Document", "1a", "a/b", "ä")) {
            assertEquals(Reason.INVALID, reason(() -> files.write(bad, "a", 0, new ByteArrayInputStream(none))), bad);
        }
        for (String bad :
                List.of("", "..", "../" + file.id(), file.id() + "0", file.id().toUpperCase(Locale.ROOT) + "g")) {
            assertEquals(Reason.INVALID, reason(() -> files.read(bad)), bad);
            assertEquals(Reason.INVALID, reason(() -> files.delete(bad)), bad);
        }
        assertEquals(
                Reason.INVALID,
                reason(() -> SealedFiles.open(folder, keys, Purpose.FILES, "v".repeat(65), FileLimits.DEFAULT)));
        assertEquals(
                Reason.INVALID, reason(() -> SealedFiles.open(folder, keys, Purpose.FILES, "", FileLimits.DEFAULT)));
        assertEquals(2, files.list().files().size());
    }

    @Test
    void aStreamThatEndsTooEarlyOrTooLateOrBreaksLeavesNothing() throws Exception {
        SealedFiles files = files();
        for (int bytes : new int[] {9, 11}) {
            assertEquals(
                    Reason.INVALID,
                    reason(() -> files.write("document", "a", 10, new ByteArrayInputStream(content(bytes)))));
        }
        InputStream broken = new InputStream() {
            @Override
            public int read() throws IOException {
                throw new IOException("no disk in the drive");
            }

            @Override
            public int read(byte[] into, int offset, int length) throws IOException {
                return read();
            }
        };
        assertEquals(Reason.FAILED, reason(() -> files.write("document", "a", 10, broken)));
        assertEquals(new SealedFiles.Listing(List.of(), List.of()), files.list());
        try (var left = Files.walk(folder)) {
            assertEquals(List.of(), left.filter(Files::isRegularFile).toList());
        }
        SealedFiles one = SealedFiles.open(folder, keys, Purpose.FILES, "vault", new FileLimits(10, 10_000, 1, 0));
        assertEquals(
                Reason.INVALID, reason(() -> one.write("document", "a", 10, new ByteArrayInputStream(content(9)))));
        write(one, "what failed takes no room", content(10));
    }

    @Test
    void whatIsNoneOfTheVaultsIsNamedAndNothingElseSuffers() throws Exception {
        SealedFile file = write(files(), "a", content(10));
        Path inner = onDisk(file).resolveSibling("notes.txt");
        Files.writeString(inner, "hello");
        Files.createSymbolicLink(folder.resolve(file.id().substring(0, 2)).resolve("link"), home.resolve("nowhere"));
        Path wrong = Files.createDirectories(folder.resolve("zz")).resolve(file.id());
        Files.copy(onDisk(file), wrong);
        String linked = "00" + "1".repeat(30);
        Files.createDirectories(folder.resolve("00"));
        Files.createSymbolicLink(folder.resolve("00").resolve(linked), onDisk(file));
        SealedFiles.Listing listing = files().list();
        assertEquals(List.of(file), listing.files());
        assertEquals(4, listing.problems().size(), listing.problems().toString());
        assertEquals(Reason.DAMAGED, reason(() -> files().read(linked)));
        assertEquals("hello", Files.readString(inner));

        SealedFiles few = SealedFiles.open(folder, keys, Purpose.FILES, "vault", new FileLimits(10, 10_000, 1, 0));
        List<String> problems = few.list().problems();
        assertTrue(problems.getLast().contains("not all are listed"), problems.toString());
        assertArrayEquals(content(10), read(few, file.id()));
    }
}
