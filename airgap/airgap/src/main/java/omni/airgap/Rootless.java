package omni.airgap;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Map;

/**
 * What a supervisor without root tells this role: that it has made a network namespace for Omni's roles, in which this process
 * has the rights of root and outside of which it has none.
 *
 * @param namespace a file that stands for it; empty where there is none
 * @param outside roles that run elsewhere
 */
record Rootless(String namespace, List<String> outside) {
    /** What the supervisor names: the namespace that this process is in. */
    static final String OWN = "/proc/self/ns/net";

    Rootless {
        outside = List.copyOf(outside);
    }

    /** From the variables OMNI_AIRGAP_SCOPE and OMNI_AIRGAP_OUTSIDE. */
    static Rootless of(Map<String, String> environment) {
        return new Rootless(
                environment.getOrDefault("OMNI_AIRGAP_SCOPE", ""),
                Arrays.stream(environment
                                .getOrDefault("OMNI_AIRGAP_OUTSIDE", "")
                                .split(" ", -1))
                        .filter(role -> !role.isEmpty())
                        .toList());
    }

    /** What the configuration says, and the roles' namespace. */
    Scope scope(String configured) {
        Scope scope = Scope.of(configured);
        if (namespace.isEmpty()) {
            return scope;
        }
        List<String> files = new ArrayList<>(scope.files());
        files.add(namespace);
        return new Scope(
                false,
                files,
                true,
                scope.machine()
                        ? List.of("the networks of this machine cannot be closed: Omni does not run as root")
                        : List.of());
    }

    /** The scope for people to read. */
    String words(String configured) {
        if (namespace.isEmpty()) {
            return configured;
        }
        return configured.isBlank() ? "Omni's own roles" : configured + ", Omni's own roles";
    }

    /** What is not cut off, a line each. */
    List<String> limits(String configured) {
        if (namespace.isEmpty()) {
            return configured.isBlank()
                    ? List.of("airgap.scope is empty: the kill switch cuts off nothing")
                    : List.of();
        }
        List<String> limits = new ArrayList<>();
        limits.add("Omni does not run as root: the kill switch closes the network of Omni's own roles, and no other of"
                + " this machine");
        if (!configured.isBlank()) {
            limits.add("airgap.scope names what only root can close: a gap will not be confirmed, and one that is not"
                    + " confirmed cannot be lifted. Empty it");
        }
        outside.forEach(role -> limits.add(
                "the egress of " + role + " is not enforced: it runs outside, for Omni does not run as root"));
        return limits;
    }
}
