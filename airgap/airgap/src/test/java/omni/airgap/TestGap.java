package omni.airgap;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Clock;
import java.util.List;
import java.util.Optional;

/** A gap over a test's own namespace, with its watch. */
final class TestGap implements AutoCloseable {
    static final Grant GRANT = new Grant(true, true, "a test");

    private final Gap gap;
    private final Gap.Subscription watch;

    private TestGap(Gap gap, Gap.Subscription watch) {
        this.gap = gap;
        this.watch = watch;
    }

    static TestGap over(Street street, Path folder) throws AirgapException {
        return over(street, folder, point -> {});
    }

    static TestGap over(Street street, Path folder, Gap.Faults faults) throws AirgapException {
        Gap gap = gap(street.file(), folder, faults);
        gap.start();
        return new TestGap(gap, gap.watch());
    }

    /** With obstacles, and censuses, as the product has them. */
    static TestGap with(Gap.Obstacles obstacles, Street street, Path folder) throws AirgapException {
        Host host = new LinuxHost(Scope.of(street.file()), Optional.empty(), TestParser.SHARED);
        Gap gap = new Gap(host, store(folder), Clock.systemUTC(), obstacles, point -> {});
        gap.start();
        return new TestGap(gap, gap.watch());
    }

    /** Not started and without a watch. */
    static Gap gap(String scope, Path folder, Gap.Faults faults) throws AirgapException {
        return new Gap(new LinuxHost(Scope.of(scope)), store(folder), Clock.systemUTC(), wards -> List.of(), faults);
    }

    /** The same with a machine beside the namespaces, of files in that folder: nothing of it is on but io_uring. */
    static Gap withMachine(String scope, Path folder, Gap.Faults faults) throws AirgapException {
        Path root = folder.resolve("machine");
        try {
            if (!Files.exists(root)) {
                MachineFiles.in(root).radio(0, "wlan", "phy0", true);
            }
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
        Host host = new LinuxHost(
                Scope.of(scope), Optional.of(new Machine(root, folder.resolve("home"))), CensusParser.NONE);
        return new Gap(host, store(folder), Clock.systemUTC(), wards -> List.of(), faults);
    }

    static GapStore store(Path folder) throws AirgapException {
        try {
            Files.createDirectories(folder.resolve("run"));
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
        return new GapStore(folder.resolve("home"), folder.resolve("run"));
    }

    Gap gap() {
        return gap;
    }

    Gap.Status engage() {
        return gap.engage("a test");
    }

    void lift() throws AirgapException {
        gap.lift(GRANT);
    }

    @Override
    public void close() {
        watch.close();
        gap.close();
    }
}
