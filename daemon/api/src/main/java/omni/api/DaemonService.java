package omni.api;

import java.time.Instant;
import java.time.InstantSource;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import omni.api.DaemonProtocol.AcceptKeyParams;
import omni.api.DaemonProtocol.AcceptKeyReply;
import omni.api.DaemonProtocol.AddKeyParams;
import omni.api.DaemonProtocol.AddKeyReply;
import omni.api.DaemonProtocol.AddressParams;
import omni.api.DaemonProtocol.AddressReply;
import omni.api.DaemonProtocol.CertificateParams;
import omni.api.DaemonProtocol.CertificateReply;
import omni.api.DaemonProtocol.ChatParams;
import omni.api.DaemonProtocol.ChatReply;
import omni.api.DaemonProtocol.KeyStanding;
import omni.api.DaemonProtocol.ListKeysParams;
import omni.api.DaemonProtocol.ListKeysReply;
import omni.api.DaemonProtocol.RevokeKeyParams;
import omni.api.DaemonProtocol.RevokeKeyReply;
import omni.api.DaemonProtocol.RotateKeyParams;
import omni.api.DaemonProtocol.RotateKeyReply;
import omni.bus.BusError;
import omni.bus.BusException;
import omni.bus.Call;
import omni.engine.EngineProtocol.GenerateReply;
import omni.engine.EngineProtocol.Priority;
import org.jspecify.annotations.Nullable;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.node.JsonNodeFactory;

/** The daemon on the bus, for the operator's command: keys, the address, and chats by the same code as HTTP's. */
final class DaemonService implements DaemonProtocol.Handler {
    private final KeyCheck keys;
    private final Answers answers;
    private final Address address;
    private final Optional<DeviceCertificate> certificate;
    private final Json json;
    private final VaultLink vault;
    private final History history;
    private final InstantSource clock;

    DaemonService(
            KeyCheck keys,
            Answers answers,
            Address address,
            Optional<DeviceCertificate> certificate,
            Json json,
            VaultLink vault,
            InstantSource clock) {
        this.clock = clock;
        this.keys = keys;
        this.answers = answers;
        this.address = address;
        this.certificate = certificate;
        this.json = json;
        this.vault = vault;
        this.history = new History(vault);
    }

    @Override
    public void addKey(AddKeyParams in, Call<AddKeyReply> call) {
        try {
            var priority = in.priority() == null
                    ? Priority.NORMAL
                    : Priority.valueOf(in.priority().name());
            var rights = KeyRights.of(in.rights(), clock.instant());
            var added = keys.add(in.name(), in.hash(), in.session(), priority, rights);
            call.reply(new AddKeyReply(key(added)));
        } catch (ApiException e) {
            throw translate(e);
        }
    }

    @Override
    public void listKeys(ListKeysParams in, Call<ListKeysReply> call) {
        call.reply(new ListKeysReply(keys.list().stream().map(this::key).toList()));
    }

    @Override
    public void revokeKey(RevokeKeyParams in, Call<RevokeKeyReply> call) {
        var entry = only(in.key(), keys.find(in.key()));
        try {
            call.reply(new RevokeKeyReply(!keys.revoke(entry)));
        } catch (ApiException e) {
            throw translate(e);
        }
    }

    @Override
    public void rotateKey(RotateKeyParams in, Call<RotateKeyReply> call) {
        var entry = only(in.key(), keys.find(in.key()));
        try {
            var rotated = keys.rotate(entry, in.hash());
            call.reply(new RotateKeyReply(key(rotated.by()), !rotated.told()));
        } catch (ApiException e) {
            throw translate(e);
        }
    }

    /** By its id alone: whoever writes a key into the file chooses its name. */
    @Override
    public void acceptKey(AcceptKeyParams in, Call<AcceptKeyReply> call) {
        try {
            var found = keys.list().stream()
                    .filter(entry -> entry.id().equals(in.id()))
                    .toList();
            var entry = only(in.id(), found);
            keys.accept(entry);
            call.reply(new AcceptKeyReply(key(entry)));
        } catch (ApiException e) {
            throw translate(e);
        }
    }

    private static KeyStore.Entry only(String named, List<KeyStore.Entry> found) {
        if (found.isEmpty()) {
            throw new DaemonProtocol.NoSuchKey(named);
        }
        if (found.size() > 1) {
            throw new DaemonProtocol.AmbiguousKey(
                    named, found.stream().map(KeyStore.Entry::id).toList());
        }
        return found.getFirst();
    }

    @Override
    public void address(AddressParams in, Call<AddressReply> call) {
        var lan = address.lan(certificate).orElse(null);
        call.reply(new AddressReply(address.host(), address.port(), address.url(), lan));
    }

