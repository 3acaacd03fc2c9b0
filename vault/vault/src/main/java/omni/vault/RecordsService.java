package omni.vault;

import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Optional;
import java.util.concurrent.Semaphore;
import java.util.concurrent.TimeUnit;
import java.util.function.Function;
import omni.bus.Call;
import omni.vault.ConversationItems.Order;
import omni.vault.RecordsProtocol.FailedReason;
import org.jspecify.annotations.Nullable;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.node.ObjectNode;

/** {@code omni.Records}: what an open vault keeps, for the role that may ask. For any thread. */
final class RecordsService implements RecordsProtocol.Handler {
    /** The one role that asks for what people wrote. */
    static final String READER = "daemon";

    /** Each may take a quarter of the heap while it is made and sent. */
    static final int PAGES_AT_ONCE = 2;

    private static final Duration PAGE_WAIT = Duration.ofSeconds(10);

    private final Source source;
    private final Permits permits;
    private final Duration pageWait;
    private final Semaphore pages = new Semaphore(PAGES_AT_ONCE, true);

    /** Where an open vault is to be had. */
    @FunctionalInterface
    interface Source {
        /**
         * What is kept, and from now on in use.
         *
         * @throws VaultException SEALED
         */
        OpenVault open() throws VaultException;
    }

    /** What is done with it. */
    private interface Work<T> {
        T with(OpenVault vault) throws VaultException;
    }

    RecordsService(Source source, Permits permits) {
        this(source, permits, PAGE_WAIT);
    }

    /** {@code pageWait} is how long a reader waits for a place. */
    RecordsService(Source source, Permits permits, Duration pageWait) {
        this.source = source;
        this.permits = permits;
        this.pageWait = pageWait;
    }

    /** Answers with a page, or with what may be as large, when there is a place for it; the place is taken until it is sent. */
    private <T, R> void page(Call<R> call, Work<T> work, Function<T, R> reply) {
        takePlace();
        try {
            call.reply(reply.apply(in(call, work)));
        } finally {
            pages.release();
        }
    }

