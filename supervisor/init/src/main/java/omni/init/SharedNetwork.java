package omni.init;

import java.util.List;
import java.util.Map;

/**
 * The network that this process is in, for every role.
 *
 * @param why why there is no other, in a few words; empty where that needs no reason
 */
record SharedNetwork(String why) implements RoleNetwork {
    @Override
    public List<String> enter(String role, List<String> command) {
        return command;
    }

    @Override
    public Map<String, String> variables(String role) {
        return Map.of();
    }

    @Override
    public String notIsolated() {
        String line = "all roles run as your own user, without a sandbox each and with your network";
        return why.isEmpty() ? line : line + ", for they cannot have one of their own here: " + why;
    }

    @Override
    public void close() {
        // Nothing was made.
    }
}
