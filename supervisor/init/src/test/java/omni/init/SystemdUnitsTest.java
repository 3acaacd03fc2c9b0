package omni.init;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.stream.Collectors;
import org.junit.jupiter.api.Test;

/** The text of the units: that each says what the tree relies on. Whether systemd agrees is SystemdUnitsBoxTest's. */
class SystemdUnitsTest {
    private static final Path UNITS = Path.of("etc/systemd/system");

    private final Map<Path, String> files = Samples.systemd(Samples.installation());

    @Test
    void everyRoleOfTheTreeHasItsUnitAndNothingElseDoes() {
        var expected = Roles.all().roles().stream()
                .map(role -> UNITS.resolve("omni-" + role.name() + ".service"))
                .collect(Collectors.toSet());
        expected.addAll(Set.of(
                UNITS.resolve("omni-supervisor.service"),
                UNITS.resolve("omni-airgap-early.service"),
                UNITS.resolve("omni-daemon.socket"),
                Path.of("etc/sysctl.d/60-omni.conf"),
                Path.of("etc/modprobe.d/omni.conf"),
                Path.of("etc/udev/rules.d/60-omni.rules"),
                Path.of("etc/sysusers.d/omni.conf"),
                Path.of("etc/tmpfiles.d/omni.conf"),
                Path.of("etc/polkit-1/rules.d/50-omni.rules")));
        assertEquals(expected, files.keySet());
    }

    @Test
    void aClosedGapIsHeldBeforeAnyNetworkAndABootWithoutItEndsAtTheConsole() {
        var early = unit("airgap-early");
        assertTrue(early.contains("DefaultDependencies=no"));
        assertTrue(early.contains("ConditionPathExists=/var/lib/omni/airgap/closed"));
        assertTrue(early.contains("Before=network-pre.target sysinit.target shutdown.target"));
        assertTrue(early.contains("OnFailure=emergency.target"));
        assertTrue(early.contains("WantedBy=sysinit.target"));
        assertTrue(
                early.contains("AmbientCapabilities=CAP_NET_ADMIN CAP_SYS_ADMIN CAP_SYS_PTRACE CAP_DAC_READ_SEARCH"));
    }

    @Test
    void noOtherRoleSeesWhatTheKillSwitchKeeps() {
        for (var role : Roles.all().roles()) {
            boolean hidden = unit(role.name()).contains("InaccessiblePaths=-/var/lib/omni/airgap");
            assertEquals(!role.name().equals("airgap"), hidden, role.name());
        }
        assertTrue(unit("daemon").contains("ReadOnlyPaths=-/var/lib/omni/omni.toml"));
    }

    @Test
    void onlyTheSupervisorIsRestartedBySystemd() {
        var supervisor = unit("supervisor");
        assertTrue(supervisor.contains("Restart=on-failure"));
        assertTrue(supervisor.contains("StartLimitBurst=5"));
        assertTrue(supervisor.contains("StartLimitIntervalSec=300"));
        assertTrue(supervisor.contains("WatchdogSec=30"));
        for (var role : Roles.all().roles()) {
            var unit = unit(role.name());
            assertTrue(unit.contains("Restart=no"));
            assertFalse(unit.stream().anyMatch(line -> line.startsWith("WatchdogSec")));
            assertFalse(unit.contains("[Install]"));
        }
    }

    @Test
    void everyServiceTellsWhenItIsReadyItself() {
        files.keySet().stream().filter(p -> p.toString().endsWith(".service")).forEach(path -> {
            var lines = lines(path);
            assertTrue(lines.contains("Type=notify"));
            assertTrue(lines.contains("NotifyAccess=main"));
        });
    }

    @Test
    void aRoleComesAfterWhatItDependsOnAndNeverWaitsForTheSupervisor() {
        assertTrue(unit("daemon").contains("After=omni-engine.service"));
        // The supervisor starts the roles while it is itself still starting: to be ordered after it would be a
        // deadlock.
        for (var role : Roles.all().roles()) {
            assertFalse(String.join("\n", unit(role.name())).contains("omni-supervisor.service"));
        }
    }

    @Test
    void theRolesEndWithTheSupervisorTheLastStartedFirst() {
        assertTrue(unit("supervisor")
                .contains("ExecStopPost=-/usr/bin/systemctl --no-ask-password stop omni-fetch.service"
                        + " omni-daemon.service omni-engine.service omni-vault.service omni-airgap.service"));
    }

