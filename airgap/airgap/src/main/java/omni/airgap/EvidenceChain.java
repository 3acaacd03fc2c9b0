package omni.airgap;

import java.io.IOException;
import java.io.InputStream;
import java.nio.ByteBuffer;
import java.nio.channels.Channels;
import java.nio.channels.FileChannel;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.nio.file.attribute.PosixFilePermissions;
import java.time.Clock;
import java.util.ArrayList;
import java.util.HexFormat;
import java.util.List;
import java.util.Optional;
import java.util.function.Consumer;
import tools.jackson.databind.json.JsonMapper;
import tools.jackson.databind.node.ObjectNode;

/**
 * What a gap did, a line each, each signed and each naming the one before:
 *
 * <pre>
 *   base64(Ed25519 over the JSON's bytes) SPACE {"n":7,"time":"…","kind":"closed","prev":"…","body":{…}} LF
 * </pre>
 *
 * <p>{@code prev} is the SHA-256 of the line before without its LF, in hexadecimal; 64 zeros for the first. A line that a
 * crash or a full disk has cut is left out. The file is read once, at the start; after that the last line's hash and the
 * hashes of the Merkle tree are all that is kept of it. Safe from any thread.
 */
final class EvidenceChain {
    static final String FILE = "chain";
    static final String REFUSED = "refused";
    static final String FULL = "full";
    static final String FIRST = "0".repeat(64);
    static final int LINE_BYTES_MAX = 1 << 20;

    /** What a line has beside its body, generously: signature, number, time, kind and hash. */
    private static final int FRAME_BYTES_MAX = 4096;

    /** But for the last record. */
    private static final long FILE_BYTES_MAX = 256L << 20;

    private static final int ALARMS_MAX = 10;
    private static final JsonMapper JSON = JsonMapper.builder().build();

    private final Path folder;
    private final Path file;
    private final DeviceKey key;
    private final Clock clock;
    private final long fileBytesMax;
    private final Merkle tree = new Merkle();
    private String last = FIRST;
    private long fileBytes;
    private int uncounted;
    private boolean full;
    private Optional<CounterMark> mark = Optional.empty();
    /** The newest marks that tell of an alarm. */
    private final List<CounterMark> alarms = new ArrayList<>();

    private volatile Consumer<String> listener = _ -> {};

    private EvidenceChain(Path folder, DeviceKey key, Clock clock, long fileBytesMax) {
        this.folder = folder;
        this.file = folder.resolve(FILE);
        this.key = key;
        this.clock = clock;
        this.fileBytesMax = fileBytesMax;
    }

    /** Opens the chain in that folder, or begins one, with a key that no TPM has sealed. */
    static EvidenceChain in(Path folder, Clock clock) throws AirgapException {
        make(folder);
        return in(folder, DeviceKey.in(folder.resolve(EvidenceKey.FILE)), clock);
    }

    /** Opens the chain in that folder, which is there, or begins one. */
    static EvidenceChain in(Path folder, DeviceKey key, Clock clock) throws AirgapException {
        return in(folder, key, clock, FILE_BYTES_MAX);
    }

    /** With room for so many bytes. */
    static EvidenceChain in(Path folder, DeviceKey key, Clock clock, long fileBytesMax) throws AirgapException {
        EvidenceChain chain = new EvidenceChain(folder, key, clock, fileBytesMax);
        chain.open();
        return chain;
    }

    /** Makes that folder, where it is not there. */
    static void make(Path folder) throws AirgapException {
        try {
            Files.createDirectories(
                    folder, PosixFilePermissions.asFileAttribute(PosixFilePermissions.fromString("rwx------")));
        } catch (IOException e) {
            throw new AirgapException("The folder " + folder + " cannot be made.", e);
        }
    }

    private void open() throws AirgapException {
        if (Files.notExists(file)) {
            return;
        }
        try (FileChannel channel = FileChannel.open(file, StandardOpenOption.READ)) {
            goOn(channel);
        } catch (IOException e) {
            throw new AirgapException("The evidence in " + file + " cannot be read.", e);
        }
    }

    /** Takes in the lines that are new in the file: all at first, later what a lift without roles has written. */
    private void goOn(FileChannel channel) throws IOException {
        LineReader lines = new LineReader(Channels.newInputStream(channel.position(fileBytes)), LINE_BYTES_MAX);
        for (Optional<byte[]> line = lines.next(); line.isPresent(); line = lines.next()) {
            count(line.get());
        }
        fileBytes += lines.wholeBytes();
    }

    private void count(byte[] line) {
        uncounted += CounterMark.wears(line) ? 1 : 0;
        full |= CounterMark.isOf(line, FULL);
        CounterMark.of(line, tree.size(), last, key.publicKey()).ifPresent(this::marked);
        tree.add(line);
        last = hash(line);
    }

    private void marked(CounterMark found) {
        mark = Optional.of(found);
        uncounted = 0;
        if (found.alarm().isPresent()) {
            if (alarms.size() == ALARMS_MAX) {
                alarms.removeFirst();
            }
            alarms.add(found);
        }
    }

    /** What the newest record of the TPM's counter says; nothing where none tells of it. */
    synchronized Optional<CounterMark> mark() {
        return mark;
    }

