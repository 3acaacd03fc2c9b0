package omni.vault;

import com.sun.management.OperatingSystemMXBean;
import java.io.IOException;
import java.io.InputStream;
import java.lang.management.ManagementFactory;
import java.nio.ByteBuffer;
import java.nio.channels.SocketChannel;
import java.nio.file.Files;
import java.nio.file.LinkOption;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.nio.file.attribute.BasicFileAttributes;
import java.time.Duration;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.Callable;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.locks.ReentrantLock;
import java.util.stream.Stream;
import omni.role.PrivateFile;
import omni.tpm.Tpm;
import omni.tpm.TpmDevice;
import omni.vault.VaultException.Reason;
import omni.vault.VaultProtocol.VaultBoundTo;

/**
 * The keys of one vault as its process sees them: {@code keys.json}, which only this writes, and data keys that a child process gets
 * out of it. Every call but {@link #file()} takes a secret and starts a child, and so takes a second or more.
 *
 * <p>Secrets are views of secret memory, from their position to their limit, and stay their caller's. For any thread; one call runs at
 * a time, but for {@link #destroy}.
 */
final class KeyKeeper {
    static final String FILE = "keys.json";

    /** Of a child: the longest derivation that is accepted, on a slow machine. */
    private static final Duration LIMIT = Duration.ofMinutes(2);

    private final Path file;
    private final Path run;
    private final Machine machine;
    private final TpmDevice tpm;
    private final KeyFileMark mark;
    private final Wipe wipe;

    /** Held while the file is written or destroyed, and never while a child is at work: a wipe waits for none. */
    private final ReentrantLock writing = new ReentrantLock();

    private volatile boolean gone;

    /**
     * What the machine can do.
     *
     * @param bytes of its memory
     * @param calibration of new passwords
     * @param limit how long a child may live
     * @param flags of a child's virtual machine, beside those that it has anyway
     */
    record Machine(long bytes, Calibration calibration, Duration limit, List<String> flags) {
        /** With the usual flags. */
        Machine(long bytes, Calibration calibration, Duration limit) {
            this(bytes, calibration, limit, List.of());
        }

        /** This one. */
        static Machine ours() {
            long bytes = ManagementFactory.getPlatformMXBean(OperatingSystemMXBean.class)
                    .getTotalMemorySize();
            return new Machine(bytes, Calibration.of(bytes), LIMIT);
        }
    }

    /**
     * The keys in a vault's folder.
     *
     * @param folder of the vault, which is there
     * @param run where sockets are
     */
    KeyKeeper(Path folder, Path run, Machine machine) {
        this(folder, run, machine, TpmDevice.NONE);
    }

    /** With a TPM that can belong to the password. */
    KeyKeeper(Path folder, Path run, Machine machine, TpmDevice tpm) {
        this(folder, run, machine, tpm, new KeyFileMark());
    }

    private KeyKeeper(Path folder, Path run, Machine machine, TpmDevice tpm, KeyFileMark mark) {
        this.mark = mark;
        this.file = folder.resolve(FILE);
        this.wipe = new Wipe(folder);
        this.run = run;
        this.machine = machine;
        this.tpm = tpm;
    }

    /** The keys in another folder, of a vault that is being put back here. */
    KeyKeeper in(Path other) {
        return new KeyKeeper(other, run, machine, tpm, mark);
    }

    /** How the file was when it was opened, or written last. */
    KeyFileMark mark() {
        return mark;
    }

    /** A new vault's keys, and its recovery key's words as ASCII, to be shown once. */
    record Created(KeyRing keys, SecretMemory words) {}

    /**
     * What is written of the keys; nothing where there is no vault yet.
     *
     * @throws VaultException DAMAGED where it is no key file
     */
    Optional<KeyFile> file() throws VaultException {
        Optional<byte[]> json = json();
        return json.isPresent() ? Optional.of(KeyFile.of(json.get())) : Optional.empty();
    }

    /** Whether there is such a file, or something in its place. */
    boolean isThere() {
        return Files.exists(file, LinkOption.NOFOLLOW_LINKS);
    }

