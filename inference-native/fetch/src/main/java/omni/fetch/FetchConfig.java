package omni.fetch;

import java.net.InetSocketAddress;
import java.net.URI;
import java.time.Duration;
import java.util.Optional;
import omni.role.Key;
import omni.role.Section;

/**
 * The table {@code [fetch]} of {@code omni.toml}.
 *
 * @param huggingFace where {@code owner/repo} is looked up
 * @param ollama where {@code ollama:name} is looked up
 * @param proxy host and port that all goes through; empty for none
 * @param connections most connections for one file
 * @param partMebibytes length of a part
 * @param connectTimeout longest time to a connection
 * @param stall longest time without news from a connection
 * @param retriesMax failures in a row that are forgiven
 * @param retryAfterMax longest wait that a server may ask for
 * @param diskReserveMebibytes what stays free on the disk
 * @param idle when the process ends
 */
record FetchConfig(
        @Key(
                doc = "Where owner/repo is looked up: Hugging Face, or a mirror that speaks as it does. https, or"
                        + " http on this machine.",
                def = "https://huggingface.co",
                min = "8",
                max = "256")
        String huggingFace,

        @Key(doc = "Where ollama:name is looked up.", def = "https://registry.ollama.ai", min = "8", max = "256")
        String ollama,

        @Key(
                doc = "HTTP proxy that every pull goes through, as host:port. Empty: none. The environment's proxy"
                        + " variables never count.",
                def = "",
                max = "256")
        String proxy,

        @Key(doc = "Most connections for one file.", def = "4", unit = "connections", min = "1", max = "16")
        int connections,

        @Key(
                doc = "Length of a part: what one request asks for, and the most that is fetched again after a kill.",
                def = "32",
                unit = "MiB",
                min = "1",
                max = "1024")
        int partMebibytes,

        @Key(doc = "Longest time to a connection.", def = "20s", min = "100ms", max = "5m")
        Duration connectTimeout,

        @Key(
                doc = "Longest time without an answer, or with fewer than 4096 bytes of it, before a connection is"
                        + " given up and the part asked for again.",
                def = "30s",
                min = "100ms",
                max = "10m")
        Duration stall,

        @Key(
                doc = "Failures in a row, without progress, before a pull ends; it goes on where it stopped when it is"
                        + " asked for again.",
                def = "8",
                unit = "failures",
                min = "0",
                max = "100")
        int retriesMax,

        @Key(
                doc = "Longest wait that a server may ask for (429, 503); where it wants a longer one, the pull ends.",
                def = "5m",
                min = "0s",
                max = "24h")
        Duration retryAfterMax,

        @Key(doc = "What a pull leaves free on the disk.", def = "1024", unit = "MiB", min = "0", max = "1048576")
        int diskReserveMebibytes,

        @Key(doc = "When the process ends after its last pull.", def = "30s", min = "1s", max = "1h")
        Duration idle) {
    static final Section<FetchConfig> SECTION = Section.of("fetch", FetchConfig.class);

    private static final Duration BACKOFF_FIRST = Duration.ofMillis(500);
    private static final Duration BACKOFF_MAX = Duration.ofSeconds(30);

    /** Refuses what the bounds of each alone let through. */
    FetchConfig {
        checkBase("hugging_face", huggingFace);
        checkBase("ollama", ollama);
        if (!proxy.isEmpty() && !proxy.matches("[A-Za-z0-9.-]{1,240}:\\d{1,5}")) {
            throw new IllegalArgumentException("proxy is written as host:port; one that wants a password is not used");
        }
    }

    private static void checkBase(String key, String text) {
        try {
            URI uri = Address.of(text);
            if (uri.getRawQuery() != null || uri.getRawFragment() != null) {
                throw new IllegalArgumentException(key + " has no query");
            }
        } catch (FetchException e) {
            throw new IllegalArgumentException(key + ": " + e.getMessage(), e);
        }
    }

    long partBytes() {
        return (long) partMebibytes << 20;
    }

    long diskReserveBytes() {
        return (long) diskReserveMebibytes << 20;
    }

    Patience patience() {
        return new Patience(connectTimeout, stall, retriesMax, BACKOFF_FIRST, BACKOFF_MAX, retryAfterMax);
    }

    /** The proxy, with its name looked up when it is used. */
    Optional<InetSocketAddress> proxyAddress() {
        int colon = proxy.lastIndexOf(':');
        return proxy.isEmpty()
                ? Optional.empty()
                : Optional.of(InetSocketAddress.createUnresolved(
                        proxy.substring(0, colon), Integer.parseInt(proxy.substring(colon + 1))));
    }
}
