package omni.api;

/**
 * Where the API listens.
 *
 * @param host as configured
 * @param port the real one, also where any was asked for
 */
record Address(String host, int port) {
    /** The URL for a program on this machine. */
    String url() {
        var name = switch (host) {
            case "0.0.0.0" -> "127.0.0.1";
            case "::" -> "[::1]";
            default -> host.contains(":") ? "[" + host + "]" : host;
        };
        return "http://" + name + ":" + port;
    }
}
