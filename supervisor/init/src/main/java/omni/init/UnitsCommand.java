package omni.init;

import java.io.IOException;
import java.io.PrintWriter;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.function.Function;
import omni.cli.Subcommand;
import omni.role.Config;
import omni.role.ConfigException;
import picocli.CommandLine;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.ParameterException;
import picocli.CommandLine.Spec;
import tools.jackson.databind.json.JsonMapper;

/** {@code omni units}: writes what lets a service manager run Omni from the machine's start on. */
@Command(
        name = "units",
        description = "Writes the files that let systemd, launchd or jsvc run Omni from the machine's start on.",
        mixinStandardHelpOptions = true)
public final class UnitsCommand implements Subcommand, Runnable {
    private static final RoleSpec SUPERVISOR = new RoleSpec(
            "supervisor",
            List.of(),
            RoleSpec.Restart.ONE_FOR_ONE,
            RoleSpec.Presence.RESIDENT,
            64,
            List.of("-XX:TieredStopAtLevel=1"));

    /** Made by the command's root. */
    public UnitsCommand() {}

    @Spec
    private CommandSpec spec = CommandSpec.create();

    /** Where Omni is, as options. */
    static final class Where {
        @Option(
                names = "--dir",
                required = true,
                paramLabel = "DIR",
                description = "The root folder below which the files are written: / installs them.")
        private Path dir = Path.of("");

        @Option(
                names = "--user",
                defaultValue = "omni",
                paramLabel = "NAME",
                description = "The system user that Omni runs as. Default: ${DEFAULT-VALUE}.")
        private String user = "";

        @Option(names = "--app", paramLabel = "DIR", description = "Omni's runtime tree. Default: this one.")
        private Optional<Path> app = Optional.empty();

        @Option(names = "--java", paramLabel = "FILE", description = "The java program, version 25. Default: this one.")
        private Optional<Path> java = Optional.empty();

        @Option(
                names = "--home",
                defaultValue = "/var/lib/omni",
                paramLabel = "DIR",
                description = "The owner's state. Default: ${DEFAULT-VALUE}.")
        private Path home = Path.of("");

        @Option(
                names = "--run",
                defaultValue = "/run/omni",
                paramLabel = "DIR",
                description = "The folder of the sockets. Default: ${DEFAULT-VALUE}.")
        private Path runDir = Path.of("");

        @Option(
                names = "--port",
                defaultValue = "11434",
                description = "The TCP port that systemd opens for the daemon. Default: ${DEFAULT-VALUE}.")
        private int port;

        @Option(
                names = "--start-timeout",
                defaultValue = "180",
                paramLabel = "SECONDS",
                description = "Until all must be ready. Default: ${DEFAULT-VALUE}.")
        private long startSeconds;

        @Option(
                names = "--stop-timeout",
                defaultValue = "30",
                paramLabel = "SECONDS",
                description = "Until all must be gone. Default: ${DEFAULT-VALUE}.")
        private long stopSeconds;

        @Option(
                names = "--watchdog",
                defaultValue = "30",
                paramLabel = "SECONDS",
                description = "How long the supervisor may be silent. Default: ${DEFAULT-VALUE}.")
        private long watchdogSeconds;

        @Option(names = "--json", description = "Write JSON, one value a line, instead of text for people.")
        private boolean json;

        Installation installation() {
            Path self = Path.of(System.getenv().getOrDefault("OMNI_APP", "")).toAbsolutePath();
            Config config = Config.ofHome(home);
            return new Installation(
                    user,
                    java.orElse(Path.of(System.getProperty("java.home"), "bin", "java")),
                    app.orElse(self),
                    home,
                    runDir,
                    port,
                    HeldPort.isForOthers(config),
                    Duration.ofSeconds(startSeconds),
                    Duration.ofSeconds(stopSeconds),
                    Duration.ofSeconds(watchdogSeconds),
                    config.value("vault", "backup")
                            .filter(folder -> !folder.isEmpty())
                            .map(Path::of));
        }
    }

    @Override
    public void run() {
        throw new ParameterException(line(), "For whom? See omni units --help.");
    }

    /** {@code omni units systemd}. */
    @Command(
            name = "systemd",
            description = {
                "One unit for the supervisor and one for each role, the API's socket, the system user and a polkit rule.",
                "The vault may write to the backup of omni.toml, and where its listen is set, other machines may reach the API's"
                        + " socket, as they are now: run it again where they have changed.",
                "Afterwards: systemd-sysusers; systemctl restart systemd-udevd; udevadm trigger --settle --subsystem-match=misc"
                        + " --subsystem-match=tpmrm; systemd-tmpfiles --create; systemctl daemon-reload; systemctl enable"
                        + " omni-airgap-early; systemctl enable --now omni-supervisor"
            },
            mixinStandardHelpOptions = true)
    int systemd(@Mixin Where where) {
        return write(
                where,
                at -> new SystemdUnits(at, Roles.all().roles())
                        .files(supervisor(at), early(at), role -> java(at).role(role, at.app())));
    }

    /** {@code omni units launchd}. */
    @Command(
            name = "launchd",
            description = {
                "A daemon of the machine and an agent of a person's login: one of both is to be loaded.",
                "Afterwards: launchctl bootstrap system /Library/LaunchDaemons/omni.supervisor.plist"
            },
            mixinStandardHelpOptions = true)
    int launchd(@Mixin Where where) {
        return write(where, at -> new LaunchdPlists(at).files(supervisor(at)));
    }

    /** {@code omni units jsvc}. */
    @Command(
            name = "jsvc",
            description = {
                "The virtual machine's options for Commons Daemon's jsvc, and the script that starts it.",
                "Afterwards: sh /etc/omni/jsvc; to stop: sh /etc/omni/jsvc -stop"
            },
            mixinStandardHelpOptions = true)
    int jsvc(@Mixin Where where) {
        return write(where, at -> new JsvcFiles(at).files(JvmFlags.of(SUPERVISOR, at.app())));
    }

    private static JavaCommand java(Installation at) {
        return new JavaCommand(
                at.java(), List.of("--module-path", at.app().resolve("lib").toString()), true);
    }

    private static List<String> supervisor(Installation at) {
        return java(at).line(JvmFlags.of(SUPERVISOR, at.app()), "omni.init", "omni.init.Main");
    }

    private static List<String> early(Installation at) {
        RoleSpec airgap = Roles.all().roles().stream()
                .filter(role -> role.name().equals("airgap"))
                .findFirst()
                .orElseThrow();
        return java(at).line(
                        JvmFlags.of(airgap, at.app()),
                        "omni.airgap",
                        "omni.airgap.EarlyMain",
                        at.home().toString(),
                        at.runDir().toString());
    }

    private int write(Where where, Function<Installation, Map<Path, String>> generator) {
        PrintWriter out = line().getOut();
        try {
            for (Map.Entry<Path, String> entry :
                    generator.apply(where.installation()).entrySet()) {
                Path file = where.dir.resolve(entry.getKey());
                Path folder = file.getParent();
                if (folder != null) {
                    Files.createDirectories(folder);
                }
                Files.writeString(file, entry.getValue());
                out.println(
                        where.json ? JsonMapper.shared().writeValueAsString(Map.of("file", file.toString())) : file);
            }
            return 0;
        } catch (InitException | ConfigException e) {
            throw new ParameterException(line(), String.valueOf(e.getMessage()), e);
        } catch (IOException e) {
            throw new ParameterException(line(), "Cannot write there; take another --dir: " + e.getMessage(), e);
        }
    }

    private CommandLine line() {
        return spec.commandLine();
    }
}
