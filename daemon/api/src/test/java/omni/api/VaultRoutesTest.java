package omni.api;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.net.http.HttpRequest;
import java.net.http.HttpRequest.BodyPublisher;
import java.net.http.HttpRequest.BodyPublishers;
import java.net.http.HttpResponse;
import java.nio.file.Path;
import java.time.Instant;
import java.util.Arrays;
import java.util.Collections;
import java.util.List;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicReference;
import omni.bus.BusClient;
import omni.bus.BusException;
import omni.vault.RecordsProtocol;
import omni.vault.RecordsProtocol.FailedReason;
import omni.vault.SecretCall;
import omni.vault.VaultProtocol;
import omni.vault.VaultProtocol.VaultState;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.EnumSource;
import org.junit.jupiter.params.provider.ValueSource;

/** {@code /v1/vault}, and what a vault that is locked, missing or away means to every route that needs it. */
final class VaultRoutesTest {
    private static final String UNLOCK = "/v1/vault/unlock";
    private static final String STEP_UP = "/v1/vault/step-up";
    private static final String CHANGE = "/v1/vault/password";

    @TempDir
    private Path home;

    private FakeVault vault;
    private TestDaemon daemon;

    /** What is done when the daemon would end itself. */
    private final AtomicReference<Runnable> atEnd = new AtomicReference<>(() -> {});

    @BeforeEach
    void start() throws IOException {
        vault = new FakeVault(home, VaultState.SEALED);
        daemon = new TestDaemon(
                home,
                home.resolve("engine.sock"),
                BusClient.to(home.resolve("vault.sock")),
                () -> atEnd.get().run());
    }

    @AfterEach
    void stop() {
        daemon.close();
        vault.close();
    }

    @Test
    void tellsHowItStands() throws Exception {
        vault.waitSeconds = 7;

        assertEquals(
                "{\"state\":\"sealed\",\"since\":\"2026-11-29T00:00:00Z\",\"cause\":\"a test\",\"limits\":[],"
                        + "\"attempts\":0,\"waitSeconds\":7,\"lockAfterSeconds\":900,\"boundTo\":\"tpm\"}",
                daemon.get("/v1/vault").body());
        vault.boundTo = null;
        assertFalse(daemon.get("/v1/vault").body().contains("boundTo"));
    }

    @ParameterizedTest
    @CsvSource({"SEALED,vault_locked,omni vault unlock", "ABSENT,vault_absent,omni vault init"})
    void nothingIsToBeHadWhileItIsNotOpen(VaultState state, String code, String advice) throws Exception {
        vault.become(state);

        for (var response : everyCall()) {
            ErrorsTest.assertError(response, 423, code);
            assertTrue(response.body().contains(advice), response.body());
        }
        assertEquals(0, vault.asked.get());
        assertEquals(0, daemon.vanished.get());
    }

    @Test
    void aVaultThatIsAwayIsToldSo() throws Exception {
        vault.become(VaultState.OPEN);
        vault.close();

        for (var response : everyCall()) {
            ErrorsTest.assertError(response, 503, "vault_unavailable");
            assertEquals("1", retryAfter(response));
        }
        ErrorsTest.assertError(daemon.get("/v1/vault"), 503, "vault_unavailable");
        ErrorsTest.assertError(post("/v1/vault/lock"), 503, "vault_unavailable");
        ErrorsTest.assertError(unlock(FakeVault.PASSWORD), 503, "vault_unavailable");
    }

    /** Nothing comes onto the heap that would stay there when the vault locks. */
    @Test
    void nothingIsReadWhileNobodyWouldHearOfTheEnd() throws Exception {
        vault.unwatched = true;
        vault.die();
        vault.become(VaultState.OPEN);

        ErrorsTest.assertError(daemon.get("/v1/conversations"), 503, "vault_unavailable");
        assertEquals(0, vault.asked.get());

        vault.unwatched = false;
        Await.until("it is watched", () -> vault.watching.get() == 1);
        assertEquals(200, daemon.get("/v1/conversations").statusCode());
    }

