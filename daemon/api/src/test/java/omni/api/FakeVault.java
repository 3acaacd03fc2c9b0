package omni.api;

import java.io.ByteArrayOutputStream;
import java.io.DataInputStream;
import java.io.IOException;
import java.net.StandardProtocolFamily;
import java.net.UnixDomainSocketAddress;
import java.nio.ByteBuffer;
import java.nio.channels.Channels;
import java.nio.channels.ServerSocketChannel;
import java.nio.channels.SocketChannel;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.function.Function;
import java.util.stream.Stream;
import omni.bus.BusServer;
import omni.bus.Call;
import omni.vault.KeptBounds;
import omni.vault.RecordsProtocol;
import omni.vault.RecordsProtocol.Conversation;
import omni.vault.RecordsProtocol.Hit;
import omni.vault.RecordsProtocol.Item;
import omni.vault.RecordsProtocol.KeyStanding;
import omni.vault.RecordsProtocol.Memory;
import omni.vault.VaultProtocol;
import omni.vault.VaultProtocol.StatusReply;
import omni.vault.VaultProtocol.VaultState;
import org.jspecify.annotations.Nullable;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.node.ObjectNode;

/**
 * A fake vault on real sockets, for what a real one does not do on demand: it keeps things in maps, without a key or a bound. A
 * text that begins with {@code fail:} has the call fail for the reason that it names. What the API does with a vault that works
 * is tested against the real one too.
 */
final class FakeVault implements VaultProtocol.Handler, RecordsProtocol.Handler, AutoCloseable {
    static final String PASSWORD = "correct horse";

    private static final int HEADER_BYTES = 6;
    private static final int PROVE_FIELDS = 3;
    private static final int CHANGE_FIELDS = 4;
    private static final long CREATED = 1_700_000_000_999L;

    private final Path socket;
    private final ServerSocketChannel secrets;
    private final List<LinkedBlockingQueue<VaultState>> watchers = new ArrayList<>();
    private final Map<String, Conversation> conversations = new LinkedHashMap<>();
    private final Map<String, List<Item>> items = new LinkedHashMap<>();
    private final Map<String, Memory> memories = new LinkedHashMap<>();
    private final AtomicInteger numbers = new AtomicInteger();
    private BusServer server;
    private VaultState state;
    private Optional<Long> keepSeconds = Optional.empty();

    /** What the socket for passwords was sent, in order. */
    final ConcurrentLinkedQueue<String> passwords = new ConcurrentLinkedQueue<>();

    /** The passwords that took the place of the one before; it goes on with that one all the same. */
    final ConcurrentLinkedQueue<String> passwordsSet = new ConcurrentLinkedQueue<>();

    /** Calls for records that came. */
    final AtomicInteger asked = new AtomicInteger();

    /** Streams of states that are being read. */
    final AtomicInteger watching = new AtomicInteger();

    /** Seconds to wait for the next password; above zero every one is refused. */
    volatile int waitSeconds;

    /** What it says that its password is bound to. */
    volatile VaultProtocol.@Nullable VaultBoundTo boundTo = VaultProtocol.VaultBoundTo.TPM;

    /** Why no response is kept: it keeps none. */
    volatile String keepsResponses = "FAILED";

    /** Whether the next password ends the vault before it answers. */
    volatile boolean endsAtPassword;

    /** What it says of keys, by their ids; the others are known. */
    final Map<String, KeyStanding> standings = new ConcurrentHashMap<>();

    /** What it was told of keys, in order. */
    final ConcurrentLinkedQueue<String> told = new ConcurrentLinkedQueue<>();

    /** Whether it fails to compare keys. */
    volatile boolean comparesNoKeys;

    /** Whether it fails to remember which keys were revoked. */
    volatile boolean revokesNoKeys;

    /** Whether nobody may hold a stream of states. */
    volatile boolean unwatched;

    /** What a conversation says to have besides its items. */
    volatile int hasItems;

    /** How much a conversation has room for. */
    volatile long roomBytes = Long.MAX_VALUE;

    /** Until it is at zero, no items are listed. */
    volatile CountDownLatch listing = new CountDownLatch(0);

    FakeVault(Path home, VaultState state) throws IOException {
        this.socket = home.resolve("vault.sock");
        this.state = state;
        server = serve();
        secrets = ServerSocketChannel.open(StandardProtocolFamily.UNIX);
        secrets.bind(UnixDomainSocketAddress.of(home.resolve("vault-secrets.sock")));
        Thread.ofVirtual().name("fake-secrets").start(this::acceptSecrets);
    }

