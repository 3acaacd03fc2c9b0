package omni.init;

import java.io.File;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.net.URI;
import java.net.URISyntaxException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Comparator;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Objects;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.stream.Stream;
import omni.bus.BusClient;
import omni.bus.Credential;
import omni.bus.RunDirectory;
import omni.init.RoleSpec.Presence;
import omni.init.RoleSpec.Restart;
import omni.role.Config;
import omni.role.Section;
import omni.role.SupervisorProtocol;

/** A tree of {@link TestRoles} as real processes, in a home of its own that is gone afterwards. */
final class Rig implements AutoCloseable {
    private final Path home;
    private final TreeRun run;
    private final BusClient bus;
    final List<String> told = new CopyOnWriteArrayList<>();

    private Rig(Path home, RoleSpec... specs) throws IOException {
        this.home = home;
        Place place = place(home);
        Config config = Config.load(home.resolve("omni.toml"), Section.all());
        this.run = TreeRun.start(
                place,
                config,
                Roster.of(List.of(specs)),
                launcher(place),
                (role, bad, line) -> told.add(role + " " + line));
        this.bus = BusClient.to(RunDirectory.socket(place.runDir(), "supervisor"));
    }

    /** Starts a tree with those lines in the table [supervisor] of its omni.toml. */
    static Rig start(String supervisorTable, RoleSpec... specs) throws IOException {
        return new Rig(home(supervisorTable), specs);
    }

    /** A fresh home, short enough for sockets in it. */
    static Path home(String supervisorTable) throws IOException {
        Path home = Files.createTempDirectory("omni");
        Files.createDirectory(home.resolve("run"));
        Files.writeString(home.resolve("omni.toml"), "[supervisor]\n" + supervisorTable + "\n");
        return home;
    }

    static Place place(Path home) {
        return new Place(home, home.resolve("run"), home, RandomName.next(), Credential.root());
    }

    static ProcessLauncher launcher(Place place) {
        return launcher(place, new SharedNetwork(""));
    }

    static ProcessLauncher launcher(Place place, RoleNetwork network) {
        return launcher(place, network, Optional.empty());
    }

    static ProcessLauncher launcher(Place place, RoleNetwork network, Optional<HeldPort> listener) {
        return new ProcessLauncher(
                role -> java().role(role, place.app()),
                role -> LogFile.of(place.home(), role),
                place.home(),
                network,
                listener);
    }

    /** The tests' own classes and everything they need, as one class path. */
    static JavaCommand java() {
        try {
            String services = "META-INF/services/omni.role.Role";
            URI found = Objects.requireNonNull(Rig.class.getResource("/" + services))
                    .toURI();
            Set<String> path = new LinkedHashSet<>(
                    List.of(Path.of(found).resolve("../../..").normalize().toString()));
            for (String property : List.of("jdk.module.path", "java.class.path")) {
                Stream.of(System.getProperty(property, "").split(File.pathSeparator, -1))
                        .filter(element -> !element.isEmpty())
                        .flatMap(element -> Stream.of(element, element + File.separator + "*")) // a folder of jars, too
                        .forEach(path::add);
            }
            return new JavaCommand(
                    Path.of(System.getProperty("java.home"), "bin", "java"),
                    List.of("-cp", String.join(File.pathSeparator, path)),
                    false);
        } catch (URISyntaxException e) {
            throw new IllegalStateException(e);
        }
    }

    static RoleSpec resident(String name, Restart restart, String... dependsOn) {
        return new RoleSpec(
                name, List.of(dependsOn), restart, Presence.RESIDENT, 32, List.of("-XX:TieredStopAtLevel=1"));
    }

    static RoleSpec onDemand(String name) {
        return new RoleSpec(
                name, List.of(), Restart.ONE_FOR_ONE, Presence.ON_DEMAND, 32, List.of("-XX:TieredStopAtLevel=1"));
    }

    Path home() {
        return home;
    }

    Path runDir() {
        return home.resolve("run");
    }

    TreeRun run() {
        return run;
    }

    SupervisorProtocol.Client supervisor() {
        return SupervisorProtocol.Client.of(bus);
    }

    Rig ready() throws InterruptedException {
        if (!run.awaitReady(Optional.empty())) {
            throw new IllegalStateException("The tree is not ready: " + run.snapshot());
        }
        return this;
    }

    SupervisorProtocol.Role role(String name) {
        return run.snapshot().role(name);
    }

    long pid(String name) {
        return Objects.requireNonNull(role(name).pid(), name);
    }

    Order.Outcome stop() throws InterruptedException {
        run.stop("the test is over");
        return run.await();
    }

    /** Sends a signal by its name. */
    static void signal(String signal, long pid) throws IOException, InterruptedException {
        new ProcessBuilder("kill", "-" + signal, Long.toString(pid))
                .inheritIO()
                .start()
                .waitFor();
    }

    @Override
    public void close() {
        bus.close();
        run.close();
        delete(home);
    }

    static void delete(Path folder) {
        try (Stream<Path> all = Files.walk(folder)) {
            for (Path path : all.sorted(Comparator.reverseOrder()).toList()) {
                Files.deleteIfExists(path);
            }
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }
}
