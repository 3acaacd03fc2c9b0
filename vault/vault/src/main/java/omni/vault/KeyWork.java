package omni.vault;

import static java.util.Comparator.comparing;

import java.lang.management.ManagementFactory;
import java.lang.management.ThreadMXBean;
import java.nio.ByteBuffer;
import java.nio.charset.CharacterCodingException;
import java.nio.charset.StandardCharsets;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.security.SecureRandom;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.HexFormat;
import java.util.List;
import java.util.Optional;
import omni.tpm.Tpm;
import omni.tpm.TpmDevice;
import omni.vault.VaultException.Reason;

/**
 * What is done with the root key: everything here is on the heap, and runs in the child process that ends afterwards, and in tests.
 * It touches no file. For one thread.
 */
final class KeyWork {
    private static final int ROOT_BYTES = 32;

    private final Argon2.Stretch stretch;
    private final TpmDevice device;
    private final SecureRandom random = new SecureRandom();

    KeyWork(Argon2.Stretch stretch) {
        this(stretch, TpmDevice.NONE);
    }

    KeyWork(Argon2.Stretch stretch, TpmDevice device) {
        this.stretch = stretch;
        this.device = device;
    }

    /** A data key itself. */
    @SuppressWarnings("ArrayRecordComponent") // never compared
    record PlainKey(Purpose purpose, int version, byte[] key) {}

    /**
     * What came of it.
     *
     * @param file what the file is to hold from now on; nothing where it stays
     * @param keys all data keys, in the file's order, where they were asked for
     * @param words a new recovery key's, as ASCII
     */
    record Outcome(Optional<KeyFile> file, List<PlainKey> keys, Optional<byte[]> words) {
        Outcome {
            keys = List.copyOf(keys);
        }
    }

    @SuppressWarnings("ArrayRecordComponent") // never compared
    private record Root(KeyFile file, byte[] key) {}

    @SuppressWarnings("ArrayRecordComponent") // never compared
    private record Recovery(byte[] words, Wrap wrap) {}

    /** A new vault. No TPM belongs to its password. */
    Outcome create(Secret.Password password, Calibration calibration) throws VaultException {
        return create(password, calibration, Optional.empty());
    }

    /** A new vault, with a TPM that belongs to its password. */
    Outcome createWithTpm(Secret.Password password, Calibration calibration) throws VaultException {
        return create(password, calibration, Optional.of(new Place(0, Optional.empty())));
    }

    private Outcome create(Secret.Password password, Calibration calibration, Optional<Place> tpm)
            throws VaultException {
        byte[] root = random(ROOT_BYTES);
        String vault = HexFormat.of().formatHex(random(KeyFile.VAULT_BYTES));
        List<KeyFile.DataKey> keys = new ArrayList<>();
        List<PlainKey> plain = new ArrayList<>();
        for (Purpose purpose : Purpose.values()) {
            PlainKey key = new PlainKey(purpose, 1, random(DataKeys.KEY_BYTES));
            plain.add(key);
            keys.add(wrap(key, vault, root));
        }
        Recovery recovery = recovery(vault, root);
        KeyFile file =
                KeyFile.sealed(vault, slot(vault, password, calibration, root, tpm), recovery.wrap(), keys, root);
        return new Outcome(Optional.of(file), plain, Optional.of(recovery.words()));
    }

    /** The data keys. */
    Outcome open(KeyFile file, Secret secret) throws VaultException {
        Root root = root(file, secret);
        return new Outcome(Optional.empty(), plain(root), Optional.empty());
    }

    /** Whether the secret is the right one, and no keys. */
    Outcome check(KeyFile file, Secret secret) throws VaultException {
        root(file, secret);
        return new Outcome(Optional.empty(), List.of(), Optional.empty());
    }

