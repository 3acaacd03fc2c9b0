package omni.vault;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import com.google.crypto.tink.subtle.AesGcmHkdfStreaming;
import com.google.crypto.tink.subtle.StreamSegmentDecrypter;
import java.io.ByteArrayInputStream;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.security.GeneralSecurityException;
import java.util.Arrays;
import java.util.List;
import java.util.Random;
import omni.vault.VaultException.Reason;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Whatever is done to a file on the disk shows, and what is not touched can be read. */
final class SealedFilesDamageTest {
    private static final int MIB = 1 << 20;
    private static final int FIRST = MIB - SealedHead.BYTES - 40 - 16;
    private static final int NEXT = MIB - 16;

    @TempDir
    Path folder;

    private final FileKeysDouble keys = new FileKeysDouble("owner");

    private byte[] content = new byte[FIRST + 2 * NEXT + 100];
    private SealedFile file = new SealedFile("", "", "", 0, 0);
    private byte[] sealed = new byte[0];

    @BeforeEach
    void write() throws IOException {
        new Random(7).nextBytes(content);
        file = write("one", content);
        sealed = Files.readAllBytes(onDisk(file));
        assertEquals(3 * MIB + 100 + 16, sealed.length);
    }

    private SealedFiles files() throws VaultException {
        return SealedFiles.open(folder, keys, Purpose.FILES, "vault", new FileLimits(8 * MIB, 64 * MIB, 100, 0));
    }

    private SealedFile write(String name, byte[] bytes) throws VaultException {
        return files().write("document", name, bytes.length, new ByteArrayInputStream(bytes));
    }

    private Path onDisk(SealedFile which) {
        return folder.resolve(which.id().substring(0, 2)).resolve(which.id());
    }

    /** Why it cannot be read whole. */
    private String damage(SealedFile which) throws VaultException {
        SealedFiles files = files();
        VaultException thrown = assertThrows(VaultException.class, () -> {
            try (SealedChannel channel = files.read(which.id())) {
                channel.check(() -> {});
            }
        });
        assertEquals(Reason.DAMAGED, thrown.reason(), thrown.getMessage());
        return thrown.getMessage();
    }

    private void requireWhole(SealedFile which) throws IOException {
        try (SealedChannel channel = files().read(which.id())) {
            channel.check(() -> {});
        }
    }

    private void put(byte[] bytes) throws IOException {
        Files.write(onDisk(file), bytes);
    }

    @Test
    void aFileThatIsCutAnywhereDoesNotOpen() throws Exception {
        requireWhole(file);
        for (int border :
                new int[] {0, 32, SealedHead.BYTES, SealedHead.BYTES + 40, MIB, 2 * MIB, 3 * MIB, sealed.length}) {
            for (int length = border - 1; length <= border + 1; length++) {
                if (length >= 0 && length < sealed.length) {
                    put(Arrays.copyOf(sealed, length));
                    SealedFiles files = files();
                    assertEquals(
                            Reason.DAMAGED,
                            assertThrows(VaultException.class, () -> files.read(file.id()))
                                    .reason(),
                            "cut to " + length);
                }
            }
        }
        put(sealed);
        requireWhole(file);
    }

    /** The control: Tink alone opens a file that was cut at a segment, and reads what is before. */
    @Test
    void withoutTheExactSizeACutShowsAtTheEndOnly() throws Exception {
        put(Arrays.copyOf(sealed, 2 * MIB));
        SealedCipher cipher = new SealedCipher(keys, Purpose.FILES, 1, "vault");
        try (FileChannel raw = FileChannel.open(onDisk(file))) {
            byte[] head = Arrays.copyOf(sealed, SealedHead.BYTES);
            SealedHead opened = cipher.open(head, file.id(), 1);
            ByteBuffer header = ByteBuffer.wrap(sealed, SealedHead.BYTES, 40).slice();
            ByteBuffer segment = ByteBuffer.wrap(sealed, SealedHead.BYTES + 40, MIB - SealedHead.BYTES - 40);
            ByteBuffer plain = ByteBuffer.allocate(MIB);
            cipher.opening(header, opened).decryptSegment(segment.slice(), 0, false, plain);
            assertEquals(FIRST, plain.position());
            assertEquals(2L * MIB, raw.size());
        }
    }

