package omni.airgap;

import java.io.BufferedReader;
import java.io.IOException;
import java.io.InputStreamReader;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.time.Clock;
import java.time.Duration;
import java.util.Objects;
import omni.airgap.AirgapProtocol.FailedReason;
import omni.tpm.Tpm;

/**
 * {@code omni airgap lift --offline}: the owner's way out when no process of Omni runs. Started by the command, as root and
 * on a local terminal; takes back what a gap set and nothing else, with the step-up key as the one secret and the
 * terminal itself as the proof of presence. It writes evidence as the role does, of a wrong key, too; what it makes is given to the
 * role ({@link RoleFolder}).
 *
 * <p>Arguments: home, folder of the sockets, scope, {@code airgap.tpm}. The key comes as the first line of standard input.
 */
public final class OfflineMain {
    private static final int EXIT_REFUSED = 5;
    private static final int EXIT_FAILED = 1;
    private static final String NO_EVIDENCE = " No evidence was written: ";

    private OfflineMain() {}

    /**
     * What root types for it, whose own home is another: for a POSIX shell, as it stands.
     *
     * @param home Omni's home
     * @param run the folder of the sockets
     */
    public static String line(Path home, Path run) {
        return "OMNI_HOME=" + quoted(home) + " OMNI_RUN=" + quoted(run) + " omni airgap lift --offline";
    }

    private static String quoted(Path path) {
        return "'" + path.toAbsolutePath().toString().replace("'", "'\\''") + "'";
    }

    /** Lifts, and exits with 0; with 5 where that is refused, with 1 where it fails. */
    public static void main(String[] arguments) {
        try {
            Path home = Path.of(arguments[0]);
            System.out.println(lift(home, Path.of(arguments[1]), arguments[2], atOnce(arguments[3]), readLine()));
        } catch (DeniedException e) {
            System.err.println(e.getMessage());
            System.exit(EXIT_REFUSED);
        } catch (AirgapException e) {
            System.err.println(e.getMessage());
            System.exit(EXIT_FAILED);
        }
    }

    private static String readLine() throws AirgapException {
        try {
            return Objects.requireNonNullElse(
                            new BufferedReader(new InputStreamReader(System.in, StandardCharsets.UTF_8)).readLine(), "")
                    .strip();
        } catch (IOException e) {
            throw new AirgapException("Standard input cannot be read.", e);
        }
    }

    /** One that does not answer is not waited for a second time. */
    private static EvidenceTpm atOnce(String configured) {
        return new EvidenceTpm(configured, Tpm.PATIENCE, Duration.ZERO);
    }

    static String lift(Path home, Path run, String scope, String secret) throws AirgapException {
        return lift(home, run, scope, EvidenceTpm.NONE, secret);
    }

    static String lift(Path home, Path run, String scope, EvidenceTpm tpm, String secret) throws AirgapException {
        try (RoleFolder folder = RoleFolder.of(home)) {
            return lift(folder, run, scope, tpm, judged(folder, tpm, secret));
        }
    }

    /** A wrong key is in the evidence; a try that came too early was not judged, and is not. */
    private static Grant judged(RoleFolder folder, EvidenceTpm tpm, String secret) throws AirgapException {
        Clock clock = Clock.systemUTC();
        try {
            return new Factors(folder.path(), text -> "this terminal", Owner.NOBODY, clock).judgeAtTerminal(secret);
        } catch (DeniedException denied) {
            throw denied.reason() == FailedReason.DENIED ? kept(folder, tpm, clock, denied) : denied;
        }
    }

    private static DeniedException kept(RoleFolder folder, EvidenceTpm tpm, Clock clock, DeniedException denied) {
        try {
            folder.evidence(clock, tpm).refused("at a local terminal, offline: " + denied.getMessage());
            return denied;
        } catch (AirgapException e) {
            return new DeniedException(denied.reason(), denied.getMessage() + NO_EVIDENCE + e.getMessage());
        }
    }

    private static String lift(RoleFolder folder, Path run, String scope, EvidenceTpm tpm, Grant grant)
            throws AirgapException {
        Clock clock = Clock.systemUTC();
        Scope all = Scope.of(scope).withClosed(folder.path());
        try (var parser = new ResidentParser();
                Gap gap = new Gap(
                        Host.of(all, folder.path(), parser), new GapStore(folder.path(), run, all.text()), clock)) {
            EvidenceChain evidence;
            try {
                evidence = folder.evidence(clock, tpm);
            } catch (AirgapException e) { // the owner's last way out does not hang on a file
                return lift(gap, grant, folder) + NO_EVIDENCE + e.getMessage();
            }
            try (Recorder _ = new Recorder(gap, Evidence.of(evidence), clock).start(Duration.ofHours(1))) {
                return lift(gap, grant, folder);
            }
        }
    }

    private static String lift(Gap gap, Grant grant, RoleFolder folder) throws AirgapException {
        gap.start(); // closes whatever has opened meanwhile, and confirms it: only a gap that holds is lifted
        if (gap.status().state() == State.OPEN) { // of root's own home, perhaps, where another was meant
            return "The gap of " + folder.path().resolveSibling("") + " is open" + said(gap.status());
        }
        return "The gap is lifted" + said(gap.lift(grant));
    }

    /** What is not as it was before the gap. */
    private static String said(Gap.Status status) {
        return status.problems().isEmpty() ? "." : ": " + String.join("; ", status.problems());
    }
}
