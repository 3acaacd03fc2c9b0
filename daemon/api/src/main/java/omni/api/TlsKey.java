package omni.api;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.security.GeneralSecurityException;
import java.security.InvalidKeyException;
import java.security.KeyFactory;
import java.security.KeyPair;
import java.security.KeyPairGenerator;
import java.security.MessageDigest;
import java.security.PrivateKey;
import java.security.Signature;
import java.security.SignatureException;
import java.security.interfaces.ECPublicKey;
import java.security.spec.ECGenParameterSpec;
import java.security.spec.InvalidKeySpecException;
import java.security.spec.PKCS8EncodedKeySpec;
import java.security.spec.X509EncodedKeySpec;
import java.util.Base64;
import omni.role.PrivateFile;

/**
 * The key by which other machines know this box: ECDSA with P-256, made once. It stands outside of the vault, as {@code
 * keys.json} does, for the box answers while the vault is locked. Clients pin it, so one that cannot be read is never replaced.
 *
 * <pre>
 * $OMNI_HOME/tls-key.pem, mode 0600
 * -----BEGIN PRIVATE KEY-----   PKCS #8, RFC 5958
 * -----END PRIVATE KEY-----
 * -----BEGIN PUBLIC KEY-----    SubjectPublicKeyInfo, RFC 5280: it shows whether the other is whole
 * -----END PUBLIC KEY-----
 * </pre>
 *
 * @param pair both halves, which belong together
 */
record TlsKey(KeyPair pair) {
    /** The file within the home directory. */
    static final String FILE = "tls-key.pem";

    /** Such a file has some 420 bytes. */
    static final int FILE_BYTES_MAX = 8 * 1024;

    private static final String CURVE = "secp256r1";
    private static final int FIELD_BITS = 256;
    private static final String PRIVATE = "PRIVATE KEY";
    private static final String PUBLIC = "PUBLIC KEY";

    /**
     * Reads it, or makes it where there is none yet.
     *
     * @throws KeyFileException where the file is there and holds no such key, or one cannot be written
     */
    static TlsKey open(Path home) {
        var file = home.resolve(FILE);
        try {
            var text = PrivateFile.read(file, FILE_BYTES_MAX);
            return text.isPresent() ? read(text.get()) : make(file);
        } catch (GeneralSecurityException | IllegalArgumentException e) {
            throw broken(e);
        } catch (IOException e) {
            throw new KeyFileException(
                    FILE
                            + " cannot be read or written. Look at the disk, its owner and its rights. It is not replaced by itself,"
                            + " for clients know this box by it.",
                    e);
        }
    }

    private static KeyFileException broken(Exception e) {
        return new KeyFileException(
                FILE
                        + " is no key of this box any more. It is not replaced by itself, for clients know this box by it: put"
                        + " back a copy, or move it away and start Omni again; then each client must be told of the new"
                        + " certificate and fingerprint.",
                e);
    }

    private static TlsKey make(Path file) throws IOException, GeneralSecurityException {
        var generator = KeyPairGenerator.getInstance("EC");
        generator.initialize(new ECGenParameterSpec(CURVE));
        var key = new TlsKey(generator.generateKeyPair());
        var text = Pem.block(PRIVATE, key.pair.getPrivate().getEncoded())
                + Pem.block(PUBLIC, key.pair.getPublic().getEncoded());
        PrivateFile.write(file, text.getBytes(StandardCharsets.US_ASCII));
        return key;
    }

    private static TlsKey read(String text) throws GeneralSecurityException {
        var factory = KeyFactory.getInstance("EC");
        var secret = factory.generatePrivate(new PKCS8EncodedKeySpec(Pem.one(text, PRIVATE)));
        var open = factory.generatePublic(new X509EncodedKeySpec(Pem.one(text, PUBLIC)));
        if (!(open instanceof ECPublicKey ec)
                || ec.getParams().getCurve().getField().getFieldSize() != FIELD_BITS) {
            throw new InvalidKeySpecException("Not on P-256");
        }
        var key = new TlsKey(new KeyPair(open, secret));
        key.requireWhole();
        return key;
    }

    /** What the one signs, the other knows. */
    private void requireWhole() throws GeneralSecurityException {
        var words = "omni tls key".getBytes(StandardCharsets.US_ASCII);
        var signature = Signature.getInstance(TlsCertificates.ALGORITHM);
        signature.initVerify(pair.getPublic());
        signature.update(words);
        try {
            if (!signature.verify(sign(words))) {
                throw new InvalidKeyException("The halves do not belong together");
            }
        } catch (SignatureException e) {
            throw new InvalidKeyException("The halves do not belong together", e);
        }
    }

    /** Signs, as ECDSA with SHA-256 in DER (RFC 3279, 2.2.3). */
    byte[] sign(byte[] bytes) throws GeneralSecurityException {
        var signature = Signature.getInstance(TlsCertificates.ALGORITHM);
        signature.initSign(secret());
        signature.update(bytes);
        return signature.sign();
    }

    PrivateKey secret() {
        return pair.getPrivate();
    }

    /** The public half, as DER of its SubjectPublicKeyInfo. */
    byte[] spki() {
        return pair.getPublic().getEncoded();
    }

    /** SHA-256 of {@link #spki}. */
    byte[] hash() {
        try {
            return MessageDigest.getInstance("SHA-256").digest(spki());
        } catch (GeneralSecurityException e) {
            throw new IllegalStateException("Every JDK has SHA-256", e);
        }
    }

    /** The fingerprint that clients can pin, as curl's {@code --pinnedpubkey} takes it (RFC 7469, 2.4). */
    String pin() {
        return "sha256//" + Base64.getEncoder().encodeToString(hash());
    }
}
