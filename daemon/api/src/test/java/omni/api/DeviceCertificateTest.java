package omni.api;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertNotEquals;
import static org.junit.jupiter.api.Assertions.assertSame;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.net.InetAddress;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.security.MessageDigest;
import java.security.cert.CertPathValidator;
import java.security.cert.CertPathValidatorException;
import java.security.cert.CertificateFactory;
import java.security.cert.PKIXParameters;
import java.security.cert.TrustAnchor;
import java.security.cert.X509Certificate;
import java.time.Duration;
import java.time.Instant;
import java.util.Base64;
import java.util.Date;
import java.util.List;
import java.util.Set;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** The certificate of a box: its names, its renewals, and its key, which outlives all of them. */
final class DeviceCertificateTest {
    private static final Instant START = Instant.parse("2026-12-01T00:00:00Z");
    private static final List<String> HOSTS = List.of("Omni.Home", "not_a_host", "192.168.1.9");

    @TempDir
    private Path home;

    private final FakeMachine machine = new FakeMachine("127.0.0.1", "192.168.1.10", "203.0.113.5", "fe80::1");
    private volatile Instant now = START;

    private DeviceCertificate open(String... listen) {
        return DeviceCertificate.open(home, machine, Reach.of(List.of(listen)), HOSTS, () -> now);
    }

    @Test
    void hasTheNamesAndTheAddressesThatAreListenedOn() {
        machine.name = "box.example.org";
        var names = open("lan", "192.0.2.1").current().names();
        assertEquals(Set.of("localhost", "box.example.org", "box.local", "omni.home"), names.hosts());
        assertEquals(
                Set.of("192.168.1.10", "192.0.2.1", "fe80:0:0:0:0:0:0:1"),
                Set.copyOf(names.addresses().stream()
                        .map(InetAddress::getHostAddress)
                        .toList()));
        assertTrue(open("0.0.0.0").forClientOf(InetAddress.ofLiteral("203.0.113.5")).names().addresses().stream()
                .anyMatch(address -> address.getHostAddress().equals("203.0.113.5")));
    }

    @Test
    void isFoundByTheAddressesOfTheMomentAndTheNameBelowLocal() {
        var certificate = open("lan", "192.0.2.1");
        assertEquals(List.of("192.168.1.10", "box.local"), certificate.reachedBy());
        assertEquals(List.of(InetAddress.ofLiteral("192.0.2.1")), certificate.missing());
        machine.has("192.0.2.1", "fd00::1");
        assertEquals(List.of("192.0.2.1", "fd00:0:0:0:0:0:0:1", "box.local"), certificate.reachedBy());
        assertEquals(List.of(), certificate.missing());
    }

    @Test
    void lastsAYearAtMostAsClientsWantItAndIsForServers() throws Exception {
        var shown = open("lan").current();
        var server = shown.server();
        assertEquals(START.minus(Duration.ofDays(1)), server.getNotBefore().toInstant());
        assertEquals(START.plus(Duration.ofDays(365)), server.getNotAfter().toInstant());
        assertEquals(-1, server.getBasicConstraints(), "it vouches for none");
        assertEquals(List.of("1.3.6.1.5.5.7.3.1"), server.getExtendedKeyUsage());
        assertEquals(0, shown.authority().getBasicConstraints(), "it vouches for servers alone");
        assertTrue(shown.authority().getCriticalExtensionOIDs().contains("2.5.29.30"));
        assertNotEquals(server.getSerialNumber(), shown.authority().getSerialNumber());
    }

    @Test
    void thePinIsTheHashOfThePublicKeyThatIsShown() throws Exception {
        var certificate = open("lan");
        var spki = certificate.current().server().getPublicKey().getEncoded();
        var hash = MessageDigest.getInstance("SHA-256").digest(spki);
        assertEquals("sha256//" + Base64.getEncoder().encodeToString(hash), certificate.pin());
        assertFalse(certificate.pem().contains("KEY"));
        assertEquals(1, Pem.all(certificate.pem(), "CERTIFICATE").size());
    }

