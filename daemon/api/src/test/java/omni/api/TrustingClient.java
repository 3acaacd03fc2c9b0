package omni.api;

import java.io.IOException;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.GeneralSecurityException;
import java.security.KeyStore;
import java.security.cert.CertificateFactory;
import java.time.Duration;
import javax.net.ssl.SSLContext;
import javax.net.ssl.TrustManagerFactory;
import tools.jackson.databind.node.JsonNodeFactory;

/**
 * The JDK's client against the API by TLS, as a process of its own. Arguments: base URL, the file of omni cert export. The key is in
 * OPENAI_API_KEY. Prints one line of JSON: each request's status, or the name of what went wrong.
 */
final class TrustingClient {
    private TrustingClient() {}

    public static void main(String[] arguments) throws Exception {
        var base = URI.create(arguments[0]);
        var trusting = context(Path.of(arguments[1]));
        var key = System.getenv("OPENAI_API_KEY");
        System.out.println(JsonNodeFactory.instance
                .objectNode()
                .put("trusting", ask(base, trusting, key))
                .put("keyless", ask(base, trusting, "none"))
                .put("distrusting", ask(base, SSLContext.getDefault(), key)));
    }

    /** Trusts what is in that file, and nothing else. */
    static SSLContext context(Path pem) throws IOException, GeneralSecurityException {
        var store = KeyStore.getInstance("PKCS12");
        store.load(null, null);
        try (var in = Files.newInputStream(pem)) {
            store.setCertificateEntry(
                    "omni", CertificateFactory.getInstance("X.509").generateCertificate(in));
        }
        var trust = TrustManagerFactory.getInstance(TrustManagerFactory.getDefaultAlgorithm());
        trust.init(store);
        var context = SSLContext.getInstance("TLS");
        context.init(null, trust.getTrustManagers(), null);
        return context;
    }

    private static String ask(URI base, SSLContext context, String key) throws InterruptedException {
        try (var http = HttpClient.newBuilder().sslContext(context).build()) {
            var request = HttpRequest.newBuilder(base.resolve("/v1/models"))
                    .timeout(Duration.ofSeconds(20))
                    .header("Authorization", "Bearer " + key)
                    .build();
            return String.valueOf(
                    http.send(request, HttpResponse.BodyHandlers.discarding()).statusCode());
        } catch (IOException e) {
            return e.getClass().getSimpleName();
        }
    }
}
