package omni.vault;

import java.io.EOFException;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.channels.ReadableByteChannel;
import java.nio.channels.WritableByteChannel;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.stream.Collectors;
import omni.tpm.TpmDevice;
import omni.vault.VaultException.Reason;

/**
 * What the vault and its child process say to each other over a socket: one request, one answer. Numbers are big-endian; an int
 * before bytes is their count, and -1 where there are none. Secrets are read into {@link SecretMemory}, and written from where they are.
 *
 * <pre>
 *   request = operation byte, purposes byte (1 shifted by each one's number), memory in KiB int, target in ms int, keys.json, path of the TPM,
 *             kind of secret byte (0 none, 1 password, 2 recovery key), secret, its key file,
 *             new password, its key file
 *   answer  = 0 byte, keys.json, count of keys int, (purpose byte, version int) …, (key: 32 bytes) …, recovery words
 *           | 1 byte, reason byte, message
 * </pre>
 */
final class KeyWire {
    private static final int HEADER_BYTES = 1 + 1 + 4 + 4;
    private static final int MESSAGE_BYTES_MAX = 1000;
    private static final int PATH_BYTES_MAX = 4096;
    private static final int NONE = -1;

    private KeyWire() {}

    /** What the child can do. */
    enum Operation {
        CREATE,
        CREATE_WITH_TPM,
        OPEN,
        CHECK,
        CHANGE_PASSWORD,
        ADD_VERSION,
        NEW_RECOVERY,
        DROP_OLD,
        BIND_TPM,
        UNBIND_TPM
    }

    /**
     * What to do.
     *
     * @param purposes of the keys to add or to take away; none else
     * @param file what keys.json holds; nothing for a new vault
     * @param secret none for a new vault
     * @param next the new password, where there is one, or the one to go with a TPM or without
     * @param tpm which to use
     */
    record Request(
            Operation operation,
            Set<Purpose> purposes,
            Calibration calibration,
            Optional<KeyFile> file,
            Optional<Secret> secret,
            Optional<Secret.Password> next,
            TpmDevice tpm) {
        Request {
            purposes = Set.copyOf(purposes);
        }
    }

    /**
     * What came of it.
     *
     * @param file what keys.json is to hold; nothing where it stays
     * @param keys nothing where none were asked for
     */
    record Answer(Optional<KeyFile> file, Optional<KeyRing> keys, Optional<SecretMemory> words)
            implements AutoCloseable {
        @Override
        public void close() {
            keys.ifPresent(KeyRing::close);
            words.ifPresent(SecretMemory::close);
        }
    }

    static void write(WritableByteChannel to, Request request) throws IOException {
        ByteBuffer header = ByteBuffer.allocate(HEADER_BYTES)
                .put(index(Operation.values(), request.operation()))
                .put(bits(request.purposes()))
                .putInt(request.calibration().memoryKib())
                .putInt(Math.toIntExact(request.calibration().target().toMillis()))
                .flip();
        write(to, header);
        writeFile(to, request.file());
        writeCounted(to, request.tpm().path().map(path -> StandardCharsets.UTF_8.encode(path.toString())));
        Optional<Secret> secret = request.secret();
        write(to, ByteBuffer.wrap(new byte[] {kind(secret)}));
        writeCounted(to, secret.map(s -> s.buffers().getFirst()));
        writeCounted(
                to,
                secret.filter(s -> s.buffers().size() > 1).map(s -> s.buffers().getLast()));
        writeCounted(to, request.next().map(Secret.Password::password));
        writeCounted(to, request.next().flatMap(Secret.Password::keyFile));
    }

    private static byte bits(Set<Purpose> purposes) {
        return (byte) purposes.stream()
                .mapToInt(purpose -> 1 << index(Purpose.values(), purpose))
                .sum();
    }

