package omni.api;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Optional;
import omni.bus.BusClient;
import omni.role.Config;
import omni.role.ConfigException;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

/** Table [daemon]: its defaults, a file that names every key, and values past their bounds. */
final class ConfigTest {
    @TempDir
    private Path home;

    @Test
    void defaults() throws IOException {
        assertEquals(
                new DaemonConfig(
                        "127.0.0.1",
                        11434,
                        List.of(),
                        List.of(),
                        List.of(),
                        256,
                        4 << 20,
                        16 << 20,
                        64,
                        2048,
                        256,
                        Duration.ofSeconds(75),
                        Duration.ofSeconds(30),
                        Duration.ofSeconds(30),
                        Duration.ofMinutes(30),
                        false,
                        false),
                load(""));
    }

    @Test
    void everyKey() throws IOException {
        assertEquals(
                new DaemonConfig(
                        "::1",
                        1,
                        List.of("lan", "192.0.2.1"),
                        List.of("a"),
                        List.of("https://b"),
                        2,
                        1024,
                        2048,
                        8,
                        3,
                        4,
                        Duration.ofSeconds(5),
                        Duration.ofSeconds(6),
                        Duration.ofSeconds(7),
                        Duration.ofSeconds(8),
                        true,
                        true),
                load("""
                    host = "::1"
                    port = 1
                    listen = ["lan", "192.0.2.1"]
                    hosts = ["a"]
                    origins = ["https://b"]
                    connections_max = 2
                    body_bytes_max = 1024
                    bodies_bytes_max = 2048
                    nesting_max = 8
                    embedding_inputs_max = 3
                    keys_max = 4
                    idle_timeout = "5s"
                    request_timeout = "6s"
                    write_timeout = "7s"
                    answer_timeout = "8s"
                    reorder_volatile_lines = true
                    pull_models = true
                    """));
    }

    /** The file holds no more, nor do the vault's settings. */
    @Test
    void asManyKeysAsTheFileHolds() throws IOException {
        assertEquals(KeyStore.KEYS_MAX, load("keys_max = " + KeyStore.KEYS_MAX).keysMax());
        assertThrows(ConfigException.class, () -> load("keys_max = " + (KeyStore.KEYS_MAX + 1)));
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "port = 65536",
                "port = -1",
                "connections_max = 0",
                "body_bytes_max = 1023",
                "body_bytes_max = 67108865",
                "nesting_max = 513",
                "request_timeout = \"99ms\"",
                "answer_timeout = \"25h\"",
                "host = \"0.0.0.0\"",
                "host = \"192.168.1.10\"",
                "host = \"omni.home\"",
                "listen = \"lan\"",
                "listen = [\"omni.home\"]",
                "listen = [\"127.0.0.1\"]",
                "prot = 1"
            })
    void valuesPastTheirBoundsAreRefused(String line) {
        assertThrows(ConfigException.class, () -> load(line));
    }

    @Test
    void asManyAddressesAsMayBe() throws IOException {
        var sixteen = "\"lan\",".repeat(16);
        assertTrue(load("listen = [" + sixteen + "]").reach().beyondLoopback());
        assertThrows(ConfigException.class, () -> load("listen = [" + sixteen + "\"lan\"]"));
    }

    /** Other machines are not let in in the clear, and who wants that is told how they are. */
    @Test
    void aHostThatIsNotTheLoopbackLeadsToListen() {
        var refused = assertThrows(ConfigException.class, () -> load("host = \"0.0.0.0\""));
        assertTrue(String.valueOf(refused.getMessage()).contains("listen"), refused.getMessage());
        assertThrows(ConfigException.class, () -> load("host = \"127.0.0.1.evil.example\""));
    }

    @ParameterizedTest
    @CsvSource({"127.0.0.1,http://127.0.0.1:5", "::1,http://[::1]:5", "localhost,http://localhost:5"})
    void anAddressHasAUrl(String host, String url) {
        assertEquals(url, new Address(host, 5).url());
    }

    @Test
    void aPortThatIsTakenIsNamed() throws Exception {
        try (var engine = new FakeEngine(home.resolve("engine.sock"));
                var first = new TestDaemon(home, home.resolve("engine.sock"));
                var bus = BusClient.to(home.resolve("engine.sock"))) {
            var config = load("port = " + first.url.getPort());
            var vault = new VaultLink(bus, home.resolve("vault-secrets.sock"), () -> {}, Duration.ZERO, true);
            var taken = assertThrows(
                    IllegalStateException.class,
                    () -> Daemon.start(
                            config,
                            Optional.empty(),
                            home,
                            "tree",
                            bus,
                            bus,
                            new FetchLink(bus, bus),
                            vault,
                            java.time.Clock.systemUTC()));
            assertTrue(String.valueOf(taken.getMessage()).contains("127.0.0.1:" + first.url.getPort()));
            assertEquals(0, engine.asked.size());
        }
    }

    private DaemonConfig load(String lines) throws IOException {
        var file = home.resolve("omni.toml");
        Files.writeString(file, "[daemon]\n" + lines + "\n");
        return Config.load(file, List.of(DaemonConfig.SECTION)).get(DaemonConfig.SECTION);
    }
}