    private BusServer serve() {
        return BusServer.at(socket)
                .service(VaultProtocol.service(this))
                .service(RecordsProtocol.service(this))
                .start();
    }

    /** Ends as a process does that is killed, and is there again, sealed. */
    void die() {
        server.close();
        synchronized (this) {
            state = VaultState.SEALED;
            watchers.clear();
        }
        server = serve();
    }

    /** Goes to that state, and tells those who watch. */
    synchronized void become(VaultState next) {
        state = next;
        watchers.forEach(watcher -> watcher.add(next));
    }

    @Override
    public void close() {
        server.close();
        try {
            secrets.close();
        } catch (IOException e) {
            throw new IllegalStateException(e);
        }
    }

    private void acceptSecrets() {
        while (secrets.isOpen()) {
            try (SocketChannel channel = secrets.accept()) {
                judge(channel);
            } catch (IOException e) {
                Log.debug("a fake vault's caller left", e);
            }
        }
    }

    private void judge(SocketChannel channel) throws IOException {
        var in = new DataInputStream(Channels.newInputStream(channel));
        var head = in.readNBytes(HEADER_BYTES);
        var lengths = new int[head[HEADER_BYTES - 1]];
        for (var i = 0; i < lengths.length; i++) {
            lengths[i] = in.readInt();
        }
        var fields = new ArrayList<String>();
        for (var length : lengths) {
            fields.add(new String(in.readNBytes(length), StandardCharsets.UTF_8));
        }
        var given = fields.getFirst();
        passwords.add(given);
        if (endsAtPassword) {
            return;
        }
        if (waitSeconds > 0) {
            answer(channel, 1, "later Wait.");
        } else if (given.startsWith("fail:")) {
            answer(channel, 1, given.substring("fail:".length()) + " It had to.");
        } else if (!given.equals(PASSWORD)) {
            answer(channel, 1, "denied That is wrong.");
        } else if (lengths.length == CHANGE_FIELDS) {
            passwordsSet.add(fields.get(2));
            answer(channel, 0, "");
        } else if (lengths.length == PROVE_FIELDS) {
            answer(channel, 0, "permit for " + fields.getLast());
        } else {
            become(VaultState.OPEN);
            answer(channel, 0, "");
        }
    }

    private static void answer(SocketChannel channel, int outcome, String text) throws IOException {
        var bytes = text.getBytes(StandardCharsets.UTF_8);
        var out = new ByteArrayOutputStream();
        out.write(outcome);
        out.write(ByteBuffer.allocate(Integer.BYTES).putInt(bytes.length).array());
        out.write(bytes);
        channel.write(ByteBuffer.wrap(out.toByteArray()));
    }

    @Override
    public void status(VaultProtocol.StatusParams in, Call<StatusReply> call) {
        if (!call.wantsMore()) {
            call.reply(status(now()));
            return;
        }
        if (unwatched) {
            throw new VaultProtocol.Failed(VaultProtocol.FailedReason.FAILED, "Nobody watches.");
        }
        var changes = new LinkedBlockingQueue<VaultState>();
        synchronized (this) {
            watchers.add(changes);
            changes.add(state);
        }
        call.onCancel(() -> changes.add(VaultState.SEALED));
        watching.incrementAndGet();
        try {
            while (!call.isCancelled()) {
                call.next(status(changes.take()));
            }
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        } finally {
            watching.decrementAndGet();
        }
    }

    private synchronized VaultState now() {
        return state;
    }

    private StatusReply status(VaultState now) {
        return new StatusReply(new VaultProtocol.Vault(
                now, "2026-11-29T00:00:00Z", "a test", List.of(), 0, waitSeconds, 900, boundTo));
    }

    @Override
    public void lock(VaultProtocol.LockParams in, Call<VaultProtocol.LockReply> call) {
        call.reply(new VaultProtocol.LockReply(VaultProtocol.LockReplyWas.valueOf(now().name())));
        if (now() == VaultState.OPEN) {
            Thread.ofVirtual().name("fake-end").start(this::die);
        }
    }

    @Override
    public void redeem(VaultProtocol.RedeemParams in, Call<VaultProtocol.RedeemReply> call) {
        throw new UnsupportedOperationException();
    }

    @Override
    public void wipe(VaultProtocol.WipeParams in, Call<VaultProtocol.WipeReply> call) {
        throw new UnsupportedOperationException();
    }