    @Test
    void bytesBehindTheEndShow() throws Exception {
        for (int more : new int[] {1, 16, MIB, MIB + 1}) {
            put(Arrays.copyOf(sealed, sealed.length + more));
            assertTrue(damage(file).contains(more + " bytes longer"), damage(file));
        }
    }

    @Test
    void segmentsThatChangedPlacesShow() throws Exception {
        byte[] swapped = sealed.clone();
        System.arraycopy(sealed, MIB, swapped, 2 * MIB, MIB);
        System.arraycopy(sealed, 2 * MIB, swapped, MIB, MIB);
        put(swapped);
        assertTrue(damage(file).contains("from byte " + FIRST + " to byte " + (FIRST + NEXT) + " "), damage(file));
        byte[] twice = sealed.clone();
        System.arraycopy(sealed, MIB, twice, 2 * MIB, MIB);
        put(twice);
        assertTrue(damage(file).contains("from byte " + (FIRST + NEXT) + " "), damage(file));
    }

    @Test
    void segmentsOfAnotherFileOfTheSameSizeShow() throws Exception {
        byte[] other = Files.readAllBytes(onDisk(write("one", content)));
        byte[] mixed = sealed.clone();
        System.arraycopy(other, MIB, mixed, MIB, MIB);
        put(mixed);
        assertTrue(damage(file).contains("from byte " + FIRST + " "), damage(file));
    }

    @Test
    void aFileInAnothersPlaceShowsWithOrWithoutItsHead() throws Exception {
        SealedFile two = write("two", content);
        byte[] other = Files.readAllBytes(onDisk(two));
        put(other);
        assertTrue(damage(file).contains("is another one"), damage(file));
        byte[] renamed = other.clone(); // with the id of the place that it stands in
        System.arraycopy(sealed, 0, renamed, 0, SealedHead.OPEN_BYTES);
        put(renamed);
        assertTrue(damage(file).contains("label"), damage(file));
        byte[] behind = other.clone(); // with the whole head of the file of that place
        System.arraycopy(sealed, 0, behind, 0, SealedHead.BYTES);
        put(behind);
        assertTrue(damage(file).contains("from byte 0 "), damage(file));
        requireWhole(two);
    }

    /** The control: where head and content are not bound to each other, the other's content opens under this one's head. */
    @Test
    void withoutAssociatedDataAFileInAnothersPlaceOpens() throws Exception {
        byte[] key = new byte[32];
        AesGcmHkdfStreaming unbound = new AesGcmHkdfStreaming(key, "HmacSha256", 32, MIB, SealedHead.BYTES);
        for (byte[] bound : new byte[][] {new byte[0], {1}}) {
            ByteArrayOutputStream out = new ByteArrayOutputStream();
            try (var sealing = unbound.newEncryptingStream(out, bound)) {
                sealing.write(content, 0, 100);
            }
            ByteBuffer header = ByteBuffer.wrap(out.toByteArray(), 0, 40).slice();
            ByteBuffer segment =
                    ByteBuffer.wrap(out.toByteArray(), 40, out.size() - 40).slice();
            ByteBuffer plain = ByteBuffer.allocate(MIB);
            StreamSegmentDecrypter opening = unbound.newStreamSegmentDecrypter();
            opening.init(header, new byte[0]); // what the reader of the other place would bind
            if (bound.length == 0) {
                opening.decryptSegment(segment, 0, true, plain);
                assertArrayEquals(Arrays.copyOf(content, 100), Arrays.copyOf(plain.array(), 100));
            } else {
                assertThrows(GeneralSecurityException.class, () -> opening.decryptSegment(segment, 0, true, plain));
            }
        }
    }

