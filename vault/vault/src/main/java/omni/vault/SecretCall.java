package omni.vault;

import java.io.EOFException;
import java.io.IOException;
import java.net.StandardProtocolFamily;
import java.net.UnixDomainSocketAddress;
import java.nio.ByteBuffer;
import java.nio.channels.SocketChannel;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.time.Duration;
import java.util.Arrays;
import java.util.List;
import java.util.Locale;
import java.util.Optional;
import java.util.function.Consumer;

/**
 * A call on the vault's second socket, which carries secrets and nothing else; messages never do. One call a connection:
 *
 * <pre>
 *   call:   "OMS1" | verb u8 | fields u8 | bytes of each field u32 … | fields …
 *   answer: 0 u8 | bytes u32 | text, UTF-8              done
 *           1 u8 | bytes u32 | reason, blank, sentence  refused, the reason in small letters
 *           2 u8 | part u8 | done u64 | total u64       how far it is; the answer is still to come
 *           3 u8 | bytes u32 | kind, blank, count,      what a damaged backup lacks; the answer is still to come
 *                              blank, name or nothing
 * </pre>
 *
 * Numbers are big-endian. For any thread.
 */
public final class SecretCall {
    static final int MAGIC = 0x4f4d5331; // "OMS1"
    static final int HEADER_BYTES = 6;

    /** The largest field: a key file. */
    static final int FIELD_BYTES_MAX = 1 << 20;

    static final String TOO_LONG = "A secret is at most " + FIELD_BYTES_MAX + " bytes long.";
    static final int DONE = 0;
    static final int REFUSED = 1;
    static final int AT_WORK = 2;
    static final int LACKS = 3;

    /** Of how far it is, behind the first byte. */
    static final int PROGRESS_BYTES = 1 + 2 * Long.BYTES;

    /** The longest answer: an error's sentence, or a recovery key. */
    static final int ANSWER_BYTES_MAX = 4096;

    /** The longest name of a session. */
    static final int SESSION_BYTES_MAX = 128;

    /** For how long a permit is good. */
    public static final Duration PERMIT_LASTS = Duration.ofMinutes(5);

    /** The name of the socket beside the roles' own. */
    public static final String SOCKET = "vault-secrets";

    /** What is asked for, with its fields in order. */
    public enum Verb {
        /** Make a vault: the new password, and a key file or nothing. Answers the recovery key. */
        CREATE(1, 2),
        /** The same, with a TPM that belongs to the password from the first moment on; where none answers, no vault is made. */
        CREATE_WITH_TPM(11, 2),
        /** Unlock: the password, and the key file or nothing. */
        UNLOCK(2, 2),
        /** Unlock by the recovery key, and set a new password: the recovery key, the new password, and a new key file or nothing. */
        RECOVER(3, 3),
        /** Another password: the old one, its key file or nothing, the new one, its key file or nothing. */
        CHANGE_PASSWORD(4, 4),
        /** Another recovery key: the password, and the key file or nothing. Answers the new one; the old one is void. */
        NEW_RECOVERY_KEY(5, 2),
        /**
         * Prove that the owner is there, for dangerous calls of one session: the password, the key file or nothing, and the
         * session's name, UTF-8 of 1 to {@value SecretCall#SESSION_BYTES_MAX} bytes. Answers a permit, which lasts
         * {@link SecretCall#PERMIT_LASTS}.
         */
        PROVE(6, 3),
        /** Go over to new data keys: the password, and the key file or nothing. The answer comes when the old ones are gone. */
        ROTATE(7, 2),
        /** The TPM belongs to the password from now on: the password, and the key file or nothing. */
        BIND_TPM(30, 2),
        /** No TPM belongs to the password any more: the password, and the key file or nothing. */
        UNBIND_TPM(31, 2),
        /**
         * Put a backup back where there is no vault, and unlock: the path of its folder in UTF-8, the snapshot's name or nothing for
         * the newest; then the password and the key file or nothing, or else the recovery key. Says how far it is; where the caller
         * goes it ends, and there is no vault.
         */
        RESTORE(9, 5),
        /** As {@link #RESTORE}, but what of the snapshot cannot be read is left out, and told before the answer. */
        SALVAGE(10, 5);

        private final int code;
        private final int fields;

        Verb(int code, int fields) {
            this.code = code;
            this.fields = fields;
        }

        /** The verb of that number, which stays the same for ever; nothing where there is none. */
        static Optional<Verb> of(int code) {
            return Arrays.stream(values()).filter(verb -> verb.code == code).findFirst();
        }

        /** How many fields it has. */
        int fields() {
            return fields;
        }
    }

    /** What is being put back. */
    public enum Part {
        /** Rows of the records. */
        RECORDS(1),
        /** Texts whose words go into the index. */
        WORDS(2),
        /** Bytes of files. */
        FILES(3);

        private final byte code;

        Part(int code) {
            this.code = (byte) code;
        }
    }

    /** How far it is with a part, of which there may be nothing. */
    public record Progress(Part part, long done, long total) {}

    /**
     * What a damaged backup lacks.
     *
     * @param kind the table that it is missing in, "files", or "identity" for that which unlocks
     * @param name of the conversation that lacks items, or of the file; empty where nothing but the kind is known
     * @param count how many
     */
    public record Lost(String kind, String name, long count) {}

    /** The vault's no, with what to do about it. */
    public static final class Refused extends IOException {
        private static final long serialVersionUID = 1L;

        private final VaultProtocol.FailedReason reason;

