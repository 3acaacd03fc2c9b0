package omni.api;

import java.time.Instant;
import java.time.InstantSource;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.locks.ReentrantLock;
import java.util.function.Function;
import java.util.stream.Collectors;
import omni.api.DaemonProtocol.RouteGroup;
import omni.engine.EngineProtocol.Priority;
import omni.vault.BackupsProtocol;
import omni.vault.RecordsProtocol;
import omni.vault.RecordsProtocol.ApiKey;
import omni.vault.RecordsProtocol.CompareKeysParams;
import omni.vault.RecordsProtocol.KeyStanding;
import omni.vault.RecordsProtocol.KnowKeyParams;
import omni.vault.RecordsProtocol.RevokeKeyParams;

/**
 * The API keys, and what the vault says of them: it remembers which there were, so that a file that was changed while it was locked
 * is noticed. They are compared once, as soon as it is open, for this process ends with it. A key that it does not know works as with
 * a locked vault, and reaches nothing of what it keeps until its owner accepts it; one that was revoked is taken out again.
 *
 * <p>Keys of a session are not compared: each is proved, and no file outlives their tree. For any thread; {@link #lock} is held over a
 * comparison and over each change with what the vault is told of it, checks read one volatile map.
 */
final class KeyCheck {
    /** Groups of routes that tokens are computed on. */
    private static final Set<RouteGroup> COMPUTING = Set.of(RouteGroup.CHAT, RouteGroup.EMBEDDINGS);

    private final KeyStore keys;
    private final VaultLink vault;
    private final KeyUse use;
    private final InstantSource clock;
    private final ReentrantLock lock = new ReentrantLock();

    /** By hash; nothing as long as they are not compared. Written under the lock. */
    private volatile Optional<Map<String, KeyStanding>> compared = Optional.empty();

    KeyCheck(KeyStore keys, VaultLink vault, KeyUse use, InstantSource clock) {
        this.keys = keys;
        this.vault = vault;
        this.use = use;
        this.clock = clock;
    }

    /** Whose key this is, as {@link KeyStore#check}; nobody's where it is revoked. */
    Optional<KeyStore.Entry> check(String presented) {
        return keys.check(presented)
                .filter(entry -> standing(entry)
                        .filter(standing -> standing == KeyStanding.REVOKED)
                        .isEmpty());
    }

    /**
     * Returns where the key's time is not over, and notes that it was used.
     *
     * @throws ApiError KEY_EXPIRED
     */
    void requireUnexpired(KeyStore.Entry entry) {
        if (isExpired(entry)) {
            throw ApiError.of(
                    ErrorCode.KEY_EXPIRED,
                    "This API key expired at "
                            + entry.rights().expires().map(Instant::toString).orElse("")
                            + ". Make another with omni key new.");
        }
        use.used(entry.id());
    }

    /** Whether the key's time is over. */
    boolean isExpired(KeyStore.Entry entry) {
        return entry.rights().expiredAt(clock.instant());
    }

    /**
     * Lets a request in to a route of that group, and counts it, where its key may.
     *
     * @throws ApiError ROUTE_NOT_ALLOWED, RATE_LIMIT_EXCEEDED, TOKENS_PER_DAY_EXCEEDED
     */
    void admit(KeyStore.Entry entry, RouteGroup group) {
        var rights = entry.rights();
        if (!rights.allow(group)) {
            throw notAllowed(group, rights);
        }
        var tokens = rights.tokensPerDay();
        if (tokens.isPresent() && COMPUTING.contains(group) && use.tokensToday(entry.id()) >= tokens.getAsLong()) {
            throw ApiError.later(
                    ErrorCode.TOKENS_PER_DAY_EXCEEDED,
                    use.secondsOfToday(),
                    "This key has had its " + tokens.getAsLong()
                            + " tokens of today. The day turns at 00:00 UTC: try again then.");
        }
        var rate = rights.ratePerMinute();
        if (rate.isPresent()) {
            use.take(entry.id(), rate.getAsLong()).ifPresent(seconds -> {
                throw ApiError.later(
                        ErrorCode.RATE_LIMIT_EXCEEDED,
                        seconds,
                        "This key may send " + rate.getAsLong() + " requests per minute, and has. Try again later.");
            });
        }
    }

    /** What a key hears that may not use routes of that group. */
    static ApiError notAllowed(RouteGroup group, KeyRights rights) {
        return ApiError.of(
                ErrorCode.ROUTE_NOT_ALLOWED,
                "This key may not use routes of the group " + group.wire() + ". It may use: "
                        + rights.routes().orElse(List.of()).stream()
                                .map(RouteGroup::wire)
                                .collect(Collectors.joining(", "))
                        + ".");
    }