    /** Another password. The recovery key stays; a TPM does where the old password was given, and goes where the recovery key was. */
    Outcome changePassword(KeyFile file, Secret secret, Secret.Password next, Calibration calibration)
            throws VaultException {
        boolean bound =
                secret instanceof Secret.Password && file.password().tpm().isPresent();
        return withPassword(root(file, secret), next, calibration, bound);
    }

    /** The same password, and a TPM from now on, or none any more. */
    Outcome bind(KeyFile file, Secret.Password password, Calibration calibration, boolean toTpm) throws VaultException {
        return withPassword(root(file, password), password, calibration, toTpm);
    }

    /**
     * Where a TPM is to hold a part of a new password.
     *
     * @param key of the TPM that has just opened, which has to be the one; any where there was none
     */
    private record Place(int number, Optional<String> key) {}

    private Outcome withPassword(Root root, Secret.Password next, Calibration calibration, boolean toTpm)
            throws VaultException {
        KeyFile file = root.file();
        Optional<TpmSlot> now = file.password().tpm();
        Optional<Place> place = toTpm
                ? Optional.of(new Place(now.map(slot -> 1 - slot.place()).orElse(0), now.map(TpmSlot::key)))
                : Optional.empty();
        KeyFile.PasswordSlot slot = slot(file.vault(), next, calibration, root.key(), place);
        KeyFile changed = KeyFile.sealed(file.vault(), slot, file.recovery(), file.keys(), root.key());
        return new Outcome(Optional.of(changed), List.of(), Optional.empty());
    }

    /** Another recovery key. The one before opens nothing from then on. */
    Outcome newRecovery(KeyFile file, Secret secret) throws VaultException {
        Root root = root(file, secret);
        Recovery recovery = recovery(file.vault(), root.key());
        KeyFile changed = KeyFile.sealed(file.vault(), file.password(), recovery.wrap(), file.keys(), root.key());
        return new Outcome(Optional.of(changed), List.of(), Optional.of(recovery.words()));
    }

    /** Takes away all versions of those data keys but the newest. */
    Outcome dropOld(KeyFile file, Secret secret, Purpose... purposes) throws VaultException {
        Root root = root(file, secret);
        List<KeyFile.DataKey> left = file.keys().stream()
                .filter(key ->
                        !List.of(purposes).contains(key.purpose()) || key.version() == newest(file, key.purpose()))
                .toList();
        KeyFile changed = KeyFile.sealed(file.vault(), file.password(), file.recovery(), left, root.key());
        return new Outcome(Optional.of(changed), List.of(), Optional.empty());
    }

    private static int newest(KeyFile file, Purpose purpose) {
        return file.keys().stream()
                .filter(key -> key.purpose() == purpose)
                .mapToInt(KeyFile.DataKey::version)
                .max()
                .orElseThrow();
    }

    /** Another version of each of those data keys, beside those that are there, and all data keys. */
    Outcome addVersion(KeyFile file, Secret secret, Purpose... purposes) throws VaultException {
        Root root = root(file, secret);
        if (file.keys().size() > KeyFile.KEYS_MAX - purposes.length) {
            throw new VaultException(
                    Reason.REFUSED,
                    "This vault has " + file.keys().size() + " keys, and can have " + KeyFile.KEYS_MAX
                            + ": there is no room for new ones.");
        }
        List<KeyFile.DataKey> keys = new ArrayList<>(file.keys());
        for (Purpose purpose : purposes) {
            PlainKey added = new PlainKey(purpose, newest(file, purpose) + 1, random(DataKeys.KEY_BYTES));
            keys.add(wrap(added, file.vault(), root.key()));
        }
        keys.sort(comparing(KeyFile.DataKey::purpose).thenComparingInt(KeyFile.DataKey::version));
        KeyFile changed = KeyFile.sealed(file.vault(), file.password(), file.recovery(), keys, root.key());
        return new Outcome(Optional.of(changed), plain(new Root(changed, root.key())), Optional.empty());
    }