    @Override
    public void export(VaultProtocol.ExportParams in, Call<VaultProtocol.ExportReply> call) {
        throw new UnsupportedOperationException();
    }

    @Override
    public void verify(VaultProtocol.VerifyParams in, Call<VaultProtocol.VerifyReply> call) {
        throw new UnsupportedOperationException();
    }

    /** Fails where the vault is not open, or the text says so. */
    private void check(String text) {
        asked.incrementAndGet();
        if (now() != VaultState.OPEN) {
            throw failed(RecordsProtocol.FailedReason.SEALED);
        }
        if (text.startsWith("fail:")) {
            throw failed(RecordsProtocol.FailedReason.valueOf(text.substring("fail:".length())));
        }
    }

    private static RecordsProtocol.Failed failed(RecordsProtocol.FailedReason reason) {
        return new RecordsProtocol.Failed(reason, "It had to.");
    }

    private static <T> T found(Map<String, T> map, String id) {
        var value = map.get(id);
        if (value == null) {
            throw failed(RecordsProtocol.FailedReason.MISSING);
        }
        return value;
    }

    private List<Item> kept(List<JsonNode> bodies) {
        return bodies.stream()
                .map(body -> {
                    var id = "msg_" + numbers.incrementAndGet();
                    return new Item(id, CREATED, ((ObjectNode) body).deepCopy().put("id", id));
                })
                .toList();
    }

    /** The part of a list behind an entry, and whether there is more. */
    private record Part<T>(List<T> entries, boolean more) {
        static <T> Part<T> of(List<T> all, String after, long limit, Function<T, String> id) {
            if (!after.isEmpty() && all.stream().noneMatch(one -> id.apply(one).equals(after))) {
                throw failed(RecordsProtocol.FailedReason.MISSING);
            }
            var rest = all.stream()
                    .dropWhile(one -> !after.isEmpty() && !id.apply(one).equals(after));
            var behind = rest.skip(after.isEmpty() ? 0 : 1).toList();
            return new Part<>(behind.stream().limit(limit).toList(), behind.size() > limit);
        }
    }

    @Override
    public synchronized void createConversation(
            RecordsProtocol.CreateConversationParams in, Call<RecordsProtocol.CreateConversationReply> call) {
        check(in.metadata().getOrDefault("topic", ""));
        var id = "conv_" + numbers.incrementAndGet();
        var made = new Conversation(
                id, CREATED, CREATED, in.keepSeconds(), in.items().size(), in.metadata());
        conversations.put(id, made);
        items.put(id, new ArrayList<>(kept(in.items())));
        call.reply(new RecordsProtocol.CreateConversationReply(made));
    }

    @Override
    public synchronized void getConversation(
            RecordsProtocol.GetConversationParams in, Call<RecordsProtocol.GetConversationReply> call) {
        check(in.id());
        var found = found(conversations, in.id());
        call.reply(new RecordsProtocol.GetConversationReply(new Conversation(
                found.id(),
                found.created(),
                found.changed(),
                found.keepSeconds(),
                found.items() + hasItems,
                found.metadata())));
    }

    @Override
    public synchronized void requireRoom(
            RecordsProtocol.RequireRoomParams in, Call<RecordsProtocol.RequireRoomReply> call) {
        check(in.conversation());
        var items = found(conversations, in.conversation()).items() + hasItems + in.items() + 1;
        if (items > KeptBounds.ITEMS_MAX || in.bytes() > roomBytes) {
            throw failed(RecordsProtocol.FailedReason.REFUSED);
        }
        call.reply(new RecordsProtocol.RequireRoomReply());
    }

    @Override
    public synchronized void updateConversation(
            RecordsProtocol.UpdateConversationParams in, Call<RecordsProtocol.UpdateConversationReply> call) {
        check(in.id());
        var old = found(conversations, in.id());
        var next = new Conversation(old.id(), old.created(), CREATED, old.keepSeconds(), old.items(), in.metadata());
        conversations.put(in.id(), next);
        call.reply(new RecordsProtocol.UpdateConversationReply(next));
    }

    @Override
    public synchronized void keepConversation(
            RecordsProtocol.KeepConversationParams in, Call<RecordsProtocol.KeepConversationReply> call) {
        check(in.id());
        var old = found(conversations, in.id());
        var next = new Conversation(old.id(), old.created(), CREATED, in.keepSeconds(), old.items(), old.metadata());
        conversations.put(in.id(), next);
        call.reply(new RecordsProtocol.KeepConversationReply(next));
    }

