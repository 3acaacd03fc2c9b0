package omni.tpm;

import java.io.ByteArrayOutputStream;
import java.nio.BufferUnderflowException;
import java.nio.ByteBuffer;

/** What a TPM is told, put together: numbers big-endian, and what is sized with its length of two bytes before it. */
final class TpmBytes {
    private final ByteArrayOutputStream bytes = new ByteArrayOutputStream();

    TpmBytes u8(int value) {
        bytes.write(value);
        return this;
    }

    TpmBytes u16(int value) {
        return u8(value >>> 8).u8(value);
    }

    TpmBytes u32(int value) {
        return u16(value >>> 16).u16(value);
    }

    TpmBytes raw(byte[]... parts) {
        for (byte[] part : parts) {
            bytes.writeBytes(part);
        }
        return this;
    }

    TpmBytes sized(byte[] part) {
        return u16(part.length).raw(part);
    }

    TpmBytes sized(TpmBytes part) {
        return sized(part.done());
    }

    byte[] done() {
        return bytes.toByteArray();
    }

    /** Those many bytes from there on; BufferUnderflowException where there are fewer, or that is no count. */
    static byte[] take(ByteBuffer from, int count) {
        if (count < 0 || count > from.remaining()) {
            throw new BufferUnderflowException();
        }
        byte[] taken = new byte[count];
        from.get(taken);
        return taken;
    }

    /** What is sized there. */
    static byte[] takeSized(ByteBuffer from) {
        return take(from, Short.toUnsignedInt(from.getShort()));
    }
}