    @ParameterizedTest
    @CsvSource({
        "INVALID,400,invalid_value",
        "DENIED,403,vault_denied",
        "LATER,429,rate_limit_exceeded",
        "SEALED,423,vault_locked",
        "MISSING,404,not_found",
        "REFUSED,409,vault_refused",
        "DAMAGED,500,vault_damaged",
        "FAILED,500,vault_failed"
    })
    void everyReasonOfTheVaultHasItsStatus(String reason, int status, String code) throws Exception {
        vault.become(VaultState.OPEN);

        var response = daemon.get("/v1/memory/fail:" + reason);

        ErrorsTest.assertError(response, status, code);
        assertEquals(status == 429 ? "1" : "", retryAfter(response));
    }

    @ParameterizedTest
    @EnumSource(FailedReason.class)
    void bothInterfacesSayTheSame(FailedReason reason) {
        var records = VaultLink.translate(new RecordsProtocol.Failed(reason, "Why."));
        var vaults = VaultLink.translate(
                new VaultProtocol.Failed(VaultProtocol.FailedReason.valueOf(reason.name()), "Why."));

        assertEquals(records.code(), vaults.code());
    }

    @Test
    void limitsOfTheBusAreToldApart() {
        assertEquals(ErrorCode.BODY_TOO_LARGE, code(new BusException.Oversize("too large")));
        assertEquals(ErrorCode.RATE_LIMIT_EXCEEDED, code(new BusException.Exhausted("no connection")));
        assertEquals(ErrorCode.INTERNAL_ERROR, code(new BusException.Limit("reply too large")));
        assertEquals(ErrorCode.VAULT_UNAVAILABLE, code(new BusException("gone")));
    }

    @Test
    void unlocksAndEndsWhenTheAnswerIsOut() throws Exception {
        var answered = new CountDownLatch(1);
        atEnd.set(() -> await(answered));

        var response = unlock(FakeVault.PASSWORD);

        assertEquals("{\"unlocked\":true}", response.body());
        assertEquals(List.of(FakeVault.PASSWORD), List.copyOf(vault.passwords));
        assertEquals(0, daemon.vanished.get());
        answered.countDown();
        Await.until("it has vanished", () -> daemon.vanished.get() == 1);
        assertEquals(200, daemon.get("/v1/conversations").statusCode());
    }

    @Test
    void aWrongPasswordIsForgottenToo() throws Exception {
        ErrorsTest.assertError(unlock("wrong"), 403, "wrong_password");

        Await.until("it has vanished", () -> daemon.vanished.get() == 1);
        ErrorsTest.assertError(daemon.get("/v1/conversations"), 423, "vault_locked");
    }

    @Test
    void tooManyWrongPasswordsMeanWaiting() throws Exception {
        vault.waitSeconds = 37;

        var response = unlock(FakeVault.PASSWORD);

        ErrorsTest.assertError(response, 429, "rate_limit_exceeded");
        assertEquals("37", retryAfter(response));
    }

    @ParameterizedTest
    @CsvSource({
        "invalid,400,invalid_value",
        "damaged,500,vault_damaged",
        "failed,500,vault_failed",
        "refused,409,vault_refused",
        "nonsense,503,vault_unavailable"
    })
    void whatElseTheVaultSaysToAPasswordIsTold(String reason, int status, String code) throws Exception {
        ErrorsTest.assertError(unlock("fail:" + reason), status, code);
    }

    @Test
    void aVaultThatEndsAtAPasswordIsToldSo() throws Exception {
        vault.endsAtPassword = true;

        ErrorsTest.assertError(unlock(FakeVault.PASSWORD), 503, "vault_unavailable");
    }

    @Test
    void withoutAVaultThereIsNothingToUnlock() throws Exception {
        vault.become(VaultState.ABSENT);

        ErrorsTest.assertError(unlock(FakeVault.PASSWORD), 423, "vault_absent");
        assertTrue(vault.passwords.isEmpty());
    }

    @Test
    void aPasswordIsAnyBytesUpToABound() throws Exception {
        ErrorsTest.assertError(unlock("x".repeat(1024)), 403, "wrong_password");
        ErrorsTest.assertError(unlock("ÿ\0\n"), 403, "wrong_password");
        assertEquals(List.of("x".repeat(1024), "ÿ\0\n"), List.copyOf(vault.passwords));
        ErrorsTest.assertError(unlock("x".repeat(1025)), 413, "body_too_large");
        ErrorsTest.assertError(unlock(""), 400, "invalid_value");
        assertEquals(2, vault.passwords.size());
    }