        Refused(VaultProtocol.FailedReason reason, String message) {
            super(message);
            this.reason = reason;
        }

        /** What kind of no it is. */
        public VaultProtocol.FailedReason reason() {
            return reason;
        }
    }

    private SecretCall() {}

    /**
     * Makes the call and waits for its answer, which takes seconds where a password is judged.
     *
     * @param fields the verb's own, each between its position and its limit; they are read, not kept
     * @return the answer's bytes: wipe them where they are a secret
     * @throws Refused where the vault says no
     * @throws IOException where nobody serves the socket, or the vault ends meanwhile
     */
    public static byte[] make(Path socket, Verb verb, List<ByteBuffer> fields) throws IOException {
        return make(socket, verb, fields, _ -> {});
    }

    /**
     * The same, and tells how far a call is that takes long.
     *
     * @param progress is told a few times a second, and at the end of each part
     */
    public static byte[] make(Path socket, Verb verb, List<ByteBuffer> fields, Consumer<Progress> progress)
            throws IOException {
        return make(socket, verb, fields, progress, _ -> {});
    }

    /**
     * The same, and tells what is not there afterwards.
     *
     * @param lost is told once it is done, what is named first of each kind
     */
    public static byte[] make(
            Path socket, Verb verb, List<ByteBuffer> fields, Consumer<Progress> progress, Consumer<Lost> lost)
            throws IOException {
        if (fields.stream().anyMatch(field -> field.remaining() > FIELD_BYTES_MAX)) {
            throw new Refused(VaultProtocol.FailedReason.INVALID, TOO_LONG);
        }
        try (SocketChannel channel = SocketChannel.open(StandardProtocolFamily.UNIX)) {
            channel.connect(UnixDomainSocketAddress.of(socket));
            ByteBuffer header = ByteBuffer.allocate(HEADER_BYTES + Integer.BYTES * fields.size());
            header.putInt(MAGIC).put((byte) verb.code).put((byte) fields.size());
            fields.forEach(field -> header.putInt(field.remaining()));
            write(channel, header.flip());
            for (ByteBuffer field : fields) {
                write(channel, field.duplicate());
            }
            return answer(channel, progress, lost);
        }
    }

    private static byte[] answer(SocketChannel channel, Consumer<Progress> progress, Consumer<Lost> lost)
            throws IOException {
        while (true) {
            byte kind = read(channel, 1).get();
            if (kind == AT_WORK) {
                progress.accept(progress(read(channel, PROGRESS_BYTES)));
                continue;
            }
            int bytes = read(channel, Integer.BYTES).getInt();
            if (bytes < 0 || bytes > ANSWER_BYTES_MAX || kind < DONE || kind > LACKS) {
                throw noAnswer();
            }
            byte[] text = read(channel, bytes).array();
            if (kind == REFUSED) {
                throw refused(new String(text, StandardCharsets.UTF_8));
            }
            if (kind == DONE) {
                return text;
            }
            lost.accept(lost(new String(text, StandardCharsets.UTF_8)));
        }
    }

    private static Progress progress(ByteBuffer bytes) throws IOException {
        byte code = bytes.get();
        Part part = Arrays.stream(Part.values())
                .filter(known -> known.code == code)
                .findFirst()
                .orElseThrow(SecretCall::noAnswer);
        return new Progress(part, bytes.getLong(), bytes.getLong());
    }

    /** As it is sent. */
    static ByteBuffer bytes(Progress progress) {
        return ByteBuffer.allocate(1 + PROGRESS_BYTES)
                .put((byte) AT_WORK)
                .put(progress.part().code)
                .putLong(progress.done())
                .putLong(progress.total())
                .flip();
    }

    private static Lost lost(String text) throws IOException {
        String[] parts = text.split(" ", 3);
        try {
            return new Lost(parts[0], parts[2], Long.parseLong(parts[1]));
        } catch (IndexOutOfBoundsException | NumberFormatException e) {
            throw new IOException("The vault's answer makes no sense.", e);
        }
    }

    /** As it is sent. */
    static String text(Lost lost) {
        return lost.kind() + " " + lost.count() + " " + lost.name();
    }

    private static ByteBuffer read(SocketChannel channel, int count) throws IOException {
        ByteBuffer bytes = ByteBuffer.allocate(count);
        fill(channel, bytes);
        return bytes.flip();
    }

    private static IOException refused(String text) {
        int blank = text.indexOf(' ');
        for (VaultProtocol.FailedReason reason : VaultProtocol.FailedReason.values()) {
            if (blank > 0 && word(reason.name()).equals(text.substring(0, blank))) {
                return new Refused(reason, text.substring(blank + 1));
            }
        }
        return noAnswer();
    }

    private static IOException noAnswer() {
        return new IOException("The vault's answer is none: is something else serving its socket?");
    }

    /** A reason as it is sent. */
    static String word(String reason) {
        return reason.toLowerCase(Locale.ROOT);
    }

    /** Reads until the buffer is full. */
    static void fill(SocketChannel channel, ByteBuffer buffer) throws IOException {
        while (buffer.hasRemaining()) {
            if (channel.read(buffer) < 0) {
                throw new EOFException("The other side has closed the connection in the middle of a call");
            }
        }
    }

    /** Writes all that is left in the buffer. */
    static void write(SocketChannel channel, ByteBuffer buffer) throws IOException {
        while (buffer.hasRemaining()) {
            channel.write(buffer);
        }
    }
}
