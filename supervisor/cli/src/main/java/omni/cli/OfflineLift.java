package omni.cli;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.regex.Pattern;
import omni.airgap.AirgapConfig;
import omni.airgap.AirgapProtocol;
import omni.airgap.OfflineMain;
import omni.bus.BusClient;
import omni.bus.BusException;
import omni.bus.RunDirectory;
import omni.role.Config;
import omni.role.ConfigException;
import omni.role.Section;

/**
 * Lifts a gap with every role dead. A virtual machine of its own does it, for the command's own may not call the kernel; this
 * checks what must hold before: root, a local terminal, and no role that runs.
 */
final class OfflineLift {
    /** Virtual consoles, serial lines and the console; a pseudo-terminal (ssh, a window) is none of the box's own. */
    private static final Pattern LOCAL = Pattern.compile("/dev/(tty\\d+|tty[A-Z]{1,4}\\d+|console|hvc\\d+)");

    private final World world;

    OfflineLift(World world) {
        this.world = world;
    }

    /** What root types for it, to whom neither folder is known. */
    static String line(World world) {
        return OfflineMain.line(world.home(), RunDirectory.named(world.environment()));
    }

    ExitCode run() {
        var terminal = terminal();
        if (!"root".equals(System.getProperty("user.name"))) {
            throw new CommandException(ExitCode.REFUSED, "This needs root: log in as root on the box itself.");
        }
        if (!LOCAL.matcher(terminal).matches()) {
            throw new CommandException(
                    ExitCode.REFUSED,
                    "This needs a local terminal of the box, its screen or its serial line; here it is "
                            + (terminal.isEmpty() ? "none" : terminal) + ".");
        }
        if (runs()) {
            throw new CommandException(ExitCode.REFUSED, "Omni runs: use omni airgap lift, or stop it with omni down.");
        }
        var secret = new SecretInput(world).read("Step-up key: ");
        var configured = configured();
        boolean held = systemctl("is-active", "--quiet");
        if (held && !systemctl("stop")) { // it would close again what the lift opens
            throw new CommandException(
                    ExitCode.ERROR,
                    "omni-airgap-early does not stop, and would close again: systemctl status says why.");
        }
        var code = ExitCode.ERROR;
        try {
            code = lift(secret, configured);
        } finally {
            if (held && code != ExitCode.OK) {
                systemctl("start", "--no-block");
            }
        }
        return code;
    }

    /** What is configured; where that cannot be read, what the gap itself says it is about is enough. */
    private AirgapConfig configured() {
        try {
            return Config.load(world.home().resolve("omni.toml"), Section.all()).get(AirgapConfig.SECTION);
        } catch (ConfigException e) {
            world.err().println("omni.toml cannot be read: what the gap was closed for is opened.");
            return AirgapConfig.SECTION.defaults();
        }
    }

    /** To the unit that holds a closed gap from the machine's start on, where there is systemd; whether it said yes. */
    private static boolean systemctl(String... words) {
        if (!Files.isDirectory(Path.of("/run/systemd/system"))) {
            return false;
        }
        var line = new ArrayList<>(List.of("systemctl", "--no-ask-password"));
        line.addAll(List.of(words));
        line.add("omni-airgap-early.service");
        try {
            return new ProcessBuilder(line)
                            .redirectOutput(ProcessBuilder.Redirect.DISCARD)
                            .redirectError(ProcessBuilder.Redirect.INHERIT)
                            .start()
                            .waitFor()
                    == 0;
        } catch (IOException e) {
            throw new UncheckedIOException("systemctl cannot be started", e);
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            return false;
        }
    }

    /** The terminal that standard input is. */
    private static String terminal() {
        try {
            return Files.readSymbolicLink(Path.of("/proc/self/fd/0")).toString();
        } catch (IOException e) {
            return "";
        }
    }

    /** Whosever the folder of the sockets is: root believes nobody there, but that somebody answers. */
    private boolean runs() {
        return RunDirectory.present(world.environment(), "airgap")
                .map(OfflineLift::answers)
                .orElse(false);
    }

    private static boolean answers(Path socket) {
        try (var bus = BusClient.to(socket)) {
            var _ = AirgapProtocol.Client.of(bus.within(World.PATIENCE)).status(new AirgapProtocol.StatusParams());
            return true;
        } catch (BusException.Unavailable e) {
            return false;
        }
    }

    /** The owner's, whom root is not; made where there is none. */
    private Path folderOfSockets() {
        var named = RunDirectory.named(world.environment());
        return Files.isDirectory(named) ? named : RunDirectory.resolve(world.environment());
    }

    private ExitCode lift(String secret, AirgapConfig configured) {
        var java = Path.of(System.getProperty("java.home"), "bin", "java").toString();
        try {
            var process = new ProcessBuilder(
                            java,
                            "-XX:+UseSerialGC",
                            "--enable-native-access=omni.airgap,omni.role",
                            "--module-path",
                            System.getProperty("jdk.module.path", ""),
                            "-m",
                            "omni.airgap/omni.airgap.OfflineMain",
                            world.home().toString(),
                            folderOfSockets().toString(),
                            configured.scope(),
                            configured.tpm())
                    .redirectOutput(ProcessBuilder.Redirect.INHERIT)
                    .redirectError(ProcessBuilder.Redirect.INHERIT)
                    .start();
            try (var in = process.getOutputStream()) {
                in.write((secret + "\n").getBytes(StandardCharsets.UTF_8));
            }
            int exit = process.waitFor();
            return exit == 0 ? ExitCode.OK : exit == ExitCode.REFUSED.number() ? ExitCode.REFUSED : ExitCode.ERROR;
        } catch (IOException e) {
            throw new UncheckedIOException("The lift cannot be started", e);
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            return ExitCode.INTERRUPTED;
        }
    }
}