    /** Without its length said before, as with one that is. */
    @Test
    void aPasswordInPiecesHasTheSameBound() throws Exception {
        ErrorsTest.assertError(unlock(pieces(1024)), 403, "wrong_password");
        ErrorsTest.assertError(unlock(pieces(1025)), 413, "body_too_large");
    }

    @ParameterizedTest
    @CsvSource({
        "application/json," + UNLOCK,
        "text/plain," + UNLOCK,
        "application/x-www-form-urlencoded," + UNLOCK,
        "text/plain," + CHANGE
    })
    void aPasswordIsNoText(String type, String path) throws Exception {
        var response = daemon.send(
                daemon.request(path).header("Content-Type", type).POST(BodyPublishers.ofString(FakeVault.PASSWORD)));

        ErrorsTest.assertError(response, 415, "unsupported_media_type");
        assertTrue(vault.passwords.isEmpty());
        Await.until("it is forgotten", () -> daemon.vanished.get() == 1);
    }

    @ParameterizedTest
    @ValueSource(strings = {UNLOCK, CHANGE})
    void aPasswordNeedsAKey(String path) throws Exception {
        ErrorsTest.assertError(
                daemon.send(HttpRequest.newBuilder(daemon.url.resolve(path))
                        .header("Content-Type", "application/octet-stream")
                        .POST(BodyPublishers.ofString(FakeVault.PASSWORD))),
                401,
                "invalid_api_key");
        assertTrue(vault.passwords.isEmpty());
        assertEquals(0, daemon.vanished.get());
    }

    @Test
    void thePasswordIsAPermitForTheKeyThatGaveItAndThenTheDaemonEnds() throws Exception {
        var before = Instant.now();

        var response = password(STEP_UP, BodyPublishers.ofString(FakeVault.PASSWORD));

        var answer = TestDaemon.json(response);
        assertEquals("permit for " + TestDaemon.keyId(), answer.get("permit").asString());
        var expires = Instant.parse(answer.get("expires_at").asString());
        assertFalse(expires.isBefore(before.plus(SecretCall.PERMIT_LASTS)), expires::toString);
        assertFalse(expires.isAfter(Instant.now().plus(SecretCall.PERMIT_LASTS)), expires::toString);
        Await.until("it has vanished", () -> daemon.vanished.get() == 1);
        ErrorsTest.assertError(daemon.get("/v1/conversations"), 423, "vault_locked");
    }

    @Test
    void newKeysTakeThePasswordAndTheDaemonEnds() throws Exception {
        var path = "/v1/vault/rotate";

        ErrorsTest.assertError(password(path, BodyPublishers.ofString("wrong")), 403, "wrong_password");
        assertEquals(
                "{\"rotated\":true}",
                password(path, BodyPublishers.ofString(FakeVault.PASSWORD)).body());
        Await.until("it has vanished, both times", () -> daemon.vanished.get() == 2);
        assertEquals(List.of("wrong", FakeVault.PASSWORD), List.copyOf(vault.passwords));
    }

    @Test
    void anotherPasswordTakesTheCurrentOneAndTheDaemonEnds() throws Exception {
        ErrorsTest.assertError(change("wrong\nanother password"), 403, "wrong_password");
        assertTrue(vault.passwordsSet.isEmpty());

        assertEquals(
                "{\"changed\":true}",
                change(FakeVault.PASSWORD + "\nänother password ").body());

        assertEquals(List.of("änother password "), List.copyOf(vault.passwordsSet));
        Await.until("it has vanished, both times", () -> daemon.vanished.get() == 2);
        vault.waitSeconds = 37;
        var later = change(FakeVault.PASSWORD + "\nanother password");
        ErrorsTest.assertError(later, 429, "rate_limit_exceeded");
        assertEquals("37", retryAfter(later));
        vault.waitSeconds = 0;
        vault.become(VaultState.ABSENT);
        ErrorsTest.assertError(change(FakeVault.PASSWORD + "\nanother password"), 423, "vault_absent");
    }

    /** A key alone changes nothing, nor does a body of which nobody knows where a password ends. */
    @ParameterizedTest
    @ValueSource(
            strings = {"", "\n", "\nanother password", "correct horse", "correct horse\n", "a\nb\n", "a\n\nb", "a\nb\nc"
            })
    void anotherPasswordNeedsBothOfThem(String body) throws Exception {
        ErrorsTest.assertError(change(body), 400, "invalid_value");

        assertTrue(vault.passwords.isEmpty());
        Await.until("it is forgotten", () -> daemon.vanished.get() == 1);
    }

