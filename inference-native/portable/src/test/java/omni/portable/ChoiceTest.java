package omni.portable;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.nio.file.Files;
import java.nio.file.Path;
import omni.engine.EngineProtocol;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** When the portable binding is taken, and when not. */
class ChoiceTest {
    @TempDir
    Path folder;

    private static String refusal(Box box) {
        return assertThrows(
                        EngineProtocol.LoadFailed.class, () -> box.client.generate(Box.ask("What is 7 plus 5?", 1L)))
                .reason();
    }

    @Test
    void whereItIsNamed() throws Exception {
        try (Box box = new Box(folder, "binding = \"portable\"")) {
            assertEquals(
                    "7 plus 5 is 12.",
                    box.client.generate(Box.ask("What is 7 plus 5?", 50L)).text());
            EngineProtocol.Library library =
                    box.client.stats(new EngineProtocol.StatsParams()).library();
            assertEquals("omni.toml names it.", library.why());
        }
    }

    @Test
    void notWhereTheNativeOneIsNamed() throws Exception {
        try (Box box = new Box(folder, "binding = \"native\"")) {
            assertTrue(refusal(box).contains("native"), "it says what of the native libraries failed");
            assertEquals(0, Box.processes().size());
        }
    }

    @Test
    void notWhereLibrariesAreNamed() throws Exception {
        try (Box box = new Box(folder, "natives = \"cuda\"")) {
            assertTrue(refusal(box).contains("\"cuda\" that omni.toml names are not here"));
        }
    }

    @Test
    void notWhereItIsNotHere() throws Exception {
        try (Box box = new Box(folder)) {
            Files.delete(folder.resolve("app/portable/native").resolve(System.mapLibraryName("jllama")));
            assertTrue(
                    refusal(box).contains("The portable binding, which would take their place, is not here either."));
        }
    }

    @Test
    void aLibraryThatDoesNotOpenIsToldInOneLine() throws Exception {
        try (Box box = new Box(folder, "binding = \"portable\"")) {
            Files.writeString(
                    folder.resolve("app/portable/native").resolve(System.mapLibraryName("jllama")), "no library");
            assertTrue(refusal(box).startsWith("java-llama.cpp cannot load it: "));
        }
    }
}
