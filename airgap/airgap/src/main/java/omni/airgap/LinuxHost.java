package omni.airgap;

import java.util.ArrayList;
import java.util.Collection;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import omni.bus.BusClient;
import omni.role.RoleContext;

/** Linux: a stack is a network namespace. For any thread. */
final class LinuxHost implements Host {
    private final Scope scope;
    private final Optional<Machine> machine;
    private final CensusParser parser;
    /** So many looks see a link's new place: the first may be of who takes nothing in. */
    private static final int LOOKS = 3;

    /** Where links went that were in scope, and how many looks have seen that. */
    private final Map<Moved, Integer> moved = new ConcurrentHashMap<>();

    /** A link has left a namespace for one that is known there by that number. */
    private record Moved(Ward from, int number) {}

    /**
     * Changes nothing yet.
     *
     * @param scope which namespaces are meant
     * @param machine what the machine has beside them, where all of it is meant
     * @param parser what reads the lists of sockets
     */
    LinuxHost(Scope scope, Optional<Machine> machine, CensusParser parser) {
        this.scope = scope;
        this.machine = machine;
        this.parser = parser;
    }

    /** Networks alone, and no census of them. */
    LinuxHost(Scope scope) {
        this(scope, Optional.empty(), CensusParser.NONE);
    }

    @Override
    public boolean empty() {
        return scope.empty();
    }

    @Override
    public Map<Long, List<String>> find(Set<Long> known, List<String> problems) throws AirgapException {
        Map<Long, List<String>> found = scope.find(known, problems);
        follow(found);
        return found;
    }

    /** Notes that a link went from there to the namespace which has that number there: it is in scope from the next look on. */
    void moved(Ward from, int number) {
        moved.put(new Moved(from, number), 0);
    }

    /** Adds the namespaces that a link in scope has gone to, whoever made them. */
    private void follow(Map<Long, List<String>> found) throws AirgapException {
        Set<Moved> news = Set.copyOf(moved.keySet());
        if (news.isEmpty()) {
            return;
        }
        scope.others(found.keySet()).forEach((inode, files) -> {
            try (Namespace namespace = Namespace.open(files.getFirst())) {
                for (Moved link : news) {
                    if (namespace.inode() == inode && link.from().links().numberOf(namespace) == link.number()) {
                        found.put(inode, files);
                    }
                }
            } catch (AirgapException e) {
                System.getLogger("omni.airgap").log(System.Logger.Level.DEBUG, "A namespace cannot be asked for", e);
            }
        });
        news.forEach(link -> moved.computeIfPresent(link, (_, looks) -> looks + 1 == LOOKS ? null : looks + 1));
    }

    @Override
    public void shut(Report report) {
        machine.ifPresent(whole -> whole.shut(report));
    }

    @Override
    public List<String> problems() throws AirgapException {
        return machine.isPresent() ? machine.get().problems() : List.of();
    }

    @Override
    public void restore() throws AirgapException {
        if (machine.isPresent()) {
            machine.get().restore();
        }
    }

    @Override
    public Optional<NetworkStack> enter(long number, String name) throws AirgapException {
        Namespace namespace;
        try {
            namespace = Namespace.open(name);
        } catch (KernelException e) {
            if (e.gone()) {
                return Optional.empty();
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
        return Obstacles.find(stacks, parser);
    }

    @Override
    public Audit audit(Collection<NetworkStack> stacks) throws AirgapException {
        return Audit.of(wards(stacks), parser);
    }

    @Override
    public Audit everywhere() throws AirgapException {
        return Audit.everywhere(parser);
    }

    @Override
    public List<String> limits() {
        List<String> limits = new ArrayList<>(Rehearsal.once());
        DropTable.limit().ifPresent(limits::add);
        Urgency.limits().ifPresent(limits::add);
        machine.ifPresent(whole -> limits.addAll(whole.limits()));
        return limits;
    }

    @Override
    public Optional<String> lockMemory() {
        return LockedMemory.lock();
    }

    @Override
    public void rehearse(RoleContext context, String role) {
        Thread.ofPlatform().daemon().name("rehearsal").start(() -> {
            Urgency.giveWay();
            Rehearsal.often(context.runDir().resolve("airgap.rehearsal"));
            BusClient own = context.peer(role);
            Rehearsal.ask(own);
            Urgency.arrange();
            Rehearsal.stayAwake(own);
        });
    }

    @Override
    public Gap.Subscription watch(Gap gap) {
        return new Watch(gap, this::moved).start()::close;
    }
}
