package omni.cli;

import java.util.ArrayList;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.CountDownLatch;
import omni.api.DaemonProtocol;
import omni.api.DaemonProtocol.*;
import omni.bus.BusException;
import omni.bus.Call;
import org.jspecify.annotations.Nullable;

/** A daemon without HTTP and without a model: it keeps hashes, and answers every question with "12." in two pieces. */
class FakeDaemon implements DaemonProtocol.Handler {
    /** Shaped as a certificate is. */
    static final String PEM = "-----BEGIN CERTIFICATE-----\nAAAA\n-----END CERTIFICATE-----\n";

    /** A question that is answered for as long as the caller stays. */
    static final String ENDLESS = "Count.";
    /** A question of which the answer ends in the middle. */
    static final String BROKEN_OFF = "broken off";

    static final String REFUSED = "Too long.";

    private static final KeyRights ALL = new KeyRights(null, null, null, null, null);

    final List<AddKeyParams> added = new ArrayList<>();
    final Map<String, KeyStanding> strangers = new HashMap<>();
    /** By id, the keys whose time is over, and when one was used last. */
    final Set<String> expired = new HashSet<>();

    final Map<String, String> used = new HashMap<>();
    final List<ChatParams> asked = new ArrayList<>();
    final CountDownLatch left = new CountDownLatch(1);

    boolean keepsKeys = true;

    /** Where it says that it listens. */
    String url = "http://127.0.0.1:11434";

    /** Of each key that it was given, whether it is a session's. */
    final List<Boolean> sessions = new ArrayList<>();

    /** Whether an open vault could not be told of what is revoked. */
    boolean vaultUntold;

    /** How other machines reach it; null where none does. */
    @Nullable
    Lan lan;

    /** The conversation that chats are kept in; null as with a vault that is locked. */
    @Nullable
    String conversation;

    @Override
    public synchronized void addKey(AddKeyParams in, Call<AddKeyReply> call) {
        if (!keepsKeys) {
            throw new Refused("internal_error", "The keys could not be changed: keys.json cannot be written.");
        }
        added.add(in);
        sessions.add(in.session());
        call.reply(new AddKeyReply(key(in)));
    }

    private Key key(AddKeyParams in) {
        var id = in.hash().substring(0, 12);
        return new Key(
                id,
                in.name(),
                "2026-11-21T04:00:00Z",
                in.session(),
                in.priority() == null ? Priority.NORMAL : in.priority(),
                strangers.getOrDefault(id, KeyStanding.KNOWN),
                in.rights() == null ? ALL : in.rights(),
                expired.contains(id),
                used.get(id),
                used.containsKey(id) ? 1234 : 0);
    }

    @Override
    public synchronized void listKeys(ListKeysParams in, Call<ListKeysReply> call) {
        call.reply(new ListKeysReply(added.stream().map(this::key).toList()));
    }

    @Override
    public synchronized void revokeKey(RevokeKeyParams in, Call<RevokeKeyReply> call) {
        added.remove(only(in.key()));
        call.reply(new RevokeKeyReply(vaultUntold));
    }

    @Override
    public synchronized void rotateKey(RotateKeyParams in, Call<RotateKeyReply> call) {
        var old = only(in.key());
        var by = new AddKeyParams(old.name(), in.hash(), old.session(), old.priority(), old.rights());
        added.set(added.indexOf(old), by);
        call.reply(new RotateKeyReply(key(by), vaultUntold));
    }

    private AddKeyParams only(String named) {
        var found = added.stream()
                .filter(k -> k.name().equals(named) || key(k).id().equals(named))
                .toList();
        if (found.isEmpty()) {
            throw new NoSuchKey(named);
        } else if (found.size() > 1) {
            throw new AmbiguousKey(named, found.stream().map(k -> key(k).id()).toList());
        }
        return found.getFirst();
    }

    @Override
    public synchronized void acceptKey(AcceptKeyParams in, Call<AcceptKeyReply> call) {
        var named = added.stream().filter(k -> key(k).id().equals(in.id())).toList();
        if (named.isEmpty()) {
            throw new NoSuchKey(in.id());
        }
        strangers.remove(in.id());
        call.reply(new AcceptKeyReply(key(named.getFirst())));
    }

    @Override
    public void address(AddressParams in, Call<AddressReply> call) {
        call.reply(new AddressReply("127.0.0.1", 11434, url, lan));
    }

    @Override
    public void certificate(CertificateParams in, Call<CertificateReply> call) {
        var now = lan;
        if (now == null) {
            throw new NotReached();
        }
        call.reply(new CertificateReply(PEM, now.pin(), "2046-11-26T00:00:00Z"));
    }

    @Override
    public void chat(ChatParams in, Call<ChatReply> call) {
        synchronized (this) {
            asked.add(in);
        }
        var question = in.messages().getLast().content();
        if (question.equals(REFUSED)) {
            throw new Refused("context_length_exceeded", "The prompt has 9000 tokens and the model takes 2048.");
        }
        try {
            do {
                call.next(new ChatReply("1", null, null, null, null));
            } while (question.equals(ENDLESS));
            if (question.equals(BROKEN_OFF)) {
                throw new Refused("model_failed", "The engine is not there.");
            }
        } catch (BusException.Cancelled e) {
            left.countDown();
            throw e;
        }
        call.reply(new ChatReply("2.", "stop", 20L, 3L, in.store() || in.conversation() != null ? conversation : null));
    }
}
