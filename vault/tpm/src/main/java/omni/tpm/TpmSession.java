package omni.tpm;

import java.math.BigInteger;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.security.GeneralSecurityException;
import java.security.KeyFactory;
import java.security.KeyPair;
import java.security.KeyPairGenerator;
import java.security.MessageDigest;
import java.security.PublicKey;
import java.security.SecureRandom;
import java.security.interfaces.ECPublicKey;
import java.security.spec.ECGenParameterSpec;
import java.security.spec.ECPoint;
import java.security.spec.ECPublicKeySpec;
import java.util.Arrays;
import javax.crypto.Cipher;
import javax.crypto.KeyAgreement;
import javax.crypto.Mac;
import javax.crypto.spec.IvParameterSpec;
import javax.crypto.spec.SecretKeySpec;

/**
 * The proof of one command, and what hides its parameters: an HMAC session of the TPM 2.0 Library Specification, part 1, salted by
 * ECDH with a key of the TPM's own, so that whoever listens on the bus learns neither what is read nor anything to guess a password by,
 * and whoever sits in the bus cannot change it unseen. SHA-256, P-256, AES-128-CFB. For one thread.
 */
final class TpmSession {
    /** Of a coordinate, a nonce, a hash. */
    static final int BYTES = 32;

    static final int HMAC_SESSION = 0;
    static final int SHA256 = 0x000B;
    static final int AES = 0x0006;
    static final int CFB = 0x0043;
    static final int AES_BITS = 128;

    /** Of a session: the command's first parameter is encrypted. */
    static final int DECRYPT = 0x20;

    /** Of a session: the answer's first parameter is. */
    static final int ENCRYPT = 0x40;

    private static final String CURVE = "secp256r1";

    private final byte[] nonceCaller = random();
    private final byte[] salt;
    private final byte[] saltPoint;
    private int handle;
    private byte[] nonceTpm = new byte[0];
    private byte[] key = new byte[0];

    /** A session to be, salted for the TPM's key of those two coordinates, x and y. */
    TpmSession(byte[] tpmKey) throws GeneralSecurityException {
        KeyPairGenerator generator = KeyPairGenerator.getInstance("EC");
        generator.initialize(new ECGenParameterSpec(CURVE));
        KeyPair ours = generator.generateKeyPair();
        ECPublicKey point = (ECPublicKey) ours.getPublic();
        byte[] x = bytes(point.getW().getAffineX());
        KeyAgreement agreement = KeyAgreement.getInstance("ECDH");
        agreement.init(ours.getPrivate());
        agreement.doPhase(publicKey(tpmKey, point), true);
        byte[] info = new TpmBytes()
                .u32(1)
                .raw(agreement.generateSecret(), label("SECRET"), x, Arrays.copyOf(tpmKey, BYTES))
                .done();
        salt = sha256(info);
        saltPoint =
                new TpmBytes().sized(x).sized(bytes(point.getW().getAffineY())).done();
    }

    private static PublicKey publicKey(byte[] xy, ECPublicKey like) throws GeneralSecurityException {
        var point = new ECPoint(
                new BigInteger(1, Arrays.copyOf(xy, BYTES)),
                new BigInteger(1, Arrays.copyOfRange(xy, BYTES, 2 * BYTES)));
        return KeyFactory.getInstance("EC").generatePublic(new ECPublicKeySpec(point, like.getParams()));
    }

    /** The parameters of TPM2_StartAuthSession. */
    byte[] start() {
        return new TpmBytes()
                .sized(nonceCaller)
                .sized(saltPoint)
                .u8(HMAC_SESSION)
                .u16(AES)
                .u16(AES_BITS)
                .u16(CFB)
                .u16(SHA256)
                .done();
    }

    /** Takes its answer. */
    void started(int sessionHandle, byte[] nonce) throws GeneralSecurityException {
        handle = sessionHandle;
        nonceTpm = nonce;
        key = kdfa(salt, "ATH", nonceTpm, nonceCaller, BYTES);
    }

    int handle() {
        return handle;
    }

