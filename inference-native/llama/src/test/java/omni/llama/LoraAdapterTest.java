package omni.llama;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertNotEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Random;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class LoraAdapterTest {
    private static final int[] PROMPT = Seed.chat("What is 7 plus 5?");

    @TempDir
    Path folder;

    private static List<Float> logits(Context context) {
        context.memory().clear(false);
        Seed.prefill(context, PROMPT, 0);
        var logits = context.logits(PROMPT.length - 1);
        return List.of(logits.logit(5), logits.logit(300), logits.logit(900), logits.logit(4000));
    }

    @Test
    void changesWhatIsComputedByItsScaleAndGoesAgain() throws IOException {
        try (var context = Seed.context(1);
                var adapter = LoraAdapter.load(Seed.MODEL, AdapterGguf.strong(4).write(folder.resolve("a.gguf")))) {
            assertEquals(Optional.of("4.000000"), adapter.meta("adapter.lora.alpha"));
            assertEquals(Optional.empty(), adapter.meta("no.such.key"));
            var before = logits(context);
            context.setAdapters(Map.of(adapter, 0.0));
            assertEquals(before, logits(context), "a scale of 0 changes nothing");
            context.setAdapters(Map.of(adapter, 1.0));
            var whole = logits(context);
            assertNotEquals(before, whole);
            context.setAdapters(Map.of(adapter, 0.25));
            assertNotEquals(whole, logits(context), "a scale is more than on and off");
            assertEquals(
                    "the adapter is in use",
                    assertThrows(LlamaException.class, adapter::close).problem());
            context.setAdapters(Map.of());
            assertEquals(before, logits(context));
        }
    }

    @Test
    void twoWorkTogether() throws IOException {
        try (var a = LoraAdapter.load(Seed.MODEL, AdapterGguf.strong(4).write(folder.resolve("a.gguf")));
                var b = LoraAdapter.load(Seed.MODEL, AdapterGguf.strong(8).write(folder.resolve("b.gguf")));
                var context = Seed.context(1)) {
            context.setAdapters(Map.of(a, 1.0));
            var one = logits(context);
            context.setAdapters(Map.of(a, 1.0, b, 1.0));
            assertNotEquals(one, logits(context));
        }
    }

    @Test
    void belongsToItsModelAndKeepsItOpen() throws IOException {
        var file = AdapterGguf.strong(2).write(folder.resolve("a.gguf"));
        var model = Model.load(Seed.LIBRARY, Seed.FILE, ModelParams.defaults());
        var adapter = LoraAdapter.load(model, file);
        assertEquals(
                "the model is in use",
                assertThrows(LlamaException.class, model::close).problem());
        try (var context = Seed.context(1)) {
            assertThrows(LlamaException.class, () -> context.setAdapters(Map.of(adapter, 1.0)), "another model's");
        }
        adapter.close();
        adapter.close();
        assertThrows(LlamaException.class, () -> adapter.meta("general.type"));
        try (var context = Context.create(model, ContextParams.generation(256, 1, 1))) {
            assertThrows(LlamaException.class, () -> context.setAdapters(Map.of(adapter, 1.0)), "closed");
        }
        model.close();
    }

    @Test
    void scalesAndNumbersAreCheckedOnePast() throws IOException {
        try (var context = Seed.context(1);
                var adapter = LoraAdapter.load(Seed.MODEL, AdapterGguf.strong(2).write(folder.resolve("a.gguf")))) {
            for (var scale : List.of(1000.1, -1000.1, Double.NaN, Double.POSITIVE_INFINITY)) {
                assertThrows(LlamaException.class, () -> context.setAdapters(Map.of(adapter, scale)));
            }
            context.setAdapters(Map.of(adapter, -1000.0));
            context.setAdapters(Map.of());
        }
    }

    @Test
    void aFileThatLlamaWouldNotSurviveIsRefused() throws IOException {
        var random = new Random(1);
        refused(AdapterGguf.strong(2).text("general.alignment", "32"), "a value of a wrong type ends the process");
        refused(
                new AdapterGguf().integer("general.type", 1).text("general.architecture", "llama"),
                "a value of a wrong type ends the process");
        refused(AdapterGguf.seedLora(1), "no matrices");
        refused(AdapterGguf.seedLora(1).matrix("blk.0.ffn_up.weight.lora_a", 256, 2, random), "half a pair");
        refused(
                AdapterGguf.seedLora(1)
                        .matrix("token_embd.weight.lora_a", 2, 4096, random)
                        .matrix("token_embd.weight.lora_b", 3, 256, random),
                "ranks that llama.cpp does not compare");
        refused(
                AdapterGguf.seedLora(1)
                        .matrix("blk.0.ffn_up_exps.weight.lora_a", 256, 2, random)
                        .matrix("blk.0.ffn_up_exps.weight.lora_b", 2, 768, random),
                "experts");
        refused(AdapterGguf.strong(2).matrix("blk.0.ffn_up.weight", 256, 768, random), "no part of an adapter");
        refused(AdapterGguf.strong(2).matrix("blk.0.ffn_up.weight.lora_a", 256, 2, random), "twice");
        refused(AdapterGguf.strong(2).text("general.type", "adapter"), "a key twice");
        // What llama.cpp itself refuses in words.
        refused(
                AdapterGguf.seedLora(1)
                        .matrix("blk.0.ffn_up.weight.lora_a", 128, 2, random)
                        .matrix("blk.0.ffn_up.weight.lora_b", 2, 768, random),
                "another model's width");
        refused(
                AdapterGguf.seedLora(1)
                        .matrix("blk.77.ffn_up.weight.lora_a", 256, 2, random)
                        .matrix("blk.77.ffn_up.weight.lora_b", 2, 768, random),
                "a layer that is not there");
        assertThrows(LlamaException.class, () -> LoraAdapter.load(Seed.MODEL, folder.resolve("none")));
        assertThrows(LlamaException.class, () -> LoraAdapter.load(Seed.MODEL, Seed.FILE), "a model is no adapter");
    }

    private void refused(AdapterGguf gguf, String why) throws IOException {
        var file = gguf.write(folder.resolve("wrong.gguf"));
        assertThrows(LlamaException.class, () -> LoraAdapter.load(Seed.MODEL, file), why);
    }

    @Test
    void aCutOrChangedFileIsRefusedOrLoadedAndNeverEndsTheProcess() throws IOException {
        var whole = AdapterGguf.strong(2).bytes();
        var file = folder.resolve("mutant.gguf");
        for (var length = 0; length < whole.length; length += 997) {
            Files.write(file, Arrays.copyOf(whole, length));
            assertThrows(LlamaException.class, () -> LoraAdapter.load(Seed.MODEL, file));
        }
        var random = new Random(7);
        var header = 1200;
        var loaded = 0;
        for (var i = 0; i < 300; i++) {
            var mutant = whole.clone();
            for (var change = random.nextInt(3); change >= 0; change--) {
                mutant[random.nextInt(header)] = (byte) random.nextInt(256);
            }
            Files.write(file, mutant);
            try (var adapter = LoraAdapter.load(Seed.MODEL, file)) {
                loaded++;
                assertFalse(adapter.meta("general.type").isEmpty());
            } catch (LlamaException refused) {
                assertFalse(refused.problem().isEmpty());
            }
        }
        assertTrue(loaded > 0, "some mutants are still adapters");
    }
}
