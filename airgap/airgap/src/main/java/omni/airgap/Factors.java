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
 * The two factors of a lift: the step-up key, proved by a signature, or the vault's password, proved by a permit of the vault; and
 * a code that only a person at the box can read.
 * One try at a time, each with a nonce and a code of its own. Safe from any thread.
 */
final class Factors {
    /** The public half of the step-up key, in the role's folder. */
    static final String KEY_FILE = "step-up";

    private static final Duration HOLDS = Duration.ofMinutes(2);
    private static final int NONCE_BYTES = 32;
    private static final int CODES = 1_000_000;

    private final Path folder;
    private final Presence presence;
    private final Owner owner;
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

    Factors(Path folder, Presence presence, Owner owner, Clock clock) {
        this.folder = folder;
        this.presence = presence;
        this.owner = owner;
        this.attempts = new Attempts(folder.resolve("attempts"), clock);
        this.stepUpAttempts = new Attempts(folder.resolve("attempts-step-up"), clock);
        this.clock = clock;
    }

    /** Whether a step-up key is kept. */
    boolean keyed() throws AirgapException {
        return publicKey().isPresent();
    }

    /** Whether the vault's password is taken. */
    boolean takesPassword() throws AirgapException {
        return line(password()).isPresent();
    }

    /** Shows a code at the box; it replaces the one before. */
    synchronized Begun beginLift() throws AirgapException {
        if (!keyed()) {
            throw new DeniedException(
                    FailedReason.DENIED,
                    "There is no step-up key to lift it by. Make one while the gap is open: omni key step-up. Without one"
                            + " root lifts it at a terminal of the box: omni airgap lift --offline.");
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
        String key = publicKey().orElse("");
        return judge(nonce, code, "step-up key", () -> StepUpKey.verify(key, StepUpKey.liftText(nonce), signature));
    }

    /** The same with a permit, by which the vault says that the password was given for this try. */
    synchronized Grant judgePermit(String nonce, String permit, String code) throws AirgapException {
        if (!takesPassword()) {
            throw new DeniedException(
                    FailedReason.REFUSED,
                    "The vault's password does not lift this gap, the step-up key does. (While it is open: omni key step-up"
                            + " --password.)");
        }
        return judge(nonce, code, "password", () -> {
            Optional<String> vault = owner.redeem(permit, StepUpKey.LIFT_SESSION + nonce);
            return vault.isPresent() && vault.equals(line(password()));
        });
    }

    /** Something that only the owner has. */
    private interface OwnersSecret {
        boolean isRight() throws AirgapException;
    }

    private Grant judge(String nonce, String code, String name, OwnersSecret secret) throws AirgapException {
        begin(attempts);
        Challenge challenge = take(nonce);
        boolean present = !challenge.code().isEmpty() && same(challenge.code(), code.replaceAll("[ -]", ""));
        Grant grant = new Grant(judged(secret), present, name + " and a code from the box's console");
        if (!grant.holds()) {
            throw new DeniedException(
                    FailedReason.DENIED, "The " + name + " or the code is wrong. The gap stays closed; begin again.");
        }
        succeeded(attempts);
        return grant;
    }

    /** Whoever could not be asked makes nobody wait for the next try. */
    private boolean judged(OwnersSecret secret) throws AirgapException {
        try {
            return secret.isRight();
        } catch (AirgapException e) {
            try {
                attempts.notJudged();
            } catch (IOException alsoThat) {
                e.addSuppressed(alsoThat);
            }
            throw e;
        }
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
        if (keyed()) {
            requireKey(newKey, nonce.orElse(""), signature.orElse(""));
        }
        write(file(), newKey);
    }

    /** Takes the vault's password no longer: asked for by the key. */
    synchronized void refusePassword(String nonce, String signature) throws AirgapException {
        if (!takesPassword()) {
            throw new DeniedException(FailedReason.REFUSED, "No vault's password lifts a gap.");
        }
        requireKey(StepUpKey.NO_PASSWORD, nonce, signature);
        try {
            Files.delete(password());
        } catch (IOException e) {
            throw new AirgapException("What lifts a gap cannot be changed: " + password() + " cannot be removed.", e);
        }
    }

    /**
     * Takes the password of that vault from now on, and of no other one that somebody puts in its place; the key must have signed
     * that. Without a key it is not taken: where the vault does not run, the key is the one secret.
     */
    synchronized void acceptPassword(String permit, String nonce, String signature) throws AirgapException {
        requireKey(StepUpKey.PASSWORD, nonce, signature);
        String vault = owner.redeem(permit, StepUpKey.ACCEPT_SESSION)
                .orElseThrow(() -> new DeniedException(FailedReason.DENIED, "That was not the vault's password."));
        write(password(), vault);
    }

    private void requireKey(String next, String nonce, String signature) throws AirgapException {
        String old = publicKey()
                .orElseThrow(() -> new DeniedException(
                        FailedReason.REFUSED,
                        "There is no step-up key, by which alone a gap is lifted where Omni does not run. Make one first:"
                                + " omni key step-up."));
        begin(stepUpAttempts);
        String given = take(nonce).nonce();
        if (!StepUpKey.verify(old, StepUpKey.stepUpText(given, next), signature)) {
            throw new DeniedException(
                    FailedReason.DENIED, "There is a step-up key already, and only it can name what else lifts.");
        }
        succeeded(stepUpAttempts);
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
        Optional<String> text = line(file());
        if (text.isPresent() && !StepUpKey.isPublicKey(text.get())) {
            throw new AirgapException(file() + " holds no key. Remove it as root at the box, and make one anew.");
        }
        return text;
    }

    private static Optional<String> line(Path file) throws AirgapException {
        try {
            return Optional.of(Files.readString(file).strip());
        } catch (NoSuchFileException e) {
            return Optional.empty();
        } catch (IOException e) {
            throw new AirgapException(file + " cannot be read.", e);
        }
    }

    private static void write(Path file, String line) throws AirgapException {
        Path next = file.resolveSibling(file.getFileName() + ".new");
        try {
            Files.deleteIfExists(next);
            Files.createFile(next, PosixFilePermissions.asFileAttribute(PosixFilePermissions.fromString("rw-------")));
            Files.writeString(next, line + "\n");
            Files.move(next, file, StandardCopyOption.ATOMIC_MOVE);
        } catch (IOException e) {
            throw new AirgapException("What lifts a gap cannot be kept in " + file + ".", e);
        }
    }

    private Path password() {
        return folder.resolve("password");
    }

    private Path file() {
        return folder.resolve(KEY_FILE);
    }
}