    @Test
    void everyByteOfTheHeadCounts() throws Exception {
        try (FileChannel raw = FileChannel.open(onDisk(file), StandardOpenOption.WRITE)) {
            for (int at = 0; at < SealedHead.BYTES + 40; at++) {
                flip(raw, at, (byte) (1 << (at % 8)));
                damage(file);
                flip(raw, at, (byte) 0);
            }
        }
        requireWhole(file);
    }

    @Test
    void everyBitOfTheHeadOfAnEmptyFileAndOfItsStreamCounts() throws Exception {
        SealedFile empty = write("empty", new byte[0]);
        byte[] whole = Files.readAllBytes(onDisk(empty));
        assertEquals(SealedHead.BYTES + 40 + 16, whole.length);
        requireWhole(empty);
        for (int bit = 0; bit < whole.length * 8; bit++) {
            byte[] flipped = whole.clone();
            flipped[bit / 8] ^= (byte) (1 << (bit % 8));
            Files.write(onDisk(empty), flipped);
            damage(empty);
        }
    }

    @Test
    void twoThousandFlipsAreSeenAndNamedAndTheRestIsRead() throws Exception {
        Random random = new Random(302);
        SealedFiles files = files();
        try (FileChannel raw = FileChannel.open(onDisk(file), StandardOpenOption.WRITE)) {
            for (int i = 0; i < 2000; i++) {
                int at = SealedHead.BYTES + 40 + random.nextInt(sealed.length - SealedHead.BYTES - 40);
                flip(raw, at, (byte) (1 << random.nextInt(8)));
                requireDamageAt(files, at / MIB, i < 100);
                flip(raw, at, (byte) 0);
            }
        }
        requireWhole(file);
    }

    private void flip(FileChannel raw, int at, byte bits) throws IOException {
        raw.write(ByteBuffer.wrap(new byte[] {(byte) (sealed[at] ^ bits)}), at);
    }

    /** The segment with the flip cannot be read, and is named; where asked for, every other one is read. */
    private void requireDamageAt(SealedFiles files, int segment, boolean others) throws IOException {
        long[] starts = {0, FIRST, FIRST + NEXT, FIRST + 2L * NEXT, content.length};
        try (SealedChannel channel = files.read(file.id())) {
            for (int i = 0; i < 4; i++) {
                channel.position(starts[i]);
                if (i == segment) {
                    VaultException thrown =
                            assertThrows(VaultException.class, () -> channel.read(ByteBuffer.allocate(MIB)));
                    assertEquals(Reason.DAMAGED, thrown.reason());
                    assertTrue(
                            thrown.getMessage().contains("from byte " + starts[i] + " to byte " + starts[i + 1] + " "),
                            thrown.getMessage());
                } else if (others) {
                    ByteBuffer read = ByteBuffer.allocate(MIB);
                    channel.read(read);
                    assertArrayEquals(
                            Arrays.copyOfRange(content, (int) starts[i], (int) starts[i + 1]),
                            Arrays.copyOf(read.array(), read.position()));
                }
            }
        }
    }

    @Test
    void aFileThatIsCutWhileItIsReadSaysSo() throws Exception {
        try (SealedChannel channel = files().read(file.id())) {
            put(Arrays.copyOf(sealed, MIB + 5));
            ByteBuffer first = ByteBuffer.allocate(MIB);
            assertEquals(FIRST, channel.read(first));
            VaultException thrown = assertThrows(VaultException.class, () -> channel.read(first.clear()));
            assertEquals(Reason.DAMAGED, thrown.reason());
        }
    }

    @Test
    void aDamagedFileIsNamedInTheListAndCanBeDeleted() throws Exception {
        SealedFile two = write("two", new byte[5]);
        byte[] flipped = sealed.clone();
        flipped[100] ^= 1;
        put(flipped);
        SealedFiles.Listing listing = files().list();
        assertEquals(List.of(two), listing.files());
        assertTrue(
                listing.problems().getFirst().contains(file.id()),
                listing.problems().toString());
        SealedFiles files = files();
        files.delete(file.id());
        assertEquals(List.of(), files.list().problems());
    }
}