    @Test
    void theEngineHasNoNetworkAndWritesOnlyTheModels() {
        var engine = unit("engine");
        assertTrue(engine.contains("PrivateNetwork=yes"));
        assertTrue(engine.contains("RestrictAddressFamilies=AF_UNIX"));
        assertTrue(engine.contains("ReadOnlyPaths=/var/lib/omni"));
        assertTrue(engine.contains("ReadWritePaths=/run/omni"));
        assertTrue(engine.contains("ReadWritePaths=/var/lib/omni/cartridges"));
        assertTrue(engine.contains("ReadWritePaths=/var/lib/omni/tuning"));
        assertFalse(engine.contains("ReadWritePaths=/var/lib/omni"));
        assertTrue(engine.contains("DevicePolicy=closed"));
    }

    @Test
    void theVaultHasNoNetworkAndNobodyElseSeesWhatItKeeps() {
        var vault = unit("vault");
        assertTrue(vault.contains("PrivateNetwork=yes"));
        assertTrue(vault.contains("RestrictAddressFamilies=AF_UNIX"));
        assertTrue(vault.contains("ReadWritePaths=/var/lib/omni/vault"));
        assertFalse(vault.contains("ReadWritePaths=/var/lib/omni"));
        assertFalse(vault.contains("InaccessiblePaths=-/var/lib/omni/vault"), "the control");
        for (var role : List.of("airgap", "engine", "daemon", "fetch")) {
            assertTrue(unit(role).contains("InaccessiblePaths=-/var/lib/omni/vault"), role);
        }
    }

    @Test
    void theVaultAloneWritesToTheBackupWhereThereIsOne() {
        var line = "ReadWritePaths=-/media/usb/omni";
        assertFalse(unit("vault").contains(line), "the control");
        var others = Samples.systemd(Samples.withBackup("/media/usb/omni"));
        for (var role : Roles.all().roles()) {
            var unit = text(others, UNITS.resolve("omni-" + role.name() + ".service"));
            assertEquals(role.name().equals("vault"), unit.contains(line + "\n"), role.name());
        }
    }

    @Test
    void aBackupThatTheVaultCouldNotWriteToIsRefused() {
        for (var bad : List.of(
                "backup",
                "/home/me/backup",
                "/root",
                "/tmp/x",
                "/var/tmp/x",
                "/run/user/0/x",
                "/media/my stick",
                "/a/../b")) {
            var at = Samples.withBackup(bad);
            assertThrows(InitException.class, () -> Samples.systemd(at), bad);
        }
        Samples.systemd(Samples.withBackup("/homes"));
    }

    @Test
    void theVaultHasTheTpmAndNoOtherDeviceAndNobodyElseHasThatButTheGap() {
        var vault = unit("vault");
        assertTrue(vault.contains("DevicePolicy=closed"));
        assertEquals(
                List.of("DeviceAllow=/dev/tpmrm0 rw"),
                vault.stream().filter(line -> line.startsWith("DeviceAllow")).toList());
        assertFalse(vault.contains("PrivateDevices=yes"), "which would hide it");
        assertTrue(unit("airgap").containsAll(List.of("DevicePolicy=closed", "DeviceAllow=/dev/tpmrm0 rw")));
        for (var role : List.of("engine", "daemon", "fetch", "supervisor")) {
            assertTrue(unit(role).contains("DevicePolicy=closed"), role);
            assertFalse(String.join("\n", unit(role)).contains("tpm"), role);
        }
        assertTrue(text(files, Path.of("etc/udev/rules.d/60-omni.rules"))
                .contains("KERNEL==\"tpmrm0\", SUBSYSTEM==\"tpmrm\", GROUP=\"omni\", MODE=\"0660\""));
    }

    @Test
    void noRoleSeesTheFilesThatCarryCredentials() {
        for (var role : Roles.all().roles()) {
            assertTrue(unit(role.name()).contains("InaccessiblePaths=-/run/omni/launch"), role.name());
        }
    }