    private static Set<Purpose> purposes(byte bits) throws IOException {
        if (bits < 0 || bits >= 1 << Purpose.values().length) {
            throw new IOException("A value is out of bounds: " + bits);
        }
        return Arrays.stream(Purpose.values())
                .filter(purpose -> ((bits >> index(Purpose.values(), purpose)) & 1) == 1)
                .collect(Collectors.toSet());
    }

    private static byte kind(Optional<Secret> secret) {
        return secret.map(s -> switch (s) {
                    case Secret.Password _ -> (byte) 1;
                    case Secret.Recovery _ -> (byte) 2;
                })
                .orElse((byte) 0);
    }

    /**
     * Reads a request, in the child: the secrets' memory stays until the process ends.
     *
     * @throws IOException where it is none within the bounds
     */
    static Request readRequest(ReadableByteChannel from) throws IOException {
        ByteBuffer header = read(from, HEADER_BYTES);
        Operation operation = at(Operation.values(), header.get());
        Set<Purpose> purposes = purposes(header.get());
        Calibration calibration = new Calibration(header.getInt(), Duration.ofMillis(header.getInt()));
        Optional<KeyFile> file = readFile(from);
        TpmDevice tpm = readTpm(from);
        byte kind = read(from, 1).get();
        Optional<ByteBuffer> first = secret(from, Math.max(Secret.PASSWORD_BYTES_MAX, RecoveryWords.INPUT_BYTES_MAX));
        Optional<ByteBuffer> second = secret(from, Secret.KEY_FILE_BYTES_MAX);
        Optional<ByteBuffer> password = secret(from, Secret.PASSWORD_BYTES_MAX);
        Optional<ByteBuffer> keyFile = secret(from, Secret.KEY_FILE_BYTES_MAX);
        Optional<Secret> secret =
                first.map(bytes -> kind == 2 ? new Secret.Recovery(bytes) : new Secret.Password(bytes, second));
        return new Request(
                operation,
                purposes,
                calibration,
                file,
                secret,
                password.map(bytes -> new Secret.Password(bytes, keyFile)),
                tpm);
    }

    private static TpmDevice readTpm(ReadableByteChannel from) throws IOException {
        byte[] path = read(from, count(from, PATH_BYTES_MAX)).array();
        return path.length == 0
                ? TpmDevice.NONE
                : new TpmDevice(Optional.of(Path.of(new String(path, StandardCharsets.UTF_8))));
    }

    private static Optional<ByteBuffer> secret(ReadableByteChannel from, int bytesMax) throws IOException {
        int bytes = count(from, bytesMax);
        return bytes > 0 ? Optional.of(fill(from, SecretMemory.of(bytes)).buffer()) : Optional.empty();
    }

    static void write(WritableByteChannel to, KeyWork.Outcome outcome) throws IOException {
        write(to, ByteBuffer.wrap(new byte[] {0}));
        writeFile(to, outcome.file());
        List<KeyWork.PlainKey> keys = outcome.keys();
        ByteBuffer names = ByteBuffer.allocate(4 + 5 * keys.size()).putInt(keys.size());
        keys.forEach(key -> names.put(index(Purpose.values(), key.purpose())).putInt(key.version()));
        write(to, names.flip());
        for (KeyWork.PlainKey key : keys) {
            write(to, ByteBuffer.wrap(key.key()));
        }
        writeCounted(to, outcome.words().map(ByteBuffer::wrap));
    }

    static void write(WritableByteChannel to, VaultException refusal) throws IOException {
        byte[] message = refusal.getMessage().getBytes(StandardCharsets.UTF_8);
        write(to, ByteBuffer.wrap(new byte[] {1, index(Reason.values(), refusal.reason())}));
        writeCounted(to, Optional.of(ByteBuffer.wrap(message, 0, Math.min(message.length, MESSAGE_BYTES_MAX))));
    }

