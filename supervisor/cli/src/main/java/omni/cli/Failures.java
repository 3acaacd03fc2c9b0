package omni.cli;

import omni.airgap.AirgapProtocol;
import omni.api.DaemonProtocol;
import omni.bus.BusClient;
import omni.bus.BusError;
import omni.bus.BusException;
import omni.bus.RunDirectory;
import omni.engine.EngineProtocol;
import omni.fetch.FetchProtocol;
import omni.role.ConfigException;
import omni.role.SupervisorProtocol;
import omni.vault.BackupsProtocol;
import omni.vault.VaultProtocol;

/** Turns what was thrown into a sentence that says what to do, and an exit code. */
final class Failures {
    private final World world;

    Failures(World world) {
        this.world = world;
    }

    /** A failure as the caller is told. */
    record Told(ExitCode exit, String message) {}

    /** What to say of an exception that is one of the foreseen. */
    Told explain(RuntimeException thrown) {
        return switch (thrown) {
            case CommandException e -> new Told(e.exit(), String.valueOf(e.getMessage()));
            case ConfigException e -> new Told(ExitCode.ERROR, String.join("\n", e.problems()));
            case BusError e -> refusal(e);
            case BusException.Unavailable _ -> unavailable();
            case BusException.Disconnected _ ->
                new Told(
                        ExitCode.AWAY,
                        "The other side went away before it had answered: see omni status, and try again.");
            case BusException.TimedOut _ ->
                new Told(
                        ExitCode.AWAY,
                        "Omni runs but gives no answer: it hangs, or the machine is very busy. Try again; if that does"
                                + " not help, end its processes, which lose nothing that was saved, and start it again.");
            case BusException e -> new Told(ExitCode.ERROR, String.valueOf(e.getMessage()));
            default -> throw thrown;
        };
    }

    private Told unavailable() {
        if (isRunning()) {
            return new Told(
                    ExitCode.AWAY,
                    "Omni runs, but the part that this needs is not ready: see omni status, and try again.");
        }
        return new Told(
                ExitCode.NOT_RUNNING,
                "Omni is not running here; start it with `omni up`."
                        + GapNotice.left(world).map(line -> "\n" + line).orElse(""));
    }

    /** Whether there is a supervisor, be it one that does not answer. Makes and changes nothing. */
    boolean isRunning() {
        var socket = RunDirectory.present(world.environment(), "supervisor");
        if (socket.isEmpty()) {
            return false;
        }
        try (var bus = BusClient.to(socket.get())) {
            var _ = SupervisorProtocol.Client.of(bus.within(World.PATIENCE))
                    .status(new SupervisorProtocol.StatusParams());
            return true;
        } catch (BusException.Unavailable e) {
            return false;
        } catch (BusException.TimedOut e) {
            return true;
        }
    }

    private static Told refusal(BusError error) {
        return switch (error) {
            case EngineProtocol.NoSuchModel e ->
                refused("There is no model \"" + e.model() + "\"; there is " + list(e.available()) + ".");
            case EngineProtocol.Unusable e -> refused("The engine cannot work: " + e.reason() + ". See omni logs.");
            case EngineProtocol.PromptTooLong e ->
                refused("The prompt has " + e.promptTokens() + " tokens and the model takes " + e.contextTokens()
                        + ": shorten it.");
            case EngineProtocol.Busy e -> away("The engine is busy", e.retryAfterSeconds());
            case EngineProtocol.LoadFailed e -> refused("The model " + e.model() + " cannot be loaded: " + e.reason());
            case EngineProtocol.InUse e ->
                refused("The model " + e.model() + " stays: " + String.join(", ", e.by())
                        + ". See omni models list, use and unpin.");
            case EngineProtocol.Failed e -> refused(e.reason());
            case EngineProtocol.Invalid e -> refused("Wrong " + e.parameter() + ": " + e.hint());
            case FetchProtocol.Failed e -> new Told(exit(e.reason()), e.message());
            case AirgapProtocol.Failed e -> new Told(exit(e.reason()), e.message());
            case VaultProtocol.Failed e -> new Told(exit(e.reason()), e.message());
            case BackupsProtocol.Failed e ->
                new Told(exit(VaultProtocol.FailedReason.valueOf(e.reason().name())), e.message());
            case DaemonProtocol.NoSuchKey e -> refused("There is no key \"" + e.key() + "\": see omni key list.");
            case DaemonProtocol.AmbiguousKey e ->
                refused("More than one key is named \"" + e.key() + "\": use one of the ids " + list(e.ids()) + ".");
            case DaemonProtocol.NotReached e ->
                refused(
                        "No other machine reaches the API, so it has no certificate: set listen in [daemon] of omni.toml, such as"
                                + " listen = [\"lan\"], and start Omni again.");
            case DaemonProtocol.EngineAway e -> away("The engine is not there at the moment", e.retryAfterSeconds());
            case DaemonProtocol.Refused e -> refused(e.message());
            case SupervisorProtocol.NoSuchRole e ->
                refused("There is no role \"" + e.role() + "\"; there is " + list(e.known()) + ".");
            case SupervisorProtocol.StartFailed e -> refused("The role " + e.role() + " does not start: " + e.reason());
            default -> refused("Refused: " + error.name() + ".");
        };
    }

    private static ExitCode exit(FetchProtocol.Reason reason) {
        return switch (reason) {
            case INVALID, MISSING, UNAUTHORIZED, REFUSED, AMBIGUOUS -> ExitCode.REFUSED;
            case SPACE, CONTENT -> ExitCode.ERROR;
            case UNREACHABLE, BUSY -> ExitCode.AWAY;
            case CANCELLED -> ExitCode.INTERRUPTED;
        };
    }

    private static ExitCode exit(AirgapProtocol.FailedReason reason) {
        return switch (reason) {
            case INVALID, DENIED, REFUSED -> ExitCode.REFUSED;
            case LATER -> ExitCode.AWAY;
            case FAILED -> ExitCode.ERROR;
        };
    }

    /** How a command ends that the vault has refused. */
    static ExitCode exit(VaultProtocol.FailedReason reason) {
        return switch (reason) {
            case INVALID, DENIED, SEALED, MISSING, REFUSED -> ExitCode.REFUSED;
            case LATER -> ExitCode.AWAY;
            case DAMAGED, FAILED -> ExitCode.ERROR;
        };
    }

    private static Told refused(String message) {
        return new Told(ExitCode.REFUSED, message);
    }

    private static Told away(String what, long retryAfterSeconds) {
        return new Told(ExitCode.AWAY, what + ": try again in " + retryAfterSeconds + " s.");
    }

    private static String list(java.util.List<String> names) {
        return names.isEmpty() ? "none" : String.join(", ", names);
    }
}
