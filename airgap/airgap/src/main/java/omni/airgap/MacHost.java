package omni.airgap;

import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Collection;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import omni.role.RoleContext;

/**
 * macOS: one stack, the machine's own. Untested on hardware.
 *
 * @param scope the machine, or nothing
 * @param folder where the role keeps its files
 * @param programs those of macOS
 * @param root whether this process has root's rights, without which none of them changes anything
 */
record MacHost(Scope scope, Path folder, Programs programs, boolean root) implements Host {
    private static final long NUMBER = 0;
    private static final String NOT_ROOT =
            "This process cannot close this Mac's network: it is not root's. launchd starts"
                    + " the supervisor as root only where its plist has no UserName but root.";

    /** This machine. */
    static MacHost here(Scope scope, Path folder) {
        return new MacHost(scope, folder, new SystemPrograms(), "root".equals(System.getProperty("user.name")));
    }

    @Override
    public boolean empty() {
        return scope.empty();
    }

    @Override
    public Map<Long, List<String>> find(Set<Long> known, List<String> problems) throws AirgapException {
        if (!scope.files().isEmpty()) {
            throw new AirgapException("macOS has no network namespaces: airgap.scope is \"machine\" here, or empty.");
        }
        if (scope.empty()) {
            return Map.of();
        }
        if (!root) {
            problems.add(NOT_ROOT);
            return Map.of();
        }
        return Map.of(NUMBER, List.of("this Mac"));
    }

    @Override
    public Optional<NetworkStack> enter(long number, String name) {
        return Optional.of(new MacWard(programs, folder.resolve("former")));
    }

    @Override
    public List<String> obstacles(Collection<NetworkStack> stacks) throws AirgapException {
        return stacks.isEmpty() ? List.of() : MacSockets.obstacles(programs);
    }

    @Override
    public Audit audit(Collection<NetworkStack> stacks) throws AirgapException {
        return stacks.isEmpty() ? new Audit(new Census(List.of(), List.of()), List.of()) : everywhere();
    }

    /** Without a count: what lsof does not see is not known to be missing. */
    @Override
    public Audit everywhere() throws AirgapException {
        return new Audit(
                new Census(List.of(), MacSockets.list(programs)),
                List.of("macOS tells no number of all sockets: one that no process has among its descriptors is not"
                        + " noticed"));
    }

    @Override
    public List<String> limits() {
        List<String> limits = new ArrayList<>(
                List.of("the kill switch for macOS is untested on hardware, and leaves Bluetooth as it is"));
        if (!root) {
            limits.add(NOT_ROOT);
            return limits;
        }
        try {
            limits.addAll(new PacketFilter(programs).unreached());
            var _ = new MacLinks(programs).up();
            var _ = new MacLinks(programs).radios();
            var _ = MacSockets.list(programs);
        } catch (AirgapException e) {
            limits.add("This process cannot close this Mac's network: " + e.getMessage());
        }
        return limits;
    }

    /** Nothing to warm: the time goes into starting programs. */
    @Override
    public void rehearse(RoleContext context, String role) {}

    @Override
    public Gap.Subscription watch(Gap gap) {
        return new PollingWatch(gap).start()::close;
    }
}
