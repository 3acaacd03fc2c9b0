package omni.api;

import java.io.ByteArrayInputStream;
import java.io.IOException;
import java.math.BigInteger;
import java.net.InetAddress;
import java.security.GeneralSecurityException;
import java.security.SecureRandom;
import java.security.cert.CertificateFactory;
import java.security.cert.X509Certificate;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Date;
import java.util.HashSet;
import java.util.HexFormat;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Set;
import org.bouncycastle.asn1.ASN1Encodable;
import org.bouncycastle.asn1.ASN1Encoding;
import org.bouncycastle.asn1.ASN1Integer;
import org.bouncycastle.asn1.ASN1ObjectIdentifier;
import org.bouncycastle.asn1.ASN1OctetString;
import org.bouncycastle.asn1.DERBitString;
import org.bouncycastle.asn1.DERIA5String;
import org.bouncycastle.asn1.DEROctetString;
import org.bouncycastle.asn1.DERSequence;
import org.bouncycastle.asn1.x500.X500Name;
import org.bouncycastle.asn1.x509.AlgorithmIdentifier;
import org.bouncycastle.asn1.x509.AuthorityKeyIdentifier;
import org.bouncycastle.asn1.x509.BasicConstraints;
import org.bouncycastle.asn1.x509.ExtendedKeyUsage;
import org.bouncycastle.asn1.x509.Extension;
import org.bouncycastle.asn1.x509.ExtensionsGenerator;
import org.bouncycastle.asn1.x509.GeneralName;
import org.bouncycastle.asn1.x509.GeneralNames;
import org.bouncycastle.asn1.x509.GeneralSubtree;
import org.bouncycastle.asn1.x509.KeyPurposeId;
import org.bouncycastle.asn1.x509.KeyUsage;
import org.bouncycastle.asn1.x509.NameConstraints;
import org.bouncycastle.asn1.x509.SubjectKeyIdentifier;
import org.bouncycastle.asn1.x509.SubjectPublicKeyInfo;
import org.bouncycastle.asn1.x509.Time;
import org.bouncycastle.asn1.x509.V3TBSCertificateGenerator;
import org.bouncycastle.asn1.x9.X9ObjectIdentifiers;

/**
 * The two certificates of a device key, RFC 5280, both over that one key: its own, self-signed, which clients are told to trust and
 * which stays for twenty years; and the server's, which the first one vouches for and which is made anew as names and years go.
 * So what a client trusts outlives each renewal (decision 0263). The first is critically constrained (4.2.1.10) to this box's names, named
 * addresses and private ones: whoever has the key can play no other host to who trusts it.
 */
final class TlsCertificates {
    /** As the JDK calls ECDSA with SHA-256. */
    static final String ALGORITHM = "SHA256withECDSA";

    /** With the day before, less than the 398 days that Apple's clients take at most. */
    static final Duration SERVER_VALID = Duration.ofDays(365);

    static final Duration AUTHORITY_VALID = Duration.ofDays(20 * 365L);

    /** For clients whose clocks are behind. */
    static final Duration BEFORE = Duration.ofDays(1);

    private static final int KEY_ID_BYTES = 20;
    private static final int SERIAL_BITS = 126;
    private static final SecureRandom RANDOM = new SecureRandom();
    private static final AlgorithmIdentifier SIGNED_BY = new AlgorithmIdentifier(X9ObjectIdentifiers.ecdsa_with_SHA256);

    /** Address and mask of what is private, and of the loopback: RFC 1918, 1122, 3927, 4193, 4291. */
    private static final List<String> PRIVATE_BLOCKS = List.of(
            "0a000000ff000000",
            "ac100000fff00000",
            "c0a80000ffff0000",
            "a9fe0000ffff0000",
            "7f000000ff000000",
            "fc000000000000000000000000000000fe000000000000000000000000000000",
            "fe800000000000000000000000000000ffc00000000000000000000000000000",
            "00000000000000000000000000000001ffffffffffffffffffffffffffffffff");

    private final TlsKey key;

    TlsCertificates(TlsKey key) {
        this.key = key;
    }

    /** The device's own: what clients are to trust. */
    X509Certificate authority(TlsNames names, Instant now) {
        return made(
                deviceName(),
                now,
                AUTHORITY_VALID,
                extension(Extension.basicConstraints, true, new BasicConstraints(0)),
                extension(Extension.keyUsage, true, new KeyUsage(KeyUsage.keyCertSign)),
                extension(
                        Extension.nameConstraints,
                        true,
                        new NameConstraints(permitted(names).toArray(GeneralSubtree[]::new), null)),
                extension(Extension.subjectKeyIdentifier, false, new SubjectKeyIdentifier(keyId())));
    }

