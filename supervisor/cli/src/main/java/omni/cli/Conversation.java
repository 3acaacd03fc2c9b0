package omni.cli;

import java.util.ArrayList;
import java.util.List;
import java.util.function.Consumer;
import omni.api.DaemonProtocol;
import omni.api.DaemonProtocol.ChatParams;
import omni.api.DaemonProtocol.ChatReply;
import omni.api.DaemonProtocol.Message;
import omni.bus.BusClient;
import omni.bus.BusException;
import omni.bus.ReplyStream;
import org.jspecify.annotations.Nullable;

/**
 * A chat over the bus: what was said so far, and the answer that comes. One thread asks; {@link #cancel} may be called
 * from any. What is said lives in this object alone and is written nowhere.
 */
final class Conversation implements AutoCloseable {
    private final BusClient bus;
    private final DaemonProtocol.Client daemon;
    private final Settings settings;
    private final List<Message> messages = new ArrayList<>();
    private final Object lock = new Object();
    /** The answer that comes; guarded by lock, like cancelled. */
    private @Nullable ReplyStream<ChatReply> running;

    private boolean cancelled;

    /** How to answer; null is the server's default. */
    record Settings(
            @Nullable String model,
            @Nullable Long maxTokens,
            @Nullable Double temperature,
            @Nullable Long seed) {}

    /** How an answer ended. */
    record Ending(
            boolean cancelled,
            @Nullable String finish,
            @Nullable Long promptTokens,
            @Nullable Long completionTokens) {}

    Conversation(BusClient bus, Settings settings) {
        this.bus = bus;
        this.daemon = DaemonProtocol.Client.of(bus);
        this.settings = settings;
    }

    /**
     * Asks, and hands on the answer's text as it comes. A question without an answer is forgotten, so that the next one
     * stands as if it had not been asked.
     */
    Ending ask(String prompt, Consumer<String> sink) {
        messages.add(new Message("user", prompt));
        var answer = new StringBuilder();
        try {
            var ending = stream(answer, sink);
            if (!answer.isEmpty()) {
                messages.add(new Message("assistant", answer.toString()));
            }
            return ending;
        } finally {
            if (messages.getLast().role().equals("user")) {
                messages.removeLast();
            }
        }
    }

    private Ending stream(StringBuilder answer, Consumer<String> sink) {
        var params = new ChatParams(
                settings.model(), messages, settings.maxTokens(), settings.temperature(), settings.seed());
        try (var replies = daemon.chatMore(params)) {
            begin(replies);
            var ending = new Ending(false, null, null, null);
            while (replies.hasNext()) {
                var reply = replies.next();
                answer.append(reply.text());
                sink.accept(reply.text());
                ending = new Ending(false, reply.finish(), reply.promptTokens(), reply.completionTokens());
            }
            return isCancelled() ? new Ending(true, null, null, null) : ending;
        } catch (BusException e) {
            if (isCancelled()) {
                return new Ending(true, null, null, null);
            }
            throw e;
        } finally {
            end();
        }
    }

    private void begin(ReplyStream<ChatReply> replies) {
        synchronized (lock) {
            running = replies;
            cancelled = false;
        }
    }

    private void end() {
        synchronized (lock) {
            running = null;
        }
    }

    private boolean isCancelled() {
        synchronized (lock) {
            return cancelled;
        }
    }

    /** Ends the answer that comes now, if one does. */
    void cancel() {
        ReplyStream<ChatReply> replies;
        synchronized (lock) {
            replies = running;
            cancelled = replies != null;
        }
        if (replies != null) {
            replies.close();
        }
    }

    /** Forgets what was said. */
    void forget() {
        messages.clear();
    }

    @Override
    public void close() {
        bus.close();
    }
}
