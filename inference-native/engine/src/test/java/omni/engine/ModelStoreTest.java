package omni.engine;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.function.LongConsumer;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.function.Executable;
import org.junit.jupiter.api.io.TempDir;

class ModelStoreTest {
    private static final String SEED_ID = "a39ae459f484e53105b2ed2ccff0a7bb9aaccba04be914be42c6ec19f8859b73";

    @TempDir
    Path folder;

    private Path cartridges;
    private ModelStore store;

    @BeforeEach
    void open() throws IOException {
        cartridges = folder.resolve("home/cartridges");
        store = reopened();
    }

    private ModelStore reopened() throws IOException {
        return new ModelStore(
                EngineFixture.SEED.resolveSibling(""), cartridges, () -> Instant.ofEpochSecond(1_800_000_000L));
    }

    /** Another model: the seed with one byte of its weights changed. */
    private Path other(String name, int change) throws IOException {
        byte[] bytes = Files.readAllBytes(EngineFixture.SEED);
        bytes[bytes.length - 1] = (byte) (bytes[bytes.length - 1] + change);
        return Files.write(folder.resolve(name), bytes);
    }

    @Test
    void theSeedIsThereAndTheDefault() throws IOException {
        assertEquals(1, store.models().size());
        StoredModel seed = store.find(null);
        assertEquals(SEED_ID, seed.id());
        assertEquals("omni-seed-f16", seed.name());
        assertTrue(seed.seed());
        assertEquals(seed, store.find("default"));
        assertEquals(seed, store.find(SEED_ID));
        assertEquals(seed, store.find("a39ae459"));
        assertFalse(Files.exists(cartridges), "looking does not write");
    }

    @Test
    void sevenDigitsOfAnIdAreTooFew() {
        EngineException.NoSuchModel refused =
                assertThrows(EngineException.NoSuchModel.class, () -> store.find("a39ae45"));
        assertEquals(List.of("omni-seed-f16"), refused.available);
    }

    @Test
    void aModelTakenInIsThereAfterARestart() throws IOException {
        List<Long> progress = new ArrayList<>();
        Path file = other("My Model (v2).gguf", 1);
        StoredModel model = add(file, null, progress::add);
        assertEquals("My-Model-v2-", model.name());
        assertEquals(Files.size(file), progress.getLast());
        assertEquals(1_800_000_000L, model.createdSeconds());
        assertEquals(
                Files.getAttribute(file, "unix:ino"),
                Files.getAttribute(model.file(), "unix:ino"),
                "the same disk: a link and no copy");
        ModelStore again = reopened();
        assertEquals(store.models(), again.models());
        assertEquals(model.id(), again.find("My-Model-v2-").id());
        assertEquals("llama", again.find(model.id()).card().architecture());
    }

    @Test
    void takingInTwiceKeepsOneAndRenamesIt() throws IOException {
        Path file = other("a.gguf", 1);
        StoredModel first = add(file, "first", _ -> {});
        assertEquals(first, add(file, null, _ -> {}));
        assertEquals("second", add(file, "second", _ -> {}).name());
        assertEquals(2, store.models().size());
        assertEquals(first.id(), reopened().find("second").id());
    }

    @Test
    void theSeedTakenInIsTheSeed() throws IOException {
        assertTrue(add(EngineFixture.SEED.toRealPath(), "mine", _ -> {}).seed());
        assertEquals(1, store.models().size());
    }

    @Test
    void namesAreUniqueAndBounded() throws IOException {
        add(other("a.gguf", 1), "taken", _ -> {});
        Path file = other("b.gguf", 2);
        refused("name", () -> add(file, "taken", _ -> {}));
        refused("name", () -> add(file, "omni-seed-f16", _ -> {}));
        refused("name", () -> add(file, "default", _ -> {}));
        refused("name", () -> add(file, "", _ -> {}));
        refused("name", () -> add(file, "../up", _ -> {}));
        refused("name", () -> add(file, "n".repeat(65), _ -> {}));
        assertEquals("n".repeat(64), add(file, "n".repeat(64), _ -> {}).name());
        Path same = Files.createDirectories(folder.resolve("other")).resolve("taken.gguf");
        StoredModel named = add(Files.move(other("c.gguf", 3), same), null, _ -> {});
        assertEquals("taken-" + named.id().substring(0, 8), named.name());
    }

    @Test
    void whatIsNoModelIsRefusedAndLeavesNothing() throws IOException {
        Path file = Files.writeString(folder.resolve("no.gguf"), "not a model at all");
        refused("files", () -> add(file, null, _ -> {}));
        refused("files", () -> add(Path.of("relative.gguf"), null, _ -> {}));
        refused("files", () -> add(folder.resolve("missing.gguf"), null, _ -> {}));
        refused("files", () -> add(folder, null, _ -> {}));
        assertEquals(1, store.models().size());
        assertFalse(Files.exists(cartridges) && names().findAny().isPresent());
    }

    @Test
    void anImportThatIsGivenUpLeavesNothing() throws IOException {
        Path file = other("a.gguf", 1);
        assertThrows(
                EngineException.Failed.class,
                () -> add(file, null, _ -> {
                    throw new EngineException.Failed("given up");
                }));
        assertEquals(List.of(), names().toList());
    }

    @Test
    void leftoversOfACrashAreClearedAndNeverListed() throws IOException {
        Path aside = Files.createDirectories(cartridges.resolve(".aside-1234-1"));
        Files.createLink(aside.resolve("model.gguf"), other("a.gguf", 1));
        Files.writeString(cartridges.resolve(".aside-default"), "torn");
        Path torn = Files.createDirectories(cartridges.resolve("0".repeat(64)));
        Files.createLink(torn.resolve("model.gguf"), other("b.gguf", 2));
        ModelStore again = reopened();
        assertEquals(1, again.models().size());
        assertEquals(List.of("0".repeat(64)), names().toList());
    }

    @Test
    void aModelWhoseFileWasCutIsNotListed() throws IOException {
        StoredModel model = add(other("a.gguf", 1), "cut", _ -> {});
        Files.write(model.file(), new byte[] {0}, StandardOpenOption.APPEND);
        assertEquals(1, reopened().models().size());
    }

    @Test
    void theChoiceOfADefaultLasts() throws IOException {
        StoredModel model = add(other("a.gguf", 1), "mine", _ -> {});
        store.use(model);
        assertEquals(model, store.find(null));
        assertEquals(model.id(), reopened().find(null).id());
        store.use(store.find(SEED_ID));
        assertTrue(reopened().find(null).seed());
    }

    @Test
    void removingTheDefaultBringsTheSeedBack() throws IOException {
        StoredModel model = add(other("a.gguf", 1), "mine", _ -> {});
        store.use(model);
        store.remove(model);
        assertTrue(store.find(null).seed());
        assertEquals(List.of("default"), names().toList());
        refused("model", () -> store.remove(store.find(null)));
    }

    private StoredModel add(Path file, @Nullable String name, LongConsumer progress) throws IOException {
        return store.add(Intake.Order.of(file, name), progress).model();
    }

    private Stream<String> names() throws IOException {
        try (Stream<Path> files = Files.list(cartridges)) {
            return files.map(f -> String.valueOf(f.getFileName())).toList().stream();
        }
    }

    private static void refused(String parameter, Executable call) {
        assertEquals(parameter, assertThrows(EngineException.Invalid.class, call).parameter);
    }
}