    private Optional<byte[]> json() throws VaultException {
        try {
            if (!Files.readAttributes(file, BasicFileAttributes.class, LinkOption.NOFOLLOW_LINKS)
                    .isRegularFile()) { // to open a pipe would wait for ever
                throw new VaultException(
                        Reason.FAILED, "The keys cannot be read: in the place of " + file + " is no file.");
            }
            try (InputStream in = Files.newInputStream(file, LinkOption.NOFOLLOW_LINKS)) {
                return Optional.of(in.readNBytes(KeyFile.BYTES_MAX + 1));
            }
        } catch (NoSuchFileException e) {
            return Optional.empty();
        } catch (VaultException e) {
            throw e;
        } catch (IOException e) {
            throw new VaultException(Reason.FAILED, "The keys cannot be read from " + file + ".", e);
        }
    }

    /** The same, without a TPM. */
    Created create(Secret.Password password) throws VaultException {
        return create(password, false);
    }

    /**
     * Makes the keys of a new vault.
     *
     * @param toTpm whether the TPM belongs to the password
     * @throws VaultException REFUSED where there is one already, or a TPM is to be there and is not; then nothing is made
     */
    synchronized Created create(Secret.Password password, boolean toTpm) throws VaultException {
        if (file().isPresent()) {
            throw new VaultException(
                    Reason.REFUSED, "There is a vault already: omni vault says how it stands. Nothing was changed.");
        }
        if (toTpm) {
            VaultTpm.open(tpm).close(); // before a derivation that takes its time
        }
        KeyWire.Operation operation = toTpm ? KeyWire.Operation.CREATE_WITH_TPM : KeyWire.Operation.CREATE;
        KeyWire.Answer answer = ask(operation, Optional.empty(), Optional.empty(), Optional.of(password));
        return new Created(keys(answer), words(answer));
    }

    /**
     * The data keys.
     *
     * @throws VaultException DENIED where the secret is not the one
     */
    synchronized KeyRing open(Secret secret) throws VaultException {
        byte[] json = json().orElseThrow(KeyKeeper::missing);
        KeyRing opened =
                keys(ask(KeyWire.Operation.OPEN, Optional.of(KeyFile.of(json)), Optional.of(secret), Optional.empty()));
        mark.set(json);
        return opened;
    }

    /**
     * Returns where the secret is right.
     *
     * @throws VaultException DENIED where it is not the one
     */
    synchronized void check(Secret secret) throws VaultException {
        ask(KeyWire.Operation.CHECK, secret).close();
    }

    /** Sets another password; the old one, or the recovery key, is asked for. */
    synchronized void changePassword(Secret secret, Secret.Password next) throws VaultException {
        ask(KeyWire.Operation.CHANGE_PASSWORD, Optional.of(present()), Optional.of(secret), Optional.of(next))
                .close();
    }

    /** Makes the TPM belong to the password from now on, or not any more; both need it where it does now. */
    synchronized void bindTpm(Secret.Password password, boolean toTpm) throws VaultException {
        KeyWire.Operation operation = toTpm ? KeyWire.Operation.BIND_TPM : KeyWire.Operation.UNBIND_TPM;
        ask(operation, Optional.of(present()), Optional.of(password), Optional.of(password))
                .close();
    }

    /** What the password needs beside it; nothing where there is no vault, or the keys cannot be read. */
    Optional<VaultBoundTo> boundTo() {
        try {
            return file().map(KeyFile::password).map(KeyKeeper::boundTo);
        } catch (VaultException e) {
            return Optional.empty(); // the state's cause says it
        }
    }

    private static VaultBoundTo boundTo(KeyFile.PasswordSlot slot) {
        boolean tpm = slot.tpm().isPresent();
        if (slot.keyFile()) {
            return tpm ? VaultBoundTo.BOTH : VaultBoundTo.KEY_FILE;
        }
        return tpm ? VaultBoundTo.TPM : VaultBoundTo.NONE;
    }

    /** Whether the password needs a TPM; not known where the keys are gone, or cannot be read. */
    TpmHold held() {
        try {
            return file().map(TpmHold::of).orElse(TpmHold.UNKNOWN);
        } catch (VaultException e) {
            return TpmHold.UNKNOWN; // the wipe says it, and waits for no log
        }
    }

    /** Has the TPM destroy all that it holds for that vault within that time, and says whether it has. */
    TpmPart forgetTpm(TpmHold held, Duration time) {
        if (held.tpm().isEmpty()) {
            return held.isKnown() ? TpmPart.NONE : TpmPart.UNKNOWN;
        }
        Callable<Boolean> forget = () -> {
            forgetTpm(held.tpm().get());
            return true;
        };
        return LastWord.within(time, forget, "The TPM may still hold what belonged to the password")
                        .isPresent()
                ? TpmPart.DESTROYED
                : TpmPart.NOT_ANSWERED;
    }

