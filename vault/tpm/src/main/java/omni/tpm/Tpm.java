package omni.tpm;

import java.io.IOException;
import java.nio.BufferUnderflowException;
import java.nio.ByteBuffer;
import java.nio.file.Path;
import java.security.GeneralSecurityException;
import java.time.Duration;
import java.util.Arrays;
import java.util.Base64;
import java.util.OptionalInt;
import java.util.OptionalLong;
import java.util.Set;
import java.util.concurrent.locks.LockSupport;
import omni.tpm.TpmException.Reason;

/**
 * A TPM 2.0 (TPM 2.0 Library Specification, parts 2 and 3), and the thirteen commands that Omni has for it: a secret in its
 * non-volatile memory that it gives out for the right authorization alone, counting wrong ones, a counter that never goes back, and a
 * secret sealed for a file, which it alone opens again. Each command that matters is proved by a {@link TpmSession}. What the owner's
 * hierarchy allows is asked for with an empty password.
 *
 * <p>What it reads is on the heap. For one thread.
 */
public final class Tpm implements AutoCloseable {
    /** Of a secret that it holds, or seals. */
    public static final int SECRET_BYTES = 32;

    /** Of its own key: x and y of a point of P-256. */
    public static final int KEY_BYTES = 64;

    /** More than a sealed secret has. */
    public static final int SEALED_BYTES_MAX = 1024;

    private static final int COUNTER_BYTES = 8;

    private static final int NO_SESSIONS = 0x8001;
    private static final int SESSIONS = 0x8002;
    private static final int OWNER = 0x40000001;
    private static final int NOTHING = 0x40000007;
    private static final int PASSWORD = 0x40000009;

    private static final int NV_UNDEFINE_SPACE = 0x122;
    private static final int NV_DEFINE_SPACE = 0x12A;
    private static final int CREATE_PRIMARY = 0x131;
    private static final int CREATE = 0x153;
    private static final int LOAD = 0x157;
    private static final int UNSEAL = 0x15E;
    private static final int NV_INCREMENT = 0x134;
    private static final int NV_WRITE = 0x137;
    private static final int NV_READ = 0x14E;
    private static final int FLUSH_CONTEXT = 0x165;
    private static final int NV_READ_PUBLIC = 0x169;
    private static final int START_AUTH_SESSION = 0x176;

    /** Who has the authorization may write and read; wrong ones count (TPMA_NV). */
    private static final int SECRET_ATTRIBUTES = 0x00040004;

    /** A counter, by an empty authorization, where nothing is to be guessed (TPMA_NV). */
    private static final int COUNTER_ATTRIBUTES = 0x02040014;

    private static final int WRITTEN = 1 << 29;

    private static final int ECC = 0x0023;
    private static final int P256 = 0x0003;
    private static final int NO_ALGORITHM = 0x0010;

    /** Made in the TPM and kept there, restricted to decrypting, not counted (TPMA_OBJECT). */
    private static final int PRIMARY_ATTRIBUTES = 0x00030472;

    /** Data under the TPM's own key, by an empty authorization, not counted (TPMA_OBJECT). */
    private static final int SEALED_ATTRIBUTES = 0x00000452;

    private static final int KEYED_HASH = 0x0008;

    private static final int WRONG_UNCOUNTED = 0x0A2;
    private static final int WRONG = 0x08E;
    private static final int NO_HANDLE = 0x08B;
    private static final int NO_SPACE = 0x14B;
    private static final int LOCKED_OUT = 0x921;

    /** The same command again, as it is: yielded, testing itself, its memory busy, has to write something down first. */
    private static final Set<Integer> NOT_NOW = Set.of(0x908, 0x90A, 0x920, 0x922);

    private static final int TRIES_MAX = 20;
    private static final Duration PAUSE = Duration.ofMillis(5);

    /** For all that is asked of it at a time: several times what slow chips take for an unlock. */
    public static final Duration PATIENCE = Duration.ofSeconds(10);

    private final TpmChannel channel;
    private int primary;
    private byte[] primaryName = new byte[0];
    private byte[] key = new byte[0];

    private Tpm(TpmChannel channel) {
        this.channel = channel;
    }

    /** The TPM at that path, which has {@link #PATIENCE} until the close. */
    public static Tpm open(Path path) throws TpmException {
        return open(path, PATIENCE);
    }

