package omni.init;

import java.util.OptionalLong;
import omni.role.SupervisorProtocol.ReportParamsState;

/** What happens to the tree. Processes are named by their instance, so that a late word on an old one is known as such. */
sealed interface Event {
    /** Time to start every resident role. */
    record Begin() implements Event {}

    /** A process runs. */
    record Started(String instance, long pid) implements Event {}

    /** A process's own word. */
    record Reported(String instance, ReportParamsState state, String note, OptionalLong pssBytes) implements Event {}

    /** A process has ended, or could not be started. */
    record Exited(String instance, Launcher.Exit exit) implements Event {}

    /** Someone needs a role that runs on demand. */
    record Wanted(String role) implements Event {}

    /** The operator wants a role's process replaced. */
    record Restart(String role) implements Event {}

    /** Everything stops in order, because of that. */
    record Stop(String reason) implements Event {}

    /** Time has passed. */
    record Tick() implements Event {}
}