    /**
     * Takes away all that the TPM holds for that vault: its password opens it no more, also for who has a copy of its files.
     *
     * @throws VaultException REFUSED where there is no TPM, or another one
     */
    void forgetTpm(TpmBinding held) throws VaultException {
        forgetTpm(held, TpmSlot.handles(held.vault()));
    }

    private void forgetTpm(TpmBinding held, int... handles) throws VaultException {
        try (VaultTpm opened = VaultTpm.open(tpm)) {
            opened.require(held.key());
            for (int handle : handles) {
                opened.forget(handle);
            }
        }
    }

    /** Adds a version of each of those data keys, all or none, and returns all data keys. */
    synchronized KeyRing addVersion(Secret secret, Purpose... purposes) throws VaultException {
        return keys(ask(
                KeyWire.Operation.ADD_VERSION,
                Optional.of(present()),
                Optional.of(secret),
                Optional.empty(),
                purposes));
    }

    /** Takes away all versions of those data keys but the newest: what they encrypted opens no more. */
    synchronized void dropOld(Secret secret, Purpose... purposes) throws VaultException {
        ask(KeyWire.Operation.DROP_OLD, Optional.of(present()), Optional.of(secret), Optional.empty(), purposes)
                .close();
    }

    /** Makes another recovery key, and returns its words as ASCII; the one before opens nothing any more. */
    synchronized SecretMemory newRecovery(Secret secret) throws VaultException {
        return words(ask(KeyWire.Operation.NEW_RECOVERY, secret));
    }

    private KeyWire.Answer ask(KeyWire.Operation operation, Secret secret) throws VaultException {
        return ask(operation, Optional.of(present()), Optional.of(secret), Optional.empty());
    }

    private KeyWire.Answer ask(
            KeyWire.Operation operation,
            Optional<KeyFile> keys,
            Optional<Secret> secret,
            Optional<Secret.Password> next,
            Purpose... purposes)
            throws VaultException {
        for (Secret one : Stream.concat(secret.stream(), next.stream()).toList()) {
            requireOutsideOfHeap(one);
            one.requireBounds();
        }
        int memoryKib = machine.calibration().memoryKib();
        if (keys.isPresent() && secret.isPresent() && secret.get() instanceof Secret.Password) {
            memoryKib = Math.max(memoryKib, affordable(keys.get()));
        }
        var request = new KeyWire.Request(operation, Set.of(purposes), machine.calibration(), keys, secret, next, tpm);
        KeyWire.Answer answer = talk(memoryKib, request);
        try {
            if (answer.file().isPresent()) {
                writeUnlessGone(answer.file().get());
                keys.ifPresent(before -> forgetBefore(before, answer.file().get()));
            }
            return answer;
        } catch (VaultException e) {
            answer.close();
            if (keys.isEmpty()) { // a vault that is none leaves nothing in the TPM, either
                answer.file().ifPresent(this::unmake);
            }
            throw e;
        }
    }

    /** Where the file cannot be removed, what the TPM holds stays with it: the password opens it. */
    private void unmake(KeyFile none) {
        writing.lock();
        try {
            FileBefore.erase(file);
        } catch (IOException e) {
            System.getLogger("omni.vault")
                    .log(System.Logger.Level.WARNING, "The keys of a vault that was not made may be there", e);
        } finally {
            writing.unlock();
        }
        if (!isThere()) {
            var _ = forgetTpm(TpmHold.of(none), Tpm.PATIENCE);
        }
    }

    private void writeUnlessGone(KeyFile keys) throws VaultException {
        writing.lock();
        try {
            requireNotGone(keys);
            mark.add(keys.json());
            write(file, keys);
            if (gone) { // where the disk was so slow that the wipe did not wait
                wipe.begin(TpmHold.UNKNOWN);
                requireNotGone(keys);
            }
            mark.set(keys.json());
        } finally {
            writing.unlock();
        }
    }