    @Test
    void onlyTheAirgapHasCapabilitiesAndItHasNoSocketButThoseOfTheKernel() {
        var airgap = unit("airgap");
        assertTrue(airgap.contains(
                "CapabilityBoundingSet=CAP_NET_ADMIN CAP_SYS_ADMIN CAP_SYS_PTRACE CAP_DAC_READ_SEARCH"));
        assertTrue(airgap.contains("RestrictAddressFamilies=AF_UNIX AF_NETLINK"));
        assertTrue(airgap.contains("SystemCallFilter=capset"), "or its child would keep them");
        assertTrue(
                airgap.lastIndexOf("OOMPolicy=continue") > airgap.lastIndexOf("OOMPolicy=stop"),
                "the last one counts: a child that is killed for its memory takes no kill switch with it");
        assertTrue(airgap.contains("ReadWritePaths=/var/lib/omni/airgap"));
        assertTrue(airgap.contains("SupplementaryGroups=tty"));
        assertTrue(text(files, Path.of("etc/tmpfiles.d/omni.conf")).contains("z /dev/console 0620 root tty -"));
        assertFalse(airgap.contains("ReadWritePaths=/var/lib/omni"));
        for (var role : List.of("vault", "engine", "daemon", "fetch", "supervisor")) {
            assertFalse(String.join("\n", unit(role)).contains("CAP_"), role);
        }
    }

    @Test
    void onlyTheAirgapLocksItsMemoryAndNoCapabilityIsNeededForThat() {
        for (var unit : List.of("airgap", "airgap-early")) {
            assertTrue(unit(unit).contains("LimitMEMLOCK=infinity"), unit);
            assertFalse(String.join("\n", unit(unit)).contains("CAP_IPC_LOCK"), unit);
        }
        for (var role : List.of("vault", "engine", "daemon", "fetch", "supervisor")) {
            assertFalse(String.join("\n", unit(role)).contains("LimitMEMLOCK"), role);
        }
    }

    @Test
    void onlyFetchMayConnectAndItListensToNobody() {
        var fetch = unit("fetch");
        assertFalse(fetch.contains("PrivateNetwork=yes"));
        assertFalse(fetch.contains("IPAddressDeny=any"));
        assertTrue(fetch.contains("SocketBindDeny=any"));
        assertTrue(fetch.contains("ReadOnlyPaths=/var/lib/omni"));
        assertTrue(fetch.contains("ReadWritePaths=/var/lib/omni/cartridges/.pulls"));
        assertFalse(fetch.contains("InaccessiblePaths=-/var/lib/omni/tokens"));
        for (var role : Set.of("engine", "daemon")) {
            assertTrue(unit(role).contains("IPAddressDeny=any"), role);
            assertTrue(unit(role).contains("InaccessiblePaths=-/var/lib/omni/tokens"), role);
        }
    }

    @Test
    void theDaemonAnswersOnTheSocketThatItIsGivenAndReachesOnlyThisMachine() {
        var daemon = unit("daemon");
        assertTrue(daemon.contains("Sockets=omni-daemon.socket"));
        assertTrue(daemon.contains("StandardInput=socket"));
        assertTrue(daemon.contains("StandardOutput=journal"));
        assertTrue(daemon.contains("Environment=OMNI_STDIN=listener"));
        assertTrue(daemon.contains("SocketBindDeny=any"));
        assertFalse(String.join("\n", daemon).contains("SocketBindAllow"));
        assertTrue(daemon.contains("PrivateDevices=yes"));
        var socket = lines(UNITS.resolve("omni-daemon.socket"));
        assertTrue(socket.contains("ListenStream=127.0.0.1:11434"));
        for (var unit : List.of(daemon, socket)) {
            assertTrue(unit.contains("IPAddressAllow=localhost"));
            assertTrue(unit.contains("IPAddressDeny=any"));
        }
    }

    /** What the daemon may itself stays as it was: it opens no socket and reaches this machine alone. */
    @Test
    void whereTheOwnerLetsOthersInTheirSocketAloneIsOpenToThem() {
        var others = Samples.systemd(Samples.forOthers());
        var socket = text(others, UNITS.resolve("omni-daemon.socket")).lines().toList();
        assertTrue(socket.contains("ListenStream=11434"));
        assertTrue(socket.contains("BindIPv6Only=both"));
        assertFalse(String.join("\n", socket).contains("IPAddressDeny"));
        for (var role : List.of("daemon", "supervisor", "engine", "vault", "airgap", "fetch")) {
            var unit = UNITS.resolve("omni-" + role + ".service");
            assertEquals(text(files, unit), text(others, unit));
        }
    }

    @Test
    void theSocketIsOpenWhileTheSupervisorRunsAndStartsNoDaemon() {
        var socket = lines(UNITS.resolve("omni-daemon.socket"));
        assertTrue(socket.contains("Service=omni-supervisor.service"));
        assertTrue(socket.contains("StopWhenUnneeded=yes"));
        assertFalse(socket.contains("[Install]"));
        assertTrue(unit("supervisor").contains("Requires=omni-daemon.socket"));
        assertTrue(unit("supervisor").contains("After=omni-daemon.socket"));
    }