    /** The server's: what clients are shown. */
    X509Certificate server(TlsNames names, Instant now) {
        var alternatives = new ArrayList<GeneralName>();
        names.hosts().forEach(host -> alternatives.add(dns(host)));
        names.addresses().forEach(address -> alternatives.add(ip(address.getAddress())));
        return made(
                new X500Name("CN=Omni API of " + id()),
                now,
                SERVER_VALID,
                extension(Extension.basicConstraints, true, new BasicConstraints(false)),
                extension(Extension.keyUsage, true, new KeyUsage(KeyUsage.digitalSignature)),
                extension(Extension.extendedKeyUsage, false, new ExtendedKeyUsage(KeyPurposeId.id_kp_serverAuth)),
                extension(
                        Extension.subjectAlternativeName,
                        false,
                        new GeneralNames(alternatives.toArray(GeneralName[]::new))),
                extension(Extension.authorityKeyIdentifier, false, new AuthorityKeyIdentifier(keyId())));
    }

    /** Whether the device's own certificate lets the server have all of those names. */
    boolean permits(X509Certificate authority, TlsNames names) {
        var value = authority.getExtensionValue(Extension.nameConstraints.getId());
        if (value == null) {
            return false;
        }
        var constraints =
                NameConstraints.getInstance(ASN1OctetString.getInstance(value).getOctets());
        return new HashSet<>(Arrays.asList(constraints.getPermittedSubtrees())).containsAll(permitted(names));
    }

    private static Set<GeneralSubtree> permitted(TlsNames names) {
        var permitted = new LinkedHashSet<GeneralSubtree>();
        names.hosts().forEach(host -> permitted.add(new GeneralSubtree(dns(host))));
        PRIVATE_BLOCKS.forEach(
                block -> permitted.add(new GeneralSubtree(ip(HexFormat.of().parseHex(block)))));
        names.addresses().stream()
                .filter(address -> !Reach.isPrivate(address))
                .forEach(address -> permitted.add(new GeneralSubtree(ip(withMask(address)))));
        return permitted;
    }

    private static byte[] withMask(InetAddress address) {
        var bytes = Arrays.copyOf(address.getAddress(), 2 * address.getAddress().length);
        Arrays.fill(bytes, bytes.length / 2, bytes.length, (byte) 0xff);
        return bytes;
    }

    private static GeneralName dns(String host) {
        return new GeneralName(GeneralName.dNSName, new DERIA5String(host));
    }

    private static GeneralName ip(byte[] bytes) {
        return new GeneralName(GeneralName.iPAddress, new DEROctetString(bytes));
    }

    private X500Name deviceName() {
        return new X500Name("CN=Omni " + id());
    }

    /** Six bytes of the key's hash, so that two boxes differ where people look at them. */
    private String id() {
        return HexFormat.of().formatHex(key.hash(), 0, 6);
    }

    /** RFC 7093, 2: the leftmost 160 bits of SHA-256. */
    private byte[] keyId() {
        return Arrays.copyOf(key.hash(), KEY_ID_BYTES);
    }

    private static Extension extension(ASN1ObjectIdentifier id, boolean critical, ASN1Encodable value) {
        try {
            return new Extension(id, critical, value.toASN1Primitive().getEncoded(ASN1Encoding.DER));
        } catch (IOException e) {
            throw new IllegalStateException("An extension cannot be written", e);
        }
    }

    private X509Certificate made(X500Name subject, Instant now, Duration valid, Extension... extensions) {
        try {
            var more = new ExtensionsGenerator();
            for (var extension : extensions) {
                more.addExtension(extension);
            }
            var body = new V3TBSCertificateGenerator();
            body.setSerialNumber(new ASN1Integer(new BigInteger(SERIAL_BITS, RANDOM).setBit(SERIAL_BITS)));
            body.setSignature(SIGNED_BY);
            body.setIssuer(deviceName());
            body.setSubject(subject);
            body.setStartDate(new Time(Date.from(now.minus(BEFORE))));
            body.setEndDate(new Time(Date.from(now.plus(valid))));
            body.setSubjectPublicKeyInfo(SubjectPublicKeyInfo.getInstance(key.spki()));
            body.setExtensions(more.generate());
            var tbs = body.generateTBSCertificate();
            var signature = key.sign(tbs.getEncoded(ASN1Encoding.DER));
            return read(new DERSequence(new ASN1Encodable[] {tbs, SIGNED_BY, new DERBitString(signature)})
                    .getEncoded(ASN1Encoding.DER));
        } catch (IOException | GeneralSecurityException e) {
            throw new IllegalStateException("A certificate cannot be made", e);
        }
    }

    /**
     * The certificate of that DER.
     *
     * @throws GeneralSecurityException where it is none
     */
    static X509Certificate read(byte[] der) throws GeneralSecurityException {
        return (X509Certificate)
                CertificateFactory.getInstance("X.509").generateCertificate(new ByteArrayInputStream(der));
    }
}
