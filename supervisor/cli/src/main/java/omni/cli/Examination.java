package omni.cli;

import java.io.File;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.net.InetSocketAddress;
import java.net.ServerSocket;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.util.ArrayList;
import java.util.HexFormat;
import java.util.List;
import java.util.Optional;
import java.util.regex.Pattern;
import omni.api.DaemonProtocol;
import omni.bus.BusException;
import omni.device.DeviceProbe;
import omni.device.NativeFit;
import omni.role.Config;
import omni.role.ConfigException;

/**
 * The checks of {@code omni doctor}. It makes the sockets' folder where there is none,
 * and a listening socket that it closes at once; otherwise it only looks.
 */
final class Examination {
    /** What the whole tree with the embedded model takes, with room to work. */
    static final long MEMORY_BYTES_MIN = 700_000_000L;

    static final long DISK_BYTES_MIN = 1_000_000_000L;

    private static final String NATIVES = "Native libraries";
    private static final String RECIPE = "inference-native/recipe/build";
    private static final int JAVA = 25;
    private static final int PORT = 11434;
    private static final Pattern SUM = Pattern.compile("([0-9a-f]{64})  (\\S.*)");
    private static final Pattern AVAILABLE = Pattern.compile("MemAvailable:\\s+(\\d+) kB");

    private final World world;

    Examination(World world) {
        this.world = world;
    }

    List<Check> all() {
        List<Check> checks = new ArrayList<>();
        checks.add(java());
        if (isCheckout()) {
            checks.add(tool("Maven", "mvn", "apt install maven (macOS: brew install maven)"));
            checks.add(tool("npm", "npm", "apt install npm (macOS: brew install node)"));
        }
        checks.add(files());
        checks.add(natives(DeviceProbe.live(world.home()).read().natives(), world.app(), world.home()));
        checks.add(home());
        checks.add(disk());
        checks.add(settings());
        checks.add(sockets());
        checks.add(port());
        memory().ifPresent(checks::add);
        return List.copyOf(checks);
    }

    private static Check java() {
        var version = Runtime.version();
        return version.feature() == JAVA
                ? Check.ok("Java", version + " in " + System.getProperty("java.home"))
                : Check.missing(
                        "Java", version + ", and Omni needs 25", "apt install openjdk-25-jdk, or set OMNI_JAVA");
    }

    /** Whether this program was built where it runs, so that it may have to be built again. */
    private boolean isCheckout() {
        return world.app()
                .map(app -> Files.isRegularFile(app.resolve("../../pom.xml")))
                .orElse(false);
    }

    private Check tool(String name, String program, String fix) {
        for (var folder : world.environment().getOrDefault("PATH", "").split(File.pathSeparator, -1)) {
            var file = Path.of(folder, program);
            if (Files.isExecutable(file)) {
                return Check.ok(name, file.toString());
            }
        }
        return Check.missing(name, "not on the PATH; a build from source needs it", fix);
    }

    /** Compares every file of the program with the sums that the build wrote beside them. */
    private Check files() {
        if (world.app().isEmpty()) {
            return Check.missing("Program files", "OMNI_APP is not set", "start Omni with bin/omni");
        }
        var app = world.app().get();
        var fix = isCheckout() ? "rm -r " + app + " and start omni again: it builds" : "install Omni again";
        try {
            var sums = Files.readAllLines(app.resolve("SHA256SUMS"));
            var natives = 0;
            for (var line : sums) {
                var match = SUM.matcher(line);
                if (!match.matches()) {
                    return Check.missing("Program files", "SHA256SUMS is damaged", fix);
                }
                if (!match.group(1).equals(sum(app.resolve(match.group(2))))) {
                    return Check.missing("Program files", match.group(2) + " is not as it was built", fix);
                }
                natives += match.group(2).startsWith("native/") ? 1 : 0;
            }
            return natives == 0
                    ? Check.missing("Program files", "there is no native library for this machine", fix)
                    : Check.ok("Program files", sums.size() + " as they were built, " + natives + " of them native");
        } catch (IOException e) {
            return Check.missing("Program files", "cannot be read: " + e, fix);
        }
    }

    static String sum(Path file) throws IOException {
        try {
            var digest = MessageDigest.getInstance("SHA-256");
            try (var in = Files.newInputStream(file)) {
                var buffer = new byte[1 << 16];
                for (int n = in.read(buffer); n >= 0; n = in.read(buffer)) {
                    digest.update(buffer, 0, n);
                }
            }
            return HexFormat.of().formatHex(digest.digest());
        } catch (NoSuchAlgorithmException e) {
            throw new IllegalStateException("Every Java has SHA-256", e);
        }
    }