    /** The root key, once the secret is right and the file is whole. */
    private Root root(KeyFile file, Secret secret) throws VaultException {
        byte[] root = switch (secret) {
            case Secret.Password password -> byPassword(file, password);
            case Secret.Recovery recovery -> byRecovery(file, recovery);
        };
        if (!file.isSealedBy(root)) {
            throw new VaultException(
                    Reason.DAMAGED,
                    "The secret is right, but keys.json was changed by another hand: restore it from a backup.");
        }
        return new Root(file, root);
    }

    private byte[] byPassword(KeyFile file, Secret.Password password) throws VaultException {
        KeyFile.PasswordSlot slot = file.password();
        if (slot.keyFile() && password.keyFile().isEmpty()) {
            throw new VaultException(Reason.DENIED, "A key file belongs to this vault's password: give both.");
        }
        if (!slot.keyFile() && password.keyFile().isPresent()) {
            throw new VaultException(Reason.INVALID, "No key file belongs to this vault's password: leave it out.");
        }
        String context = KeyFile.PasswordSlot.context(file.vault(), slot.argon2(), slot.keyFile(), slot.tpm());
        byte[] key = derived(password, slot.argon2());
        if (slot.tpm().isPresent()) {
            key = join(key, held(slot.tpm().get(), file.vault(), key));
        }
        return slot.wrap()
                .open(key, context)
                .orElseThrow(() -> new VaultException(
                        Reason.DENIED, slot.keyFile() ? "Wrong password or key file." : "Wrong password."));
    }

    private static byte[] byRecovery(KeyFile file, Secret.Recovery recovery) throws VaultException {
        byte[] key = RecoveryWords.decode(recovery.words());
        return file.recovery()
                .open(key, KeyFile.recoveryContext(file.vault()))
                .orElseThrow(() -> new VaultException(
                        Reason.DENIED, "This is a recovery key, and not the one of this vault, or no longer."));
    }

    /** The password's key, and the hash of the key file behind it where there is one. */
    private byte[] derived(Secret.Password password, Argon2 argon2) {
        byte[] key = stretch.key(bytes(password.password()), argon2);
        byte[] hash = password.keyFile().map(file -> sha512(bytes(file))).orElse(new byte[0]);
        return join(key, hash);
    }

    private static byte[] join(byte[] one, byte[] other) {
        byte[] both = Arrays.copyOf(one, one.length + other.length);
        System.arraycopy(other, 0, both, one.length, other.length);
        return both;
    }

    /** What the TPM holds for a password's key; it counts wrong ones. */
    private byte[] held(TpmSlot slot, String vault, byte[] key) throws VaultException {
        if (device.path().isEmpty()) {
            throw new VaultException(
                    Reason.REFUSED,
                    "The TPM of the machine where it was set belongs to this password, and there is none here: use the"
                            + " recovery key.");
        }
        try (VaultTpm tpm = VaultTpm.open(device)) {
            tpm.require(slot.key());
            return tpm.secret(slot.handle(vault), tpmAuth(key));
        } catch (VaultException e) {
            if (e.reason() == Reason.MISSING) {
                throw new VaultException(
                        Reason.REFUSED,
                        "The TPM holds nothing for this password any more: it was changed since, or taken out there. Use"
                                + " the recovery key.",
                        e);
            }
            throw e;
        }
    }

    private static byte[] tpmAuth(byte[] key) {
        return Wrap.derive(key, "tpm", "");
    }

    private KeyFile.PasswordSlot slot(
            String vault, Secret.Password password, Calibration calibration, byte[] root, Optional<Place> place)
            throws VaultException {
        requireGood(password);
        Argon2 argon2 = calibration.choose(this::nanos, Base64Text.of(random(Argon2.SALT_BYTES)));
        boolean keyFile = password.keyFile().isPresent();
        byte[] key = derived(password, argon2);
        Optional<TpmSlot> slot = Optional.empty();
        if (place.isPresent()) {
            byte[] secret = random(Tpm.SECRET_BYTES);
            slot = Optional.of(hold(place.get(), vault, tpmAuth(key), secret));
            key = join(key, secret);
        }
        String context = KeyFile.PasswordSlot.context(vault, argon2, keyFile, slot);
        return new KeyFile.PasswordSlot(argon2, keyFile, slot, Wrap.of(root, key, context));
    }