    @Test
    void bothPasswordsHaveTheBoundOfOne() throws Exception {
        var longest = "x".repeat(VaultRoutes.PASSWORD_BYTES_MAX);

        ErrorsTest.assertError(change(longest + "\n" + longest), 403, "wrong_password");
        assertEquals(List.of(longest), List.copyOf(vault.passwords));
        ErrorsTest.assertError(change(longest + "x\nnext"), 413, "body_too_large");
        ErrorsTest.assertError(change("current\nx" + longest), 413, "body_too_large");
        ErrorsTest.assertError(change(longest + "\n" + longest + "x"), 413, "body_too_large");
        assertEquals(1, vault.passwords.size());
    }

    private HttpResponse<String> change(String body) throws Exception {
        return password(CHANGE, BodyPublishers.ofString(body));
    }

    @Test
    void aWrongPasswordIsNoPermitAndIsForgottenToo() throws Exception {
        ErrorsTest.assertError(password(STEP_UP, BodyPublishers.ofString("wrong")), 403, "wrong_password");
        Await.until("it has vanished", () -> daemon.vanished.get() == 1);
        vault.become(VaultState.ABSENT);
        ErrorsTest.assertError(password(STEP_UP, BodyPublishers.ofString(FakeVault.PASSWORD)), 423, "vault_absent");
    }

    @Test
    void locksAndEndsWhenTheAnswerIsOut() throws Exception {
        vault.become(VaultState.OPEN);
        assertEquals(200, daemon.get("/v1/conversations").statusCode());

        var response = post("/v1/vault/lock");

        assertEquals("{\"locked\":true}", response.body());
        Await.until("it has vanished", () -> daemon.vanished.get() == 1);
    }

    @Test
    void aVaultThatIsLockedElsewhereEndsTheDaemon() throws Exception {
        vault.become(VaultState.OPEN);
        assertEquals(200, daemon.get("/v1/conversations").statusCode());

        vault.die();

        Await.until("it has vanished", () -> daemon.vanished.get() == 1);
    }

    @Test
    void lockingWhatIsLockedChangesNothing() throws Exception {
        assertEquals("{\"locked\":true}", post("/v1/vault/lock").body());
        assertEquals(0, daemon.vanished.get());
    }

    @Test
    void keepsForAsLongAsItIsTold() throws Exception {
        vault.become(VaultState.OPEN);
        var path = "/v1/vault/retention";

        assertEquals("{\"keep_seconds\":null}", daemon.get(path).body());
        for (var seconds : new String[] {"1", "2147483647", "null"}) {
            var rule = "{\"keep_seconds\":" + seconds + "}";
            assertEquals(rule, keep(rule, "permit for " + TestDaemon.keyId()).body());
            assertEquals(rule, daemon.get(path).body());
        }
        ErrorsTest.assertError(daemon.post(path, "{\"keep_seconds\":0}"), 400, "invalid_value");
        ErrorsTest.assertError(daemon.post(path, "{\"keep_seconds\":2147483648}"), 400, "invalid_value");
        ErrorsTest.assertError(daemon.post(path, "{\"keep_seconds\":\"1\"}"), 400, "invalid_type");
        ErrorsTest.assertError(daemon.post(path, "{}"), 400, "missing_required_parameter");
    }

    private HttpResponse<String> keep(String rule, String permit) throws Exception {
        return daemon.send(daemon.request("/v1/vault/retention")
                .header("Content-Type", "application/json")
                .header("Omni-Step-Up", permit)
                .POST(BodyPublishers.ofString(rule)));
    }

