package omni.airgap;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.nio.file.attribute.PosixFilePermissions;
import java.time.Clock;
import java.util.ArrayList;
import java.util.Base64;
import java.util.HexFormat;
import java.util.List;
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
 * crash has cut is left out when the file is opened again. Safe from any thread.
 */
final class EvidenceChain {
    static final String FIRST = "0".repeat(64);

    private static final long BYTES_MAX = 256L << 20;
    private static final JsonMapper JSON = JsonMapper.builder().build();

    private final Path file;
    private final DeviceKey key;
    private final Clock clock;
    private int next;
    private String last = FIRST;

    private EvidenceChain(Path file, DeviceKey key, Clock clock) {
        this.file = file;
        this.key = key;
        this.clock = clock;
    }

    /** Opens the chain in that folder, or begins one. */
    static EvidenceChain in(Path folder, Clock clock) throws AirgapException {
        try {
            Files.createDirectories(
                    folder, PosixFilePermissions.asFileAttribute(PosixFilePermissions.fromString("rwx------")));
        } catch (IOException e) {
            throw new AirgapException("The folder " + folder + " cannot be made.", e);
        }
        EvidenceChain chain = new EvidenceChain(folder.resolve("chain"), DeviceKey.in(folder.resolve("key")), clock);
        chain.open();
        return chain;
    }

    private void open() throws AirgapException {
        try {
            String text = Files.exists(file) ? Files.readString(file) : "";
            int whole = text.lastIndexOf('\n') + 1;
            if (whole < text.length()) {
                try (FileChannel channel = FileChannel.open(file, StandardOpenOption.WRITE)) {
                    channel.truncate(text.substring(0, whole).getBytes(StandardCharsets.UTF_8).length);
                }
            }
            List<String> lines = text.substring(0, whole).lines().toList();
            next = lines.size();
            last = lines.isEmpty() ? FIRST : hash(lines.getLast());
        } catch (IOException e) {
            throw new AirgapException("The evidence in " + file + " cannot be read.", e);
        }
    }

    /** Appends a record, and returns when the disk has it. */
    synchronized void append(String kind, ObjectNode body) throws AirgapException {
        ObjectNode record = JSON.createObjectNode();
        record.put("n", next)
                .put("time", clock.instant().toString())
                .put("kind", kind)
                .put("prev", last);
        record.set("body", body);
        byte[] json = JSON.writeValueAsBytes(record);
        String line =
                Base64.getEncoder().encodeToString(key.sign(json)) + " " + new String(json, StandardCharsets.UTF_8);
        try (FileChannel channel = FileChannel.open(
                file, StandardOpenOption.CREATE, StandardOpenOption.APPEND, StandardOpenOption.WRITE)) {
            if (channel.size() > BYTES_MAX) {
                throw new AirgapException("The evidence in " + file + " is full. Prove it, and move it away.");
            }
            ByteBuffer bytes = StandardCharsets.UTF_8.encode(line + "\n");
            while (bytes.hasRemaining()) {
                channel.write(bytes);
            }
            channel.force(true);
        } catch (IOException e) {
            throw new AirgapException("The evidence cannot be written. Make room on the disk.", e);
        }
        next++;
        last = hash(line);
    }

    /** All records, as they stand in the file. */
    synchronized List<String> lines() throws AirgapException {
        try {
            return new ArrayList<>(Files.readAllLines(file));
        } catch (NoSuchFileException e) {
            return List.of();
        } catch (IOException e) {
            throw new AirgapException("The evidence in " + file + " cannot be read.", e);
        }
    }

    synchronized Checkpoint checkpoint() throws AirgapException {
        return Checkpoint.of(lines(), key);
    }

    byte[] publicKey() {
        return key.publicKey();
    }

    Path file() {
        return file;
    }

    static ObjectNode body() {
        return JSON.createObjectNode();
    }

    static String hash(String line) {
        return HexFormat.of().formatHex(Merkle.sha256().digest(line.getBytes(StandardCharsets.UTF_8)));
    }
}
