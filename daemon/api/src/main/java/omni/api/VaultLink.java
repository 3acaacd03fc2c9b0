package omni.api;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.function.Function;
import java.util.function.Supplier;
import omni.bus.BusClient;
import omni.bus.BusError;
import omni.bus.BusException;
import omni.vault.BackupsProtocol;
import omni.vault.RecordsProtocol;
import omni.vault.SecretCall;
import omni.vault.VaultProtocol;
import omni.vault.VaultProtocol.FailedReason;
import omni.vault.VaultProtocol.LockParams;
import omni.vault.VaultProtocol.StatusParams;
import omni.vault.VaultProtocol.VaultState;

/**
 * The vault as the API needs it: its calls, with its errors turned into those of the API. What it keeps is asked for only while
 * {@link VaultWatch} hears of its end; as {@link Kept} this is for the operator, and what a key may have is {@link KeyCheck}'s. For
 * any thread.
 */
final class VaultLink implements Kept, AutoCloseable {
    private static final int AWAY_SECONDS = 1;

    /** A vault that has just been opened is heard of within this time. */
    private static final Duration HEARD_WITHIN = Duration.ofSeconds(3);

    private final VaultProtocol.Client vault;
    private final RecordsProtocol.Client records;
    private final BackupsProtocol.Client backups;
    private final Path secrets;
    private final Runnable vanish;
    private final VaultWatch watch;
    private final boolean answersWhileLocked;
    private volatile Runnable leave = () -> {};

    /**
     * Watches the vault from now on.
     *
     * @param bus a client that the vault knows as the daemon's
     * @param secrets the vault's socket for passwords
     * @param vanish ends this process at once
     * @param answersWhileLocked whether what needs nothing of the vault is answered while it is locked
     */
    VaultLink(BusClient bus, Path secrets, Runnable vanish, Duration answerMax, boolean answersWhileLocked) {
        this.vault = VaultProtocol.Client.of(bus);
        this.records = RecordsProtocol.Client.of(bus);
        this.backups = BackupsProtocol.Client.of(bus);
        this.secrets = secrets;
        this.vanish = vanish;
        this.watch = new VaultWatch(vault, vanish, answerMax);
        this.answersWhileLocked = answersWhileLocked;
    }

    /** How it stands. */
    VaultProtocol.Vault status() {
        try {
            return vault.status(new StatusParams()).vault();
        } catch (BusException e) {
            throw translate(e);
        }
    }

    /** Locks it. Where it was open, this process ends soon after {@link VaultWatch#answered} at the latest. */
    void lock() {
        try {
            vault.lock(new LockParams());
        } catch (BusException e) {
            throw translate(e);
        }
    }

    /** Whoever asks for the end of this process, and is to read the answer. */
    VaultWatch watch() {
        return watch;
    }

    /** Ends this process, as for forgetting a password that came over its heap. */
    void vanish() {
        vanish.run();
    }

    /** What leaves those that connect from now on to the next process. */
    void leaveBy(Runnable way) {
        leave = way;
    }

    /** Is about to vanish: those that connect from now on are the next process's. */
    void leave() {
        leave.run();
    }

    @Override
    public <T> T records(Function<RecordsProtocol.Client, T> call) {
        return opened(() -> call.apply(records));
    }

    @Override
    public <T> T backups(Function<BackupsProtocol.Client, T> call) {
        return opened(() -> call.apply(backups));
    }

    private <T> T opened(Supplier<T> call) {
        requireOpen();
        try {
            return call.get();
        } catch (BusException e) {
            throw translate(e);
        }
    }

    /** Returns where it is open, and its end would be heard of. */
    @Override
    public void requireOpen() {
        if (!watch.isOpen()) {
            requireOpen(status().state());
        }
    }

    @Override
    public boolean isOpen() {
        return watch.isOpen() || (saysOpen() && watch.awaitOpen(HEARD_WITHIN));
    }

    /**
     * Returns where a model may be asked something that needs nothing of the vault: always, or, where its owner wishes that, while it is
     * not locked.
     *
     * @throws ApiError VAULT_LOCKED; VAULT_UNAVAILABLE where nobody can say how it stands
     */
    void requireMayAnswer() {
        if (!answersWhileLocked && !watch.isOpen() && status().state() == VaultState.SEALED) {
            throw ApiError.of(
                    ErrorCode.VAULT_LOCKED,
                    "The vault is locked, and this box answers nothing while it is (vault.answer_while_locked). Unlock it: omni"
                            + " vault unlock, or POST /v1/vault/unlock.");
        }
    }

    /** Whether it is open as far as anybody can say, be its end heard of or not. */
    boolean mayBeOpen() {
        return watch.isOpen() || saysOpen();
    }

    private boolean saysOpen() {
        try {
            return vault.status(new StatusParams()).vault().state() == VaultState.OPEN;
        } catch (BusException e) {
            Log.debug("the vault is away: nothing is kept", e);
            return false;
        }
    }

    private void requireOpen(VaultState state) {
        switch (state) {
            case ABSENT -> throw absent();
            case SEALED -> throw locked();
            case OPEN -> {
                if (!watch.awaitOpen(HEARD_WITHIN)) {
                    throw unavailable("The vault is not watched yet: nothing is read from it. Try again.");
                }
            }
        }
    }

    /**
     * Asks for something dangerous, with the permit of a {@link StepUp} among its parameters.
     *
     * @throws ApiError STEP_UP_REQUIRED where the permit is not good
     */
    <T> T permitted(Function<VaultProtocol.Client, T> call) {
        try {
            return call.apply(vault);
        } catch (VaultProtocol.Failed e) {
            throw e.reason() == FailedReason.DENIED ? StepUp.required() : translate(e);
        } catch (BusException e) {
            throw translate(e);
        }
    }

