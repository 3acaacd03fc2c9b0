package omni.api;

import io.helidon.http.Method;
import java.io.IOException;
import java.io.OutputStream;
import java.io.UncheckedIOException;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.time.Instant;
import java.util.List;
import java.util.concurrent.Semaphore;
import java.util.function.Function;
import omni.api.DaemonProtocol.RouteGroup;
import omni.vault.RecordsProtocol;
import omni.vault.RecordsProtocol.RetentionParams;
import omni.vault.RecordsProtocol.SetRetentionParams;
import omni.vault.RecordsProtocol.SetRetentionReply;
import omni.vault.SecretCall;
import omni.vault.VaultProtocol.ExportParams;
import omni.vault.VaultProtocol.ExportReply;
import omni.vault.VaultProtocol.WipeParams;
import org.jspecify.annotations.Nullable;
import tools.jackson.databind.node.JsonNodeFactory;
import tools.jackson.databind.node.ObjectNode;

/** {@code /v1/vault}: how it stands, its lock, and how long it keeps conversations. */
final class VaultRoutes {
    /** Bytes of a password. */
    static final int PASSWORD_BYTES_MAX = 1024;

    private static final long KEEP_SECONDS_MAX = Integer.MAX_VALUE;
    private static final int BUSY_SECONDS = 2;

    private final VaultLink vault;
    private final Semaphore judging = new Semaphore(1);

    VaultRoutes(VaultLink vault) {
        this.vault = vault;
    }

    /** The routes. */
    List<Route> all() {
        return List.of(
                Route.of(RouteGroup.VAULT, Method.GET, "/v1/vault", this::status),
                Route.of(RouteGroup.VAULT, Method.POST, "/v1/vault/lock", this::lock),
                Route.of(RouteGroup.VAULT, Method.POST, "/v1/vault/unlock", this::unlock),
                Route.of(RouteGroup.VAULT, Method.POST, "/v1/vault/step-up", this::stepUp),
                Route.of(RouteGroup.VAULT, Method.POST, "/v1/vault/password", this::changePassword),
                Route.of(RouteGroup.VAULT, Method.POST, "/v1/vault/rotate", this::rotate),
                Route.of(RouteGroup.VAULT, Method.POST, "/v1/vault/wipe", this::wipe),
                Route.of(RouteGroup.VAULT, Method.POST, "/v1/vault/export", this::export),
                Route.of(RouteGroup.VAULT, Method.GET, "/v1/vault/retention", this::retention),
                Route.of(RouteGroup.VAULT, Method.POST, "/v1/vault/retention", this::keep));
    }

    private void status(Exchange exchange) {
        exchange.query(List.of());
        exchange.withoutBody();
        exchange.json(vault.status().toJson());
    }

    /** Where the vault was open, this process ends with it, and the answer is out by then. */
    private void lock(Exchange exchange) {
        exchange.query(List.of());
        exchange.withoutBody();
        vault.watch().answering();
        exchange.afterwards(vault.watch()::answered);
        vault.lock();
        exchange.json(object().put("locked", true));
    }

    private void unlock(Exchange exchange) {
        byPassword(exchange, password -> {
            vault.unlock(password);
            return object().put("unlocked", true);
        });
    }

    /** The password, a line feed and the new one: a key alone changes nothing. */
    private void changePassword(Exchange exchange) {
        byPassword(exchange, TwoPasswords.BYTES_MAX, body -> {
            var two = TwoPasswords.of(body);
            vault.changePassword(two.current(), two.next());
            return object().put("changed", true);
        });
    }

    private void rotate(Exchange exchange) {
        byPassword(exchange, password -> {
            vault.rotate(password);
            return object().put("rotated", true);
        });
    }

    /** The permit is good for the key alone that asks. */
    private void stepUp(Exchange exchange) {
        byPassword(exchange, password -> {
            Instant before = Instant.now();
            return object().put("permit", vault.prove(password, exchange.key()))
                    .put("expires_at", before.plus(SecretCall.PERMIT_LASTS).toString());
        });
    }

    private void byPassword(Exchange exchange, Function<ByteBuffer, ObjectNode> call) {
        byPassword(exchange, PASSWORD_BYTES_MAX, call);
    }

