package omni.llama;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.List;
import java.util.Optional;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class ModelTest {
    @Test
    void tellsWhatTheFileSays() {
        var model = Seed.MODEL;
        assertEquals(Optional.of("llama"), model.meta("general.architecture"));
        assertEquals(Optional.empty(), model.meta("no.such.key"));
        assertEquals(256, model.embeddingLength());
        assertEquals(2048, model.trainedContext());
        assertEquals(5_770_496, model.parameterCount());
        assertTrue(model.sizeBytes() > 11_000_000);
        assertTrue(model.description().startsWith("llama"));
        assertTrue(model.chatTemplate().orElseThrow().contains("<|im_start|>"));
        assertTrue(model.canGenerate());
        assertFalse(model.isRecurrent());
        assertEquals(6, model.layers());
        assertEquals(256, model.width());
        assertFalse(model.hasEncoder());
        assertTrue(model.decoderStartToken().isEmpty());
    }

    @Test
    void aFileThatIsNoModelIsRefused(@TempDir Path folder) throws IOException {
        assertThrows(LlamaException.class, () -> load(folder.resolve("none.gguf")));
        var text = Files.writeString(folder.resolve("text.gguf"), "This is no model.");
        var refused = assertThrows(LlamaException.class, () -> load(text));
        assertEquals("the model cannot be loaded", refused.problem());
        assertFalse(refused.detail().isEmpty(), "the library's own words");
        var whole = Files.readAllBytes(Seed.FILE);
        var half = Files.write(folder.resolve("half.gguf"), Arrays.copyOf(whole, whole.length / 2));
        assertThrows(LlamaException.class, () -> load(half));
    }

    private static Model load(Path file) {
        return Model.load(Seed.LIBRARY, file, ModelParams.defaults());
    }

    @Test
    void outlivesItsContexts() {
        var model = load(Seed.FILE);
        var vocab = model.vocab();
        var context = Context.create(model, ContextParams.generation(256, 1, 1));
        var refused = assertThrows(LlamaException.class, model::close);
        assertEquals("the model is in use", refused.problem());
        assertEquals(2048, model.trainedContext(), "it is still open");
        context.close();
        context.close();
        model.close();
        model.close();
        assertThrows(LlamaException.class, model::trainedContext);
        assertThrows(LlamaException.class, () -> vocab.tokenize("a", false, false));
        assertThrows(LlamaException.class, () -> vocab.piece(5, false));
        assertThrows(LlamaException.class, () -> Context.create(model, ContextParams.generation(256, 1, 1)));
    }

    @Test
    void aModelWithoutAVocabularyIsRefusedTextAndStillComputes(@TempDir Path folder) throws IOException {
        var file = AdapterGguf.modelWithoutVocabulary().write(folder.resolve("mute.gguf"));
        try (var model = load(file);
                var context = Context.create(model, ContextParams.generation(256, 1, 1));
                var sampler = Sampler.chain(model).greedy().build()) {
            var vocab = model.vocab();
            assertEquals(96, vocab.size());
            assertEquals(Optional.of(Vocab.Type.NONE), vocab.type());
            assertThrows(LlamaException.class, () -> vocab.tokenize("a", true, false));
            assertThrows(LlamaException.class, () -> vocab.piece(5, true));
            assertThrows(LlamaException.class, () -> vocab.attributes(5));
            assertThrows(LlamaException.class, () -> vocab.spelling(5));
            assertThrows(LlamaException.class, () -> vocab.score(5));
            assertThrows(LlamaException.class, () -> vocab.detokenize(new int[] {5}, false, false));
            assertThrows(
                    LlamaException.class,
                    () -> Sampler.chain(model)
                            .grammar("root ::= \"a\"", "root")
                            .greedy()
                            .build());
            assertThrows(LlamaException.class, () -> Sampler.chain(model).dry(1, 2, 1, 10, List.of("a")));
            var batch = Batch.allocate(1, 1);
            batch.add(5, 0, 0, true);
            assertEquals(DecodeResult.DONE, context.decode(batch));
            assertTrue(sampler.sample(context, 0) < 96);
            assertFalse(vocab.isEndOfGeneration(5));
        }
    }
}