    /**
     * The authorization of a command, with the number of its bytes before it.
     *
     * @param names of its handles, one behind the other
     * @param parameters as they are sent
     */
    byte[] authorize(int code, byte[] names, byte[] auth, byte[] parameters, int attributes)
            throws GeneralSecurityException {
        byte[] hash = sha256(new TpmBytes().u32(code).raw(names, parameters).done());
        byte[] hmac = hmac(keyWith(auth), hash, nonceCaller, nonceTpm, new byte[] {(byte) attributes});
        byte[] area = new TpmBytes()
                .u32(handle)
                .sized(nonceCaller)
                .u8(attributes)
                .sized(hmac)
                .done();
        return new TpmBytes().u32(area.length).raw(area).done();
    }

    /**
     * Whether the TPM has answered that, and nobody in its place.
     *
     * @param authorization behind the parameters
     */
    boolean answered(int code, byte[] auth, byte[] parameters, ByteBuffer authorization)
            throws GeneralSecurityException {
        nonceTpm = TpmBytes.takeSized(authorization);
        byte[] attributes = TpmBytes.take(authorization, 1);
        byte[] hmac = TpmBytes.takeSized(authorization);
        byte[] hash = sha256(new TpmBytes().u32(0).u32(code).raw(parameters).done());
        return MessageDigest.isEqual(hmac, hmac(keyWith(auth), hash, nonceTpm, nonceCaller, attributes));
    }

    /** The first parameter, encrypted for the TPM. */
    byte[] encrypted(byte[] plain, byte[] auth) throws GeneralSecurityException {
        return crypt(Cipher.ENCRYPT_MODE, plain, kdfa(keyWith(auth), "CFB", nonceCaller, nonceTpm, BYTES));
    }

    /** The answer's first parameter, decrypted. */
    byte[] decrypted(byte[] sealed, byte[] auth) throws GeneralSecurityException {
        return crypt(Cipher.DECRYPT_MODE, sealed, kdfa(keyWith(auth), "CFB", nonceTpm, nonceCaller, BYTES));
    }

    private static byte[] crypt(int mode, byte[] text, byte[] keyAndStart) throws GeneralSecurityException {
        int half = BYTES / 2;
        Cipher cipher = Cipher.getInstance("AES/CFB/NoPadding");
        cipher.init(mode, new SecretKeySpec(keyAndStart, 0, half, "AES"), new IvParameterSpec(keyAndStart, half, half));
        return cipher.doFinal(text);
    }

    /** The TPM takes zeros off the end of what authorizes. */
    private byte[] keyWith(byte[] auth) {
        int end = auth.length;
        while (end > 0 && auth[end - 1] == 0) {
            end--;
        }
        return new TpmBytes().raw(key, Arrays.copyOf(auth, end)).done();
    }

    /** KDFa of part 1, 11.4.10.2, of one block. */
    private static byte[] kdfa(byte[] from, String label, byte[] one, byte[] other, int bytes)
            throws GeneralSecurityException {
        return hmac(
                from,
                new TpmBytes()
                        .u32(1)
                        .raw(label(label), one, other)
                        .u32(bytes * Byte.SIZE)
                        .done());
    }

    private static byte[] label(String text) {
        return (text + '\0').getBytes(StandardCharsets.US_ASCII);
    }

    private static byte[] hmac(byte[] with, byte[]... parts) throws GeneralSecurityException {
        Mac mac = Mac.getInstance("HmacSHA256");
        mac.init(new SecretKeySpec(with, "HMAC"));
        for (byte[] part : parts) {
            mac.update(part);
        }
        return mac.doFinal();
    }

    static byte[] sha256(byte[] bytes) throws GeneralSecurityException {
        return MessageDigest.getInstance("SHA-256").digest(bytes);
    }

    private static byte[] bytes(BigInteger coordinate) {
        byte[] bytes = coordinate.toByteArray();
        byte[] whole = new byte[BYTES];
        int count = Math.min(bytes.length, BYTES); // one byte more is a zero before them
        System.arraycopy(bytes, bytes.length - count, whole, BYTES - count, count);
        return whole;
    }

    private static byte[] random() {
        byte[] bytes = new byte[BYTES];
        new SecureRandom().nextBytes(bytes);
        return bytes;
    }
}