    @Override
    public void certificate(CertificateParams in, Call<CertificateReply> call) {
        var shown = certificate.orElseThrow(DaemonProtocol.NotReached::new);
        var now = shown.current();
        call.reply(new CertificateReply(
                shown.pem(),
                shown.pin(),
                now.authority().getNotAfter().toInstant().toString()));
    }

    @Override
    public void chat(ChatParams in, Call<ChatReply> call) {
        try {
            var keeps = in.conversation() != null || (in.store() && vault.isOpen());
            var kept = keeps ? Optional.of(items(in)) : Optional.<List<JsonNode>>empty();
            if (in.conversation() != null) {
                history.requireRoom(in.conversation(), kept.orElseThrow(), 0);
            }
            try (var request = new Held<>(ChatRequest.read(json.body(body(in))), () -> {})) {
                answers.chat(
                        request, Answers.Asker.owner(call::onCancel), begun -> answer(in, kept, begun.answer(), call));
            }
        } catch (ApiException e) {
            throw translate(e);
        }
    }

    private void answer(
            ChatParams in, Optional<List<JsonNode>> kept, Answer<GenerateReply> answer, Call<ChatReply> call) {
        var text = new StringBuilder();
        while (true) {
            var reply = answer.next();
            text.append(reply.text());
            if (reply.finish() != null) {
                var whole = text.toString();
                var conversation =
                        kept.map(items -> keep(in.conversation(), items, whole)).orElse(null);
                call.reply(last(call.wantsMore() ? reply.text() : whole, reply, conversation));
                return;
            }
            if (call.wantsMore() && !reply.text().isEmpty()) {
                call.next(new ChatReply(reply.text(), null, null, null, null));
            }
        }
    }

    private static List<JsonNode> items(ChatParams in) {
        var items = new ArrayList<JsonNode>();
        for (var message : List.copyOf(in.messages())) {
            items.add(
                    Items.checked(Items.message(message.role(), message.content()), "messages[" + items.size() + "]"));
        }
        return items;
    }

    /** Keeps what was asked and answered, and returns the conversation that it is in. */
    private String keep(@Nullable String conversation, List<JsonNode> asked, String answer) {
        var items = new ArrayList<>(asked);
        items.add(Items.message("assistant", answer));
        return history.keep(conversation, items);
    }

    private static ChatReply last(String text, GenerateReply reply, @Nullable String conversation) {
        var finish = reply.finish();
        var usage = reply.usage();
        return new ChatReply(
                text,
                finish == null ? null : finish.wire(),
                usage == null ? null : usage.promptTokens(),
                usage == null ? null : usage.completionTokens(),
                conversation);
    }

    /** The call as the body of an HTTP request, so that both are read by the same code. */
    private JsonNode body(ChatParams in) {
        var body = JsonNodeFactory.instance
                .objectNode()
                .put("model", in.model())
                .put("max_completion_tokens", in.maxTokens())
                .put("temperature", in.temperature())
                .put("seed", in.seed());
        var messages = body.putArray("messages");
        if (in.conversation() != null) {
            history.conversation(in.conversation()).forEach(item -> History.add(messages, item.body(), "conversation"));
        }
        List.copyOf(in.messages())
                .forEach(m -> messages.addObject().put("role", m.role()).put("content", m.content()));
        return body;
    }

    private DaemonProtocol.Key key(KeyStore.Entry entry) {
        return new DaemonProtocol.Key(
                entry.id(),
                entry.name(),
                entry.created().toString(),
                entry.session(),
                DaemonProtocol.Priority.valueOf(entry.priority().name()),
                keys.standing(entry)
                        .map(standing -> KeyStanding.valueOf(standing.name()))
                        .orElse(KeyStanding.UNCHECKED),
                entry.rights().wire(),
                keys.isExpired(entry),
                keys.lastUsed(entry).map(Instant::toString).orElse(null),
                keys.tokensToday(entry));
    }

    private static BusException translate(ApiException e) {
        return switch (e) {
            case ApiError error
            when error.code() == ErrorCode.ENGINE_UNAVAILABLE ->
                new DaemonProtocol.EngineAway(error.retryAfterSeconds().orElse(EngineLink.AWAY_SECONDS));
            case ApiError error -> new DaemonProtocol.Refused(error.code().code(), error.text());
            case ClientGone gone -> new BusException.Cancelled("The caller left", gone);
            case KeyFileException file -> refused(file);
        };
    }

    private static BusError refused(KeyFileException e) {
        Log.error("the keys could not be changed", e);
        return new DaemonProtocol.Refused(
                ErrorCode.INTERNAL_ERROR.code(), "The keys could not be changed: " + e.getMessage());
    }
}
