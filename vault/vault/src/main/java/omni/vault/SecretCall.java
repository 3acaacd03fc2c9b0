package omni.vault;

import java.io.EOFException;
import java.io.IOException;
import java.net.StandardProtocolFamily;
import java.net.UnixDomainSocketAddress;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.channels.SocketChannel;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.List;

/**
 * A call on the vault's second socket, which carries secrets and nothing else; messages never do. One call a connection:
 *
 * <pre>
 *   call:   "OMS1" | verb u8 | fields u8 | bytes of each field u32 … | fields …
 *   answer: reason u8, 0 where it is done | bytes u32 | text, UTF-8
 * </pre>
 *
 * Numbers are big-endian. The reason is the ordinal of {@link Refused.Reason} and one. For any thread.
 */
public final class SecretCall {
    static final int MAGIC = 0x4f4d5331; // "OMS1"
    static final int HEADER_BYTES = 6;

    /** The longest answer: an error's sentence, or a recovery key. */
    static final int ANSWER_BYTES_MAX = 4096;

    /** The name of the socket beside the roles' own. */
    public static final String SOCKET = "vault-secrets";

    /** What is asked for, with its fields in order. */
    public enum Verb {
        /** Make a vault: the new password, and a key file or nothing. Answers the recovery key. */
        CREATE(2),
        /** Unlock: the password, and the key file or nothing. */
        UNLOCK(2),
        /** Unlock by the recovery key, and set a new password: the recovery key, the new password, and a new key file or nothing. */
        RECOVER(3),
        /** Another password: the old one, its key file or nothing, the new one, its key file or nothing. */
        CHANGE_PASSWORD(4),
        /** Another recovery key: the password, and the key file or nothing. Answers the new one; the old one is void. */
        NEW_RECOVERY_KEY(2);

        private final int fields;

        Verb(int fields) {
            this.fields = fields;
        }

        /** How many fields it has. */
        int fields() {
            return fields;
        }
    }

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
        try (SocketChannel channel = SocketChannel.open(StandardProtocolFamily.UNIX)) {
            channel.connect(UnixDomainSocketAddress.of(socket));
            ByteBuffer header = ByteBuffer.allocate(HEADER_BYTES + Integer.BYTES * fields.size());
            header.putInt(MAGIC).put((byte) verb.ordinal()).put((byte) fields.size());
            fields.forEach(field -> header.putInt(field.remaining()));
            write(channel, header.flip());
            for (ByteBuffer field : fields) {
                write(channel, field.duplicate());
            }
            return answer(channel);
        }
    }

    private static byte[] answer(SocketChannel channel) throws IOException {
        ByteBuffer head = ByteBuffer.allocate(1 + Integer.BYTES).order(ByteOrder.BIG_ENDIAN);
        fill(channel, head);
        int reason = head.get(0);
        int bytes = head.getInt(1);
        if (bytes < 0
                || bytes > ANSWER_BYTES_MAX
                || reason < 0
                || reason > VaultProtocol.FailedReason.values().length) {
            throw new IOException("The vault's answer is none: is something else serving its socket?");
        }
        ByteBuffer text = ByteBuffer.allocate(bytes);
        fill(channel, text);
        if (reason > 0) {
            throw new Refused(
                    VaultProtocol.FailedReason.values()[reason - 1], new String(text.array(), StandardCharsets.UTF_8));
        }
        return text.array();
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