    /** Whether the native libraries that would be fastest on this hardware are here. */
    static Check natives(List<NativeFit> fits, Optional<Path> app, Path home) {
        var best = fits.stream().filter(NativeFit::fits).findFirst();
        if (best.isEmpty()) {
            return Check.missing(NATIVES, "none are known for this machine", RECIPE);
        }
        var kind = best.get().kind();
        var word = kind.word();
        var what = "for " + word + ". " + best.get().why();
        var folders = new ArrayList<>(folders(home.resolve("natives")));
        if (best.get().build() == NativeFit.Build.PACKAGE) {
            app.ifPresent(tree -> folders.add(tree.resolve(kind == NativeFit.Kind.CPU ? "native" : "native-" + word)));
        }
        if (folders.stream().anyMatch(folder -> hasBackend(folder, word))) {
            return Check.ok(NATIVES, what);
        }
        return switch (best.get().build()) {
            case PACKAGE -> Check.missing(NATIVES, "none " + what, "build Omni again on this machine: it fetches them");
            case SOURCE ->
                Check.missing(NATIVES, "none " + what, kind == NativeFit.Kind.CPU ? RECIPE : RECIPE + " --" + word);
            case NONE -> throw new IllegalStateException("What is nowhere does not fit");
        };
    }

    private static List<Path> folders(Path parent) {
        try (var list = Files.list(parent)) {
            return list.filter(Files::isDirectory).sorted().toList();
        } catch (IOException _) {
            return List.of();
        }
    }

    private static boolean hasBackend(Path folder, String kind) {
        try (var files = Files.list(folder)) {
            return files.anyMatch(file -> String.valueOf(file.getFileName()).startsWith("libggml-" + kind));
        } catch (IOException _) {
            return false;
        }
    }

    private Check home() {
        var home = world.home();
        var existing = existing(home);
        return Files.isDirectory(existing) && Files.isWritable(existing)
                ? Check.ok("Home", home + (existing.equals(home) ? "" : " (will be made)"))
                : Check.missing(
                        "Home", existing + " is not a folder that you may write to", "set OMNI_HOME to another folder");
    }

    private static Path existing(Path path) {
        Path at = path;
        while (!Files.exists(at) && at.getParent() != null) {
            at = at.getParent();
        }
        return at;
    }

    private Check disk() {
        try {
            var free = Files.getFileStore(existing(world.home())).getUsableSpace();
            return free >= DISK_BYTES_MIN
                    ? Check.ok("Disk", Text.bytes(free) + " free")
                    : Check.missing(
                            "Disk",
                            Text.bytes(free) + " free, and models need more",
                            "free space under " + world.home() + ", or set OMNI_HOME to a larger disk");
        } catch (IOException e) {
            throw new UncheckedIOException("The disk cannot be asked", e);
        }
    }

    private Check settings() {
        var file = world.home().resolve("omni.toml");
        try {
            Config.ofHome(world.home());
            return Check.ok("Settings", Files.exists(file) ? file.toString() : "all defaults (no " + file + ")");
        } catch (ConfigException e) {
            return Check.missing("Settings", String.valueOf(e.getMessage()), "edit " + file);
        }
    }

    private Check sockets() {
        try {
            return Check.ok("Sockets", String.valueOf(world.socket("supervisor").getParent()));
        } catch (BusException e) {
            return Check.missing("Sockets", String.valueOf(e.getMessage()), "export OMNI_RUN=/tmp/omni-$(id -u)");
        }
    }

    private Check port() {
        try {
            var address = world.with(
                    "daemon", bus -> DaemonProtocol.Client.of(bus).address(new DaemonProtocol.AddressParams()));
            return Check.ok("Port", "Omni listens at " + address.url());
        } catch (BusException e) {
            return freePort();
        }
    }

    private Check freePort() {
        try {
            var config = Config.ofHome(world.home());
            return free(
                    config.value("daemon", "host").orElse("127.0.0.1"),
                    config.value("daemon", "port").map(Integer::parseInt).orElse(PORT));
        } catch (ConfigException e) {
            return Check.missing("Port", "unknown while the settings are wrong", "mend the settings first");
        }
    }

    private Check free(String host, int port) {
        try (var socket = new ServerSocket()) {
            socket.bind(new InetSocketAddress(host, port));
            return Check.ok("Port", port == 0 ? "any free one" : port + " is free");
        } catch (IOException e) {
            return Check.missing(
                    "Port",
                    port + " is taken by another program (ss -ltnp 'sport = :" + port + "' names it)",
                    "stop that program, or set port in the table [daemon] of "
                            + world.home().resolve("omni.toml"));
        }
    }

    private static Optional<Check> memory() {
        try {
            var match = AVAILABLE.matcher(Files.readString(Path.of("/proc/meminfo")));
            if (!match.find()) {
                return Optional.empty();
            }
            var free = Long.parseLong(match.group(1)) * 1024;
            return Optional.of(
                    free >= MEMORY_BYTES_MIN
                            ? Check.ok("Memory", Text.bytes(free) + " available")
                            : Check.missing(
                                    "Memory",
                                    Text.bytes(free) + " available, and Omni with its small model takes "
                                            + Text.bytes(MEMORY_BYTES_MIN),
                                    "end other programs, or use a machine with more memory"));
        } catch (IOException e) {
            return Optional.empty();
        }
    }
}