    @Test
    void theKeyIsItsOwnersAlone() throws IOException {
        var _ = open("lan");
        var mode = Files.getPosixFilePermissions(home.resolve(TlsKey.FILE));
        assertEquals(PosixFilePermissions.fromString("rw-------"), mode);
        var text = Files.readString(home.resolve(DeviceCertificate.FILE));
        assertEquals(2, Pem.all(text, "CERTIFICATE").size());
        assertFalse(text.contains("KEY"));
    }

    @Test
    void aRestartShowsTheSame() {
        var first = open("lan");
        var second = open("lan");
        assertEquals(first.current().server(), second.current().server());
        assertEquals(first.pem(), second.pem());
    }

    @Test
    void isRenewedBeforeItsEndWithTheSameKeyWhichOldTrustKnows() throws Exception {
        var certificate = open("lan");
        var first = certificate.current();
        now = START.plus(Duration.ofDays(335)).minusSeconds(1);
        assertSame(first, certificate.current());
        now = START.plus(Duration.ofDays(335));
        var second = certificate.current();
        assertNotEquals(first.server(), second.server());
        assertArrayEquals(
                first.server().getPublicKey().getEncoded(),
                second.server().getPublicKey().getEncoded());
        assertEquals(first.authority(), second.authority());
        assertSame(second, certificate.current());
        assertEquals(second.server(), open("lan").current().server(), "it is on the disk");
        requireTrusted(first.authority(), second.server());
    }

    /** A box without a clock starts in 1970, and learns the time later; another one is set back. */
    @ParameterizedTest
    @ValueSource(strings = {"1970-01-01T00:10:00Z", "2026-11-29T23:59:59Z", "2090-01-01T00:00:00Z"})
    void aClockThatIsSetMakesItAnewWithTheSameKey(String other) throws Exception {
        now = Instant.parse(other);
        var certificate = open("lan");
        var first = certificate.current();
        now = START.plus(Duration.ofDays(other.startsWith("2026") ? 365 : 0));
        var second = certificate.current();
        assertNotEquals(first.server(), second.server());
        assertFalse(now.isBefore(second.server().getNotBefore().toInstant()));
        assertTrue(now.isBefore(second.server().getNotAfter().toInstant()));
        assertEquals(first.server().getPublicKey(), second.server().getPublicKey());
        requireTrusted(first.authority(), second.server());
    }

    @Test
    void anotherNameOrAddressMakesItAnewAndOneThatGoesDoesNot() throws Exception {
        var certificate = open("lan");
        var first = certificate.current();
        machine.has("10.0.0.7");
        assertSame(first, certificate.current(), "nobody has come there yet");
        var second = certificate.forClientOf(InetAddress.ofLiteral("10.0.0.7"));
        assertTrue(second.names().has(InetAddress.ofLiteral("10.0.0.7")));
        assertEquals(first.authority(), second.authority(), "a private address is within what it vouches for");
        requireTrusted(first.authority(), second.server());
        machine.name = "other";
        var third = certificate.current();
        assertTrue(third.names().hosts().contains("other.local"));
        assertNotEquals(first.authority(), third.authority());
        assertEquals(first.server().getPublicKey(), third.server().getPublicKey());
    }

    /** As RFC 5280 has it, by the name and key of what is trusted; {@code TlsClientsBoxTest} has OpenSSL look at the constraints as well. */
    private static void requireTrusted(X509Certificate trusted, X509Certificate server) throws Exception {
        var parameters = new PKIXParameters(Set.of(new TrustAnchor(trusted, null)));
        parameters.setRevocationEnabled(false);
        parameters.setDate(Date.from(server.getNotBefore().toInstant().plus(Duration.ofDays(2))));
        var path = CertificateFactory.getInstance("X.509").generateCertPath(List.of(server));
        var _ = CertPathValidator.getInstance("PKIX").validate(path, parameters);
    }

