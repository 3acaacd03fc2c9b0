package omni.api;

import java.net.InetAddress;
import java.time.Duration;
import java.util.List;
import omni.role.Key;
import omni.role.Section;

/** Table {@code [daemon]} of {@code omni.toml}: where the API listens and what it takes at most. */
record DaemonConfig(
        @Key(
                doc = "Loopback address that the API listens on, by HTTP: for the programs of this machine.",
                def = "127.0.0.1",
                min = "1",
                max = "255")
        String host,

        @Key(doc = "TCP port the API listens on; 0 takes any free one.", def = "11434", min = "0", max = "65535")
        int port,

        @Key(
                doc =
                        "Where other machines reach the API, by TLS and nothing else, on the same port: \"lan\" for every private address"
                                + " of this machine, and clients that have a private one; single addresses of it, such as"
                                + " 192.168.1.10; or 0.0.0.0 for every address and every client. Empty: nowhere.",
                def = "",
                max = "16")
        List<String> listen,

        @Key(
                doc = "Host names, besides loopback, that requests may be addressed to. A request for any other name is"
                        + " refused: that is how a web page would reach the box behind its owner's back.",
                def = "",
                max = "32")
        List<String> hosts,

        @Key(
                doc = "Origins of web pages, besides loopback, that may call the API, such as https://chat.home.",
                def = "",
                max = "32")
        List<String> origins,

        @Key(doc = "Open connections; more wait to be accepted.", def = "256", min = "1", max = "65535")
        int connectionsMax,

        @Key(doc = "Size of one request body.", def = "4194304", unit = "bytes", min = "1024", max = "4194304")
        int bodyBytesMax,

        @Key(
                doc = "Size of all request bodies that are arriving at once; more wait, then get 429.",
                def = "16777216",
                unit = "bytes",
                min = "1024",
                max = "16777216")
        int bodiesBytesMax,

        @Key(
                doc = "Arrays and objects within each other in a body.",
                def = "64",
                unit = "levels",
                min = "8",
                max = "512")
        int nestingMax,

        @Key(doc = "Texts in one embeddings request.", def = "2048", unit = "texts", min = "1", max = "2048")
        int embeddingInputsMax,

        @Key(doc = "Keys kept at once.", def = "256", unit = "keys", min = "1", max = "1024")
        int keysMax,

        @Key(doc = "How long a connection may lie idle between requests.", def = "75s", min = "1s", max = "1h")
        Duration idleTimeout,

        @Key(doc = "How long a client may take to send one request.", def = "30s", min = "100ms", max = "10m")
        Duration requestTimeout,

        @Key(
                doc = "How long a client may leave the answer untaken before it counts as gone.",
                def = "30s",
                min = "100ms",
                max = "10m")
        Duration writeTimeout,

        @Key(doc = "How long one answer may take, waiting included.", def = "30m", min = "100ms", max = "24h")
        Duration answerTimeout,

        @Key(
                doc =
                        "Whether lines with a time or a date in a chat's instructions are put behind the other lines of their message,"
                                + " so that what never changes is computed once; reorder_volatile_lines in a request goes over it.",
                def = "false")
        boolean reorderVolatileLines,

        @Key(
                doc =
                        "Whether programs with a key that may everything may have models fetched from Ollama's registry and Hugging Face,"
                                + " by Ollama's POST /api/pull. Else only the command at the box does.",
                def = "false")
        boolean pullModels) {
    static final Section<DaemonConfig> SECTION = Section.of("daemon", DaemonConfig.class);

    DaemonConfig {
        listen = List.copyOf(listen);
        var _ = Reach.of(listen);
        requireLoopback(host);
    }

    private static void requireLoopback(String host) {
        try {
            if (host.equals("localhost") || InetAddress.ofLiteral(host).isLoopbackAddress()) {
                return;
            }
        } catch (IllegalArgumentException e) {
            Log.debug("host is no address", e);
        }
        throw new IllegalArgumentException("host must be a loopback address, such as 127.0.0.1, for it is plain HTTP;"
                + " other machines are let in, by TLS, with listen");
    }

    /** What {@link #listen} says. */
    Reach reach() {
        return Reach.of(listen);
    }

    /** How long clients may take. */
    Wire.Patience patience() {
        return new Wire.Patience(idleTimeout, requestTimeout, writeTimeout);
    }
}