    /** Tokens were computed for the key. */
    void spent(KeyStore.Entry entry, long tokens) {
        use.spent(entry.id(), tokens);
    }

    /** When a request came with the key last. */
    Optional<Instant> lastUsed(KeyStore.Entry entry) {
        return use.lastUsed(entry.id());
    }

    /** Tokens that were computed for the key today. */
    long tokensToday(KeyStore.Entry entry) {
        return use.tokensToday(entry.id());
    }

    /** What the vault says of a key: nothing of those that are not compared. */
    Optional<KeyStanding> standing(KeyStore.Entry entry) {
        return compared.flatMap(all -> Optional.ofNullable(all.get(entry.hash())));
    }

    /** What the vault keeps, as far as whoever has that key may have it. */
    Kept keptFor(KeyStore.Entry entry) {
        return new ForKey(entry);
    }

    /** Compares them now where the vault is open and that was not done yet; where it does not work, the log says why. */
    void compareIfOpen() {
        try {
            if (vault.isOpen()) {
                var _ = compared();
            }
        } catch (ApiException e) {
            Log.error("the API keys could not be compared with what the vault knows", e);
        }
    }

    private Map<String, KeyStanding> compared() {
        lock.lock();
        try {
            var known = compared.orElseGet(this::compare);
            compared = Optional.of(known);
            return known;
        } finally {
            lock.unlock();
        }
    }

    /** The file's keys count, not those that this process has read: the next one will read that file. */
    private Map<String, KeyStanding> compare() {
        try {
            keys.reread();
        } catch (KeyFileException e) {
            Log.error("keys.json cannot be read any more: the keys are those of before", e);
        }
        var lasting = keys.list().stream().filter(entry -> !entry.session()).toList();
        var params = new CompareKeysParams(lasting.stream().map(KeyCheck::wire).toList());
        var standings = vault.records(records -> records.compareKeys(params)).standings();
        var known = new HashMap<String, KeyStanding>();
        for (var i = 0; i < lasting.size(); i++) {
            known.merge(lasting.get(i).hash(), standings.get(i), KeyCheck::worse);
        }
        lasting.forEach(entry -> act(entry, known));
        return Map.copyOf(known);
    }

    /** One key may stand there twice. */
    private static KeyStanding worse(KeyStanding one, KeyStanding other) {
        return one.compareTo(other) > 0 ? one : other;
    }

    private void act(KeyStore.Entry entry, Map<String, KeyStanding> known) {
        switch (known.getOrDefault(entry.hash(), KeyStanding.MADE_WHILE_LOCKED)) {
            case KNOWN -> {}
            case MADE_WHILE_LOCKED -> Log.warning("the API key " + entry.id() + " was made while the vault was locked");
            case CHANGED_WHILE_LOCKED ->
                Log.warning("the API key " + entry.id() + " was changed while the vault was locked");
            case REVOKED -> {
                Log.warning("the API key " + entry.id() + " is revoked, and was in keys.json again");
                takeOut(entry);
            }
        }
    }

    private void takeOut(KeyStore.Entry entry) {
        try {
            keys.revoke(entry);
        } catch (KeyFileException e) {
            Log.error("a revoked API key could not be taken out of keys.json, and is refused as long as this runs", e);
        }
    }

    /**
     * Keeps a key, as {@link KeyStore#add}; while the vault is open, it becomes known to it.
     *
     * @throws ApiError as there; VAULT_REFUSED where that very key was revoked
     */
    KeyStore.Entry add(String name, String hash, boolean session, Priority priority, KeyRights rights) {
        lock.lock();
        try {
            compareIfOpen();
            var before = keys.list();
            var entry = keys.add(name, hash, session, priority, rights);
            if (compared.isPresent() && !session && !before.contains(entry)) {
                knowNew(entry, () -> keys.revoke(entry));
            }
            return entry;
        } finally {
            lock.unlock();
        }
    }

    /** {@code undo} is done where the vault refuses it. */
    private void knowNew(KeyStore.Entry entry, Runnable undo) {
        try {
            know(entry, false);
        } catch (ApiError e) {
            if (e.code() == ErrorCode.VAULT_REFUSED) {
                undo.run();
                throw e;
            }
            Log.error("the vault does not know a new API key: it is to be accepted", e);
        }
    }