    @Override
    public synchronized void deleteConversation(
            RecordsProtocol.DeleteConversationParams in, Call<RecordsProtocol.DeleteConversationReply> call) {
        check(in.id());
        found(conversations, in.id());
        conversations.remove(in.id());
        items.remove(in.id());
        call.reply(new RecordsProtocol.DeleteConversationReply(List.of("/media/usb 20260301-120000.000-3f2a")));
    }

    @Override
    public synchronized void listConversations(
            RecordsProtocol.ListConversationsParams in, Call<RecordsProtocol.ListConversationsReply> call) {
        check("");
        var part =
                Part.of(List.copyOf(conversations.values()).reversed(), text(in.after()), in.limit(), Conversation::id);
        call.reply(new RecordsProtocol.ListConversationsReply(part.entries(), part.more()));
    }

    @Override
    public synchronized void searchConversations(
            RecordsProtocol.SearchConversationsParams in, Call<RecordsProtocol.SearchConversationsReply> call) {
        check(in.query());
        var hits = items.entrySet().stream()
                .flatMap(entry -> entry.getValue().stream()
                        .filter(item -> item.body().toString().contains(in.query()))
                        .map(item -> new Hit(entry.getKey(), item.id(), in.query())))
                .limit(in.limit())
                .toList();
        call.reply(new RecordsProtocol.SearchConversationsReply(hits));
    }

    @Override
    public synchronized void createItems(
            RecordsProtocol.CreateItemsParams in, Call<RecordsProtocol.CreateItemsReply> call) {
        check(in.conversation());
        var made = kept(in.items());
        found(items, in.conversation()).addAll(made);
        call.reply(new RecordsProtocol.CreateItemsReply(made));
    }

