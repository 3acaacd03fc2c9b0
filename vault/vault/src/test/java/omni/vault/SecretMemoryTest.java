package omni.vault;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.io.RandomAccessFile;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.nio.ByteBuffer;
import java.nio.channels.Pipe;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Set;
import java.util.concurrent.atomic.AtomicLong;
import org.junit.jupiter.api.Test;

/** Memory for secrets, as the kernel sees it. */
final class SecretMemoryTest {
    private static final byte[] SECRET = "the secret of the test".getBytes(StandardCharsets.US_ASCII);

    /** A line of /proc/self/maps with what smaps says of it. */
    private record Mapping(long start, long end, String rights, Set<String> flags) {}

    private static List<Mapping> mappings() throws IOException {
        List<Mapping> all = new ArrayList<>();
        String head = "";
        for (String line : Files.readAllLines(Path.of("/proc/self/smaps"), StandardCharsets.ISO_8859_1)) {
            if (line.matches("[0-9a-f]+-[0-9a-f]+ .*")) {
                head = line;
            } else if (line.startsWith("VmFlags:")) {
                String[] parts = head.split("[- ]", 3);
                all.add(new Mapping(
                        Long.parseUnsignedLong(parts[0], 16),
                        Long.parseUnsignedLong(parts[1], 16),
                        parts[2].substring(0, 4),
                        Set.of(line.substring("VmFlags:".length()).strip().split(" "))));
            }
        }
        return all;
    }

    private static Mapping at(long address) throws IOException {
        return mappings().stream()
                .filter(m -> m.start() <= address && address < m.end())
                .findFirst()
                .orElseThrow();
    }

    /** What another process would read there. */
    private static byte[] peek(long address, int bytes) throws IOException {
        byte[] read = new byte[bytes];
        try (RandomAccessFile memory = new RandomAccessFile("/proc/self/mem", "r")) {
            memory.seek(address);
            memory.readFully(read);
        }
        return read;
    }

    @Test
    void thePagesAreLockedUndumpedAndWipedOnFork() throws Exception {
        try (SecretMemory memory = SecretMemory.of(100)) {
            Mapping mapping = at(memory.segment().address());
            assertEquals("rw-p", mapping.rights());
            assertTrue(memory.isHidden());
            assertTrue(mapping.flags().containsAll(Set.of("dd", "wf")), mapping.toString());
            assertEquals(memory.isLocked(), mapping.flags().contains("lo"));
        }
    }

    /** The control: memory of the ordinary kind has none of these flags. */
    @Test
    void ordinaryMemoryHasNoSuchFlags() throws Exception {
        try (var arena = java.lang.foreign.Arena.ofConfined()) {
            Set<String> flags = at(arena.allocate(100).address()).flags();
            assertFalse(flags.contains("dd") || flags.contains("wf") || flags.contains("lo"), flags.toString());
        }
    }

    @Test
    void thePagesBesideHaveNoAccess() throws Exception {
        try (SecretMemory memory = SecretMemory.of((int) Pages.BYTES + 1)) {
            long start = memory.segment().address();
            assertEquals("---p", at(start - 1).rights());
            assertEquals("rw-p", at(start + 2 * Pages.BYTES - 1).rights());
            assertEquals("---p", at(start + 2 * Pages.BYTES).rights());
        }
    }

    /** With the mapping left in place, what stands there after the close can be looked at. */
    @Test
    void theContentIsGoneAfterTheClose() throws Exception {
        AtomicLong mapped = new AtomicLong();
        AtomicLong length = new AtomicLong();
        SecretMemory memory = new SecretMemory(SECRET.length, (address, bytes) -> {
            mapped.set(address);
            length.set(bytes);
        });
        long address = memory.segment().address();
        memory.buffer().put(SECRET);
        assertArrayEquals(SECRET, peek(address, SECRET.length), "the control: before the wipe it is seen");
        memory.close();
        assertArrayEquals(new byte[SECRET.length], peek(address, SECRET.length));
        Pages.release(mapped.get(), length.get());
        assertEquals(address - Pages.BYTES, mapped.get(), "the guard page before it went with it");
        assertEquals(3 * Pages.BYTES, length.get());
    }

    /** The control: without the wipe the same look finds the secret, until the pages are gone. */
    @Test
    void withoutTheWipeItStays() throws Exception {
        long address = Pages.reserve(Pages.BYTES);
        assertTrue(Pages.open(address, Pages.BYTES));
        MemorySegment segment = MemorySegment.ofAddress(address).reinterpret(Pages.BYTES);
        MemorySegment.copy(SECRET, 0, segment, ValueLayout.JAVA_BYTE, 0, SECRET.length);
        assertArrayEquals(SECRET, peek(address, SECRET.length));
        Pages.release(address, Pages.BYTES);
    }

    @Test
    void theRestOfThePageIsWipedToo() throws Exception {
        AtomicLong mapped = new AtomicLong();
        AtomicLong length = new AtomicLong();
        SecretMemory memory = new SecretMemory(1, (address, bytes) -> {
            mapped.set(address);
            length.set(bytes);
        });
        long last = memory.segment().address() + Pages.BYTES - 1;
        MemorySegment.ofAddress(last).reinterpret(1).set(ValueLayout.JAVA_BYTE, 0, (byte) 7);
        memory.close();
        assertArrayEquals(new byte[1], peek(last, 1));
        Pages.release(mapped.get(), length.get());
    }

    @Test
    void aChannelReadsStraightIntoIt() throws Exception {
        Pipe pipe = Pipe.open();
        try (SecretMemory memory = SecretMemory.of(SECRET.length);
                var source = pipe.source();
                var sink = pipe.sink()) {
            assertEquals(SECRET.length, sink.write(ByteBuffer.wrap(SECRET)));
            ByteBuffer into = memory.buffer();
            assertTrue(into.isDirect());
            while (into.hasRemaining()) {
                assertTrue(source.read(into) > 0);
            }
            assertArrayEquals(SECRET, memory.segment().toArray(ValueLayout.JAVA_BYTE));
        }
    }

    @Test
    void useAfterTheCloseIsAnException() throws Exception {
        SecretMemory memory = SecretMemory.of(8);
        ByteBuffer view = memory.buffer();
        memory.close();
        memory.close();
        assertThrows(IllegalStateException.class, () -> view.get(0));
        assertThrows(IllegalStateException.class, () -> memory.segment().get(ValueLayout.JAVA_BYTE, 0));
        assertThrows(IllegalStateException.class, () -> memory.buffer().get(0));
    }

    @Test
    void theBoundsHold() throws Exception {
        assertThrows(IllegalArgumentException.class, () -> SecretMemory.of(0));
        assertThrows(IllegalArgumentException.class, () -> SecretMemory.of(SecretMemory.BYTES_MAX + 1));
        try (SecretMemory one = SecretMemory.of(1);
                SecretMemory most = SecretMemory.of(SecretMemory.BYTES_MAX)) {
            assertEquals(1, one.segment().byteSize());
            assertEquals(SecretMemory.BYTES_MAX, most.buffer().remaining());
            assertThrows(IndexOutOfBoundsException.class, () -> one.segment().get(ValueLayout.JAVA_BYTE, 1));
            assertThrows(
                    IndexOutOfBoundsException.class,
                    () -> most.segment().get(ValueLayout.JAVA_BYTE, SecretMemory.BYTES_MAX));
        }
    }
}
