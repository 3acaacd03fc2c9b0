package omni.api;

import java.time.Duration;
import java.time.InstantSource;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.function.Consumer;
import java.util.function.LongConsumer;
import omni.dialogue.AnswerParser;
import omni.dialogue.AnswerParser.Thoughts;
import omni.dialogue.Delta;
import omni.engine.EngineProtocol.Caller;
import omni.engine.EngineProtocol.GenerateReply;
import omni.engine.EngineProtocol.GenerateReplyFinish;
import omni.engine.EngineProtocol.Model;
import omni.engine.EngineProtocol.Usage;

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
    private final Runnable mayAnswer;
    private final Metrics metrics;
    private final Set<Work> running = ConcurrentHashMap.newKeySet();
    private volatile boolean stopping;

    /** {@code mayAnswer} throws where a model is not to be asked. */
    Answers(
            EngineLink engine,
            Templates templates,
            Sweeper sweeper,
            Duration answerTimeout,
            InstantSource clock,
            Runnable mayAnswer,
            Metrics metrics) {
        this.engine = engine;
        this.templates = templates;
        this.sweeper = sweeper;
        this.answerTimeout = answerTimeout;
        this.clock = clock;
        this.mayAnswer = mayAnswer;
        this.metrics = metrics;
    }

    /** What may end an answer early; called once with what to do then. */
    interface Watcher {
        void watch(Runnable whenGone);
    }

    /**
     * Who asks, and what may end the answer early.
     *
     * @param caller nobody where it is the owner at the box, who comes by the bus
     * @param rights what its key may
     * @param spent counts tokens that are computed for it
     * @param names what fields are called in the request, where that is not what OpenAI calls them
     * @param found is told which model answers
     */
    record Asker(
            Watcher watcher,
            Optional<Caller> caller,
            KeyRights rights,
            LongConsumer spent,
            Map<String, String> names,
            Consumer<Model> found) {
        /** Whose request it is, by its key. */
        static Asker of(Exchange exchange, Map<String, String> names) {
            return new Asker(
                    exchange.wire()::watch,
                    Optional.of(exchange.caller()),
                    exchange.rights(),
                    exchange::spent,
                    names,
                    exchange::model);
        }

        static Asker of(Exchange exchange) {
            return of(exchange, Map.of());
        }

        static Asker owner(Watcher watcher) {
            return new Asker(watcher, Optional.empty(), KeyRights.ALL, _ -> {}, Map.of(), _ -> {});
        }

        /** The names of fields, with that of the one that binds the answer, which the engine calls by names of its own. */
        private Map<String, String> names(Optional<Bound> bound) {
            var all = new HashMap<>(names);
            bound.ifPresent(of -> List.of("grammar", "grammarTriggers", "grammarRequired")
                    .forEach(name -> all.put(name, of.field())));
            return Map.copyOf(all);
        }
    }

    /** What is done for an answer, within its {@link Work}. */
    interface Task {
        void run(Work work);
    }

    /**
     * An answer in a chat that is being made.
     *
     * @param parser what tells apart what the model writes
     */
    record Begun(Model model, Answer<GenerateReply> answer, AnswerParser parser) {
        /** Reads it to its end, the reply first that was awaited before; returns the last. */
        GenerateReply read(GenerateReply first, Consumer<Delta> reader) {
            var reply = first;
            parser.accept(reply.text()).forEach(reader);
            while (reply.finish() == null) {
                reply = answer.next();
                parser.accept(reply.text()).forEach(reader);
            }
            parser.finish().forEach(reader);
            return reply;
        }
    }

    /** What reads what a model continues a prompt with, to its end. */
    interface Reader {
        void read(Model model, Answer<GenerateReply> answer);
    }

    /** Answers a chat over HTTP. */
    void chat(Exchange exchange, Held<ChatRequest> request) {
        var options = request.get().options();
        chat(request, Asker.of(exchange), begun -> {
            var shape = new ChatShape(
                    Ids.chat(),
                    seconds(),
                    begun.model().name(),
                    options.logprobs().isPresent(),
                    options.usageChunk(),
                    options.timings(),
                    begun.parser());
            write(exchange, options, shape, begun.answer());
        });
    }

    /** Answers a chat for a caller who reads the replies itself. The request is let go when the engine has its prompt. */
    void chat(Held<ChatRequest> request, Asker asker, Consumer<Begun> reader) {
        var times = new AnswerTimes(System.nanoTime());
        supervised(asker.watcher(), work -> {
            var model = model(work, request.get().options(), asker);
            var begun = work.step(() -> begin(model, request.get(), asker));
            begun.answer().whenAccepted(request::close).whenRead(times::see);
            try (var parser = begun.parser()) {
                work.read(begun.answer(), a -> {
                    reader.accept(new Begun(model, a, parser));
                    return true;
                });
            } finally {
                metrics.answer(model, asker.caller(), times);
            }
        });
    }

    private Model model(Work work, Options options, Asker asker) {
        var model = work.step(() -> engine.resolve(options.model(), asker.rights()));
        asker.found().accept(model);
        return model;
    }

    /** What is counted of answers. */
    Metrics metrics() {
        return metrics;
    }

    private Begun begin(Model model, ChatRequest request, Asker asker) {
        var tools = request.tools();
        var options = request.options();
        var prompt = prompt(model, request, asker);
        var bound =
                tools.offered() ? prompt.calls().map(format -> tools.bound(format, prompt.thoughts())) : options.form();
        var params = options.generate(model.id(), prompt.text(), null, asker.caller(), bound);
        var answer = engine.generate(params, "messages", prompt.loadMillis(), asker.names(bound))
                .whenRead(new Meter(asker.spent()));
        // A form holds from the first character on, so that there are no thoughts before it.
        var thoughts = options.form().isPresent() ? Thoughts.NONE : prompt.thoughts();
        return new Begun(model, answer, new AnswerParser(thoughts, tools.names(), !tools.forced()));
    }

    private Templates.Prompt prompt(Model model, ChatRequest request, Asker asker) {
        try {
            return templates.prompt(model, request.messages(), request.tools(), request.options());
        } catch (ApiError e) {
            throw e.naming(asker.names());
        }
    }

    /** Makes the prompt that a chat's messages become, for a caller who reads it. */
    void prompt(Held<ChatRequest> request, Asker asker, Consumer<String> reader) {
        supervised(asker.watcher(), work -> {
            var model = model(work, request.get().options(), asker);
            var text = work.step(() -> prompt(model, request.get(), asker).text());
            reader.accept(text);
        });
    }

    /** Counts the tokens of a chat's prompt. */
    void count(Held<ChatRequest> request, Asker asker, LongConsumer reader) {
        supervised(asker.watcher(), work -> {
            var model = model(work, request.get().options(), asker);
            var count = work.step(() -> {
                var asked = request.get();
                var prompt = prompt(model, asked, asker);
                return engine.countTokens(model, prompt.text(), "messages");
            });
            request.close();
            reader.accept(count);
        });
    }

    /** Continues a prompt over HTTP. */
    void complete(Exchange exchange, Held<CompletionRequest> request) {
        var options = request.get().options();
        complete(request, Asker.of(exchange), (model, answer) -> {
            var shape = new CompletionShape(
                    Ids.completion(),
                    seconds(),
                    model.name(),
                    options.logprobs().isPresent(),
                    options.usageChunk(),
                    options.timings());
            write(exchange, options, shape, answer);
        });
    }

    /** Continues a prompt for a caller who reads the replies itself. The request is let go when the engine has its prompt. */
    void complete(Held<CompletionRequest> request, Asker asker, Reader reader) {
        var times = new AnswerTimes(System.nanoTime());
        supervised(asker.watcher(), work -> {
            var model = model(work, request.get().options(), asker);
            var answer = work.step(() -> begin(model, request.get(), asker))
                    .whenAccepted(request::close)
                    .whenRead(times::see);
            try {
                work.read(answer, a -> {
                    reader.read(model, a);
                    return true;
                });
            } finally {
                metrics.answer(model, asker.caller(), times);
            }
        });
    }

    private Answer<GenerateReply> begin(Model model, CompletionRequest request, Asker asker) {
        var form = request.options().form();
        var params = request.options()
                .generate(
                        model.id(),
                        request.prompt().orElse(null),
                        request.tokens().orElse(null),
                        asker.caller(),
                        form);
        return engine.generate(params, "prompt", 0, asker.names(form)).whenRead(new Meter(asker.spent()));
    }

    /**
     * Does everything for an answer, finding its model and making its prompt included, while the client is watched and
     * the clock runs; whatever happens, the engine is free afterwards.
     *
     * @throws ApiException what ended it early, or did not let it begin
     */
    void supervised(Watcher watcher, Task task) {
        unhurried(watcher, work -> {
            var late = sweeper.after(
                    answerTimeout,
                    () -> Thread.ofVirtual()
                            .start(() -> work.cancel(ApiError.of(
                                    ErrorCode.ANSWER_TIMEOUT,
                                    "The answer took longer than " + answerTimeout.toSeconds()
                                            + " s. Ask for less."))));
            try {
                task.run(work);
            } finally {
                late.cancel(false);
            }
        });
    }

    /** As {@link #supervised}, but that no clock runs: for what tells how far it is, and ends where that gets no further. */
    void unhurried(Watcher watcher, Task task) {
        mayAnswer.run();
        var work = new Work();
        running.add(work);
        try (work) {
            if (stopping) {
                work.cancel(stoppingError());
            }
            watcher.watch(() -> work.cancel(new ClientGone()));
            task.run(work);
        } finally {
            running.remove(work);
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
        running.forEach(work -> work.cancel(stoppingError()));
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

    /**
     * Reports of tokens are written as they come: a long answer has more of them than fits the heap. What is short is
     * kept back, so that a failure has its proper status.
     */
    private static void whole(Exchange exchange, Shape shape, Answer<GenerateReply> answer) {
        var spool = exchange.spool();
        var report = shape.report(spool.json());
        var text = new StringBuilder();
        while (true) {
            var reply = answer.next();
            text.append(reply.text());
            reply.tokens().forEach(report::token);
            var finish = reply.finish();
            if (finish != null) {
                var usage = counted(exchange, reply);
                report.end(text.toString(), finish, usage);
                spool.finish();
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
                    shape.chunks(reply.text(), reply.tokens()).forEach(events::send);
                    var finish = reply.finish();
                    if (finish != null) {
                        close(shape, counts, events, finish, counted(exchange, reply));
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
            Shape shape, boolean counts, EventStream events, GenerateReplyFinish finish, Usage usage) {
        shape.closing(finish, usage).forEach(events::send);
        if (counts) {
            events.send(shape.counts(usage));
        }
        events.done();
    }

    /** The counts of an answer that has ended, which are the exchange's, too. */
    static Usage counted(Exchange exchange, GenerateReply last) {
        var usage = last.usage();
        if (usage == null) {
            throw ApiError.of(ErrorCode.INTERNAL_ERROR, "The engine finished without counts.");
        }
        exchange.usage(usage);
        return usage;
    }

    private long seconds() {
        return clock.instant().getEpochSecond();
    }
}