    @Override
    public void listItems(RecordsProtocol.ListItemsParams in, Call<RecordsProtocol.ListItemsReply> call) {
        try {
            listing.await();
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
        list(in, call);
    }

    private synchronized void list(RecordsProtocol.ListItemsParams in, Call<RecordsProtocol.ListItemsReply> call) {
        check(in.conversation());
        var all = List.copyOf(found(items, in.conversation()));
        var part = Part.of(in.oldestFirst() ? all : all.reversed(), text(in.after()), in.limit(), Item::id);
        call.reply(new RecordsProtocol.ListItemsReply(part.entries(), part.more()));
    }

    @Override
    public synchronized void getItem(RecordsProtocol.GetItemParams in, Call<RecordsProtocol.GetItemReply> call) {
        check(in.id());
        call.reply(new RecordsProtocol.GetItemReply(item(in.conversation(), in.id())));
    }

    @Override
    public synchronized void keepResponse(
            RecordsProtocol.KeepResponseParams in, Call<RecordsProtocol.KeepResponseReply> call) {
        check(in.id());
        throw failed(RecordsProtocol.FailedReason.valueOf(keepsResponses));
    }

    @Override
    public void getResponse(RecordsProtocol.GetResponseParams in, Call<RecordsProtocol.GetResponseReply> call) {
        check(in.id());
        throw failed(RecordsProtocol.FailedReason.MISSING);
    }

    @Override
    public void listResponseInput(
            RecordsProtocol.ListResponseInputParams in, Call<RecordsProtocol.ListResponseInputReply> call) {
        check(in.id());
        throw failed(RecordsProtocol.FailedReason.MISSING);
    }

    @Override
    public void deleteResponse(
            RecordsProtocol.DeleteResponseParams in, Call<RecordsProtocol.DeleteResponseReply> call) {
        check(in.id());
        throw failed(RecordsProtocol.FailedReason.MISSING);
    }

    private Item item(String conversation, String id) {
        return found(items, conversation).stream()
                .filter(one -> one.id().equals(id))
                .findFirst()
                .orElseThrow(() -> failed(RecordsProtocol.FailedReason.MISSING));
    }

    @Override
    public synchronized void deleteItem(
            RecordsProtocol.DeleteItemParams in, Call<RecordsProtocol.DeleteItemReply> call) {
        check(in.id());
        found(items, in.conversation()).remove(item(in.conversation(), in.id()));
        call.reply(new RecordsProtocol.DeleteItemReply(found(conversations, in.conversation())));
    }

    @Override
    public synchronized void createMemory(
            RecordsProtocol.CreateMemoryParams in, Call<RecordsProtocol.CreateMemoryReply> call) {
        check(in.text());
        var made = new Memory("mem_" + numbers.incrementAndGet(), in.name(), in.text(), CREATED, CREATED);
        memories.put(made.id(), made);
        call.reply(new RecordsProtocol.CreateMemoryReply(made));
    }

    @Override
    public synchronized void getMemory(RecordsProtocol.GetMemoryParams in, Call<RecordsProtocol.GetMemoryReply> call) {
        check(in.id());
        call.reply(new RecordsProtocol.GetMemoryReply(found(memories, in.id())));
    }

    @Override
    public synchronized void editMemory(
            RecordsProtocol.EditMemoryParams in, Call<RecordsProtocol.EditMemoryReply> call) {
        check(in.text());
        var next = new Memory(
                in.id(), in.name(), in.text(), found(memories, in.id()).created(), CREATED + 1);
        memories.put(in.id(), next);
        call.reply(new RecordsProtocol.EditMemoryReply(next));
    }

    @Override
    public synchronized void deleteMemory(
            RecordsProtocol.DeleteMemoryParams in, Call<RecordsProtocol.DeleteMemoryReply> call) {
        check(in.id());
        found(memories, in.id());
        memories.remove(in.id());
        call.reply(new RecordsProtocol.DeleteMemoryReply());
    }

    @Override
    public synchronized void listMemories(
            RecordsProtocol.ListMemoriesParams in, Call<RecordsProtocol.ListMemoriesReply> call) {
        check("");
        var part = Part.of(List.copyOf(memories.values()).reversed(), text(in.after()), in.limit(), Memory::id);
        call.reply(new RecordsProtocol.ListMemoriesReply(part.entries(), part.more()));
    }

    @Override
    public synchronized void searchMemories(
            RecordsProtocol.SearchMemoriesParams in, Call<RecordsProtocol.SearchMemoriesReply> call) {
        check(in.query());
        Stream<Memory> hits = memories.values().stream()
                .filter(memory -> memory.text().contains(in.query()))
                .limit(in.limit());
        call.reply(new RecordsProtocol.SearchMemoriesReply(
                hits.map(memory -> new Hit(memory.id(), memory.id(), in.query()))
                        .toList()));
    }

    @Override
    public synchronized void retention(RecordsProtocol.RetentionParams in, Call<RecordsProtocol.RetentionReply> call) {
        check("");
        call.reply(new RecordsProtocol.RetentionReply(keepSeconds.orElse(null)));
    }

    @Override
    public synchronized void setRetention(
            RecordsProtocol.SetRetentionParams in, Call<RecordsProtocol.SetRetentionReply> call) {
        check("");
        Long seconds = in.keepSeconds();
        boolean shorter = seconds != null && seconds < keepSeconds.orElse(Long.MAX_VALUE);
        if (shorter && !("permit for " + in.session()).equals(in.permit())) {
            throw failed(RecordsProtocol.FailedReason.DENIED);
        }
        keepSeconds = Optional.ofNullable(seconds);
        call.reply(new RecordsProtocol.SetRetentionReply());
    }

    /** Not among those that are asked for what is kept. */
    @Override
    public synchronized void compareKeys(
            RecordsProtocol.CompareKeysParams in, Call<RecordsProtocol.CompareKeysReply> call) {
        if (now() != VaultState.OPEN) {
            throw failed(RecordsProtocol.FailedReason.SEALED);
        }
        if (comparesNoKeys) {
            throw failed(RecordsProtocol.FailedReason.DAMAGED);
        }
        call.reply(new RecordsProtocol.CompareKeysReply(in.keys().stream()
                .map(key -> standings.getOrDefault(key.id(), KeyStanding.KNOWN))
                .toList()));
    }

    @Override
    public void knowKey(RecordsProtocol.KnowKeyParams in, Call<RecordsProtocol.KnowKeyReply> call) {
        told.add((in.accepted() ? "accepted " : "made ") + in.key().id());
        if (standings.get(in.key().id()) == KeyStanding.REVOKED) {
            throw failed(RecordsProtocol.FailedReason.REFUSED);
        }
        call.reply(new RecordsProtocol.KnowKeyReply());
    }

    @Override
    public void revokeKey(RecordsProtocol.RevokeKeyParams in, Call<RecordsProtocol.RevokeKeyReply> call) {
        if (now() != VaultState.OPEN) {
            throw failed(RecordsProtocol.FailedReason.SEALED);
        }
        if (revokesNoKeys) {
            throw failed(RecordsProtocol.FailedReason.FAILED);
        }
        told.add("revoked " + in.id());
        call.reply(new RecordsProtocol.RevokeKeyReply());
    }

    private static String text(@Nullable String after) {
        return after == null ? "" : after;
    }
}
