package omni.airgap;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.security.SecureRandom;
import java.time.Clock;
import java.time.Duration;
import java.time.Instant;
import java.util.Objects;
import java.util.Optional;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.locks.ReentrantLock;
import omni.airgap.AirgapProtocol.FailedReason;
import omni.airgap.OpenTry.Challenge;
import omni.role.Attempts;
import omni.role.LaterException;
import omni.role.PrivateFile;
import org.jspecify.annotations.Nullable;

/**
 * The two factors of a lift: the step-up key, proved by a signature, or the vault's password, proved by a permit of the vault; and
 * a code that only a person at the box can read.
 *
 * <p>What is guessed is what waits. Anybody on the bus may begin and try; so a try without the secret is counted for itself, and
 * keeps nobody who has it: it neither ends the try that is open nor makes that wait. Codes are counted apart, of who has the secret.
 *
 * <p>Safe from any thread. {@code showing} is held while the console is written, and taken before the monitor, which guards what is
 * open and what is counted, and waits for no console and no vault.
 */
final class Factors {
    /** The public half of the step-up key, in the role's folder. */
    static final String KEY_FILE = "step-up";

    private static final int CODES = 1_000_000;
    /** A code that stands is shown again after that: it may have left the screen, and nobody fills that with it. */
    private static final Duration SHOWN = Duration.ofSeconds(30);
    /** Longer than a console may take. */
    private static final int SHOWING_SECONDS = 5;

    private static final String OVER = "This try is over, or was none: begin again.";

    private final Path folder;
    /** How often the password was refused: a change that begins before one does not end after it. */
    private long refusals;

    private final Presence presence;
    private final Owner owner;
    /** What root types to lift with no role running. */
    private final String rootsLine;
    /** Wrong codes, of who has the secret: they alone can be guessed. */
    private final Attempts codes;
    /** Wrong keys and permits. */
    private final Attempts secrets;
    /** Of their own: who has the key alone must not take back the count of wrong codes. */
    private final Attempts stepUps;
    /** Wrong keys at a terminal, where nobody on the bus makes root wait. */
    private final Attempts offline;

    private final Clock clock;
    private final SecureRandom random = new SecureRandom();
    private final OpenTry lift;
    private final OpenTry stepUp;
    private final ReentrantLock showing = new ReentrantLock();
    private @Nullable Instant shownAt;
    private String shownOn = "";

    /** What a person needs for the next step: the nonce, and where the code is shown. */
    record Begun(String nonce, String console) {}

    /** For root itself, who types that. */
    Factors(Path folder, Presence presence, Owner owner, Clock clock) {
        this(folder, presence, owner, clock, "omni airgap lift --offline");
    }

    Factors(Path folder, Presence presence, Owner owner, Clock clock, String rootsLine) {
        this.rootsLine = rootsLine;
        this.folder = folder;
        this.presence = presence;
        this.owner = owner;
        this.codes = new Attempts(folder.resolve("attempts"), clock);
        this.secrets = new Attempts(folder.resolve("attempts-secret"), clock);
        this.stepUps = new Attempts(folder.resolve("attempts-step-up"), clock);
        this.offline = new Attempts(folder.resolve("attempts-offline"), clock);
        this.clock = clock;
        this.lift = new OpenTry(clock, random);
        this.stepUp = new OpenTry(clock, random);
    }

    /** For who has no key. */
    String rootsLine() {
        return rootsLine;
    }

    /** Whether a step-up key is kept. */
    boolean keyed() throws AirgapException {
        return publicKey().isPresent();
    }

    /** Whether the vault's password is taken. */
    boolean takesPassword() throws AirgapException {
        return line(password()).isPresent();
    }

    /** Shows a code at the box: the one that stands there already, while that holds. */
    Begun beginLift() throws AirgapException {
        if (!keyed()) {
            throw new DeniedException(
                    FailedReason.DENIED,
                    "There is no step-up key to lift it by. Make one while the gap is open: omni key step-up. Without one"
                            + " root lifts it at a terminal of the box: " + rootsLine);
        }
        takeTurn();
        try {
            Optional<Challenge> standing;
            synchronized (this) {
                standing = lift.again();
            }
            if (standing.isPresent()) {
                if (shownLongAgo()) {
                    show(standing.get());
                }
                return new Begun(standing.get().nonce(), shownOn);
            }
            Challenge fresh = lift.make("%06d".formatted(random.nextInt(CODES)));
            show(fresh);
            synchronized (this) {
                return new Begun(lift.open(fresh).nonce(), shownOn);
            }
        } finally {
            showing.unlock();
        }
    }

    private void takeTurn() throws AirgapException {
        try {
            if (!showing.tryLock(SHOWING_SECONDS, TimeUnit.SECONDS)) {
                throw new DeniedException(
                        FailedReason.LATER, "The box's console is being written to for others. Begin again later.");
            }
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            throw new AirgapException("The role is being stopped.", e);
        }
    }

    private boolean shownLongAgo() {
        Instant now = clock.instant();
        Instant last = shownAt;
        return last == null || now.isBefore(last) || now.isAfter(last.plus(SHOWN));
    }

    private void show(Challenge challenge) throws AirgapException {
        Instant now = clock.instant();
        String code = challenge.code();
        shownOn = presence.show("Omni: somebody asks to lift the air gap.\nIf that is you, type this code where you"
                + " asked: " + code.substring(0, 3) + " " + code.substring(3) + "\nIt holds for "
                + Duration.between(now, challenge.until()).toSeconds()
                + " seconds. If it is not you, do nothing: the gap stays closed.");
        shownAt = now;
    }

    /** The nonce for a new step-up key: the one that was handed out before, while that holds. */
    synchronized String beginStepUp() {
        return stepUp.again().orElseGet(() -> stepUp.open(stepUp.make(""))).nonce();
    }

