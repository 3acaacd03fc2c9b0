package omni.cli;

import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
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
 * from any. What the daemon keeps in the vault is sent no more; the rest lives in this object alone.
 */
final class Conversation implements AutoCloseable {
    private final BusClient bus;
    private final DaemonProtocol.Client daemon;
    private final Settings settings;
    /** What was said and is not kept. */
    private final List<Message> messages = new ArrayList<>();
    /** Where what was said before is kept. */
    private @Nullable String kept;

    private final Object lock = new Object();
    /** The answer that comes; guarded by lock, like cancelled. */
    private @Nullable ReplyStream<ChatReply> running;

    private boolean cancelled;

    /** How to answer; null is the server's default. With {@code store} it is kept, where the vault is open. */
    record Settings(
            @Nullable String model,
            @Nullable Long maxTokens,
            @Nullable Double temperature,
            @Nullable Long seed,
            boolean store) {}

    /** How an answer ended. */
    record Ending(
            boolean cancelled,
            @Nullable String finish,
            @Nullable Long promptTokens,
            @Nullable Long completionTokens,
            @Nullable String conversation) {
        static final Ending CANCELLED = new Ending(true, null, null, null, null);
    }

    /** Begins one, or goes on with the one of that id. */
    Conversation(BusClient bus, Settings settings, @Nullable String kept) {
        this.bus = bus;
        this.daemon = DaemonProtocol.Client.of(bus);
        this.settings = settings;
        this.kept = kept;
    }

    /** The conversation in the vault that it is kept as. */
    Optional<String> kept() {
        return Optional.ofNullable(kept);
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
            if (ending.conversation() != null) {
                kept = ending.conversation();
                messages.clear();
            } else if (!answer.isEmpty()) {
                messages.add(new Message("assistant", answer.toString()));
            }
            return ending;
        } finally {
            if (!messages.isEmpty() && messages.getLast().role().equals("user")) {
                messages.removeLast();
            }
        }
    }

    private Ending stream(StringBuilder answer, Consumer<String> sink) {
        var params = new ChatParams(
                settings.model(),
                messages,
                settings.maxTokens(),
                settings.temperature(),
                settings.seed(),
                settings.store(),
                kept);
        try (var replies = daemon.chatMore(params)) {
            begin(replies);
            var ending = new Ending(false, null, null, null, null);
            while (replies.hasNext()) {
                var reply = replies.next();
                answer.append(reply.text());
                sink.accept(reply.text());
                ending = new Ending(
                        false, reply.finish(), reply.promptTokens(), reply.completionTokens(), reply.conversation());
            }
            return isCancelled() ? Ending.CANCELLED : ending;
        } catch (BusException e) {
            if (isCancelled()) {
                return Ending.CANCELLED;
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

    /** Begins another: what was said is forgotten here. */
    void forget() {
        kept = null;
        messages.clear();
    }

    @Override
    public void close() {
        bus.close();
    }
}
