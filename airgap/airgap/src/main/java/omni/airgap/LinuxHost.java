package omni.airgap;

import java.util.Collection;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import omni.role.RoleContext;

/**
 * Linux: a stack is a network namespace.
 *
 * @param scope which of them are meant
 */
record LinuxHost(Scope scope) implements Host {
    @Override
    public boolean empty() {
        return scope.empty();
    }

    @Override
    public Map<Long, List<String>> find(Set<Long> known, List<String> problems) throws AirgapException {
        return scope.find(known, problems);
    }

    @Override
    public Optional<NetworkStack> enter(long number, String name) throws AirgapException {
        Namespace namespace;
        try {
            namespace = Namespace.open(name);
        } catch (KernelException e) {
            if (e.errno() == KernelException.ENOENT) {
                return Optional.empty(); // gone meanwhile
            }
            throw e;
        }
        if (namespace.inode() != number) {
            namespace.close();
            return Optional.empty(); // the number of the process was given to another
        }
        return Optional.of(Ward.of(namespace));
    }

    /** Those of the stacks that are namespaces: on Linux all. */
    static List<Ward> wards(Collection<NetworkStack> stacks) {
        return stacks.stream()
                .filter(Ward.class::isInstance)
                .map(Ward.class::cast)
                .toList();
    }

    @Override
    public List<String> obstacles(Collection<NetworkStack> stacks) throws AirgapException {
        return Obstacles.find(stacks);
    }

    @Override
    public Audit audit(Collection<NetworkStack> stacks) throws AirgapException {
        return Audit.of(wards(stacks));
    }

    @Override
    public Audit everywhere() throws AirgapException {
        return Audit.everywhere();
    }

    @Override
    public List<String> limits() {
        return Rehearsal.once();
    }

    @Override
    public void rehearse(RoleContext context, String role) {
        Thread.ofPlatform().daemon().name("rehearsal").start(() -> {
            Rehearsal.often(context.runDir().resolve("airgap.rehearsal"));
            Rehearsal.ask(context.peer(role));
            Rehearsal.hurry();
        });
    }

    @Override
    public Gap.Subscription watch(Gap gap) {
        return new Watch(gap).start()::close;
    }
}
