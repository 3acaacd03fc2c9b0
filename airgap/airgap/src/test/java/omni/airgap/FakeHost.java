package omni.airgap;

import java.util.Collection;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import omni.role.RoleContext;

/** A machine with one network that closes and opens at once, and tells the test when it opens. */
class FakeHost implements Host, NetworkStack {
    volatile Runnable opening = () -> {};
    volatile boolean faulty;
    /** What a look finds open, once. */
    volatile List<String> open = List.of();

    @Override
    public boolean empty() {
        return false;
    }

    @Override
    public Map<Long, List<String>> find(Set<Long> known, List<String> problems) {
        return Map.of(number(), List.of("it"));
    }

    @Override
    public Optional<NetworkStack> enter(long number, String name) {
        return Optional.of(this);
    }

    @Override
    public List<String> obstacles(Collection<NetworkStack> stacks) {
        if (faulty) {
            throw new IllegalStateException("a test");
        }
        return List.of();
    }

    @Override
    public Audit audit(Collection<NetworkStack> stacks) {
        return new Audit(new Census(List.of(), List.of()), List.of());
    }

    @Override
    public Audit everywhere() {
        return audit(List.of());
    }

    @Override
    public List<String> limits() {
        return List.of();
    }

    @Override
    public void rehearse(RoleContext context, String role) {}

    @Override
    public Gap.Subscription watch(Gap gap) {
        return () -> {};
    }

    @Override
    public long number() {
        return 7;
    }

    @Override
    public void down() {}

    @Override
    public void shut(Report report, Gap.Faults faults) {
        report.step("links", List::of);
    }

    @Override
    public List<String> destroySockets() {
        return List.of();
    }

    @Override
    public List<String> problems() {
        List<String> found = open;
        open = List.of();
        return found;
    }

    @Override
    public boolean marked() {
        return false;
    }

    @Override
    public void restoreLinks() {
        opening.run();
    }

    @Override
    public void removeTables() {}

    @Override
    public Map<String, Sent> sentFrames() {
        return Map.of("2", new Sent("eth0", 5));
    }

    @Override
    public void close() {}
}