    /** With another patience. */
    public static Tpm open(Path path, Duration patience) throws TpmException {
        try {
            return of(TimedTpmChannel.open(() -> TpmChannel.open(path), patience));
        } catch (TpmException e) {
            throw e;
        } catch (IOException e) {
            throw new TpmException(
                    Reason.FAILED,
                    "The TPM at " + path + " does not answer: is it there, switched on, and open to this user?",
                    e);
        }
    }

    /** The TPM behind that channel, which is its own from now on. */
    static Tpm of(TpmChannel channel) throws TpmException {
        Tpm tpm = new Tpm(channel);
        boolean made = false;
        try {
            tpm.makePrimary();
            made = true;
            return tpm;
        } finally {
            if (!made) {
                tpm.close();
            }
        }
    }

    /** No by the TPM's own word. */
    private static final class Refused extends IOException {
        private static final long serialVersionUID = 1L;

        private final int code;

        Refused(int command, int answer) {
            super("TPM command 0x" + Integer.toHexString(command) + " was answered 0x" + Integer.toHexString(answer));
            code = (answer & 0x80) == 0 ? answer : answer & 0xBF; // without what the error is about
        }
    }

    /** The public half of the key that a TPM makes again whenever it is asked, and no other makes: x and y. */
    public byte[] key() {
        return key.clone();
    }

    /**
     * Returns where that is its key, in base64.
     *
     * @throws TpmException ANOTHER where it is another TPM, or was cleared
     */
    public void require(String ofKey) throws TpmException {
        if (!Base64.getEncoder().encodeToString(key).equals(ofKey)) {
            throw new TpmException(Reason.ANOTHER, "This is another TPM, or it was cleared.");
        }
    }

    private void makePrimary() throws TpmException {
        byte[] parameters = new TpmBytes()
                .sized(new TpmBytes().u16(0).u16(0))
                .sized(new TpmBytes()
                        .u16(ECC)
                        .u16(TpmSession.SHA256)
                        .u32(PRIMARY_ATTRIBUTES)
                        .u16(0)
                        .u16(TpmSession.AES)
                        .u16(TpmSession.AES_BITS)
                        .u16(TpmSession.CFB)
                        .u16(NO_ALGORITHM)
                        .u16(P256)
                        .u16(NO_ALGORITHM)
                        .u16(0)
                        .u16(0))
                .u16(0)
                .u32(0)
                .done();
        byte[] empty = emptyAuthorization();
        byte[] body = new TpmBytes()
                .u32(OWNER)
                .u32(empty.length)
                .raw(empty, parameters)
                .done();
        try {
            ByteBuffer answer = transmit(SESSIONS, CREATE_PRIMARY, body);
            primary = answer.getInt();
            answer.getInt();
            byte[] area = TpmBytes.takeSized(answer);
            key = point(ByteBuffer.wrap(area));
            primaryName = nameOf(area);
        } catch (BufferUnderflowException | IOException e) {
            throw failure(e);
        }
    }

    private static byte[] emptyAuthorization() {
        return new TpmBytes().u32(PASSWORD).u16(0).u8(0).u16(0).done();
    }

    private static byte[] point(ByteBuffer area) throws IOException {
        int type = area.getShort();
        TpmBytes.take(area, 6);
        TpmBytes.takeSized(area);
        TpmBytes.take(area, 12);
        byte[] x = TpmBytes.takeSized(area);
        byte[] y = TpmBytes.takeSized(area);
        if (type != ECC || x.length != TpmSession.BYTES || y.length != TpmSession.BYTES) {
            throw new IOException("The TPM made another key than it was asked for");
        }
        return new TpmBytes().raw(x, y).done();
    }

    /** Keeps a secret of {@value #SECRET_BYTES} bytes under that authorization; what was there before is gone. */
    public void keep(int handle, byte[] auth, byte[] secret) throws TpmException {
        forget(handle);
        define(handle, SECRET_ATTRIBUTES, SECRET_BYTES, auth);
        byte[] name = name(handle, SECRET_ATTRIBUTES, SECRET_BYTES);
        try {
            run(new Command(NV_WRITE, new int[] {handle, handle}, join(name, name), auth), secret, new byte[2]);
        } catch (BufferUnderflowException | IOException e) {
            throw failure(e);
        }
    }