    /**
     * Judges both factors at once, without telling which was wrong.
     *
     * @throws DeniedException where one is wrong, the nonce is not of the try that is open, or it is too early for another
     */
    synchronized Grant judge(String nonce, String signature, String code) throws AirgapException {
        String key = publicKey().orElse("");
        return judge(nonce, code, "step-up key", () -> StepUpKey.verify(key, StepUpKey.liftText(nonce), signature));
    }

    /** The same with a permit, by which the vault says that the password was given for this try. While it is asked nobody else waits. */
    Grant judgePermit(String nonce, String permit, String code) throws AirgapException {
        synchronized (this) {
            if (!takesPassword()) {
                throw new DeniedException(
                        FailedReason.REFUSED,
                        "The vault's password does not lift this gap, the step-up key does. (While it is open: omni key step-up"
                                + " --password.)");
            }
            var _ = standing(nonce);
        }
        Optional<String> vault = owner.redeem(permit, StepUpKey.LIFT_SESSION + nonce);
        synchronized (this) { // the try may be over by now
            return judge(nonce, code, "password", () -> vault.isPresent() && vault.equals(line(password())));
        }
    }

    /** The try that is open, which is not too early; what it is not is not counted. */
    private Challenge standing(String nonce) throws AirgapException {
        Challenge challenge = lift.find(nonce).orElseThrow(() -> new DeniedException(FailedReason.REFUSED, OVER));
        count(codes::check);
        return challenge;
    }

    /** Something that only the owner has. */
    private interface OwnersSecret {
        boolean isRight() throws AirgapException;
    }

    /** Whoever could not be asked about the secret makes nobody wait for the next try. */
    private Grant judge(String nonce, String code, String name, OwnersSecret secret) throws AirgapException {
        Challenge challenge = standing(nonce);
        String wrong = "The " + name + " or the code is wrong. The gap stays closed; begin again.";
        if (!secret.isRight()) {
            count(secrets::begin);
            throw new DeniedException(FailedReason.DENIED, wrong);
        }
        count(codes::begin);
        lift.end();
        Grant grant = new Grant(
                true, challenge.hasCode(code.replaceAll("[ -]", "")), name + " and a code from the box's console");
        if (!grant.holds()) {
            throw new DeniedException(FailedReason.DENIED, wrong);
        }
        count(codes::succeeded);
        count(secrets::succeeded);
        return grant;
    }

    /** The same for a person at a local terminal, who gives the step-up key itself: it stays in this process. */
    synchronized Grant judgeAtTerminal(String secret) throws AirgapException {
        if (publicKey().isEmpty()) { // who closed without a key would else have no way out but to take Omni apart
            return new Grant(true, true, "root at a local terminal, offline; no step-up key was kept");
        }
        count(offline::begin);
        Optional<StepUpKey> key = StepUpKey.read(secret);
        boolean right = key.isPresent()
                && publicKey().filter(key.get().publicKey()::equals).isPresent();
        if (!right) {
            throw new DeniedException(FailedReason.DENIED, "The step-up key is wrong. The gap stays closed.");
        }
        count(offline::succeeded);
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

    /** What must hold for a change of what lifts a gap. */
    interface Condition {
        void require() throws AirgapException;
    }

    /** Takes the vault's password no longer: asked for by the key. */
    synchronized void refusePassword(String nonce, String signature) throws AirgapException {
        if (!takesPassword()) {
            throw new DeniedException(FailedReason.REFUSED, "No vault's password lifts a gap.");
        }
        requireKey(StepUpKey.NO_PASSWORD, nonce, signature);
        refusals++;
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
    void acceptPassword(String permit, String nonce, String signature, Condition still) throws AirgapException {
        Optional<String> key;
        long before;
        synchronized (this) {
            requireKey(StepUpKey.PASSWORD, nonce, signature);
            key = publicKey();
            before = refusals;
        }
        String vault = owner.redeem(permit, StepUpKey.ACCEPT_SESSION)
                .orElseThrow(() -> new DeniedException(FailedReason.DENIED, "That was not the vault's password."));
        synchronized (this) { // the vault has taken its time
            still.require();
            if (before != refusals || !key.equals(publicKey())) {
                throw new DeniedException(
                        FailedReason.REFUSED, "What lifts a gap was changed meanwhile. Say again what is to lift it.");
            }
            write(password(), vault);
        }
    }

    private void requireKey(String next, String nonce, String signature) throws AirgapException {
        String old = publicKey()
                .orElseThrow(() -> new DeniedException(
                        FailedReason.REFUSED,
                        "There is no step-up key, by which alone a gap is lifted where Omni does not run. Make one first:"
                                + " omni key step-up."));
        String given = stepUp.find(nonce)
                .orElseThrow(() -> new DeniedException(FailedReason.REFUSED, OVER)) // not counted
                .nonce();
        if (!StepUpKey.verify(old, StepUpKey.stepUpText(given, next), signature)) {
            count(stepUps::begin);
            throw new DeniedException(
                    FailedReason.DENIED, "There is a step-up key already, and only it can name what else lifts.");
        }
        stepUp.end();
        count(stepUps::succeeded);
    }

    /** Work on a count. */
    private interface Counting {
        void run() throws IOException;
    }

    private static void count(Counting work) throws AirgapException {
        try {
            work.run();
        } catch (LaterException e) {
            throw new DeniedException(FailedReason.LATER, Objects.requireNonNullElse(e.getMessage(), ""));
        } catch (IOException e) {
            throw new AirgapException(Objects.requireNonNullElse(e.getMessage(), ""), e);
        }
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
        try {
            PrivateFile.write(file, (line + "\n").getBytes(StandardCharsets.UTF_8));
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
