package omni.init;

import java.util.List;

/**
 * What the tree knows of a role.
 *
 * @param name as {@link omni.role.Role#name()}
 * @param dependsOn roles that are ready before this one starts, and stop after it
 * @param restart who is started again when this role's process dies
 * @param presence whether it runs all the time
 * @param heapMebibytesMax the virtual machine's heap (-Xmx)
 * @param jvmFlags further flags of this role's virtual machine
 */
record RoleSpec(
        String name,
        List<String> dependsOn,
        Restart restart,
        Presence presence,
        int heapMebibytesMax,
        List<String> jvmFlags) {
    RoleSpec {
        dependsOn = List.copyOf(dependsOn);
        jvmFlags = List.copyOf(jvmFlags);
    }

    /** Erlang/OTP's restart strategies, said of the role that dies. */
    enum Restart {
        /** It alone. */
        ONE_FOR_ONE,
        /** It, and every role that depends on it, directly or not. */
        REST_FOR_ONE
    }

    /** Whether a role runs all the time. */
    enum Presence {
        /** Started with the tree, and again whenever it ends. */
        RESIDENT,
        /** Started when asked for; when it ends by itself in order, it rests until it is asked for again. */
        ON_DEMAND
    }
}