    /**
     * The secret.
     *
     * @throws TpmException DENIED where the authorization is wrong, LOCKED after too many of those, MISSING where there is none
     */
    public byte[] secret(int handle, byte[] auth) throws TpmException {
        try {
            byte[] secret = read(handle, SECRET_ATTRIBUTES | WRITTEN, SECRET_BYTES, auth);
            if (secret.length != SECRET_BYTES) {
                throw new IOException("The TPM gave " + secret.length + " bytes");
            }
            return secret;
        } catch (Refused e) {
            throw switch (e.code) {
                case WRONG -> new TpmException(Reason.DENIED, "The TPM holds this under another authorization.", e);
                case NO_HANDLE -> new TpmException(Reason.MISSING, "The TPM holds nothing there.", e);
                default -> failure(e);
            };
        } catch (BufferUnderflowException | IOException e) {
            throw failure(e);
        }
    }

    /** A secret of {@value #SECRET_BYTES} bytes, so sealed that this TPM alone opens it, for whoever may talk to it: nothing of it stays there. */
    public byte[] seal(byte[] secret) throws TpmException {
        byte[] sensitive = new TpmBytes().sized(new byte[0]).sized(secret).done();
        byte[] area = new TpmBytes()
                .u16(KEYED_HASH)
                .u16(TpmSession.SHA256)
                .u32(SEALED_ATTRIBUTES)
                .u16(0)
                .u16(NO_ALGORITHM)
                .u16(0)
                .done();
        byte[] rest = new TpmBytes().sized(area).u16(0).u32(0).done();
        try {
            Command command = new Command(CREATE, new int[] {primary}, primaryName, new byte[0]);
            ByteBuffer answer = ByteBuffer.wrap(exchange(command, rest, TpmSession.DECRYPT, sensitive));
            byte[] hidden = TpmBytes.takeSized(answer);
            byte[] open = TpmBytes.takeSized(answer);
            return new TpmBytes().sized(hidden).sized(open).done();
        } catch (BufferUnderflowException | IOException e) {
            throw failure(e);
        }
    }

    /**
     * The secret again.
     *
     * @param sealed by {@link #seal} of this TPM; at most {@value #SEALED_BYTES_MAX} bytes
     * @throws TpmException REFUSED where it was changed, or another TPM has sealed it
     */
    public byte[] unseal(byte[] sealed) throws TpmException {
        if (sealed.length > SEALED_BYTES_MAX) {
            throw new TpmException(Reason.REFUSED, "No TPM has sealed this.");
        }
        byte[] name;
        try {
            ByteBuffer parts = ByteBuffer.wrap(sealed);
            TpmBytes.takeSized(parts);
            name = nameOf(TpmBytes.takeSized(parts));
        } catch (BufferUnderflowException e) {
            throw new TpmException(Reason.REFUSED, "No TPM has sealed this.", e);
        }
        try {
            byte[] empty = emptyAuthorization();
            byte[] body = new TpmBytes()
                    .u32(primary)
                    .u32(empty.length)
                    .raw(empty, sealed)
                    .done();
            int object = transmit(SESSIONS, LOAD, body).getInt();
            try {
                Command command = new Command(UNSEAL, new int[] {object}, name, new byte[0]);
                byte[] secret = exchange(command, new byte[0], TpmSession.ENCRYPT, new byte[0]);
                if (secret.length != SECRET_BYTES) {
                    throw new IOException("The TPM gave " + secret.length + " bytes");
                }
                return secret;
            } finally {
                flush(object);
            }
        } catch (BufferUnderflowException | IOException e) {
            throw failure(e);
        }
    }

    /** How far a counter has counted; nothing where there is none, or where it has not begun. */
    public OptionalLong count(int handle) throws TpmException {
        try {
            OptionalInt attributes = attributes(handle);
            if (attributes.isEmpty() || (attributes.getAsInt() & WRITTEN) == 0) {
                return OptionalLong.empty();
            }
            byte[] count = read(handle, COUNTER_ATTRIBUTES | WRITTEN, COUNTER_BYTES, new byte[0]);
            return OptionalLong.of(ByteBuffer.wrap(count).getLong());
        } catch (BufferUnderflowException | IOException e) {
            throw failure(e);
        }
    }

