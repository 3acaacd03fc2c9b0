package omni.init;

import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.Optional;

/** Installations that tests share. */
final class Samples {
    private Samples() {}

    static Installation installation() {
        return installation("omni", Path.of("/var/lib/omni"));
    }

    static Installation installation(String user, Path home) {
        return new Installation(
                user,
                Path.of("/opt/jdk/bin/java"),
                Path.of("/opt/omni"),
                home,
                Path.of("/run/omni"),
                11434,
                false,
                Duration.ofSeconds(180),
                Duration.ofSeconds(30),
                Duration.ofSeconds(30),
                Optional.empty());
    }

    static Installation installation(int port, Duration time) {
        return new Installation(
                "omni",
                Path.of("/opt/jdk/bin/java"),
                Path.of("/opt/omni"),
                Path.of("/var/lib/omni"),
                Path.of("/run/omni"),
                port,
                false,
                time,
                time,
                time,
                Optional.empty());
    }

    /** Where other machines reach the API. */
    static Installation forOthers() {
        return with(true, Optional.empty());
    }

    static Installation withBackup(String folder) {
        return with(false, Optional.of(Path.of(folder)));
    }

    private static Installation with(boolean others, Optional<Path> backup) {
        var at = installation();
        return new Installation(
                at.user(),
                at.java(),
                at.app(),
                at.home(),
                at.runDir(),
                at.port(),
                others,
                at.startTimeout(),
                at.stopTimeout(),
                at.watchdog(),
                backup);
    }

    /** The files of systemd for all roles. */
    static Map<Path, String> systemd(Installation at) {
        var java = new JavaCommand(at.java(), List.of("--module-path", at.app() + "/lib"), true);
        return new SystemdUnits(at, Roles.all().roles())
                .files(
                        java.line(List.of("-Xmx64m"), "omni.init", "omni.init.Main"),
                        java.line(List.of("-Xmx64m"), "omni.airgap", "omni.airgap.EarlyMain"),
                        role -> java.role(role, at.app()));
    }
}