    /**
     * Reads an answer, in the vault.
     *
     * @throws VaultException what the child refused
     * @throws IOException where it is no answer within the bounds
     */
    static Answer readAnswer(ReadableByteChannel from) throws IOException {
        if (read(from, 1).get() != 0) {
            Reason reason = at(Reason.values(), read(from, 1).get());
            byte[] message = read(from, count(from, MESSAGE_BYTES_MAX)).array();
            throw new VaultException(reason, new String(message, StandardCharsets.UTF_8));
        }
        Optional<KeyFile> file = readFile(from);
        Optional<KeyRing> keys = readKeys(from);
        try {
            int words = count(from, RecoveryWords.TEXT_BYTES);
            return new Answer(
                    file, keys, words > 0 ? Optional.of(fill(from, SecretMemory.of(words))) : Optional.empty());
        } catch (IOException e) {
            keys.ifPresent(KeyRing::close);
            throw e;
        }
    }

    private static Optional<KeyFile> readFile(ReadableByteChannel from) throws IOException {
        int bytes = count(from, KeyFile.BYTES_MAX);
        return bytes > 0 ? Optional.of(KeyFile.of(read(from, bytes).array())) : Optional.empty();
    }

    private static void writeFile(WritableByteChannel to, Optional<KeyFile> file) throws IOException {
        writeCounted(to, file.map(one -> ByteBuffer.wrap(one.json())));
    }

    private static Optional<KeyRing> readKeys(ReadableByteChannel from) throws IOException {
        int count = count(from, KeyFile.KEYS_MAX);
        if (count <= 0) {
            return Optional.empty();
        }
        ByteBuffer names = read(from, 5 * count);
        List<KeyRing.Name> keys = new ArrayList<>();
        for (int i = 0; i < count; i++) {
            keys.add(new KeyRing.Name(at(Purpose.values(), names.get()), names.getInt()));
        }
        return Optional.of(new KeyRing(fill(from, SecretMemory.of(DataKeys.KEY_BYTES * count)), keys));
    }

    /** Fills the memory, or closes it. */
    private static SecretMemory fill(ReadableByteChannel from, SecretMemory memory) throws IOException {
        try {
            read(from, memory.buffer());
            return memory;
        } catch (IOException e) {
            memory.close();
            throw e;
        }
    }

    private static int count(ReadableByteChannel from, int max) throws IOException {
        int count = read(from, 4).getInt();
        if (count < NONE || count > max) {
            throw new IOException("A count is out of bounds: " + count);
        }
        return Math.max(0, count);
    }

    private static <T> byte index(T[] values, T value) {
        return (byte) List.of(values).indexOf(value);
    }

    private static <T> T at(T[] values, byte index) throws IOException {
        if (index < 0 || index >= values.length) {
            throw new IOException("A value is out of bounds: " + index);
        }
        return values[index];
    }

    /** Says who is there, which is no secret any more once it is said. */
    static void writeToken(WritableByteChannel to, byte[] token) throws IOException {
        write(to, ByteBuffer.wrap(token));
    }

    /** Reads that many bytes, of no secret, to the heap. */
    static ByteBuffer read(ReadableByteChannel from, int bytes) throws IOException {
        ByteBuffer into = ByteBuffer.allocate(bytes);
        read(from, into);
        return into.flip();
    }

    private static void read(ReadableByteChannel from, ByteBuffer into) throws IOException {
        while (into.hasRemaining()) {
            if (from.read(into) < 0) {
                throw new EOFException("The other side is gone");
            }
        }
    }

    private static void writeCounted(WritableByteChannel to, Optional<ByteBuffer> bytes) throws IOException {
        int count = bytes.map(ByteBuffer::remaining).orElse(NONE);
        write(to, ByteBuffer.allocate(4).putInt(count).flip());
        if (bytes.isPresent()) {
            write(to, bytes.get().duplicate());
        }
    }

    private static void write(WritableByteChannel to, ByteBuffer bytes) throws IOException {
        while (bytes.hasRemaining()) {
            to.write(bytes);
        }
    }
}