    /** Counts by one, and returns how far that is; a new counter begins above all that this TPM has ever counted to. */
    public long increment(int handle) throws TpmException {
        try {
            OptionalInt attributes = attributes(handle);
            if (attributes.isEmpty()) {
                define(handle, COUNTER_ATTRIBUTES, COUNTER_BYTES, new byte[0]);
            }
            int written = attributes.orElse(0) & WRITTEN;
            byte[] name = name(handle, COUNTER_ATTRIBUTES | written, COUNTER_BYTES);
            run(new Command(NV_INCREMENT, new int[] {handle, handle}, join(name, name), new byte[0]));
            return count(handle).orElseThrow(() -> new IOException("The TPM's counter is not there"));
        } catch (BufferUnderflowException | IOException e) {
            throw failure(e);
        }
    }

    /** Takes what is there away for good; nothing where nothing is. */
    public void forget(int handle) throws TpmException {
        try {
            OptionalInt attributes = attributes(handle);
            if (attributes.isEmpty()) {
                return;
            }
            int bytes = (attributes.getAsInt() & ~WRITTEN) == COUNTER_ATTRIBUTES ? COUNTER_BYTES : SECRET_BYTES;
            byte[] names = join(number(OWNER), name(handle, attributes.getAsInt(), bytes));
            run(new Command(NV_UNDEFINE_SPACE, new int[] {OWNER, handle}, names, new byte[0]));
        } catch (BufferUnderflowException | IOException e) {
            throw failure(e);
        }
    }

    private void define(int handle, int attributes, int bytes, byte[] auth) throws TpmException {
        byte[] area =
                new TpmBytes().sized(publicArea(handle, attributes, bytes)).done();
        try {
            run(new Command(NV_DEFINE_SPACE, new int[] {OWNER}, number(OWNER), new byte[0]), auth, area);
        } catch (BufferUnderflowException | IOException e) {
            throw failure(e);
        }
    }

    private byte[] read(int handle, int attributes, int bytes, byte[] auth) throws IOException {
        byte[] name = name(handle, attributes, bytes);
        byte[] parameters = new TpmBytes().u16(bytes).u16(0).done();
        Command command = new Command(NV_READ, new int[] {handle, handle}, join(name, name), auth);
        return exchange(command, parameters, TpmSession.ENCRYPT, new byte[0]);
    }

    /** What is at that index; nothing where nothing is. */
    private OptionalInt attributes(int handle) throws IOException {
        try {
            ByteBuffer answer = transmit(NO_SESSIONS, NV_READ_PUBLIC, number(handle));
            ByteBuffer area = ByteBuffer.wrap(TpmBytes.takeSized(answer));
            TpmBytes.take(area, 6); // the index and its algorithm
            return OptionalInt.of(area.getInt());
        } catch (Refused e) {
            if (e.code == NO_HANDLE) {
                return OptionalInt.empty();
            }
            throw e;
        }
    }

    private static byte[] publicArea(int handle, int attributes, int bytes) {
        return new TpmBytes()
                .u32(handle)
                .u16(TpmSession.SHA256)
                .u32(attributes)
                .u16(0)
                .u16(bytes)
                .done();
    }

    /** What proofs call an index: its algorithm, and the hash of what it is. */
    private static byte[] name(int handle, int attributes, int bytes) throws TpmException {
        return nameOf(publicArea(handle, attributes, bytes));
    }

    /** Of a key, an object or an index: what it is, hashed. */
    private static byte[] nameOf(byte[] area) throws TpmException {
        try {
            byte[] hash = TpmSession.sha256(area);
            return new TpmBytes().u16(TpmSession.SHA256).raw(hash).done();
        } catch (GeneralSecurityException e) {
            throw new TpmException(Reason.FAILED, "This Java has no SHA-256.", e);
        }
    }

    /**
     * A command with one authorization.
     *
     * @param auth of the first handle
     */
    @SuppressWarnings("ArrayRecordComponent") // never compared
    private record Command(int code, int[] handles, byte[] names, byte[] auth) {}

    private void run(Command command) throws IOException {
        exchange(command, new byte[0], 0, new byte[0]);
    }

