package omni.init;

import java.util.List;
import java.util.Map;
import omni.role.SupervisorProtocol;
import omni.role.SupervisorProtocol.TreeState;

/**
 * The tree at one moment, for other threads to look at.
 *
 * @param version grows with each change that a watcher cares about; memory figures alone are none
 * @param reason why it stops; empty while it does not
 * @param roles in the order of their start
 * @param instances the instance of each live process, by role
 */
record Snapshot(
        long version,
        TreeState state,
        String reason,
        List<SupervisorProtocol.Role> roles,
        Map<String, String> instances) {
    Snapshot {
        roles = List.copyOf(roles);
        instances = Map.copyOf(instances);
    }

    /** This, as the successor of that one: the same version where nothing has changed but memory. */
    Snapshot after(Snapshot before) {
        boolean same = state == before.state
                && reason.equals(before.reason)
                && withoutMemory(roles).equals(withoutMemory(before.roles))
                && instances.equals(before.instances);
        return new Snapshot(same ? before.version : before.version + 1, state, reason, roles, instances);
    }

    private static List<SupervisorProtocol.Role> withoutMemory(List<SupervisorProtocol.Role> roles) {
        return roles.stream()
                .map(role -> new SupervisorProtocol.Role(
                        role.name(), role.state(), role.pid(), role.restarts(), role.startMillis(), role.note(), null))
                .toList();
    }

    /** The role of that name. */
    SupervisorProtocol.Role role(String name) {
        return roles.stream()
                .filter(role -> role.name().equals(name))
                .findFirst()
                .orElseThrow(() -> new IllegalArgumentException("No such role: " + name));
    }
}
