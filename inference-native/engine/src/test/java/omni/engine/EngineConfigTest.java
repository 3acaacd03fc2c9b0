package omni.engine;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.nio.file.Path;
import java.time.Duration;
import omni.role.ConfigException;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class EngineConfigTest {
    @TempDir
    Path folder;

    @Test
    void defaults() {
        assertEquals(
                new EngineConfig(
                        "",
                        EngineConfig.Binding.AUTO,
                        NativeChoice.AUTO,
                        0,
                        0,
                        0,
                        16,
                        512,
                        128,
                        128,
                        96,
                        EngineConfig.PrefixReuse.KEY,
                        0,
                        2,
                        Duration.ofMinutes(10),
                        Duration.ofSeconds(30),
                        0.7,
                        0.95,
                        40,
                        0.05),
                EngineConfig.SECTION.defaults());
    }

    @Test
    void everyKeyIsRead() throws IOException {
        assertEquals(
                new EngineConfig(
                        "big",
                        EngineConfig.Binding.NATIVE,
                        "cuda",
                        3,
                        4096,
                        16384,
                        5,
                        256,
                        64,
                        7,
                        9,
                        EngineConfig.PrefixReuse.ALL,
                        1024,
                        3,
                        Duration.ofHours(2),
                        Duration.ofSeconds(5),
                        0.1,
                        0.2,
                        30,
                        0.4),
                EngineFixture.config(
                        folder,
                        "default_model = \"big\"",
                        "binding = \"native\"",
                        "natives = \"cuda\"",
                        "threads = 3",
                        "context_tokens = 4096",
                        "kv_tokens = 16384",
                        "sequences_max = 5",
                        "batch_tokens = 256",
                        "chunk_tokens = 64",
                        "queue_max = 7",
                        "key_requests_max = 9",
                        "prefix_reuse = \"all\"",
                        "embed_tokens = 1024",
                        "models_loaded_max = 3",
                        "idle_unload = \"2h\"",
                        "reader_stall_max = \"5s\"",
                        "temperature = 0.1",
                        "top_p = 0.2",
                        "top_k = 30",
                        "min_p = 0.4"));
    }

    @ParameterizedTest
    @CsvSource({
        "threads, -1, 513",
        "context_tokens, -1, 1048577",
        "kv_tokens, -1, 4194305",
        "sequences_max, 0, 65",
        "batch_tokens, 63, 4097",
        "chunk_tokens, 0, 4097",
        "queue_max, -1, 4097",
        "key_requests_max, 0, 4161",
        "embed_tokens, -1, 32769",
        "models_loaded_max, 0, 17",
        "idle_unload, '\"999ms\"', '\"8761h\"'",
        "reader_stall_max, '\"999ms\"', '\"61m\"'",
        "temperature, -0.1, 2.1",
        "top_p, -0.1, 1.1",
        "top_k, -1, 1000001",
        "min_p, -0.1, 1.1",
    })
    void onePastEachBoundIsRefused(String key, String below, String above) {
        for (String value : new String[] {below, above}) {
            ConfigException refused =
                    assertThrows(ConfigException.class, () -> EngineFixture.config(folder, key + " = " + value));
            assertTrue(String.valueOf(refused.getMessage()).contains(key), refused.getMessage());
        }
    }

    @Test
    void aContextIsNoLongerThanTheModelWasTrainedFor() throws IOException {
        EngineConfig open = EngineFixture.config(folder);
        assertEquals(2048, open.contextTokensFor(2048));
        assertEquals(8192, open.contextTokensFor(131_072));
        EngineConfig own = EngineFixture.config(folder, "context_tokens = 16384");
        assertEquals(16384, own.contextTokensFor(131_072));
        assertEquals(2048, own.contextTokensFor(2048));
    }

    @Test
    void theCacheHoldsAtLeastOneChatAndNoMoreThanCanBeFilled() throws IOException {
        EngineConfig open = EngineFixture.config(folder);
        assertEquals(8192, open.kvTokensFor(2048, 2048));
        assertEquals(16384, open.kvTokensFor(16384, 16384));
        assertEquals(16 * 128, open.kvTokensFor(128, 128));
        assertEquals(2048, EngineFixture.config(folder, "kv_tokens = 100").kvTokensFor(2048, 2048));
    }
}
