package omni.fetch;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.net.InetSocketAddress;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Optional;
import omni.role.Config;
import omni.role.ConfigException;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

final class FetchConfigTest {
    @TempDir
    Path folder;

    private FetchConfig of(String lines) throws IOException {
        Path file = Files.writeString(folder.resolve("omni.toml"), "[fetch]\n" + lines + "\n");
        return Config.load(file, List.of(FetchConfig.SECTION)).get(FetchConfig.SECTION);
    }

    @Test
    void defaults() {
        assertEquals(
                new FetchConfig(
                        "https://huggingface.co",
                        "https://registry.ollama.ai",
                        "",
                        4,
                        32,
                        Duration.ofSeconds(20),
                        Duration.ofSeconds(30),
                        8,
                        Duration.ofMinutes(5),
                        1024,
                        Duration.ofSeconds(30)),
                new FetchConfigDefaults().config());
    }

    @Test
    void everyKey() throws IOException {
        FetchConfig config = of("""
            hugging_face = "http://127.0.0.1:1/hub"
            ollama = "https://mirror.example"
            proxy = "proxy.example:3128"
            connections = 16
            part_mebibytes = 1
            connect_timeout = "1s"
            stall = "2s"
            retries_max = 0
            retry_after_max = "0s"
            disk_reserve_mebibytes = 2
            idle = "1h\"\
            """);
        assertEquals(Optional.of(InetSocketAddress.createUnresolved("proxy.example", 3128)), config.proxyAddress());
        assertEquals(1 << 20, config.partBytes());
        assertEquals(2 << 20, config.diskReserveBytes());
        assertEquals(0, config.patience().failuresMax());
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "hugging_face = \"http://example.org\"",
                "hugging_face = \"https://u:p@example.org\"",
                "ollama = \"https://example.org?x=1\"",
                "ollama = \"not an address\"",
                "proxy = \"http://user:secret@h:1\"",
                "proxy = \"h\"",
                "connections = 17",
                "connections = 0",
                "part_mebibytes = 1025",
                "stall = \"99ms\"",
                "retries_max = 101",
                "idle = \"999ms\"",
                "disk_reserve_mebibytes = -1",
                "token = \"x\""
            })
    void refuses(String line) {
        ConfigException failed = assertThrows(ConfigException.class, () -> of(line));
        assertTrue(!String.valueOf(failed.getMessage()).contains("secret"), failed::getMessage);
    }
}
