package omni.cli;

import java.io.IOException;
import java.net.URI;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import omni.api.DaemonProtocol;
import omni.bus.BusException;
import omni.measure.Target;
import omni.role.SupervisorProtocol;
import tools.jackson.core.JacksonException;
import tools.jackson.databind.node.ObjectNode;

/** Whom {@code omni bench} measures, and the keys for it. The key that it makes for the Omni here is revoked when closed. */
final class BenchTargets implements AutoCloseable {
    private static final int KEY_BYTES_MAX = 8192;
    private static final int BODY_CHARACTERS_MAX = 65_536;
    private static final String OWN = "omni";

    private final World world;
    private final List<String> made = new ArrayList<>();

    BenchTargets(World world) {
        this.world = world;
    }

    /** What the command line says of a server. */
    record Wanted(
            Optional<Path> keyFile,
            Optional<String> keyEnv,
            Optional<String> model,
            Optional<String> swapModel,
            Optional<String> body,
            Set<Long> processes) {}

    /** A server anywhere, called by its host and port; by another name where one of those is it. */
    Target at(URI url, Wanted wanted, List<String> taken) {
        var name = Optional.ofNullable(url.getAuthority()).orElse(url.toString());
        return new Target(
                taken.contains(name) ? name + " again" : name,
                url,
                key(wanted),
                wanted.model(),
                wanted.swapModel(),
                body(wanted),
                wanted.processes());
    }

    /** The Omni that runs here, with all its processes. */
    Target own(Wanted wanted) {
        var address =
                world.with("daemon", bus -> DaemonProtocol.Client.of(bus).address(new DaemonProtocol.AddressParams()));
        var tree = world.with(
                "supervisor",
                bus -> SupervisorProtocol.Client.of(bus)
                        .status(new SupervisorProtocol.StatusParams())
                        .tree());
        var processes = new HashSet<>(wanted.processes());
        tree.roles().stream()
                .map(SupervisorProtocol.Role::pid)
                .flatMap(java.util.stream.Stream::ofNullable)
                .forEach(processes::add);
        return new Target(
                OWN,
                URI.create(address.url()),
                key(wanted).or(() -> Optional.of(fresh())),
                wanted.model().or(() -> Optional.of("default")),
                wanted.swapModel(),
                body(wanted),
                processes);
    }

    private String fresh() {
        var key = FreshKey.make();
        made.add(KeyNewCommand.add(world, "bench", key, true).id());
        return key.text();
    }

    private Optional<String> key(Wanted wanted) {
        if (wanted.keyFile().isPresent() && wanted.keyEnv().isPresent()) {
            throw new CommandException(ExitCode.USAGE, "A server has one key: from a file, or from the environment.");
        }
        return wanted.keyFile()
                .map(BenchTargets::fromFile)
                .or(() -> wanted.keyEnv().map(this::fromEnvironment));
    }

    private static String fromFile(Path file) {
        try (var in = Files.newInputStream(file)) {
            var line = new String(in.readNBytes(KEY_BYTES_MAX), StandardCharsets.UTF_8)
                    .lines()
                    .findFirst()
                    .orElse("")
                    .strip();
            if (line.isEmpty()) {
                throw new CommandException(ExitCode.USAGE, "The first line of " + file + " has no key.");
            }
            return line;
        } catch (IOException e) {
            throw new CommandException(ExitCode.USAGE, "The key in " + file + " cannot be read: " + e, e);
        }
    }

    private String fromEnvironment(String name) {
        var key = world.environment().getOrDefault(name, "").strip();
        if (key.isEmpty()) {
            throw new CommandException(ExitCode.USAGE, "The environment variable " + name + " holds no key.");
        }
        return key;
    }

    private static ObjectNode body(Wanted wanted) {
        var text = wanted.body().orElse("{}");
        if (text.length() > BODY_CHARACTERS_MAX) {
            throw new CommandException(ExitCode.USAGE, "A body has at most " + BODY_CHARACTERS_MAX + " characters.");
        }
        try {
            if (Json.parse(text) instanceof ObjectNode object) {
                return object;
            }
        } catch (JacksonException e) {
            throw new CommandException(ExitCode.USAGE, "A body is a JSON object, such as {\"seed\":1}: " + text, e);
        }
        throw new CommandException(ExitCode.USAGE, "A body is a JSON object, such as {\"seed\":1}: " + text);
    }

    /** Revokes the key; one that stays is gone when Omni stops. */
    @Override
    public void close() {
        for (var id : made) {
            try {
                world.with(
                        "daemon",
                        bus -> DaemonProtocol.Client.of(bus).revokeKey(new DaemonProtocol.RevokeKeyParams(id)));
            } catch (BusException e) {
                world.err().println("The key " + id + " of this run could not be revoked; it is gone when Omni stops.");
            }
        }
    }
}
