package omni.api;

import java.io.IOException;
import java.net.Inet6Address;
import java.net.InetAddress;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.security.GeneralSecurityException;
import java.security.KeyStore;
import java.security.cert.Certificate;
import java.security.cert.X509Certificate;
import java.time.Duration;
import java.time.Instant;
import java.time.InstantSource;
import java.util.ArrayList;
import java.util.Collection;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.locks.ReentrantLock;
import java.util.stream.Stream;
import javax.net.ssl.KeyManagerFactory;
import javax.net.ssl.SSLContext;
import omni.role.PrivateFile;
import org.jspecify.annotations.Nullable;

/**
 * The certificate of this box and what it takes to show it. It is looked at by each handshake, and made anew with the same key where it
 * would not do for that one: the last thirty days of its year, a clock that was set, another host name, an address that has come. So no
 * clock wakes for it and no restart is needed.
 *
 * <p>{@code $OMNI_HOME/tls-certificate.pem} has the server's and the device's own; it holds no secret, and where it is missing or damaged
 * both are made anew: what clients know is the {@link TlsKey}. Safe for use by many threads: {@link #making} is held while one is made,
 * {@link #now} is volatile.
 */
final class DeviceCertificate {
    /** The file within the home directory. */
    static final String FILE = "tls-certificate.pem";

    static final int FILE_BYTES_MAX = 64 * 1024;

    /** How long before its end the server's is renewed. */
    static final Duration RENEW = Duration.ofDays(30);

    /** The same of the device's own. */
    static final Duration RENEW_AUTHORITY = Duration.ofDays(365);

    private static final String LABEL = "CERTIFICATE";
    private static final int SESSIONS_MAX = 256;

    /** Types of names, RFC 5280, 4.2.1.6, as {@link X509Certificate#getSubjectAlternativeNames} numbers them. */
    private static final int DNS_NAME = 2;

    private static final int IP_ADDRESS = 7;

    /** What is shown at the moment. */
    record Issued(X509Certificate server, X509Certificate authority, TlsNames names, SSLContext context) {}

    private final TlsKey key;
    private final TlsCertificates certificates;
    private final Path file;
    private final Machine machine;
    private final Reach reach;
    private final List<String> configured;
    private final InstantSource clock;
    private final ReentrantLock making = new ReentrantLock();
    private volatile @Nullable Issued now;

    private DeviceCertificate(
            TlsKey key, Path file, Machine machine, Reach reach, List<String> configured, InstantSource clock) {
        this.key = key;
        this.certificates = new TlsCertificates(key);
        this.file = file;
        this.machine = machine;
        this.reach = reach;
        this.configured = List.copyOf(configured);
        this.clock = clock;
    }

    /**
     * Reads key and certificate, or makes them.
     *
     * @param configured further host names of this box
     * @throws KeyFileException where the key cannot be read, or be written the first time
     */
    static DeviceCertificate open(
            Path home, Machine machine, Reach reach, List<String> configured, InstantSource clock) {
        var opened = new DeviceCertificate(TlsKey.open(home), home.resolve(FILE), machine, reach, configured, clock);
        opened.now = opened.read().orElse(null);
        var _ = opened.current();
        return opened;
    }

    /** The fingerprint of its key; the same for ever. */
    String pin() {
        return key.pin();
    }

    /** What clients are to trust, as PEM. */
    String pem() {
        return pem(current().authority());
    }

    /** The host names by which clients may ask for it. */
    Set<String> hosts() {
        return TlsNames.hosts(machine.name(), configured);
    }

    /** Of the addresses that are named, those that this machine does not have now. */
    List<InetAddress> missing() {
        return reach.missing(machine.addresses());
    }

    /** By what clients find it now: its addresses, but those that mean nothing without a link, then the host name below .local. */
    List<String> reachedBy() {
        var addresses = machine.addresses().stream()
                .filter(reach::includes)
                .filter(address -> !(address instanceof Inet6Address && address.isLinkLocalAddress()))
                .limit(TlsNames.ADDRESSES_MAX)
                .map(InetAddress::getHostAddress)
                .sorted();
        var name = hosts().stream().filter(host -> host.endsWith(".local")).limit(1);
        return Stream.concat(addresses, name).toList();
    }

    /** What is shown now to who asks by a name. */
    Issued current() {
        return issued(Optional.empty());
    }

    /** What is shown to a client that has come to that address of this machine. */
    Issued forClientOf(InetAddress local) {
        return issued(Optional.of(local));
    }

