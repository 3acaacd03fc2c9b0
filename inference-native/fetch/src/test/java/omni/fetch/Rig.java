package omni.fetch;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Clock;
import java.time.Duration;
import java.util.Optional;
import java.util.Random;
import javax.net.ssl.SSLContext;
import omni.fetch.FetchProtocol.Brought;

/** The real client with little patience, in a home of its own. */
final class Rig implements AutoCloseable {
    static final Patience IMPATIENT = new Patience(
            Duration.ofSeconds(5),
            Duration.ofMillis(400),
            8,
            Duration.ofMillis(1),
            Duration.ofMillis(8),
            Duration.ofSeconds(2));
    static final String NOWHERE = "http://127.0.0.1:9";

    final Path home;
    final Path folder;
    final Tokens tokens;
    final Http http;
    final Pulls pulls;
    final Cancellation cancellation = new Cancellation();
    final Meter meter = new Meter(System::nanoTime);

    Rig(Path home, String huggingFace, String ollama) throws IOException {
        this(home, huggingFace, ollama, IMPATIENT, Optional.empty(), new Pulls.Box(() -> 1L << 40, () -> 1L << 40));
    }

    Rig(Path home, String huggingFace, String ollama, Patience patience, Optional<SSLContext> trust, Pulls.Box box)
            throws IOException {
        this.home = home;
        this.folder = Pulls.prepare(home);
        this.tokens = Tokens.of(home);
        this.http = new Http(patience, Optional.empty(), trust, Clock.systemUTC());
        this.pulls = Pulls.of(folder, http, tokens, config(huggingFace, ollama), box);
    }

    static FetchConfig config(String huggingFace, String ollama) {
        return new FetchConfig(
                huggingFace,
                ollama,
                "",
                4,
                1,
                Duration.ofSeconds(5),
                Duration.ofSeconds(1),
                8,
                Duration.ofSeconds(2),
                0,
                Duration.ofSeconds(30));
    }

    Brought pull(String source) {
        return pulls.pull(source, Optional.empty(), Optional.empty(), meter, cancellation);
    }

    Brought pull(String source, String sha256) {
        return pulls.pull(source, Optional.empty(), Optional.of(sha256), meter, cancellation);
    }

    static byte[] only(Brought brought) {
        if (brought.files().size() != 1) {
            throw new AssertionError("One file was expected: " + brought.files());
        }
        try {
            return Files.readAllBytes(Path.of(brought.files().getFirst().path()));
        } catch (IOException e) {
            throw new java.io.UncheckedIOException(e);
        }
    }

    /** Bytes that begin as a GGUF file does. */
    static byte[] content(long seed, int length) {
        byte[] bytes = new byte[length];
        new Random(seed).nextBytes(bytes);
        System.arraycopy("GGUF".getBytes(StandardCharsets.US_ASCII), 0, bytes, 0, 4);
        return bytes;
    }

    @Override
    public void close() {
        cancellation.cancel();
        http.close();
    }
}
