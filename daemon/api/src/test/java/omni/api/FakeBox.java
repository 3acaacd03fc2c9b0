package omni.api;

import java.io.IOException;
import java.nio.file.Path;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.TestInstance;
import org.junit.jupiter.api.io.TempDir;

/** Tests of a daemon with nothing said in its omni.toml, over an engine that is a fake: one for all tests of a class. */
@TestInstance(TestInstance.Lifecycle.PER_CLASS)
abstract class FakeBox {
    FakeEngine engine;
    TestDaemon daemon;

    @BeforeAll
    void start(@TempDir Path home) throws IOException {
        engine = new FakeEngine(home.resolve("engine.sock"));
        daemon = new TestDaemon(home, home.resolve("engine.sock"));
    }

    @AfterAll
    void stop() {
        daemon.close();
        engine.close();
    }
}
