package omni.api;

import java.time.Duration;
import java.time.InstantSource;
import java.util.ArrayList;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import omni.engine.EngineProtocol.GenerateReply;
import omni.engine.EngineProtocol.GenerateReplyFinish;
import omni.engine.EngineProtocol.Model;
import omni.engine.EngineProtocol.Token;
import omni.engine.EngineProtocol.Usage;
import org.jspecify.annotations.Nullable;

/**
 * Generates answers, for HTTP and for the bus alike. Knows every answer in progress, so that a stopping daemon can end
 * them. Safe for use by many threads.
 */
final class Answers {
    private final EngineLink engine;
    private final Templates templates;
    private final Sweeper sweeper;
    private final Duration answerTimeout;
    private final InstantSource clock;
    private final Set<Answer<?>> running = ConcurrentHashMap.newKeySet();
    private volatile boolean stopping;

    Answers(EngineLink engine, Templates templates, Sweeper sweeper, Duration answerTimeout, InstantSource clock) {
        this.engine = engine;
        this.templates = templates;
        this.sweeper = sweeper;
        this.answerTimeout = answerTimeout;
        this.clock = clock;
    }

    /** Something that reads an answer to its end. */
    interface Reader<R> {
        void read(Answer<R> answer);
    }

    /** What may end an answer early; called once with the answer to cancel. */
    interface Watcher {
        void watch(Runnable whenGone);
    }

    /** Answers a chat over HTTP. */
    void chat(Exchange exchange, ChatRequest request) {
        var options = request.options();
        var model = engine.resolve(options.model());
        var prompt = templates.prompt(model, request.messages());
        var shape = new ChatShape(
                Ids.chat(), seconds(), model.name(), options.logprobs().isPresent(), options.usageChunk());
        var answer = engine.generate(options.generate(model.id(), prompt, null), "messages");
        supervised(answer, exchange.wire()::watch, a -> write(exchange, options, shape, a));
    }

    /** Continues a prompt over HTTP. */
    void complete(Exchange exchange, CompletionRequest request) {
        var options = request.options();
        var model = engine.resolve(options.model());
        var shape = new CompletionShape(
                Ids.completion(), seconds(), model.name(), options.logprobs().isPresent(), options.usageChunk());
        var params = options.generate(
                model.id(), request.prompt().orElse(null), request.tokens().orElse(null));
        var answer = engine.generate(params, "prompt");
        supervised(answer, exchange.wire()::watch, a -> write(exchange, options, shape, a));
    }

    /** Starts a chat for a caller who reads the replies itself, within {@link #supervised}. */
    Answer<GenerateReply> start(ChatRequest request) {
        Model model = engine.resolve(request.options().model());
        var prompt = templates.prompt(model, request.messages());
        return engine.generate(request.options().generate(model.id(), prompt, null), "messages");
    }

    /**
     * Reads an answer while the client is watched and the clock runs; whatever happens, the engine is free afterwards.
     *
     * @throws ApiException what ended it early
     */
    <R> void supervised(Answer<R> answer, Watcher watcher, Reader<R> reader) {
        running.add(answer);
        var late = sweeper.after(
                answerTimeout,
                () -> Thread.ofVirtual()
                        .start(() -> answer.cancel(ApiError.of(
                                ErrorCode.ANSWER_TIMEOUT,
                                "The answer took longer than " + answerTimeout.toSeconds() + " s. Ask for less."))));
        try (answer) {
            if (stopping) {
                answer.cancel(stoppingError());
            }
            watcher.watch(() -> answer.cancel(new ClientGone()));
            reader.read(answer);
        } finally {
            late.cancel(false);
            running.remove(answer);
        }
    }

    /** How many answers are in progress. */
    int running() {
        return running.size();
    }

    /** Refuses new answers from now on. */
    void stop() {
        stopping = true;
    }

    /** Ends the answers in progress; their clients are told. */
    void cancelAll() {
        running.forEach(answer -> answer.cancel(stoppingError()));
    }

    static ApiError stoppingError() {
        return ApiError.later(ErrorCode.SERVER_STOPPING, EngineLink.AWAY_SECONDS, "The daemon is stopping. Try again.");
    }

    private void write(Exchange exchange, Options options, Shape shape, Answer<GenerateReply> answer) {
        if (options.stream()) {
            stream(exchange, shape, options.usageChunk(), answer);
        } else {
            whole(exchange, shape, answer);
        }
    }

    private static void whole(Exchange exchange, Shape shape, Answer<GenerateReply> answer) {
        var text = new StringBuilder();
        var tokens = new ArrayList<Token>();
        while (true) {
            var reply = answer.next();
            text.append(reply.text());
            tokens.addAll(reply.tokens());
            var finish = reply.finish();
            if (finish != null) {
                var usage = counted(reply.usage());
                exchange.usage(usage);
                exchange.json(shape.whole(text.toString(), tokens, finish, usage));
                return;
            }
        }
    }

    /** The first reply is awaited before the response begins, so that a refusal still has its proper status. */
    private static void stream(Exchange exchange, Shape shape, boolean counts, Answer<GenerateReply> answer) {
        var reply = answer.next();
        try (var events = exchange.events()) {
            try {
                shape.opening().ifPresent(events::send);
                while (true) {
                    if (!reply.text().isEmpty() || !reply.tokens().isEmpty()) {
                        events.send(shape.chunk(reply.text(), reply.tokens()));
                    }
                    var finish = reply.finish();
                    if (finish != null) {
                        close(exchange, shape, counts, events, finish, counted(reply.usage()));
                        return;
                    }
                    reply = answer.next();
                }
            } catch (ApiError e) {
                events.send(e.body());
                throw e;
            }
        }
    }

    private static void close(
            Exchange exchange,
            Shape shape,
            boolean counts,
            EventStream events,
            GenerateReplyFinish finish,
            Usage usage) {
        exchange.usage(usage);
        events.send(shape.closing(finish));
        if (counts) {
            events.send(shape.counts(usage));
        }
        events.done();
    }

    private static Usage counted(@Nullable Usage usage) {
        if (usage == null) {
            throw ApiError.of(ErrorCode.INTERNAL_ERROR, "The engine finished without counts.");
        }
        return usage;
    }

    private long seconds() {
        return clock.instant().getEpochSecond();
    }
}
