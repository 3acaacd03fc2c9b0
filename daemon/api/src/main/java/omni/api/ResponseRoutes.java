package omni.api;

import io.helidon.http.Method;
import java.time.InstantSource;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.function.Supplier;
import omni.api.Answers.Begun;
import omni.api.DaemonProtocol.RouteGroup;
import omni.dialogue.AnswerParser;
import omni.engine.EngineProtocol.GenerateReply;
import omni.vault.RecordsProtocol.DeleteResponseParams;
import omni.vault.RecordsProtocol.GetResponseParams;
import omni.vault.RecordsProtocol.Item;
import omni.vault.RecordsProtocol.KeepResponseParams;
import omni.vault.RecordsProtocol.ListResponseInputParams;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.node.ArrayNode;
import tools.jackson.databind.node.JsonNodeFactory;
import tools.jackson.databind.node.ObjectNode;

/**
 * {@code /v1/responses}: OpenAI's API of that name, for text and calls of functions. A response is kept where the vault is open, unless its asker does
 * not wish it; where the vault is not, one that needs no memory is answered, and says that it is not kept.
 */
final class ResponseRoutes {
    private static final String ALL = "/v1/responses";
    private static final String ONE = ALL + "/{response}";
    private static final String INPUT = ONE + "/input_items";

    /** What is asked of the engine in other words than the request's. */
    private static final Map<String, String> NAMES = Map.of("messages", "input", "max_tokens", "max_output_tokens");

    private static final Set<ErrorCode> OF_WHAT_WAS_SAID =
            Set.of(ErrorCode.NOT_FOUND, ErrorCode.VAULT_REFUSED, ErrorCode.CONTEXT_LENGTH_EXCEEDED);

    private final Answers answers;
    private final InstantSource clock;

    ResponseRoutes(Answers answers, InstantSource clock) {
        this.answers = answers;
        this.clock = clock;
    }

    /** The routes. */
    List<Route> all() {
        return List.of(
                Route.of(RouteGroup.CHAT, Method.POST, ALL, this::create),
                Route.of(RouteGroup.CONVERSATIONS, Method.GET, ONE, this::retrieve),
                Route.of(RouteGroup.CONVERSATIONS, Method.DELETE, ONE, this::delete),
                Route.of(RouteGroup.CONVERSATIONS, Method.GET, INPUT, this::listInput));
    }

    /**
     * What is still to be known when the answer comes.
     *
     * @param echo what the response says again
     * @param kept what is kept with the answer; nothing where it is not to be kept
     */
    private record Asked(String id, boolean stream, ObjectNode echo, Optional<ResponseRequest> kept) {
        static Asked of(ResponseRequest request, boolean keeps) {
            return new Asked(
                    Ids.response(),
                    request.options().stream(),
                    request.echo().put("store", keeps),
                    keeps ? Optional.of(request) : Optional.empty());
        }
    }

    /** What was read is held until the answer is kept; where it is not to be, until the engine has the prompt. */
    private void create(Exchange exchange) {
        exchange.query(List.of());
        try (var request = exchange.body(ResponseRequest::read)) {
            var asked = request.get();
            var mayKeep = exchange.rights().allow(RouteGroup.CONVERSATIONS);
            if (asked.remembers() && !mayKeep) {
                throw KeyCheck.notAllowed(RouteGroup.CONVERSATIONS, exchange.rights());
            }
            var keeps = asked.store()
                    && mayKeep
                    && (asked.remembers() || exchange.kept().isOpen());
            try (var room = asked.remembers() ? exchange.pageRoom() : exchange.room(1)) {
                var history = new History(exchange.kept());
                var messages = messages(asked, history);
                if (keeps) {
                    said(asked, () -> requireRoom(asked, history));
                }
                room.shrink(Bodies.keptBytes(messages.toString().length()));
                var chat = new ChatRequest(asked.options(), messages, asked.tools());
                List<Runnable> early = keeps ? List.of() : List.of(request::close, room::close);
                var held = new Held<>(chat, () -> early.forEach(Runnable::run));
                var made = Asked.of(asked, keeps);
                answers.chat(held, Answers.Asker.of(exchange, NAMES), begun -> write(exchange, made, begun));
            } catch (ApiError e) {
                throw e.naming(NAMES);
            }
        }
    }

    private static ArrayNode messages(ResponseRequest asked, History history) {
        var messages = JsonNodeFactory.instance.arrayNode();
        asked.instructions()
                .ifPresent(text -> messages.addObject().put("role", "system").put("content", text));
        asked.conversation()
                .ifPresent(id -> said(asked, () -> history.conversation(id))
                        .forEach(item -> History.add(messages, item.body(), ResponseRequest.CONVERSATION)));
        asked.previous()
                .ifPresent(id -> said(asked, () -> before(id, history))
                        .forEach(item -> History.add(messages, item.body(), ResponseRequest.PREVIOUS)));
        for (var i = 0; i < asked.input().size(); i++) {
            History.add(messages, asked.input().get(i), "input[" + i + "]");
        }
        if (messages.isEmpty()) {
            throw ApiError.at("input", ErrorCode.INVALID_VALUE, "There is no message. Send at least one.");
        }
        return messages;
    }

