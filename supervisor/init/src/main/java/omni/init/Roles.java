package omni.init;

import java.util.List;
import omni.init.RoleSpec.Presence;
import omni.init.RoleSpec.Restart;

/** The roles of this box: who waits for whom, who restarts with whom, and how large each may grow. */
final class Roles {
    private Roles() {}

    /** All roles, in the order of their start. The daemon does without the engine while that starts again. */
    static Roster all() {
        return Roster.of(List.of(
                // A census of as many sockets as one may have, 100,000, takes some 70 MB for a moment.
                new RoleSpec(
                        "airgap",
                        List.of(),
                        Restart.ONE_FOR_ONE,
                        Presence.RESIDENT,
                        96,
                        List.of("-XX:TieredStopAtLevel=1")),
                // Its last word on a file of records is a MAC, which only the full compiler makes fast.
                new RoleSpec("vault", List.of(), Restart.ONE_FOR_ONE, Presence.RESIDENT, 128, List.of()),
                new RoleSpec("engine", List.of(), Restart.ONE_FOR_ONE, Presence.RESIDENT, 96, List.of()),
                new RoleSpec(
                        "daemon",
                        List.of("engine"),
                        Restart.ONE_FOR_ONE,
                        Presence.RESIDENT,
                        96,
                        List.of("-XX:TieredStopAtLevel=1")),
                // Its last word on a file is a SHA-256, which only the full compiler makes fast.
                new RoleSpec("fetch", List.of("airgap"), Restart.ONE_FOR_ONE, Presence.ON_DEMAND, 96, List.of())));
    }
}