    /** What the TPM was given for keys that are not to be goes, too. */
    private void requireNotGone(KeyFile keys) throws VaultException {
        if (!gone && !wipe.isBegun()) {
            return;
        }
        if (tpm.path().isPresent()) {
            var _ = forgetTpm(TpmHold.of(keys), Tpm.PATIENCE);
        }
        throw new VaultException(
                Reason.REFUSED, "The vault was wiped meanwhile: nothing was changed, for there is nothing any more.");
    }

    /**
     * Has a wipe begin where no keys are being written, or after that time all the same; none are written afterwards.
     *
     * @throws VaultException FAILED where the keys may still be on the disk
     */
    void destroy(TpmHold held, Duration patience) throws VaultException {
        gone = true;
        boolean alone = false;
        try {
            alone = writing.tryLock(patience.toNanos(), TimeUnit.NANOSECONDS);
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
        try {
            wipe.begin(held);
        } finally {
            if (alone) {
                writing.unlock();
            }
        }
    }

    /** What the TPM holds for a password that is none any more; it goes with the next change at the latest. */
    private void forgetBefore(KeyFile before, KeyFile after) {
        Optional<TpmSlot> old = before.password().tpm();
        if (old.isEmpty() || old.equals(after.password().tpm()) || tpm.path().isEmpty()) {
            return;
        }
        try {
            forgetTpm(new TpmBinding(before.vault(), old.get().key()), old.get().handle(before.vault()));
        } catch (VaultException e) {
            System.getLogger("omni.vault")
                    .log(System.Logger.Level.WARNING, "The TPM still holds what belonged to the password before", e);
        }
    }

    private static void requireOutsideOfHeap(Secret secret) {
        if (!secret.buffers().stream().allMatch(ByteBuffer::isDirect)) {
            throw new IllegalArgumentException("A secret is on the heap");
        }
    }

    /** The memory of the password's derivation, where this machine has it. */
    private int affordable(KeyFile keys) throws VaultException {
        int memoryKib = keys.password().argon2().memoryKib();
        if (memoryKib > machine.bytes() / 1024 / 4 * 3) {
            throw new VaultException(
                    Reason.REFUSED,
                    "The password's derivation takes " + memoryKib / 1024
                            + " MiB, which this machine does not have: set the password anew with the recovery key.");
        }
        return memoryKib;
    }

    private KeyWire.Answer talk(int memoryKib, KeyWire.Request request) throws VaultException {
        try (KeyProcess process = new KeyProcess(KeyCommand.line(memoryKib, machine.flags()), run, machine.limit())) {
            try {
                SocketChannel channel = process.connect();
                KeyWire.write(channel, request);
                return KeyWire.readAnswer(channel);
            } catch (IOException e) {
                throw process.failure(e);
            }
        }
    }

    private static KeyRing keys(KeyWire.Answer answer) {
        return answer.keys().orElseThrow(() -> new IllegalStateException("An answer without keys"));
    }

    private static SecretMemory words(KeyWire.Answer answer) {
        return answer.words().orElseThrow(() -> new IllegalStateException("An answer without words"));
    }

    /**
     * What is written of the keys.
     *
     * @throws VaultException MISSING where there is no vault yet
     */
    KeyFile present() throws VaultException {
        return file().orElseThrow(KeyKeeper::missing);
    }

    private static VaultException missing() {
        return new VaultException(Reason.MISSING, VaultException.ABSENT);
    }

    /**
     * In the place of what was there, mode 0600; returns when the disk has it, and leaves what was there where it does not take it. What
     * was there is written over afterwards: under an old password, a block of it would open all that a wipe destroyed.
     */
    static void write(Path file, KeyFile keys) throws VaultException {
        try (FileBefore before = FileBefore.at(file)) {
            FileBefore.erase(file.resolveSibling(file.getFileName() + ".new")); // of a write that a crash has cut
            PrivateFile.write(file, keys.json());
            zero(before);
        } catch (IOException e) {
            throw new VaultException(
                    Reason.FAILED,
                    "The keys cannot be written to " + file + ", and are as they were. Make room on the disk.",
                    e);
        }
    }

    /** The new keys are in use by now: a disk that does not do this is said, and no failure. */
    private static void zero(FileBefore before) {
        try {
            before.zero();
        } catch (IOException e) {
            System.getLogger("omni.vault")
                    .log(
                            System.Logger.Level.WARNING,
                            "The keys before may still be read from the disk's free blocks",
                            e);
        }
    }
}