    private TpmSlot hold(Place place, String vault, byte[] auth, byte[] secret) throws VaultException {
        try (VaultTpm tpm = VaultTpm.open(device)) {
            String key = Base64Text.of(tpm.key());
            if (!place.key().orElse(key).equals(key)) {
                throw new VaultException(
                        Reason.REFUSED,
                        "Another TPM answers now than the one that belongs to this password: nothing was changed. Where that"
                                + " is meant, use the recovery key, and then omni vault tpm on.");
            }
            TpmSlot slot = new TpmSlot(place.number(), key);
            tpm.keep(slot.handle(vault), auth, secret);
            return slot;
        }
    }

    /** Of this thread's own time: a busy machine must not make a weak password. One of the least memory before it warms the compiler. */
    private double nanos(int memoryKib, int passes) {
        String salt = Base64Text.of(new byte[Argon2.SALT_BYTES]);
        byte[] any = new byte[1];
        stretch.key(any, new Argon2(Argon2.MEMORY_KIB_MIN, passes, 1, salt));
        ThreadMXBean clock = ManagementFactory.getThreadMXBean();
        long start = clock.getCurrentThreadCpuTime();
        stretch.key(any, new Argon2(memoryKib, passes, 1, salt));
        return Math.max(1, clock.getCurrentThreadCpuTime() - start);
    }

    private static void requireGood(Secret.Password password) throws VaultException {
        password.requireBounds();
        try {
            long characters = StandardCharsets.UTF_8
                    .newDecoder()
                    .decode(password.password().duplicate())
                    .codePoints()
                    .count();
            if (characters < Secret.PASSWORD_CHARACTERS_MIN) {
                throw new VaultException(
                        Reason.INVALID,
                        "A new password has at least " + Secret.PASSWORD_CHARACTERS_MIN + " characters.");
            }
        } catch (CharacterCodingException e) {
            throw new VaultException(Reason.INVALID, "A new password is text in UTF-8.");
        }
    }

    private Recovery recovery(String vault, byte[] root) {
        byte[] key = random(RecoveryWords.KEY_BYTES);
        return new Recovery(RecoveryWords.encode(key), Wrap.of(root, key, KeyFile.recoveryContext(vault)));
    }

    private static KeyFile.DataKey wrap(PlainKey key, String vault, byte[] root) {
        String context = KeyFile.DataKey.context(vault, key.purpose(), key.version());
        return new KeyFile.DataKey(key.purpose(), key.version(), Wrap.of(key.key(), root, context));
    }

    private static List<PlainKey> plain(Root root) throws VaultException {
        List<PlainKey> keys = new ArrayList<>();
        for (KeyFile.DataKey key : root.file().keys()) {
            String context = KeyFile.DataKey.context(root.file().vault(), key.purpose(), key.version());
            byte[] bytes = key.wrap()
                    .open(root.key(), context)
                    .orElseThrow(() -> new VaultException(
                            Reason.DAMAGED, "A key in keys.json is damaged: restore the file from a backup."));
            keys.add(new PlainKey(key.purpose(), key.version(), bytes));
        }
        return keys;
    }

    private byte[] random(int bytes) {
        byte[] made = new byte[bytes];
        random.nextBytes(made);
        return made;
    }

    private static byte[] bytes(ByteBuffer buffer) {
        byte[] bytes = new byte[buffer.remaining()];
        buffer.get(buffer.position(), bytes);
        return bytes;
    }

    private static byte[] sha512(byte[] bytes) {
        try {
            return MessageDigest.getInstance("SHA-512").digest(bytes);
        } catch (NoSuchAlgorithmException e) {
            throw new IllegalStateException("Every Java has SHA-512", e);
        }
    }
}