    private void know(KeyStore.Entry entry, boolean accepted) {
        vault.records(records -> records.knowKey(new KnowKeyParams(wire(entry), accepted)));
        var next = new HashMap<>(compared.orElse(Map.of()));
        next.put(entry.hash(), KeyStanding.KNOWN);
        compared = Optional.of(Map.copyOf(next));
    }

    /**
     * Has the vault know a key that was made or changed while it was locked; one that it knows stays so.
     *
     * @throws ApiError as {@link Kept#records}; VAULT_REFUSED where it was revoked
     */
    void accept(KeyStore.Entry entry) {
        lock.lock();
        try {
            vault.requireOpen();
            if (!entry.session() && compared().get(entry.hash()) != KeyStanding.KNOWN) {
                know(entry, true);
            }
        } finally {
            lock.unlock();
        }
    }

    /**
     * Forgets a key, as {@link KeyStore#revoke}; where the vault is open, it remembers that.
     *
     * @return false where an open vault could not be told: an old file would bring the key back
     * @throws KeyFileException as there
     */
    boolean revoke(KeyStore.Entry entry) {
        lock.lock();
        try {
            compareIfOpen();
            keys.revoke(entry);
            return isToldRevoked(entry);
        } finally {
            lock.unlock();
        }
    }

    /**
     * The key in whose place another was put.
     *
     * @param by the other
     * @param told false where an open vault could not be told that the old one is gone: an old file would bring it back
     */
    record Rotated(KeyStore.Entry by, boolean told) {}

    /**
     * Puts another key in the place of one, as {@link KeyStore#rotate}; where the vault is open, it knows the one and remembers that the
     * other is gone.
     *
     * @throws ApiError as there; KEY_NOT_ACCEPTED where an open vault does not know the key, and so not what stands in its entry;
     *     VAULT_REFUSED where that very key was revoked
     * @throws KeyFileException as there
     */
    Rotated rotate(KeyStore.Entry old, String hash) {
        lock.lock();
        try {
            compareIfOpen();
            var standing = standing(old);
            if (standing.isPresent() && standing.get() != KeyStanding.KNOWN) {
                throw notAccepted(old);
            }
            var by = keys.rotate(old, hash);
            use.move(old.id(), by.id());
            if (compared.isPresent() && !by.session()) {
                knowNew(by, () -> {
                    keys.replace(by, old);
                    use.move(by.id(), old.id());
                });
            }
            return new Rotated(by, isToldRevoked(old));
        } finally {
            lock.unlock();
        }
    }

    private boolean isToldRevoked(KeyStore.Entry entry) {
        var concernsNobody = entry.session() || (compared.isEmpty() && !vault.mayBeOpen());
        return concernsNobody || tellRevoked(entry);
    }

    private static ApiError notAccepted(KeyStore.Entry entry) {
        return ApiError.of(
                ErrorCode.KEY_NOT_ACCEPTED,
                "This API key was made or changed while the vault was locked: it reaches nothing of what is kept there"
                        + " until its owner accepts it, with omni key accept " + entry.id() + ".");
    }

    private boolean tellRevoked(KeyStore.Entry entry) {
        try {
            vault.records(records -> records.revokeKey(new RevokeKeyParams(entry.id())));
            return true;
        } catch (ApiError e) {
            Log.error("the vault could not be told of a revoked API key: an old keys.json would bring it back", e);
            return false;
        }
    }

    /** The keys with that id or name, as {@link KeyStore#find}. */
    List<KeyStore.Entry> find(String idOrName) {
        return keys.find(idOrName);
    }

    /** The keys in the order they were added, compared where that can be. */
    List<KeyStore.Entry> list() {
        compareIfOpen();
        return keys.list();
    }

    private static ApiKey wire(KeyStore.Entry entry) {
        return new ApiKey(entry.id(), entry.digest());
    }

    /** The vault for one key: that it is open is known first, so that the comparison is one with what it knows now. */
    private final class ForKey implements Kept {
        private final KeyStore.Entry entry;

        ForKey(KeyStore.Entry entry) {
            this.entry = entry;
        }

        @Override
        public <T> T records(Function<RecordsProtocol.Client, T> call) {
            requireOpen();
            return vault.records(call);
        }

        @Override
        public <T> T backups(Function<BackupsProtocol.Client, T> call) {
            requireOpen();
            return vault.backups(call);
        }

        @Override
        public void requireOpen() {
            vault.requireOpen();
            if (!isKnown()) {
                throw notAccepted(entry);
            }
        }

        @Override
        public boolean isOpen() {
            return vault.isOpen() && isKnown();
        }

        private boolean isKnown() {
            return entry.session() || compared().get(entry.hash()) == KeyStanding.KNOWN;
        }
    }
}