    /**
     * Hands the password on to the vault. Its bytes come over this process's heap, where no wiping reaches all of them: whatever
     * came of it, this process ends when its answer is out.
     */
    private void byPassword(Exchange exchange, int bytesMax, Function<ByteBuffer, ObjectNode> call) {
        exchange.query(List.of());
        exchange.before(vault::leave); // or who has the answer could still connect to what ends
        exchange.afterwards(vault::vanish);
        ObjectNode answer;
        try (var password = exchange.secret(bytesMax)) {
            if (!judging.tryAcquire()) {
                throw ApiError.later(
                        ErrorCode.RATE_LIMIT_EXCEEDED, BUSY_SECONDS, "Another password is being tried. Wait for it.");
            }
            try {
                answer = call.apply(password.bytes());
            } finally {
                judging.release();
            }
        }
        exchange.json(answer); // a slow reader keeps no password
    }

    /** Where the vault was open, this process ends with it, as with a lock. */
    private void wipe(Exchange exchange) {
        exchange.query(List.of());
        exchange.withoutBody();
        StepUp stepUp = StepUp.of(exchange);
        vault.watch().answering();
        exchange.afterwards(vault.watch()::answered);
        var wiped = vault.permitted(client -> client.wipe(new WipeParams(stepUp.permit(), stepUp.session())));
        var answer = object().put("wiped", true)
                .put("keys_gone_ms", wiped.keysGoneMillis())
                .put("tpm", wiped.tpm().wire());
        var backups = wiped.backups();
        if (backups != null) {
            backups.forEach(answer.putArray("backups")::add);
        } else {
            answer.putNull("backups");
        }
        exchange.json(answer);
    }

    /** Written while it is read. The first lines are awaited before the response begins, so that a refusal has its proper status. */
    private void export(Exchange exchange) {
        exchange.query(List.of());
        exchange.withoutBody();
        StepUp stepUp = StepUp.of(exchange);
        exchange.kept().requireOpen();
        var params = new ExportParams(stepUp.permit(), stepUp.session());
        try (var parts = vault.permitted(client -> client.exportMore(params))) {
            var first = vault.permitted(_ -> parts.next());
            var out = exchange.lines();
            write(out, first);
            while (vault.permitted(_ -> parts.hasNext())) {
                write(out, parts.next());
            }
            out.close(); // only here: what is not whole must not look as if it were
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    private static void write(OutputStream out, ExportReply part) throws IOException {
        for (var line : part.lines()) {
            out.write((line + "\n").getBytes(StandardCharsets.UTF_8));
        }
        out.flush();
    }

    private void retention(Exchange exchange) {
        exchange.query(List.of());
        exchange.withoutBody();
        exchange.json(rule(exchange.kept()
                .records(records -> records.retention(new RetentionParams()))
                .keepSeconds()));
    }

    /** A rule that deletes more than the one before is a dangerous call; which one does is the vault's to say. */
    private void keep(Exchange exchange) {
        exchange.query(List.of());
        var stepUp = StepUp.in(exchange);
        try (var request = exchange.body(json -> new SetRetentionParams(
                keepSeconds(Fields.of(json.node())),
                stepUp.map(StepUp::permit).orElse(null),
                stepUp.map(StepUp::session).orElse(null)))) {
            exchange.kept().records(records -> set(records, request.get()));
            exchange.json(rule(request.get().keepSeconds()));
        }
    }

    private static SetRetentionReply set(RecordsProtocol.Client records, SetRetentionParams rule) {
        try {
            return records.setRetention(rule);
        } catch (RecordsProtocol.Failed e) {
            throw e.reason() == RecordsProtocol.FailedReason.DENIED ? StepUp.required() : e;
        }
    }

    /** Null is a rule, too: for ever, and of a conversation that the vault's rule holds. */
    static @Nullable Long keepSeconds(Fields body) {
        if (!body.node().has("keep_seconds")) {
            throw Fields.missing("keep_seconds");
        }
        var seconds = body.wide("keep_seconds", 1, KEEP_SECONDS_MAX);
        return seconds.isPresent() ? seconds.getAsLong() : null;
    }

    private static ObjectNode rule(@Nullable Long keepSeconds) {
        return object().put("keep_seconds", keepSeconds);
    }

    private static ObjectNode object() {
        return JsonNodeFactory.instance.objectNode();
    }
}
