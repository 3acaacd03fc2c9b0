package omni.airgap;

import java.nio.file.Path;
import java.util.Collection;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import omni.role.RoleContext;

/** The system that this runs on, as far as the gap differs between them: which stacks there are, and what is seen there. */
interface Host {
    /**
     * That of this machine.
     *
     * @param folder where the role keeps its files
     * @param parser what reads the lists of sockets, where the system has such lists
     */
    static Host of(Scope scope, Path folder, CensusParser parser) {
        return of(System.getProperty("os.name"), scope, folder, parser);
    }

    /** That of a machine by the name that Java gives its system. */
    static Host of(String system, Scope scope, Path folder, CensusParser parser) {
        return system.startsWith("Mac")
                ? MacHost.here(scope, folder)
                : new LinuxHost(scope, Machine.of(scope, folder), parser);
    }

    /** Whether nothing is in scope. */
    boolean empty();

    /**
     * The numbers of the stacks in scope, and names by which each can be entered.
     *
     * @param known numbers of those that were in scope before
     * @param problems gets a line for each that should be in scope and cannot be found
     */
    Map<Long, List<String>> find(Set<Long> known, List<String> problems) throws AirgapException;

    /** Takes one under control; none where it has gone meanwhile. */
    Optional<NetworkStack> enter(long number, String name) throws AirgapException;

    /** Closes what the machine has beside its stacks, such as radios, and reads it back. */
    default void shut(Report report) {}

    /** What of that does not hold now, a line each. */
    default List<String> problems() throws AirgapException {
        return List.of();
    }

    /** Gives back what {@link #shut} has taken. */
    default void restore() throws AirgapException {}

    /** What stands in the way of a lift, a line each. */
    List<String> obstacles(Collection<NetworkStack> stacks) throws AirgapException;

    /** Every socket of these. */
    Audit audit(Collection<NetworkStack> stacks) throws AirgapException;

    /** Every socket of this machine that this process may see. */
    Audit everywhere() throws AirgapException;

    /** What cannot be done here, a line each. */
    List<String> limits();

    /** Keeps this process in memory from now on; where that cannot be done, what it means, a line. */
    default Optional<String> lockMemory() {
        return Optional.empty();
    }

    /** Makes closing quick, in a thread of its own: returns at once. */
    void rehearse(RoleContext context, String role);

    /** Looks after a gap until it is closed. */
    Gap.Subscription watch(Gap gap);
}