    private void takePlace() {
        try {
            if (pages.tryAcquire(pageWait.toMillis(), TimeUnit.MILLISECONDS)) {
                return;
            }
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
        throw new RecordsProtocol.Failed(FailedReason.LATER, "Too much is being read at once. Try again later.");
    }

    private <T> T in(Call<?> call, Work<T> work) {
        if (!call.peer().role().equals(Optional.of(READER))) {
            throw new RecordsProtocol.Failed(FailedReason.DENIED, "What is in the vault is for Omni's daemon alone.");
        }
        try {
            return work.with(source.open());
        } catch (VaultException e) {
            throw new RecordsProtocol.Failed(FailedReason.valueOf(e.reason().name()), e.getMessage());
        }
    }

    /** What is done, or told of. */
    private interface Step {
        void run() throws VaultException;
    }

    /** Does it, and tells of it, also where it is done and what it left in the files could not be cleared. */
    private static void telling(Step step, Step telling) throws VaultException {
        try {
            step.run();
        } catch (VaultException e) {
            if (e.isDone()) {
                telling.run();
            }
            throw e;
        }
        telling.run();
    }

    @Override
    public void createConversation(
            RecordsProtocol.CreateConversationParams in, Call<RecordsProtocol.CreateConversationReply> call) {
        var made = in(
                call,
                vault -> vault.conversations().create(in.metadata(), objects(in.items()), seconds(in.keepSeconds())));
        call.reply(new RecordsProtocol.CreateConversationReply(wire(made)));
    }

    @Override
    public void getConversation(
            RecordsProtocol.GetConversationParams in, Call<RecordsProtocol.GetConversationReply> call) {
        var found = in(call, vault -> vault.conversations().retrieve(in.id()));
        call.reply(new RecordsProtocol.GetConversationReply(wire(found)));
    }

    @Override
    public void requireRoom(RecordsProtocol.RequireRoomParams in, Call<RecordsProtocol.RequireRoomReply> call) {
        in(call, vault -> {
            vault.conversations().requireRoom(in.conversation(), number(in.items()), in.bytes());
            return vault;
        });
        call.reply(new RecordsProtocol.RequireRoomReply());
    }

    @Override
    public void updateConversation(
            RecordsProtocol.UpdateConversationParams in, Call<RecordsProtocol.UpdateConversationReply> call) {
        var changed = in(call, vault -> vault.conversations().update(in.id(), in.metadata()));
        call.reply(new RecordsProtocol.UpdateConversationReply(wire(changed)));
    }

    @Override
    public void keepConversation(
            RecordsProtocol.KeepConversationParams in, Call<RecordsProtocol.KeepConversationReply> call) {
        var changed = in(call, vault -> {
            var kept = vault.conversations().keep(in.id(), seconds(in.keepSeconds()));
            vault.tally().count(AuditEvent.POLICY_CHANGED, "conversation", 1);
            return kept;
        });
        call.reply(new RecordsProtocol.KeepConversationReply(wire(changed)));
    }

    @Override
    public void deleteConversation(
            RecordsProtocol.DeleteConversationParams in, Call<RecordsProtocol.DeleteConversationReply> call) {
        var copies = in(call, vault -> {
            Instant made = vault.conversations().retrieve(in.id()).created();
            telling(
                    () -> vault.conversations().delete(in.id()),
                    () -> vault.tally().count(AuditEvent.DELETED, "conversation", 1));
            return new Backups(vault).since(made);
        });
        call.reply(new RecordsProtocol.DeleteConversationReply(
                copies.stream().map(Backups.Copy::text).toList()));
    }

    @Override
    public void listConversations(
            RecordsProtocol.ListConversationsParams in, Call<RecordsProtocol.ListConversationsReply> call) {
        page(
                call,
                vault -> vault.conversations().list(Optional.ofNullable(in.after()), number(in.limit())),
                listing -> new RecordsProtocol.ListConversationsReply(
                        listing.entries().stream().map(RecordsService::wire).toList(), listing.more()));
    }

    @Override
    public void searchConversations(
            RecordsProtocol.SearchConversationsParams in, Call<RecordsProtocol.SearchConversationsReply> call) {
        var hits = in(call, vault -> vault.search().conversations(in.query(), number(in.limit())));
        call.reply(new RecordsProtocol.SearchConversationsReply(hits(hits)));
    }

    @Override
    public void createItems(RecordsProtocol.CreateItemsParams in, Call<RecordsProtocol.CreateItemsReply> call) {
        var made = in(call, vault -> vault.conversations().items().create(in.conversation(), objects(in.items())));
        call.reply(new RecordsProtocol.CreateItemsReply(
                made.stream().map(RecordsService::wire).toList()));
    }

    @Override
    public void listItems(RecordsProtocol.ListItemsParams in, Call<RecordsProtocol.ListItemsReply> call) {
        var order = order(in.oldestFirst());
        page(
                call,
                vault -> vault.conversations()
                        .items()
                        .list(in.conversation(), Optional.ofNullable(in.after()), number(in.limit()), order),
                listing -> new RecordsProtocol.ListItemsReply(
                        listing.entries().stream().map(RecordsService::wire).toList(), listing.more()));
    }

    @Override
    public void getItem(RecordsProtocol.GetItemParams in, Call<RecordsProtocol.GetItemReply> call) {
        page(
                call,
                vault -> vault.conversations().items().retrieve(in.conversation(), in.id()),
                item -> new RecordsProtocol.GetItemReply(wire(item)));
    }

    @Override
    public void deleteItem(RecordsProtocol.DeleteItemParams in, Call<RecordsProtocol.DeleteItemReply> call) {
        var left = in(call, vault -> {
            telling(
                    () -> vault.conversations().items().delete(in.conversation(), in.id()),
                    () -> vault.tally().count(AuditEvent.DELETED, "item", 1));
            return vault.conversations().retrieve(in.conversation());
        });
        call.reply(new RecordsProtocol.DeleteItemReply(wire(left)));
    }

    @Override
    public void keepResponse(RecordsProtocol.KeepResponseParams in, Call<RecordsProtocol.KeepResponseReply> call) {
        var place = new Responses.Place(Optional.ofNullable(in.conversation()), Optional.ofNullable(in.previous()));
        var kept = in(
                call,
                vault -> vault.conversations()
                        .responses()
                        .keep(in.id(), place, object(in.body()), objects(in.input()), objects(in.output())));
        call.reply(new RecordsProtocol.KeepResponseReply(wire(kept)));
    }

    @Override
    public void getResponse(RecordsProtocol.GetResponseParams in, Call<RecordsProtocol.GetResponseReply> call) {
        page(
                call,
                vault -> vault.conversations().responses().retrieve(in.id()),
                found -> new RecordsProtocol.GetResponseReply(wire(found)));
    }

    @Override
    public void listResponseInput(
            RecordsProtocol.ListResponseInputParams in, Call<RecordsProtocol.ListResponseInputReply> call) {
        page(
                call,
                vault -> vault.conversations()
                        .responses()
                        .input(in.id(), Optional.ofNullable(in.after()), number(in.limit()), order(in.oldestFirst())),
                listing -> new RecordsProtocol.ListResponseInputReply(
                        listing.entries().stream().map(RecordsService::wire).toList(), listing.more()));
    }

    @Override
    public void deleteResponse(
            RecordsProtocol.DeleteResponseParams in, Call<RecordsProtocol.DeleteResponseReply> call) {
        in(call, vault -> {
            telling(
                    () -> vault.conversations().responses().delete(in.id()),
                    () -> vault.tally().count(AuditEvent.DELETED, "response", 1));
            return true;
        });
        call.reply(new RecordsProtocol.DeleteResponseReply());
    }

    @Override
    public void createMemory(RecordsProtocol.CreateMemoryParams in, Call<RecordsProtocol.CreateMemoryReply> call) {
        var made = in(call, vault -> vault.memories().create(in.name(), in.text()));
        call.reply(new RecordsProtocol.CreateMemoryReply(wire(made)));
    }

    @Override
    public void getMemory(RecordsProtocol.GetMemoryParams in, Call<RecordsProtocol.GetMemoryReply> call) {
        var found = in(call, vault -> vault.memories().retrieve(in.id()));
        call.reply(new RecordsProtocol.GetMemoryReply(wire(found)));
    }

    @Override
    public void editMemory(RecordsProtocol.EditMemoryParams in, Call<RecordsProtocol.EditMemoryReply> call) {
        var edited = in(call, vault -> vault.memories().edit(in.id(), in.name(), in.text()));
        call.reply(new RecordsProtocol.EditMemoryReply(wire(edited)));
    }

    @Override
    public void deleteMemory(RecordsProtocol.DeleteMemoryParams in, Call<RecordsProtocol.DeleteMemoryReply> call) {
        in(call, vault -> {
            telling(() -> vault.memories().delete(in.id()), () -> vault.tally().count(AuditEvent.DELETED, "memory", 1));
            return true;
        });
        call.reply(new RecordsProtocol.DeleteMemoryReply());
    }

    @Override
    public void listMemories(RecordsProtocol.ListMemoriesParams in, Call<RecordsProtocol.ListMemoriesReply> call) {
        page(
                call,
                vault -> vault.memories().list(Optional.ofNullable(in.after()), number(in.limit())),
                listing -> new RecordsProtocol.ListMemoriesReply(
                        listing.entries().stream().map(RecordsService::wire).toList(), listing.more()));
    }

    @Override
    public void searchMemories(
            RecordsProtocol.SearchMemoriesParams in, Call<RecordsProtocol.SearchMemoriesReply> call) {
        var hits = in(call, vault -> vault.search().memories(in.query(), number(in.limit())));
        call.reply(new RecordsProtocol.SearchMemoriesReply(hits(hits)));
    }

    @Override
    public void retention(RecordsProtocol.RetentionParams in, Call<RecordsProtocol.RetentionReply> call) {
        var rule = in(call, vault -> vault.retention().rule());
        call.reply(
                new RecordsProtocol.RetentionReply(rule.map(Duration::toSeconds).orElse(null)));
    }

    @Override
    public void setRetention(RecordsProtocol.SetRetentionParams in, Call<RecordsProtocol.SetRetentionReply> call) {
        in(call, vault -> {
            Optional<Duration> rule = seconds(in.keepSeconds());
            boolean shorter = vault.retention().isShorter(rule);
            if (shorter) { // it deletes all that is older, at once
                permits.require(
                        Objects.requireNonNullElse(in.permit(), ""), Objects.requireNonNullElse(in.session(), ""));
            }
            if (!vault.retention().rule().equals(rule)) {
                telling(() -> vault.retention().rule(rule), () -> retentionChanged(vault, rule, shorter));
            }
            vault.retention().expireAt(Instant.now(vault.clock()));
            return true;
        });
        call.reply(new RecordsProtocol.SetRetentionReply());
    }

    private static void retentionChanged(OpenVault vault, Optional<Duration> rule, boolean shorter)
            throws VaultException {
        if (shorter) {
            String now = rule.map(Duration::toString).orElse("");
            vault.audit().add(AuditEvent.POLICY_CHANGED, Map.of("what", "retention", "now", now));
        } else {
            vault.tally().count(AuditEvent.POLICY_CHANGED, "longer-retention", 1);
        }
    }

    @Override
    public void compareKeys(RecordsProtocol.CompareKeysParams in, Call<RecordsProtocol.CompareKeysReply> call) {
        var keys = in.keys().stream().map(RecordsService::key).toList();
        var standings = in(call, vault -> vault.apiKeys().compare(keys));
        call.reply(new RecordsProtocol.CompareKeysReply(standings.stream()
                .map(standing -> RecordsProtocol.KeyStanding.valueOf(standing.name()))
                .toList()));
    }

    @Override
    public void knowKey(RecordsProtocol.KnowKeyParams in, Call<RecordsProtocol.KnowKeyReply> call) {
        in(call, vault -> {
            vault.apiKeys().know(key(in.key()), in.accepted());
            return true;
        });
        call.reply(new RecordsProtocol.KnowKeyReply());
    }

    @Override
    public void revokeKey(RecordsProtocol.RevokeKeyParams in, Call<RecordsProtocol.RevokeKeyReply> call) {
        in(call, vault -> {
            vault.apiKeys().revoke(in.id());
            return true;
        });
        call.reply(new RecordsProtocol.RevokeKeyReply());
    }

    private static ApiKeys.Key key(RecordsProtocol.ApiKey key) {
        return new ApiKeys.Key(key.id(), key.digest());
    }

    private static List<ObjectNode> objects(List<JsonNode> nodes) throws VaultException {
        List<ObjectNode> objects = new ArrayList<>();
        for (JsonNode node : nodes) {
            objects.add(object(node));
        }
        return objects;
    }

    private static ObjectNode object(JsonNode node) throws VaultException {
        if (node instanceof ObjectNode object) {
            return object;
        }
        throw Bounds.invalid("An item is a JSON object, and so is an answer.");
    }

    private static Order order(boolean oldestFirst) {
        return oldestFirst ? Order.OLDEST_FIRST : Order.NEWEST_FIRST;
    }

    private static Optional<Duration> seconds(@Nullable Long seconds) throws VaultException {
        if (seconds != null && (seconds < 1 || seconds > Integer.MAX_VALUE)) {
            throw Bounds.invalid("What is kept is kept for at least a second.");
        }
        return Optional.ofNullable(seconds).map(Duration::ofSeconds);
    }

    /** Out of the range of an int it is out of every bound here, too. */
    private static int number(long value) {
        return Math.clamp(value, Integer.MIN_VALUE, Integer.MAX_VALUE);
    }

    private static RecordsProtocol.Conversation wire(Conversation conversation) {
        return new RecordsProtocol.Conversation(
                conversation.id(),
                conversation.created().toEpochMilli(),
                conversation.changed().toEpochMilli(),
                conversation.keep().map(Duration::toSeconds).orElse(null),
                (long) conversation.items(),
                conversation.metadata());
    }

    private static RecordsProtocol.Item wire(ConversationItem item) {
        return new RecordsProtocol.Item(item.id(), item.created().toEpochMilli(), item.body());
    }

    private static RecordsProtocol.Response wire(Responses.Kept kept) {
        return new RecordsProtocol.Response(
                kept.id(),
                kept.conversation(),
                kept.body(),
                kept.output().stream().map(RecordsService::wire).toList());
    }

    private static RecordsProtocol.Memory wire(Memory memory) {
        return new RecordsProtocol.Memory(
                memory.id(),
                memory.name(),
                memory.text(),
                memory.created().toEpochMilli(),
                memory.updated().toEpochMilli());
    }

    private static List<RecordsProtocol.Hit> hits(List<Search.Hit> hits) {
        return hits.stream()
                .map(hit -> new RecordsProtocol.Hit(hit.in(), hit.item(), hit.snippet()))
                .toList();
    }
}
