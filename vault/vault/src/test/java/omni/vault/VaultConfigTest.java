package omni.vault;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import omni.role.Config;
import omni.role.ConfigException;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** The table [vault]: its defaults, a file that names every key, and values past their bounds. */
class VaultConfigTest {
    @TempDir
    Path folder;

    private VaultConfig load(String lines) throws IOException {
        Path toml = Files.writeString(folder.resolve("omni.toml"), "[vault]\n" + lines + "\n");
        return Config.load(toml, List.of(VaultConfig.SECTION)).get(VaultConfig.SECTION);
    }

    @Test
    void defaults() throws IOException {
        assertEquals(
                new VaultConfig(Duration.ZERO, false, true, "auto", Path.of(""), Duration.ofDays(1), 7, 4, 12),
                load(""));
    }

    @Test
    void everyKey() throws IOException {
        assertEquals(
                new VaultConfig(
                        Duration.ofDays(30), true, false, "/dev/tpm1", Path.of("/b"), Duration.ofDays(365), 60, 0, 60),
                load("""
                        lock_after = "720h"
                        lock_in_gap = true
                        answer_while_locked = false
                        tpm = "/dev/tpm1"
                        backup = "/b"
                        backup_every = "8760h"
                        backup_keep_days = 60
                        backup_keep_weeks = 0
                        backup_keep_months = 60
                        """));
    }

    /** The error names the key, and the bound that was passed. */
    @ParameterizedTest
    @CsvSource(
            delimiter = '|',
            quoteCharacter = '\0',
            value = {
                "backup_keep_days|61|60",
                "backup_keep_days|-1|0",
                "backup_keep_weeks|61|60",
                "backup_keep_weeks|-1|0",
                "backup_keep_months|61|60",
                "backup_keep_months|-1|0",
                "backup_keep_months|4294967296|integer",
                "backup_every|\"59m\"|1h",
                "backup_every|\"8761h\"|8760h",
                "lock_after|\"721h\"|720h"
            })
    void onePastItsBoundIsRefused(String key, String value, String bound) {
        String told = assertThrows(ConfigException.class, () -> load(key + " = " + value))
                .getMessage();
        assertTrue(String.valueOf(told).contains(key), told);
        assertTrue(String.valueOf(told).contains(bound), told);
    }
}
