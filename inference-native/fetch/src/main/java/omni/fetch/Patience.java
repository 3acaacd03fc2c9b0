package omni.fetch;

import java.io.IOException;
import java.time.Duration;
import java.util.concurrent.ThreadLocalRandom;
import java.util.function.Consumer;
import javax.net.ssl.SSLHandshakeException;
import javax.net.ssl.SSLPeerUnverifiedException;
import omni.fetch.FetchProtocol.Reason;

/**
 * How long to wait for others, and how often to ask again. Waits double from the first to the longest, each with a random
 * part so that parallel parts do not come back together; a server's Retry-After (RFC 9110, 10.2.3) is kept where it asks
 * for more, and refused where it asks for too much.
 *
 * @param connect longest time to a connection
 * @param stall longest time without a first or a next byte
 * @param failuresMax failures in a row without progress that are forgiven
 * @param backoffFirst the wait after the first failure
 * @param backoffMax the longest wait of our own
 * @param retryAfterMax the longest wait that a server may ask for
 */
record Patience(
        Duration connect,
        Duration stall,
        int failuresMax,
        Duration backoffFirst,
        Duration backoffMax,
        Duration retryAfterMax) {

    /** Something that may be tried again. */
    @FunctionalInterface
    interface Attempt<T> {
        T run() throws IOException, Again;
    }

    /** Tries until it works or patience ends; says why not yet. */
    <T> T persist(Asker asker, Attempt<T> attempt) {
        int failures = 0;
        while (true) {
            Again failure;
            try {
                T answer = attempt.run();
                asker.note().accept("");
                return answer;
            } catch (Again e) {
                failure = e;
            } catch (IOException e) {
                failure = again(e);
            }
            failures++;
            pause(failures, failure, asker.cancellation(), asker.note());
            asker.note().accept(failure.getMessage() + "; trying again");
        }
    }

    /** What an exception of the network means: another attempt, or none where no attempt could help. */
    static Again again(IOException e) {
        if (e instanceof SSLHandshakeException || e instanceof SSLPeerUnverifiedException) {
            throw new FetchException(
                    Reason.REFUSED, "The server cannot prove who it is (" + told(e) + "): nothing was fetched.");
        }
        return new Again(told(e));
    }

    private static String told(IOException e) {
        String message = e.getMessage();
        String text = message == null || message.isBlank() ? e.getClass().getSimpleName() : message;
        return text.length() > 200 ? text.substring(0, 200) : text;
    }

    /**
     * Waits before another attempt.
     *
     * @param failures how many there have been in a row, at least 1
     * @throws FetchException where patience is used up, or the server asks for more than we wait
     */
    void pause(int failures, Again failure, Cancellation cancellation, Consumer<String> note) {
        cancellation.check();
        if (failures > failuresMax) {
            throw new FetchException(
                    failure.reason(),
                    "It failed " + failures + " times in a row (" + failure.getMessage()
                            + "): what has come is kept; try again later.");
        }
        if (failure.atLeast().compareTo(retryAfterMax) > 0) {
            throw new FetchException(
                    failure.reason(),
                    "The server asks to come back in " + failure.atLeast().toSeconds()
                            + " s: what has come is kept; try again then.");
        }
        Duration own = backoff(failures);
        Duration wait = own.compareTo(failure.atLeast()) > 0 ? own : failure.atLeast();
        note.accept(failure.getMessage() + "; tries again in " + Math.max(1, wait.toSeconds()) + " s");
        cancellation.pause(wait);
        note.accept("");
    }

    private Duration backoff(int failures) {
        long millis = Math.max(1, backoffFirst.toMillis());
        for (int i = 1; i < failures && millis < backoffMax.toMillis(); i++) {
            millis *= 2;
        }
        long most = Math.min(millis, Math.max(1, backoffMax.toMillis()));
        return Duration.ofMillis(most / 2 + ThreadLocalRandom.current().nextLong(most / 2 + 1));
    }
}