    /** What is wrong with what was said before is a fault of the field that names it. */
    private static <T> T said(ResponseRequest asked, Supplier<T> work) {
        try {
            return work.get();
        } catch (ApiError e) {
            throw OF_WHAT_WAS_SAID.contains(e.code())
                    ? asked.memory().map(e::about).orElse(e)
                    : e;
        }
    }

    private static List<Item> before(String previous, History history) {
        try {
            return history.response(previous);
        } catch (ApiError e) {
            throw e.code() == ErrorCode.NOT_FOUND
                    ? ApiError.at(
                            ResponseRequest.PREVIOUS,
                            ErrorCode.PREVIOUS_RESPONSE_NOT_FOUND,
                            "There is no such response to go on from, or one that it goes on from is deleted.")
                    : e;
        }
    }

    /** With all that may come behind the first item: thoughts and a message, and each call, with a message behind it. */
    private static Optional<String> requireRoom(ResponseRequest asked, History history) {
        var most = asked.tools().offered() ? 2 * AnswerParser.CALLS_MAX + 1 : 0;
        var conversation = asked.conversation().or(() -> asked.previous().flatMap(history::goingOnFrom));
        conversation.ifPresent(id -> history.requireRoom(id, asked.input(), most));
        return conversation;
    }

    private void write(Exchange exchange, Asked asked, Begun begun) {
        var shape = new ResponseShape(
                asked.id(), clock.instant().getEpochSecond(), begun.model().name(), asked.echo());
        if (asked.stream()) {
            stream(exchange, asked, shape, begun);
        } else {
            exchange.json(
                    finished(exchange, asked, shape, begun, begun.answer().next(), new ResponseOutput(shape, _ -> {})));
        }
    }

    /** The first reply is awaited before the response begins, so that a refusal still has its proper status. */
    private static void stream(Exchange exchange, Asked asked, ResponseShape shape, Begun begun) {
        var reply = begun.answer().next();
        try (var events = exchange.events()) {
            try {
                events.named(shape.begun("response.created"));
                events.named(shape.begun("response.in_progress"));
                var output = new ResponseOutput(shape, events::named);
                events.named(shape.done(finished(exchange, asked, shape, begun, reply, output)));
            } catch (ApiError e) {
                events.named(shape.failed(e));
                throw e;
            }
        }
    }

    /** Reads it to its end, and keeps it, where it is to be kept: who reads that it is complete may go on from it. */
    private static ObjectNode finished(
            Exchange exchange,
            Asked asked,
            ResponseShape shape,
            Begun begun,
            GenerateReply first,
            ResponseOutput output) {
        var last = begun.read(first, output::add);
        var finish = last.finish();
        if (finish == null) {
            throw new IllegalStateException("not the last reply");
        }
        var items = output.finish(finish);
        var response = shape.whole(finish, Answers.counted(exchange, last));
        asked.kept()
                .ifPresent(request -> said(
                        request,
                        () -> exchange.kept()
                                .records(records -> records.keepResponse(new KeepResponseParams(
                                        asked.id(),
                                        request.conversation().orElse(null),
                                        request.previous().orElse(null),
                                        response,
                                        request.input(),
                                        List.copyOf(items))))));
        return withOutput(response, items);
    }

    private static ObjectNode withOutput(ObjectNode response, List<? extends JsonNode> output) {
        var whole = response.deepCopy();
        var items = whole.putArray("output");
        output.forEach(items::add);
        return whole;
    }

    private void retrieve(Exchange exchange) {
        exchange.query(List.of("include"));
        exchange.withoutBody();
        var params = new GetResponseParams(exchange.pathValues().getFirst());
        exchange.page(() -> {
            var found = exchange.kept()
                    .records(records -> records.getResponse(params))
                    .response();
            return withOutput(
                    (ObjectNode) found.body(),
                    found.output().stream().map(item -> item.body()).toList());
        });
    }

    private void delete(Exchange exchange) {
        exchange.query(List.of());
        exchange.withoutBody();
        var id = exchange.pathValues().getFirst();
        exchange.kept().records(records -> records.deleteResponse(new DeleteResponseParams(id)));
        exchange.json(JsonNodeFactory.instance
                .objectNode()
                .put("id", id)
                .put("object", "response")
                .put("deleted", true));
    }

    private void listInput(Exchange exchange) {
        var query = exchange.query(List.of("limit", "after", "order", "include"));
        exchange.withoutBody();
        var id = exchange.pathValues().getFirst();
        var limit = (long) query.limit();
        var oldestFirst = query.oldestFirst();
        var after = query.after();
        exchange.page(() -> {
            var listed = Listing.behind(
                    after,
                    from -> exchange.kept()
                            .records(records -> records.listResponseInput(
                                    new ListResponseInputParams(id, from, limit, oldestFirst))));
            return Listing.of(
                    listed.items().stream()
                            .map(item -> (ObjectNode) item.body())
                            .toList(),
                    listed.more());
        });
    }
}