    /** With a first parameter that nobody on the bus may see. */
    private void run(Command command, byte[] hidden, byte[] rest) throws IOException {
        exchange(command, rest, TpmSession.DECRYPT, hidden);
    }

    /** The answer's first parameter, where it was asked to be encrypted. */
    private byte[] exchange(Command command, byte[] rest, int attributes, byte[] hidden) throws IOException {
        try {
            TpmSession session = session();
            boolean done = false; // it goes with the command that is done, and else has to be ended
            try {
                byte[] parameters = (attributes & TpmSession.DECRYPT) == 0
                        ? rest
                        : new TpmBytes()
                                .sized(session.encrypted(hidden, command.auth()))
                                .raw(rest)
                                .done();
                TpmBytes body = new TpmBytes();
                Arrays.stream(command.handles()).forEach(body::u32);
                body.raw(
                        session.authorize(command.code(), command.names(), command.auth(), parameters, attributes),
                        parameters);
                ByteBuffer answer = transmit(SESSIONS, command.code(), body.done());
                done = true;
                byte[] given = TpmBytes.take(answer, answer.getInt());
                if (!session.answered(command.code(), command.auth(), given, answer)) {
                    throw new IOException("Something on the way to the TPM has changed its answer");
                }
                return (attributes & TpmSession.ENCRYPT) == 0
                        ? given
                        : session.decrypted(TpmBytes.takeSized(ByteBuffer.wrap(given)), command.auth());
            } finally {
                if (!done) {
                    flush(session.handle());
                }
            }
        } catch (GeneralSecurityException e) {
            throw new IOException("The TPM's key is none", e);
        }
    }

    private TpmSession session() throws IOException, GeneralSecurityException {
        TpmSession session = new TpmSession(key);
        byte[] body =
                new TpmBytes().u32(primary).u32(NOTHING).raw(session.start()).done();
        ByteBuffer answer = transmit(NO_SESSIONS, START_AUTH_SESSION, body);
        session.started(answer.getInt(), TpmBytes.takeSized(answer));
        return session;
    }

    private void flush(int handle) throws IOException {
        transmit(NO_SESSIONS, FLUSH_CONTEXT, number(handle));
    }

    /** What is behind the answer's header. */
    private ByteBuffer transmit(int tag, int code, byte[] body) throws IOException {
        byte[] command = new TpmBytes()
                .u16(tag)
                .u32(TpmChannel.HEADER_BYTES + body.length)
                .u32(code)
                .raw(body)
                .done();
        for (int tries = 1; ; tries++) {
            ByteBuffer answer = channel.transmit(command).position(6);
            int result = answer.getInt();
            if (result == 0) {
                return answer;
            }
            if (!NOT_NOW.contains(result) || tries == TRIES_MAX) {
                throw new Refused(code, result);
            }
            LockSupport.parkNanos(PAUSE.toNanos() * tries);
        }
    }

    private static byte[] number(int value) {
        return new TpmBytes().u32(value).done();
    }

    private static byte[] join(byte[] one, byte[] other) {
        return new TpmBytes().raw(one, other).done();
    }

    private static TpmException failure(Exception e) {
        if (e instanceof TpmException told) {
            return told;
        }
        if (!(e instanceof Refused refused)) {
            return new TpmException(Reason.FAILED, "The TPM does not answer as a TPM 2.0 does.", e);
        }
        return switch (refused.code) {
            case LOCKED_OUT ->
                new TpmException(
                        Reason.LOCKED,
                        "The TPM is locked after too many wrong passwords: wait until it takes one again, which is minutes to"
                                + " hours.",
                        e);
            case WRONG, WRONG_UNCOUNTED ->
                new TpmException(
                        Reason.REFUSED,
                        "The TPM's owner hierarchy has a password, which Omni does not know: take it off, or clear the TPM.",
                        e);
            case NO_SPACE ->
                new TpmException(Reason.REFUSED, "The TPM's memory is full: remove an index that nobody needs.", e);
            default -> new TpmException(Reason.REFUSED, "The TPM refused: " + refused.getMessage() + ".", e);
        };
    }

    /** Ends what it has made in the TPM, and the channel. */
    @Override
    public void close() throws TpmException {
        try (channel) {
            if (primary != 0) {
                flush(primary);
                primary = 0;
            }
        } catch (IOException e) {
            throw failure(e);
        }
    }
}
