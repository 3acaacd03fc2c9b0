package omni.bus;

import java.time.Duration;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;
import java.util.regex.Pattern;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.node.ObjectNode;

/**
 * The interface omni.Introduction: on one connection a role proves who it is, and the server that it belongs to the same run.
 * The server's half of a connection is an object of this class, used by the connection's answering thread alone.
 */
final class Introduction {
    static final String NAME = "omni.Introduction";
    static final String DESCRIPTION = """
        # How a role proves to another who it is, for the rest of one connection. Neither side sends its key.
        interface omni.Introduction

        # A nonce is 32 random bytes, a proof the HMAC-SHA-256 under the role's key of the side's name, the role and both
        # nonces, each ended by a zero byte; all are hexadecimal digits. Answers the server's nonce and the proof of "SERVER".
        method Begin(role: string, nonce: string) -> (nonce: string, proof: string)

        # The proof of "CLIENT". Once a connection.
        method Prove(proof: string) -> ()

        # The proof is wrong, or comes without a beginning.
        error NotProved ()
        """;

    /** How long a client waits for both answers: they cost the server nothing. */
    private static final Duration PATIENCE = Duration.ofSeconds(10);

    private static final Pattern ROLE = Pattern.compile("[a-z][a-z0-9]{0,31}");

    private final Credential root;
    private Optional<Begun> begun = Optional.empty();
    private Optional<String> role = Optional.empty();

    /** A proof that is awaited. */
    private record Begun(String role, String clientNonce, String serverNonce) {}

    Introduction(Credential root) {
        this.root = root;
    }

    /** Who has proved what it is. */
    Optional<String> role() {
        return role;
    }

    /** The server's methods by their full names. */
    static Map<String, Service.Erased> methods() {
        return Map.of(
                NAME + ".Begin",
                (parameters, call) -> {
                    String who = field(parameters, "role", ROLE);
                    String nonce = field(parameters, "nonce", Credential.DIGITS);
                    return () -> call.reply(of(call).begin(who, nonce));
                },
                NAME + ".Prove",
                (parameters, call) -> {
                    String proof = field(parameters, "proof", Credential.DIGITS);
                    return () -> call.reply(of(call).prove(proof));
                });
    }

    private static Introduction of(Call<JsonNode> call) {
        return ((WireCall) call).introduction().orElseThrow(Introduction::notProved);
    }

    private static String field(JsonNode parameters, String name, Pattern pattern) {
        String value = Wire.in(parameters, "").required(name, Wire::readString);
        if (!pattern.matcher(value).matches()) {
            throw new Misfit(name);
        }
        return value;
    }

    private JsonNode begin(String who, String clientNonce) {
        var next = new Begun(who, clientNonce, Credential.nonce());
        begun = Optional.of(next);
        return Wire.out()
                .put("nonce", next.serverNonce(), Wire::writeString)
                .put(
                        "proof",
                        root.forRole(who).proof(Credential.Side.SERVER, who, clientNonce, next.serverNonce()),
                        Wire::writeString)
                .toJson();
    }

    private JsonNode prove(String proof) {
        Begun open = begun.orElseThrow(Introduction::notProved);
        begun = Optional.empty();
        boolean right = root.forRole(open.role())
                .accepts(proof, Credential.Side.CLIENT, open.role(), open.clientNonce(), open.serverNonce());
        if (!right || role.isPresent()) {
            throw notProved();
        }
        role = Optional.of(open.role());
        return Wire.out().toJson();
    }

    private static BusError notProved() {
        return new BusError(NAME + ".NotProved", Wire.out().toJson());
    }

    /**
     * The client's half, on a connection that is new.
     *
     * @throws BusException where the server cannot prove that it has the role's key, or does not take this side's proof
     */
    static void make(ClientConnection connection, Credential credential, String who) {
        var timer = new CompletableFuture<Boolean>().completeOnTimeout(true, PATIENCE.toSeconds(), TimeUnit.SECONDS);
        var _ = timer.thenAccept(_ -> connection.giveUp());
        try {
            exchange(connection, credential, who);
        } finally {
            timer.cancel(false);
        }
    }

    private static void exchange(ClientConnection connection, Credential credential, String who) {
        String nonce = Credential.nonce();
        JsonNode begin = Wire.out()
                .put("role", who, Wire::writeString)
                .put("nonce", nonce, Wire::writeString)
                .toJson();
        JsonNode answer = exchange(connection, "Begin", begin);
        var in = Wire.in(answer, "");
        String serverNonce = in.required("nonce", Wire::readString);
        String proof = in.required("proof", Wire::readString);
        if (!Credential.DIGITS.matcher(serverNonce).matches()
                || !credential.accepts(proof, Credential.Side.SERVER, who, nonce, serverNonce)) {
            throw new BusException(
                    "The server cannot prove that it belongs to this run of Omni: nothing is sent to it");
        }
        exchange(
                connection,
                "Prove",
                Wire.out()
                        .put(
                                "proof",
                                credential.proof(Credential.Side.CLIENT, who, nonce, serverNonce),
                                Wire::writeString)
                        .toJson());
    }

    private static JsonNode exchange(ClientConnection connection, String method, JsonNode parameters) {
        JsonNode message = new Request(NAME + "." + method, parameters, false, false).toJson();
        if (!connection.send(message)) {
            throw new BusException.Unavailable("The server closed the connection at once", null);
        }
        ObjectNode reply = connection.receive();
        if (reply.hasNonNull("error")) {
            throw new BusException("The server does not take this role's proof: it belongs to another run of Omni");
        }
        return ClientConnection.parameters(reply);
    }
}
