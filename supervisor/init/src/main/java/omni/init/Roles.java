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
                new RoleSpec("engine", List.of(), Restart.ONE_FOR_ONE, Presence.RESIDENT, 96, List.of()),
                new RoleSpec(
                        "daemon",
                        List.of("engine"),
                        Restart.ONE_FOR_ONE,
                        Presence.RESIDENT,
                        96,
                        List.of("-XX:TieredStopAtLevel=1"))));
    }
}