    /** The control: another box's key is not trusted, whatever its certificates say. */
    @Test
    void anotherBoxIsNotTrusted() throws IOException {
        var mine = open("lan").current();
        var other = DeviceCertificate.open(
                Files.createDirectory(home.resolve("other")), machine, Reach.of(List.of("lan")), HOSTS, () -> now);
        assertThrows(
                CertPathValidatorException.class,
                () -> requireTrusted(mine.authority(), other.current().server()));
    }

    @Test
    void withMoreAddressesThanFitItIsNotMadeAnewForEach() {
        machine.has(IntStream.range(0, TlsNames.ADDRESSES_MAX + 1)
                .mapToObj(i -> "10.0.0." + (100 + i))
                .toArray(String[]::new));
        var certificate = open("lan");
        assertEquals(
                TlsNames.ADDRESSES_MAX,
                certificate.current().names().addresses().size());
        var left = "10.0.0." + (100 + TlsNames.ADDRESSES_MAX);
        assertFalse(certificate.current().names().has(InetAddress.ofLiteral(left)));
        assertSame(certificate.current(), certificate.forClientOf(InetAddress.ofLiteral(left)));
    }

    @ParameterizedTest
    @ValueSource(strings = {"empty", "text", "halves", "secretOnly", "bit", "long"})
    void aBrokenKeyIsSaidAndNeverReplaced(String how) throws Exception {
        var pin = open("lan").pin();
        var file = home.resolve(TlsKey.FILE);
        var good = Files.readString(file);
        var broken = switch (how) {
            case "empty" -> "";
            case "text" -> "no key\n";
            case "halves" -> {
                Files.delete(file);
                var other = TlsKey.open(home);
                yield good.replaceAll("(?s)-----BEGIN PUBLIC.*", "")
                        + Pem.block("PUBLIC KEY", other.pair().getPublic().getEncoded());
            }
            case "secretOnly" -> good.replaceAll("(?s)-----BEGIN PUBLIC.*", "");
            case "bit" -> {
                var secret = Pem.one(good, "PRIVATE KEY");
                secret[secret.length - 1] ^= 1;
                yield Pem.block("PRIVATE KEY", secret) + good.replaceAll("(?s)^.*?(?=-----BEGIN PUBLIC)", "");
            }
            default -> good + " ".repeat(TlsKey.FILE_BYTES_MAX);
        };
        Files.writeString(file, broken, StandardCharsets.US_ASCII);
        var refused = assertThrows(KeyFileException.class, () -> open("lan"));
        assertTrue(String.valueOf(refused.getMessage()).contains("not replaced by itself"), refused.getMessage());
        assertEquals(broken, Files.readString(file));
        Files.writeString(file, good);
        assertEquals(pin, open("lan").pin());
    }

    @ParameterizedTest
    @ValueSource(strings = {"", "no certificate", "swapped", "another's", "long"})
    void aBrokenCertificateIsMadeAnewWithTheSameKey(String how) throws Exception {
        var first = open("lan");
        var file = home.resolve(DeviceCertificate.FILE);
        var good = Files.readString(file);
        var text = switch (how) {
            case "swapped" -> {
                var both = Pem.all(good, "CERTIFICATE");
                yield Pem.block("CERTIFICATE", both.getLast()) + Pem.block("CERTIFICATE", both.getFirst());
            }
            case "another's" -> {
                var other = Files.createDirectory(home.resolve("other"));
                var _ = DeviceCertificate.open(other, machine, Reach.of(List.of("lan")), HOSTS, () -> now);
                yield Files.readString(other.resolve(DeviceCertificate.FILE));
            }
            case "long" -> good + " ".repeat(DeviceCertificate.FILE_BYTES_MAX);
            default -> how;
        };
        Files.writeString(file, text);
        var second = open("lan");
        assertEquals(first.pin(), second.pin());
        assertNotEquals(first.current().server(), second.current().server());
        requireTrusted(first.current().authority(), second.current().server());
    }
}