    private Issued issued(Optional<InetAddress> local) {
        var shown = now;
        if (shown != null && does(shown, local)) {
            return shown;
        }
        making.lock();
        try {
            var first = now;
            if (first != null && does(first, local)) {
                return first;
            }
            var made = make(Optional.ofNullable(first));
            now = made;
            write(made);
            return made;
        } finally {
            making.unlock();
        }
    }

    private boolean does(Issued shown, Optional<InetAddress> local) {
        var at = clock.instant();
        return isGood(shown.server(), at, RENEW)
                && isGood(shown.authority(), at, RENEW_AUTHORITY)
                && shown.names().hasHosts(hosts())
                && local.stream()
                        .allMatch(address ->
                                shown.names().has(address) || shown.names().full());
    }

    private static boolean isGood(X509Certificate certificate, Instant at, Duration renew) {
        return !at.isBefore(certificate.getNotBefore().toInstant())
                && at.isBefore(certificate.getNotAfter().toInstant().minus(renew));
    }

    private Issued make(Optional<Issued> before) {
        var at = clock.instant();
        var names = TlsNames.of(machine, reach, configured);
        var authority = before.map(Issued::authority)
                .filter(old -> isGood(old, at, RENEW_AUTHORITY) && certificates.permits(old, names))
                .orElseGet(() -> certificates.authority(names, at));
        Log.info(
                "a certificate was made for the names and addresses that this box has now; its key is the same as ever");
        return issued(certificates.server(names, at), authority, names);
    }

    private Issued issued(X509Certificate server, X509Certificate authority, TlsNames names) {
        try {
            var store = KeyStore.getInstance("PKCS12");
            store.load(null, null);
            store.setKeyEntry("omni", key.secret(), new char[0], new Certificate[] {server});
            var keys = KeyManagerFactory.getInstance(KeyManagerFactory.getDefaultAlgorithm());
            keys.init(store, new char[0]);
            var context = SSLContext.getInstance("TLS");
            context.init(keys.getKeyManagers(), null, null);
            context.getServerSessionContext().setSessionCacheSize(SESSIONS_MAX);
            return new Issued(server, authority, names, context);
        } catch (GeneralSecurityException | IOException e) {
            throw new IllegalStateException("This Java cannot speak TLS", e);
        }
    }

    /** Nothing where there is none, or none that is of use: it is then made anew. */
    private Optional<Issued> read() {
        try {
            var text = PrivateFile.read(file, FILE_BYTES_MAX);
            if (text.isEmpty()) {
                return Optional.empty();
            }
            var both = new ArrayList<X509Certificate>();
            for (var der : Pem.all(text.get(), LABEL)) {
                both.add(TlsCertificates.read(der));
            }
            if (both.size() == 2) {
                var names = names(both.getFirst());
                both.getFirst().verify(key.pair().getPublic());
                both.getLast().verify(key.pair().getPublic());
                if (both.getFirst().getPublicKey().equals(key.pair().getPublic())
                        && both.getLast().getPublicKey().equals(key.pair().getPublic())
                        && certificates.permits(both.getLast(), names)) {
                    return Optional.of(issued(both.getFirst(), both.getLast(), names));
                }
            }
            Log.warning("tls-certificate.pem is not of this box's key, and is made anew");
        } catch (IOException | GeneralSecurityException | IllegalArgumentException e) {
            Log.warning("tls-certificate.pem cannot be read, and is made anew");
            Log.debug("tls-certificate.pem cannot be read", e);
        }
        return Optional.empty();
    }

    private static TlsNames names(X509Certificate server) throws GeneralSecurityException {
        var hosts = new LinkedHashSet<String>();
        var addresses = new ArrayList<InetAddress>();
        Collection<List<?>> names = server.getSubjectAlternativeNames();
        for (var name : names == null ? List.<List<?>>of() : names) {
            if (name.getFirst().equals(DNS_NAME)) {
                hosts.add(String.valueOf(name.getLast()));
            } else if (name.getFirst().equals(IP_ADDRESS)) {
                addresses.add(InetAddress.ofLiteral(String.valueOf(name.getLast())));
            }
        }
        return new TlsNames(hosts, addresses);
    }

    private void write(Issued made) {
        try {
            PrivateFile.write(file, (pem(made.server()) + pem(made.authority())).getBytes(StandardCharsets.US_ASCII));
        } catch (IOException e) {
            Log.error("tls-certificate.pem cannot be written; what it would hold is made anew at the next start", e);
        }
    }

    private static String pem(X509Certificate certificate) {
        try {
            return Pem.block(LABEL, certificate.getEncoded());
        } catch (GeneralSecurityException e) {
            throw new IllegalStateException("A certificate that was read can be written", e);
        }
    }
}
