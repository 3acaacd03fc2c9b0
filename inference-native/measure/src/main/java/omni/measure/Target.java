package omni.measure;

import java.net.URI;
import java.util.Optional;
import java.util.Set;
import tools.jackson.databind.node.ObjectNode;

/**
 * A server to measure.
 *
 * @param name what reports call it
 * @param url where it listens, with or without the {@code /v1} at its end
 * @param key the key that it wants, if any
 * @param model the model's name there; where it has one alone, that one
 * @param swapModel another model there, for {@link Workload#SWAP}
 * @param extra members that go into each request's body
 * @param processes of this machine that compute for it: their time, and that of the processes they have started, is no other
 *     load. The one that listens at {@code url} is found without being named
 */
public record Target(
        String name,
        URI url,
        Optional<String> key,
        Optional<String> model,
        Optional<String> swapModel,
        ObjectNode extra,
        Set<Long> processes) {
    /** What a measurement itself says in a request. */
    private static final Set<String> OURS =
            Set.of("model", "prompt", "messages", "max_tokens", "stream", "stream_options", "temperature");

    private static final int KEY_CHARACTERS_MAX = 4096;
    private static final int PROCESSES_MAX = 64;

    /**
     * Checks the address and what goes along.
     *
     * @throws MeasureException where something cannot be used, which it names
     */
    public Target {
        var scheme = String.valueOf(url.getScheme());
        if (!(scheme.equals("http") || scheme.equals("https")) || url.getHost() == null) {
            throw invalid("The address of a server begins with http:// or https:// and a host: " + Texts.safe(url));
        } else if (url.getUserInfo() != null || url.getQuery() != null || url.getFragment() != null) {
            throw invalid("The address of a server has no name, password, query or fragment: " + Texts.safe(url));
        }
        key.ifPresent(Target::checkKey);
        for (var member : extra.propertyNames()) {
            if (OURS.contains(member)) {
                throw invalid("The measurement itself says what \"" + member + "\" is; leave it out of the body.");
            }
        }
        if (processes.size() > PROCESSES_MAX) {
            throw invalid("More than " + PROCESSES_MAX + " processes are named.");
        }
        extra = extra.deepCopy();
        processes = Set.copyOf(processes);
    }

    /** The address of a route, such as "/v1/models". */
    URI route(String route) {
        var base = url.toString().replaceFirst("/+$", "").replaceFirst("/v1$", "");
        return URI.create(base + route);
    }

    private static void checkKey(String key) {
        if (key.isEmpty() || key.length() > KEY_CHARACTERS_MAX || !key.chars().allMatch(c -> c > ' ' && c < 127)) {
            throw invalid("A key has 1 to " + KEY_CHARACTERS_MAX + " printable ASCII characters and no space.");
        }
    }

    private static MeasureException invalid(String message) {
        return new MeasureException(MeasureException.Kind.INVALID, message);
    }

    /** Without the key, which is a secret. */
    @Override
    public String toString() {
        return "Target[" + name + " at " + Texts.safe(url) + "]";
    }
}