    /** It deletes all that is older, at once: what a key alone must not do. */
    @Test
    void aShorterRuleNeedsThePassword() throws Exception {
        vault.become(VaultState.OPEN);
        var path = "/v1/vault/retention";
        ErrorsTest.assertError(daemon.post(path, "{\"keep_seconds\":60}"), 403, "step_up_required");
        ErrorsTest.assertError(keep("{\"keep_seconds\":60}", "permit for another key"), 403, "step_up_required");
        assertEquals("{\"keep_seconds\":null}", daemon.get(path).body());
        assertEquals(
                200,
                keep("{\"keep_seconds\":60}", "permit for " + TestDaemon.keyId())
                        .statusCode());
        assertEquals(200, daemon.post(path, "{\"keep_seconds\":60}").statusCode(), "the same");
        assertEquals(200, daemon.post(path, "{\"keep_seconds\":61}").statusCode(), "a longer one");
        ErrorsTest.assertError(daemon.post(path, "{\"keep_seconds\":60}"), 403, "step_up_required");
        assertEquals(200, daemon.post(path, "{\"keep_seconds\":null}").statusCode());
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "GET /v1/vault",
                "POST /v1/vault/lock",
                "POST /v1/vault/unlock",
                "POST /v1/vault/step-up",
                "POST /v1/vault/rotate",
                "POST /v1/vault/wipe",
                "POST /v1/vault/export",
                "GET /v1/vault/retention"
            })
    void whatTheyDoNotTakeIsRefused(String route) throws Exception {
        vault.become(VaultState.OPEN);
        var parts = route.split(" ", 2);

        ErrorsTest.assertError(
                daemon.send(daemon.request(parts[1] + "?x=1").method(parts[0], BodyPublishers.noBody())),
                400,
                "unsupported_parameter");
        if (!List.of(UNLOCK, STEP_UP, "/v1/vault/rotate").contains(parts[1])) {
            ErrorsTest.assertError(
                    daemon.send(daemon.request(parts[1]).method(parts[0], BodyPublishers.ofString("x"))),
                    400,
                    "invalid_value");
        }
        assertFalse(vault.passwords.contains(""));
    }

    private List<HttpResponse<String>> everyCall() throws Exception {
        var memory = "{\"name\":\"n\",\"text\":\"t\"}";
        var items = "{\"items\":[{\"role\":\"user\",\"content\":\"hi\"}]}";
        return List.of(
                daemon.get("/v1/conversations"),
                daemon.get("/v1/conversations?q=x"),
                daemon.post("/v1/conversations", "{}"),
                daemon.get("/v1/conversations/a"),
                daemon.post("/v1/conversations/a", "{\"metadata\":{}}"),
                delete("/v1/conversations/a"),
                daemon.get("/v1/conversations/a/items"),
                daemon.post("/v1/conversations/a/items", items),
                daemon.get("/v1/conversations/a/items/b"),
                delete("/v1/conversations/a/items/b"),
                daemon.get("/v1/memory"),
                daemon.get("/v1/memory?q=x"),
                daemon.post("/v1/memory", memory),
                daemon.get("/v1/memory/a"),
                daemon.post("/v1/memory/a", memory),
                delete("/v1/memory/a"),
                daemon.get("/v1/vault/retention"),
                daemon.post("/v1/vault/retention", "{\"keep_seconds\":1}"));
    }

    private HttpResponse<String> delete(String path) throws Exception {
        return daemon.send(daemon.request(path).DELETE());
    }

    private HttpResponse<String> post(String path) throws Exception {
        return daemon.send(daemon.request(path).POST(BodyPublishers.noBody()));
    }

    private HttpResponse<String> unlock(String password) throws Exception {
        return unlock(BodyPublishers.ofString(password));
    }

    private HttpResponse<String> unlock(BodyPublisher password) throws Exception {
        return password(UNLOCK, password);
    }

    private HttpResponse<String> password(String path, BodyPublisher password) throws Exception {
        return daemon.send(daemon.request(path)
                .header("Content-Type", "application/octet-stream")
                .POST(password));
    }

    private static BodyPublisher pieces(int bytes) {
        var piece = new byte[1];
        Arrays.fill(piece, (byte) 'x');
        return BodyPublishers.ofByteArrays(Collections.nCopies(bytes, piece));
    }

    private static ErrorCode code(BusException e) {
        return VaultLink.translate(e).code();
    }

    private static void await(CountDownLatch latch) {
        try {
            latch.await(Await.LONG.toSeconds(), TimeUnit.SECONDS);
        } catch (InterruptedException e) {
            throw new IllegalStateException(e);
        }
    }

    private static String retryAfter(HttpResponse<String> response) {
        return response.headers().firstValue("retry-after").orElse("");
    }
}
