package omni.bus;

import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.locks.ReentrantLock;
import tools.jackson.databind.JsonNode;

/**
 * A call being answered on a server's connection.
 *
 * <p>{@code lock} guards the two flags and the list; it is never held while sending or while an action runs.
 */
final class WireCall implements Call<JsonNode> {
    private final Request request;
    private final ServerConnection connection;
    private final ReentrantLock lock = new ReentrantLock();
    private final List<Runnable> actions = new ArrayList<>();
    private boolean answered;
    private boolean cancelled;

    WireCall(Request request, ServerConnection connection) {
        this.request = request;
        this.connection = connection;
    }

    boolean isOneway() {
        return request.oneway();
    }

    @Override
    public boolean wantsMore() {
        return request.more();
    }

    @Override
    public void next(JsonNode reply) {
        if (!request.more()) {
            throw new IllegalStateException("The caller takes one reply: ask wantsMore() before next()");
        }
        if (isAnswered()) {
            throw new IllegalStateException("The caller has had its last reply");
        }
        send(Wire.out()
                .put("parameters", reply, node -> node)
                .put("continues", true, Wire::writeBool)
                .toJson());
    }

    @Override
    public void reply(JsonNode last) {
        finish(Wire.out().put("parameters", last, node -> node).toJson());
    }

    /** Ends the call with an error. */
    void fail(BusError error) {
        finish(Wire.out()
                .put("error", error.name(), Wire::writeString)
                .put("parameters", error.parameters(), node -> node)
                .toJson());
    }

    /** The message is built before the call counts as answered, so that one over the limit can still end in an error. */
    private void finish(JsonNode message) {
        byte[] frame = connection.frame(message);
        lock.lock();
        try {
            if (answered) {
                throw new IllegalStateException("The caller has had its last reply");
            }
            answered = true;
            actions.clear();
        } finally {
            lock.unlock();
        }
        connection.answered();
        if (!request.oneway()) {
            connection.send(frame, this);
        }
    }

    private void send(JsonNode message) {
        connection.send(connection.frame(message), this);
    }

    boolean isAnswered() {
        lock.lock();
        try {
            return answered;
        } finally {
            lock.unlock();
        }
    }

    @Override
    public boolean isCancelled() {
        lock.lock();
        try {
            return cancelled;
        } finally {
            lock.unlock();
        }
    }

    @Override
    public void onCancel(Runnable action) {
        lock.lock();
        try {
            if (answered) {
                return;
            }
            if (!cancelled) {
                actions.add(action);
                return;
            }
        } finally {
            lock.unlock();
        }
        action.run();
    }

    /** The caller left: runs what waits for that, unless the last reply is out. */
    void cancel() {
        List<Runnable> due;
        lock.lock();
        try {
            if (cancelled || answered) {
                return;
            }
            cancelled = true;
            due = List.copyOf(actions);
            actions.clear();
        } finally {
            lock.unlock();
        }
        due.forEach(connection::runSafely);
    }

    Optional<Introduction> introduction() {
        return connection.introduction();
    }

    @Override
    public Peer peer() {
        return connection.peer();
    }
}
