package omni.airgap;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.nio.file.attribute.PosixFilePermissions;
import java.security.MessageDigest;
import java.security.SecureRandom;
import java.time.Clock;
import java.time.Duration;
import java.time.Instant;
import java.util.Base64;
import java.util.Objects;
import java.util.Optional;
import omni.airgap.AirgapProtocol.FailedReason;
import omni.role.Attempts;
import omni.role.LaterException;
import org.jspecify.annotations.Nullable;

/**
 * The two factors of a lift: the step-up key, proved by a signature, and a code that only a person at the box can read.
 * One try at a time, each with a nonce and a code of its own. Safe from any thread.
 */
final class Factors {
    private static final Duration HOLDS = Duration.ofMinutes(2);
    private static final int NONCE_BYTES = 32;
    private static final int CODES = 1_000_000;

    private final Path folder;
    private final Presence presence;
    private final Attempts attempts;
    /** Of their own: who has the key alone must not take back the count of wrong codes. */
    private final Attempts stepUpAttempts;

    private final Clock clock;
    private final SecureRandom random = new SecureRandom();
    private @Nullable Challenge open;

    /** A try that was begun; the code is empty where none was asked for. */
    private record Challenge(String nonce, String code, Instant until) {}

    /** What a person needs for the next step: the nonce, and where the code is shown. */
    record Begun(String nonce, String console) {}

    Factors(Path folder, Presence presence, Clock clock) {
        this.folder = folder;
        this.presence = presence;
        this.attempts = new Attempts(folder.resolve("attempts"), clock);
        this.stepUpAttempts = new Attempts(folder.resolve("attempts-step-up"), clock);
        this.clock = clock;
    }

    /** Whether a step-up key is kept. */
    boolean keyed() throws AirgapException {
        return publicKey().isPresent();
    }

    /** Shows a code at the box; it replaces the one before. */
    synchronized Begun beginLift() throws AirgapException {
        if (!keyed()) {
            throw new DeniedException(
                    FailedReason.DENIED, "There is no step-up key. Make one while the gap is open: omni key step-up");
        }
        String code = "%06d".formatted(random.nextInt(CODES));
        String shown =
                presence.show("Omni: somebody asks to lift the air gap.\nIf that is you, type this code where you"
                        + " asked: " + code.substring(0, 3) + " " + code.substring(3) + "\nIt holds for "
                        + HOLDS.toMinutes() + " minutes. If it is not you, do nothing: the gap stays closed.");
        return new Begun(begin(code), shown);
    }

    /** The nonce for a new step-up key. */
    synchronized String beginStepUp() {
        return begin("");
    }

    private String begin(String code) {
        byte[] bytes = new byte[NONCE_BYTES];
        random.nextBytes(bytes);
        String nonce = Base64.getEncoder().encodeToString(bytes);
        open = new Challenge(nonce, code, clock.instant().plus(HOLDS));
        return nonce;
    }

    /**
     * Judges both factors at once, without telling which was wrong.
     *
     * @throws DeniedException where one is wrong, the nonce is not the last one, or it is too early for another try
     */
    synchronized Grant judge(String nonce, String signature, String code) throws AirgapException {
        begin(attempts);
        Challenge challenge = take(nonce);
        String key = publicKey().orElse("");
        boolean secret = StepUpKey.verify(key, StepUpKey.liftText(nonce), signature);
        boolean present = !challenge.code().isEmpty() && same(challenge.code(), code.replaceAll("[ -]", ""));
        Grant grant = new Grant(secret, present, "step-up key and a code from the box's console");
        if (!grant.holds()) {
            throw new DeniedException(
                    FailedReason.DENIED, "The step-up key or the code is wrong. The gap stays closed; begin again.");
        }
        succeeded(attempts);
        return grant;
    }

    /** The same for a person at a local terminal, who gives the step-up key itself: it stays in this process. */
    synchronized Grant judgeAtTerminal(String secret) throws AirgapException {
        if (publicKey().isEmpty()) { // who closed without a key would else have no way out but to take Omni apart
            return new Grant(true, true, "root at a local terminal, offline; no step-up key was kept");
        }
        begin(attempts);
        Optional<StepUpKey> key = StepUpKey.read(secret);
        boolean right = key.isPresent()
                && publicKey().filter(key.get().publicKey()::equals).isPresent();
        if (!right) {
            throw new DeniedException(FailedReason.DENIED, "The step-up key is wrong. The gap stays closed.");
        }
        succeeded(attempts);
        return new Grant(true, true, "step-up key at a local terminal, offline");
    }

    /** Keeps a public half; where one is kept already, the old key must have signed the new one. */
    synchronized void keep(String newKey, Optional<String> nonce, Optional<String> signature) throws AirgapException {
        if (!StepUpKey.isPublicKey(newKey)) {
            throw new DeniedException(FailedReason.INVALID, "The public key is not 32 bytes in base64.");
        }
        Optional<String> old = publicKey();
        if (old.isPresent()) {
            begin(stepUpAttempts);
            String given = take(nonce.orElse("")).nonce();
            if (!StepUpKey.verify(old.get(), StepUpKey.stepUpText(given, newKey), signature.orElse(""))) {
                throw new DeniedException(
                        FailedReason.DENIED, "There is a step-up key already, and only it can name the next one.");
            }
            succeeded(stepUpAttempts);
        }
        write(newKey);
    }

    private static void begin(Attempts attempts) throws AirgapException {
        try {
            attempts.begin();
        } catch (LaterException e) {
            throw new DeniedException(FailedReason.LATER, Objects.requireNonNullElse(e.getMessage(), ""));
        } catch (IOException e) {
            throw new AirgapException(Objects.requireNonNullElse(e.getMessage(), ""), e);
        }
    }

    private static void succeeded(Attempts attempts) throws AirgapException {
        try {
            attempts.succeeded();
        } catch (IOException e) {
            throw new AirgapException(Objects.requireNonNullElse(e.getMessage(), ""), e);
        }
    }

    private Challenge take(String nonce) throws DeniedException {
        Challenge challenge = open;
        open = null;
        if (challenge == null
                || !same(challenge.nonce(), nonce)
                || clock.instant().isAfter(challenge.until())) {
            throw new DeniedException(FailedReason.DENIED, "This try is over: begin again.");
        }
        return challenge;
    }

    private static boolean same(String one, String other) {
        return MessageDigest.isEqual(one.getBytes(StandardCharsets.UTF_8), other.getBytes(StandardCharsets.UTF_8));
    }

    private Optional<String> publicKey() throws AirgapException {
        try {
            String text = Files.readString(file()).strip();
            if (!StepUpKey.isPublicKey(text)) {
                throw new AirgapException(file() + " holds no key. Remove it as root at the box, and make one anew.");
            }
            return Optional.of(text);
        } catch (NoSuchFileException e) {
            return Optional.empty();
        } catch (IOException e) {
            throw new AirgapException(file() + " cannot be read.", e);
        }
    }

    private void write(String key) throws AirgapException {
        Path next = folder.resolve("step-up.new");
        try {
            Files.deleteIfExists(next);
            Files.createFile(next, PosixFilePermissions.asFileAttribute(PosixFilePermissions.fromString("rw-------")));
            Files.writeString(next, key + "\n");
            Files.move(next, file(), StandardCopyOption.ATOMIC_MOVE);
        } catch (IOException e) {
            throw new AirgapException("The step-up key cannot be kept in " + folder + ".", e);
        }
    }

    private Path file() {
        return folder.resolve("step-up");
    }
}