    /**
     * Unlocks it.
     *
     * @throws ApiError WRONG_PASSWORD; RATE_LIMIT_EXCEEDED where there were too many of them; VAULT_ABSENT
     */
    void unlock(ByteBuffer password) {
        judge(SecretCall.Verb.UNLOCK, password, ByteBuffer.allocate(0));
    }

    /**
     * A permit for dangerous calls of that session.
     *
     * @throws ApiError as {@link #unlock}
     */
    String prove(ByteBuffer password, String session) {
        ByteBuffer name = StandardCharsets.UTF_8.encode(session);
        byte[] permit = judge(SecretCall.Verb.PROVE, password, ByteBuffer.allocate(0), name);
        return new String(permit, StandardCharsets.US_ASCII);
    }

    /**
     * Sets another password, be it open or locked.
     *
     * @throws ApiError as {@link #unlock}; INVALID_VALUE where the new one is none that the vault takes
     */
    void changePassword(ByteBuffer current, ByteBuffer next) {
        judge(SecretCall.Verb.CHANGE_PASSWORD, current, ByteBuffer.allocate(0), next, ByteBuffer.allocate(0));
    }

    /**
     * Goes over to new data keys, which takes as long as it is large.
     *
     * @throws ApiError as {@link #unlock}; VAULT_LOCKED
     */
    void rotate(ByteBuffer password) {
        judge(SecretCall.Verb.ROTATE, password, ByteBuffer.allocate(0));
    }

    private byte[] judge(SecretCall.Verb verb, ByteBuffer... fields) {
        if (status().state() == VaultState.ABSENT) {
            throw absent();
        }
        try {
            return SecretCall.make(secrets, verb, List.of(fields));
        } catch (SecretCall.Refused e) {
            throw switch (e.reason()) {
                case DENIED -> ApiError.of(ErrorCode.WRONG_PASSWORD, "That is not the vault's password.");
                case LATER ->
                    ApiError.later(
                            ErrorCode.RATE_LIMIT_EXCEEDED,
                            Math.clamp(status().waitSeconds(), 1, Integer.MAX_VALUE),
                            "There were too many wrong passwords. Wait, and try again.");
                case INVALID, SEALED, MISSING, REFUSED, DAMAGED, FAILED ->
                    failed(e.reason(), String.valueOf(e.getMessage()), e);
            };
        } catch (IOException e) {
            throw ApiError.later(
                    ErrorCode.VAULT_UNAVAILABLE, AWAY_SECONDS, "The vault ended before it answered. Try again.", e);
        }
    }

    /** What a failure of the bus or an error of the vault means to a client. */
    static ApiError translate(BusException e) {
        return switch (e) {
            case VaultProtocol.Failed error -> failed(error.reason(), error.message(), error);
            case BackupsProtocol.Failed error ->
                failed(FailedReason.valueOf(error.reason().name()), error.message(), error);
            case RecordsProtocol.Failed error ->
                failed(FailedReason.valueOf(error.reason().name()), error.message(), error);
            case BusError error ->
                ApiError.of(ErrorCode.INTERNAL_ERROR, "The vault refused a request of the daemon.", error);
            case BusException.Oversize _ ->
                ApiError.of(ErrorCode.BODY_TOO_LARGE, "This is too large for the vault. Send less at once.");
            case BusException.Exhausted exhausted ->
                ApiError.later(
                        ErrorCode.RATE_LIMIT_EXCEEDED,
                        AWAY_SECONDS,
                        "Every connection to the vault is in use. Try again later.",
                        exhausted);
            case BusException.Limit limit ->
                ApiError.of(
                        ErrorCode.INTERNAL_ERROR, "The vault sent more than the daemon takes. Ask for less.", limit);
            default -> unavailable("The vault's process is not there at the moment. Try again.", e);
        };
    }

    private static ApiError failed(FailedReason reason, String message, Exception cause) {
        return switch (reason) {
            case INVALID -> ApiError.of(ErrorCode.INVALID_VALUE, message);
            case DENIED -> ApiError.of(ErrorCode.VAULT_DENIED, message);
            case LATER -> ApiError.later(ErrorCode.RATE_LIMIT_EXCEEDED, AWAY_SECONDS, message);
            case SEALED -> locked();
            case MISSING -> ApiError.of(ErrorCode.NOT_FOUND, message);
            case REFUSED -> ApiError.of(ErrorCode.VAULT_REFUSED, message);
            case DAMAGED -> ApiError.of(ErrorCode.VAULT_DAMAGED, message, cause);
            case FAILED -> ApiError.of(ErrorCode.VAULT_FAILED, message, cause);
        };
    }

    private static ApiError locked() {
        return ApiError.of(
                ErrorCode.VAULT_LOCKED, "The vault is locked. Unlock it: omni vault unlock, or POST /v1/vault/unlock.");
    }

    private static ApiError absent() {
        return ApiError.of(ErrorCode.VAULT_ABSENT, "There is no vault yet. Make one at the box: omni vault init.");
    }

    private static ApiError unavailable(String message) {
        return ApiError.later(ErrorCode.VAULT_UNAVAILABLE, AWAY_SECONDS, message);
    }

    private static ApiError unavailable(String message, Exception cause) {
        return ApiError.later(ErrorCode.VAULT_UNAVAILABLE, AWAY_SECONDS, message, cause);
    }

    @Override
    public void close() {
        watch.close();
    }
}
