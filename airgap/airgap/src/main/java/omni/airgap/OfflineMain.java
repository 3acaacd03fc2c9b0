package omni.airgap;

import java.io.BufferedReader;
import java.io.IOException;
import java.io.InputStreamReader;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.time.Clock;
import java.util.List;
import java.util.Objects;

/**
 * {@code omni airgap lift --offline}: the owner's way out when no process of Omni runs. Started by the command, as root and
 * on a local terminal; takes back what a gap set and nothing else, with the step-up key as the one secret and the
 * terminal itself as the proof of presence. It writes evidence as the role does.
 *
 * <p>Arguments: home, folder of the sockets, scope. The key comes as the first line of standard input.
 */
public final class OfflineMain {
    private static final int EXIT_REFUSED = 5;
    private static final int EXIT_FAILED = 1;

    private OfflineMain() {}

    /** Lifts, and exits with 0; with 5 where that is refused, with 1 where it fails. */
    public static void main(String[] arguments) {
        try {
            Path home = Path.of(arguments[0]);
            System.out.println(lift(home, Path.of(arguments[1]), arguments[2], readLine()));
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

    static String lift(Path home, Path run, String scope, String secret) throws AirgapException {
        Path folder = home.resolve("airgap");
        Clock clock = Clock.systemUTC();
        Factors factors = new Factors(folder, text -> "this terminal", Owner.NOBODY, clock);
        Grant grant = factors.judgeAtTerminal(secret);
        Scope all = Scope.of(scope).withClosed(folder);
        Host host = Host.of(all, folder);
        try (Gap gap = new Gap(host, new GapStore(folder, run, all.text()), clock)) {
            EvidenceChain evidence;
            try {
                evidence = EvidenceChain.in(folder.resolve("evidence"), clock);
            } catch (AirgapException e) { // the owner's last way out does not hang on a file
                return lift(gap, grant) + " No evidence was written: " + e.getMessage();
            }
            try (Recorder _ = new Recorder(gap, evidence, clock).start(java.time.Duration.ofHours(1))) {
                return lift(gap, grant);
            }
        }
    }

    private static String lift(Gap gap, Grant grant) throws AirgapException {
        gap.start(); // closes whatever has opened meanwhile, and confirms it: only a gap that holds is lifted
        if (gap.status().state() == State.OPEN) {
            return "The gap is open.";
        }
        List<String> problems = gap.lift(grant).problems();
        return problems.isEmpty() ? "The gap is lifted." : "The gap is lifted: " + String.join("; ", problems);
    }
}