    @Test
    void aRoleNobodyHasThoughtOfGetsTheTightestSandbox() {
        var lines = Sandbox.role("stranger", Samples.installation());
        assertTrue(lines.contains("PrivateNetwork=yes"));
        assertTrue(lines.contains("PrivateDevices=yes"));
        assertTrue(lines.contains("ReadOnlyPaths=/var/lib/omni"));
    }

    @Test
    void theRuleNamesTheSupervisorsUnitAndTheRolesUnitsOnly() {
        var rule = text(files, Path.of("etc/polkit-1/rules.d/50-omni.rules"));
        assertTrue(rule.contains("subject.user === \"omni\""));
        assertTrue(rule.contains("subject.system_unit === \"omni-supervisor.service\""));
        assertTrue(rule.contains("/^omni-(airgap|vault|engine|daemon|fetch)[.]service$/"));
    }

    @Test
    void timesAndPlacesAreTheInstallations() {
        var at = new Installation(
                "box",
                Path.of("/jdk/bin/java"),
                Path.of("/srv/app"),
                Path.of("/srv/state"),
                Path.of("/run/box/omni"),
                8080,
                false,
                Duration.ofSeconds(600),
                Duration.ofSeconds(90),
                Duration.ofSeconds(120),
                Optional.empty());
        var other = Samples.systemd(at);
        var supervisor =
                text(other, UNITS.resolve("omni-supervisor.service")).lines().toList();
        assertTrue(supervisor.contains("TimeoutStartSec=600"));
        assertTrue(supervisor.contains("TimeoutStopSec=90"));
        assertTrue(supervisor.contains("WatchdogSec=120"));
        assertTrue(supervisor.contains("User=box"));
        assertTrue(supervisor.contains("RuntimeDirectory=box/omni"));
        assertTrue(supervisor.contains("ReadWritePaths=/srv/state"));
        assertTrue(supervisor.contains("Environment=OMNI_APP=/srv/app"));
        var daemon = text(other, UNITS.resolve("omni-daemon.service")).lines().toList();
        assertTrue(text(other, UNITS.resolve("omni-daemon.socket")).contains("ListenStream=127.0.0.1:8080"));
        assertTrue(daemon.contains("EnvironmentFile=/run/box/omni/launch/daemon.env"));
        assertTrue(text(other, Path.of("etc/sysusers.d/omni.conf")).contains("u box - \"Omni\" /srv/state"));
    }

    @Test
    void whatAUnitCouldReadAsSyntaxIsRefused() {
        for (var bad : List.of(
                "/with space", "/per%cent", "/quo\"te", "/new\nline", "/dol$lar", "/back\\slash", "rel", "/a/../b")) {
            assertThrows(InitException.class, () -> Samples.installation("omni", Path.of(bad)), bad);
        }
        for (var bad : List.of("", "Omni", "0mni", "om ni", "o".repeat(32))) {
            assertThrows(InitException.class, () -> Samples.installation(bad, Path.of("/var/lib/omni")), bad);
        }
        assertEquals(
                31, Samples.installation("o".repeat(31), Path.of("/h")).user().length());
        assertThrows(InitException.class, () -> Installation.words(List.of("-Da=b", "two words")));
    }

    @Test
    void portsAndTimesHaveBounds() {
        for (var port : List.of(0, 65536)) {
            assertThrows(InitException.class, () -> Samples.installation(port, Duration.ofSeconds(1)));
        }
        for (var time : List.of(Duration.ofMillis(999), Duration.ofHours(1).plusMillis(1))) {
            assertThrows(InitException.class, () -> Samples.installation(1, time));
        }
        assertEquals(65535, Samples.installation(65535, Duration.ofHours(1)).port());
        assertEquals(1, Samples.installation(1, Duration.ofSeconds(1)).port());
    }

    @Test
    void socketsOutsideRunAreRefused() {
        var at = new Installation(
                "omni",
                Path.of("/jdk/bin/java"),
                Path.of("/app"),
                Path.of("/home"),
                Path.of("/tmp/omni"),
                1,
                false,
                Duration.ofSeconds(1),
                Duration.ofSeconds(1),
                Duration.ofSeconds(1),
                Optional.empty());
        assertThrows(InitException.class, () -> Samples.systemd(at));
    }

    private List<String> unit(String name) {
        return lines(UNITS.resolve("omni-" + name + ".service"));
    }

    private List<String> lines(Path path) {
        return text(files, path).lines().toList();
    }

    private static String text(Map<Path, String> files, Path path) {
        return files.getOrDefault(path, "");
    }
}
