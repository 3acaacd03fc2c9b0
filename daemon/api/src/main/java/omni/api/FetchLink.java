package omni.api;

import java.time.Duration;
import java.util.concurrent.locks.LockSupport;
import java.util.function.Supplier;
import omni.bus.BusClient;
import omni.bus.BusException;
import omni.bus.ReplyStream;
import omni.fetch.FetchProtocol;
import omni.fetch.FetchProtocol.ForgetParams;
import omni.fetch.FetchProtocol.PullParams;
import omni.fetch.FetchProtocol.PullReply;
import omni.role.SupervisorProtocol;
import omni.role.SupervisorProtocol.StartParams;

/**
 * The role that fetches, as the API needs it: the supervisor starts it when it is wanted, and it is asked over the bus, as the command
 * does. The daemon itself connects to nobody. Errors are turned into those of the API. For any thread.
 */
final class FetchLink {
    private static final int AWAY_SECONDS = 2;
    private static final int BUSY_SECONDS = 30;
    /** How long a role is waited for that was just ending, because nobody had wanted it. */
    private static final Duration PATIENCE = Duration.ofSeconds(10);

    private static final Duration PAUSE = Duration.ofMillis(100);

    private final SupervisorProtocol.Client supervisor;
    private final FetchProtocol.Client fetch;

    FetchLink(BusClient supervisor, BusClient fetch) {
        this.supervisor = SupervisorProtocol.Client.of(supervisor);
        this.fetch = FetchProtocol.Client.of(fetch);
    }

    /** A pull that is under way. Closing it ends it; what has come stays, and the same wish goes on from there. */
    static final class Pull implements AutoCloseable {
        private final ReplyStream<PullReply> replies;

        private Pull(ReplyStream<PullReply> replies) {
            this.replies = replies;
        }

        /**
         * The next word on it; waits for that. The last one has what was brought.
         *
         * @throws ApiError as {@link FetchLink#translate}
         */
        PullReply next() {
            try {
                if (replies.hasNext()) {
                    return replies.next();
                }
            } catch (BusException e) {
                throw translate(e);
            }
            throw away("The pull ended without a model. Ask again: it goes on where it was.");
        }

        @Override
        public void close() {
            replies.close();
        }
    }

    /**
     * Begins to bring a model, or goes on with it.
     *
     * @throws ApiError as {@link #translate}
     */
    Pull pull(String source) {
        return new Pull(started(() -> fetch.pullMore(new PullParams(source, null, null))));
    }

    /** Deletes what a pull has brought once it is in the store; where that does not work it stays, and the owner sees it. */
    void forget(String pull) {
        try {
            started(() -> fetch.forget(new ForgetParams(pull)));
        } catch (ApiError e) {
            Log.warning("what a pull has brought stays beside the model: omni models pulls lists it. " + e.text());
        }
    }

    private <T> T started(Supplier<T> call) {
        long end = System.nanoTime() + PATIENCE.toNanos();
        while (true) {
            start();
            try {
                return call.get();
            } catch (BusException.Unavailable e) {
                if (System.nanoTime() - end > 0) {
                    throw translate(e);
                }
                LockSupport.parkNanos(PAUSE.toNanos());
            } catch (BusException e) {
                throw translate(e);
            }
        }
    }

    private void start() {
        try {
            supervisor.start(new StartParams("fetch"));
        } catch (BusException e) {
            throw translate(e);
        }
    }

    /** What a failure of the bus or an error of the role means to a client. */
    static ApiError translate(BusException e) {
        return switch (e) {
            case FetchProtocol.Failed error -> failed(error);
            case SupervisorProtocol.StartFailed error ->
                away("The process that fetches models does not start: " + error.reason() + ". See omni status.");
            case BusException.Exhausted _ ->
                ApiError.later(
                        ErrorCode.RATE_LIMIT_EXCEEDED,
                        BUSY_SECONDS,
                        "Every connection to the process that fetches models is in use. Try again later.");
            default ->
                ApiError.later(
                        ErrorCode.FETCH_UNAVAILABLE,
                        AWAY_SECONDS,
                        "The process that fetches models is not there at the moment. Ask again: a pull goes on where it was.",
                        e);
        };
    }

    private static ApiError failed(FetchProtocol.Failed error) {
        return switch (error.reason()) {
            case INVALID, AMBIGUOUS -> ApiError.at("model", ErrorCode.INVALID_VALUE, error.message());
            case MISSING -> ApiError.at("model", ErrorCode.MODEL_NOT_FOUND, error.message());
            case UNAUTHORIZED, REFUSED -> ApiError.of(ErrorCode.PULL_NOT_ALLOWED, error.message() + login(error));
            case SPACE -> ApiError.of(ErrorCode.INSUFFICIENT_STORAGE, error.message());
            case CONTENT, UNREACHABLE -> ApiError.of(ErrorCode.PULL_FAILED, error.message());
            case BUSY -> ApiError.later(ErrorCode.RATE_LIMIT_EXCEEDED, BUSY_SECONDS, error.message());
            case CANCELLED -> away(error.message());
        };
    }

    /** A token is given at the box alone. */
    private static String login(FetchProtocol.Failed error) {
        var host = error.host();
        return host == null || error.message().contains("omni models login")
                ? ""
                : " At the box: omni models login " + host + ".";
    }

    private static ApiError away(String message) {
        return ApiError.later(ErrorCode.FETCH_UNAVAILABLE, AWAY_SECONDS, message);
    }
}
