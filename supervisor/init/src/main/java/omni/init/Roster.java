package omni.init;

import java.util.ArrayList;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;

/** The roles of a tree in the order of their start: whatever a role depends on stands before it. Immutable. */
final class Roster {
    private final Map<String, RoleSpec> byName;

    private Roster(Map<String, RoleSpec> byName) {
        this.byName = byName;
    }

    /**
     * Sorts the roles; those that do not depend on each other keep their order.
     *
     * @throws IllegalArgumentException for a name given twice, an unknown dependency, a circle, or a resident role that
     *     depends on one that runs on demand
     */
    static Roster of(List<RoleSpec> specs) {
        Map<String, RoleSpec> given = new LinkedHashMap<>();
        for (RoleSpec spec : specs) {
            if (given.put(spec.name(), spec) != null) {
                throw new IllegalArgumentException("Two roles are called " + spec.name());
            }
        }
        Map<String, RoleSpec> sorted = new LinkedHashMap<>();
        specs.forEach(spec -> place(spec, given, sorted, new HashSet<>()));
        return new Roster(sorted);
    }

    private static void place(
            RoleSpec spec, Map<String, RoleSpec> given, Map<String, RoleSpec> sorted, Set<String> above) {
        if (sorted.containsKey(spec.name())) {
            return;
        }
        if (!above.add(spec.name())) {
            throw new IllegalArgumentException("Roles depend on each other in a circle: " + above);
        }
        for (String name : spec.dependsOn()) {
            RoleSpec dependency = given.get(name);
            if (dependency == null) {
                throw new IllegalArgumentException(spec.name() + " depends on an unknown role: " + name);
            }
            if (spec.presence() == RoleSpec.Presence.RESIDENT && dependency.presence() == RoleSpec.Presence.ON_DEMAND) {
                throw new IllegalArgumentException(
                        spec.name() + " runs all the time, and depends on one that does not: " + name);
            }
            place(dependency, given, sorted, above);
        }
        above.remove(spec.name());
        sorted.put(spec.name(), spec);
    }

    /** In the order of their start. */
    List<RoleSpec> roles() {
        return List.copyOf(byName.values());
    }

    /** Their names, in the order of their start. */
    List<String> names() {
        return List.copyOf(byName.keySet());
    }

    /** All roles that depend on this one, directly or not, in the order of their start. */
    List<String> dependants(String role) {
        List<String> found = new ArrayList<>();
        for (RoleSpec spec : byName.values()) {
            if (spec.dependsOn().contains(role) || spec.dependsOn().stream().anyMatch(found::contains)) {
                found.add(spec.name());
            }
        }
        return found;
    }
}
