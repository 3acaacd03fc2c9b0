package omni.init;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.regex.Pattern;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** What systemd's own tools say of the units: that they are right, and how exposed each leaves its process. */
class SystemdUnitsBoxTest {
    private static final Pattern EXPOSURE = Pattern.compile("Overall exposure level for \\S+: ([0-9.]+) ");

    @TempDir
    Path folder;

    private Path units = Path.of("");

    @BeforeEach
    void write() throws IOException {
        // The program must exist for verify; any will do.
        var at = new Installation(
                "omni",
                Path.of(System.getProperty("java.home"), "bin", "java").toRealPath(),
                Path.of("/opt/omni"),
                Path.of("/var/lib/omni"),
                Path.of("/run/omni"),
                11434,
                true,
                Duration.ofSeconds(180),
                Duration.ofSeconds(30),
                Duration.ofSeconds(30),
                Optional.of(Path.of("/media/usb/omni")));
        for (Map.Entry<Path, String> file : Samples.systemd(at).entrySet()) {
            Path path = folder.resolve(file.getKey());
            Files.createDirectories(path.getParent());
            Files.writeString(path, file.getValue());
        }
        units = folder.resolve("etc/systemd/system");
    }

    @Test
    void systemdFindsNothingWrong() throws Exception {
        assertEquals("", verify());
    }

    @Test
    void systemdWouldFindSomethingWrong() throws Exception {
        change("omni-engine.service", "PrivateNetwork=yes", "PrivateNetworks=yes");
        assertTrue(verify().contains("PrivateNetworks"));
    }

    @ParameterizedTest
    @CsvSource({"supervisor, 0.3", "vault, 0.4", "engine, 0.5", "daemon, 1.0"})
    void isExposedNoMoreThan(String unit, double most) throws Exception {
        assertTrue(exposure(unit) <= most, () -> "omni-" + unit + " is exposed more than " + most);
    }

    /** Each line is one that the sandbox rests on; without it the score must say so. */
    @ParameterizedTest
    @CsvSource({
        "engine, 0.5, PrivateNetwork=yes",
        "engine, 0.5, RestrictAddressFamilies=AF_UNIX",
        "engine, 0.5, ProtectSystem=strict",
        "engine, 0.5, CapabilityBoundingSet=",
        "engine, 0.5, SystemCallFilter=@system-service",
        "daemon, 1.0, IPAddressDeny=any",
        "daemon, 1.0, NoNewPrivileges=yes",
        "daemon, 1.0, User=omni",
        "supervisor, 0.3, PrivateNetwork=yes"
    })
    void aLineLessIsSeen(String unit, double most, String line) throws Exception {
        double before = exposure(unit);
        change("omni-" + unit + ".service", line + "\n", "\n");
        assertTrue(exposure(unit) > Math.max(before, most), line);
    }

    private double exposure(String unit) throws Exception {
        String said = run(
                "systemd-analyze",
                "security",
                "--offline=true",
                "--no-pager",
                units.resolve("omni-" + unit + ".service").toString());
        var match = EXPOSURE.matcher(said);
        assertTrue(match.find(), said);
        return Double.parseDouble(match.group(1));
    }

    private String verify() throws Exception {
        List<String> command = new ArrayList<>(List.of("systemd-analyze", "verify", "--man=no"));
        try (var files = Files.list(units)) {
            files.map(Path::toString).sorted().forEach(command::add);
        }
        return run(command.toArray(String[]::new));
    }

    private void change(String unit, String from, String to) throws IOException {
        String text = Files.readString(units.resolve(unit));
        assertTrue(text.contains(from), from);
        Files.writeString(units.resolve(unit), text.replace(from, to));
    }

    private static String run(String... command) throws Exception {
        var builder = new ProcessBuilder(command).redirectErrorStream(true);
        builder.environment().putAll(Map.of("SYSTEMD_COLORS", "0", "LC_ALL", "C.UTF-8"));
        var process = builder.start();
        process.getOutputStream().close();
        String said = new String(process.getInputStream().readAllBytes(), StandardCharsets.UTF_8);
        process.waitFor();
        return said.strip();
    }
}