    /** The newest of those that tell of an alarm, at most {@value #ALARMS_MAX}. */
    synchronized List<CounterMark> alarms() {
        return List.copyOf(alarms);
    }

    /** How many records came after the newest one of the TPM's counter, but for those of which there is one at each start. */
    synchronized int uncounted() {
        return uncounted;
    }

    /** How many records there are. */
    synchronized int size() {
        return tree.size();
    }

    /** Is told the kind of each record that is on the disk; must not wait. */
    void onWritten(Consumer<String> told) {
        listener = told;
    }

    /** What the counter stands at, in a line that this box has signed. */
    String signed(CounterWord word) {
        return word.signed(key);
    }

    /** Whether a record with that body is short enough. */
    static boolean fits(ObjectNode body) {
        return JSON.writeValueAsBytes(body).length <= LINE_BYTES_MAX - FRAME_BYTES_MAX;
    }

    /**
     * Appends a record, and returns when the disk has it.
     *
     * @throws AirgapException where the disk does not take it or it is too long; the chain is then as it was before
     */
    synchronized void append(String kind, ObjectNode body) throws AirgapException {
        try (FileChannel channel =
                FileChannel.open(file, StandardOpenOption.CREATE, StandardOpenOption.READ, StandardOpenOption.WRITE)) {
            if (channel.size() < fileBytes) {
                throw new AirgapException("The evidence in " + file + " was cut by another program.");
            }
            goOn(channel);
            byte[] line = line(kind, body);
            if (line.length > LINE_BYTES_MAX) {
                throw new AirgapException("A record is longer than " + LINE_BYTES_MAX + " bytes.");
            }
            if (full || fileBytes + line.length + 1 > fileBytesMax) {
                end(channel);
                throw new AirgapException(
                        "The evidence is full. Prove it, stop Omni, and rename the folder " + folder
                                + ", with .1 behind its name, or the next number: the next start begins another, with another key.");
            }
            put(channel, line);
            listener.accept(kind);
        } catch (AirgapException e) {
            throw e;
        } catch (IOException e) {
            throw new AirgapException("The evidence cannot be written. Make room on the disk.", e);
        }
    }

    /** Appends a try to lift that was judged, and wrong: each makes the next one wait, so that there is room for all. */
    void refused(String cause) throws AirgapException {
        append(REFUSED, body().put("cause", cause));
    }

    /** The last record says that it is the last: nobody takes what it tells of for what goes on. */
    private void end(FileChannel channel) throws IOException {
        if (!full) {
            put(channel, line(FULL, body().put("cause", "the evidence is full")));
        }
    }

    private void put(FileChannel channel, byte[] line) throws IOException {
        write(channel, line);
        count(line);
        fileBytes += line.length + 1;
    }

    private byte[] line(String kind, ObjectNode body) {
        ObjectNode record = JSON.createObjectNode();
        record.put("n", tree.size())
                .put("time", clock.instant().toString())
                .put("kind", kind)
                .put("prev", last);
        record.set("body", body);
        return SignedLine.of(key, record);
    }

    private void write(FileChannel channel, byte[] line) throws IOException {
        // Cuts what a crash, or a write that could not even be taken back, has left behind the last whole line.
        channel.truncate(fileBytes);
        channel.position(fileBytes);
        ByteBuffer bytes =
                ByteBuffer.allocate(line.length + 1).put(line).put((byte) '\n').flip();
        try {
            while (bytes.hasRemaining()) {
                channel.write(bytes);
            }
            channel.force(true);
        } catch (IOException e) {
            takeBack(channel, e);
            throw e;
        }
        if (fileBytes == 0) {
            try (FileChannel directory = FileChannel.open(folder, StandardOpenOption.READ)) {
                directory.force(true); // the new file's name
            }
        }
    }

    private void takeBack(FileChannel channel, IOException why) {
        try {
            channel.truncate(fileBytes);
        } catch (IOException e) {
            why.addSuppressed(e);
        }
    }

    /** How many records there are, and their root, signed. Reads no file. */
    synchronized Checkpoint checkpoint() {
        return Checkpoint.of(tree, key);
    }

    /** Whether the records in the file begin with those of the checkpoint. Reads them, without keeping anybody waiting. */
    boolean beginsWith(Checkpoint checkpoint) throws AirgapException {
        Merkle prefix = new Merkle();
        try (InputStream in = Files.newInputStream(file)) {
            LineReader lines = new LineReader(in, LINE_BYTES_MAX);
            while (prefix.size() < checkpoint.size()) {
                Optional<byte[]> line = lines.next();
                if (line.isEmpty()) {
                    return false;
                }
                prefix.add(line.get());
            }
            return checkpoint.matches(prefix);
        } catch (NoSuchFileException e) {
            return checkpoint.matches(prefix);
        } catch (IOException e) {
            throw new AirgapException("The evidence in " + file + " cannot be read.", e);
        }
    }

    byte[] publicKey() {
        return key.publicKey();
    }

    Path folder() {
        return folder;
    }

    Path file() {
        return file;
    }

    static ObjectNode body() {
        return JSON.createObjectNode();
    }

    static String hash(byte[] line) {
        return HexFormat.of().formatHex(Merkle.sha256().digest(line));
    }
}
