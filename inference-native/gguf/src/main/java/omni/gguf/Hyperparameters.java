package omni.gguf;

import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.OptionalDouble;
import java.util.OptionalLong;
import java.util.Set;

/**
 * Checks the numbers that describe a model against what llama.cpp takes for granted: where its loader asserts, divides,
 * or allocates by them. Source: {@code llama_model_base::load_hparams} in {@code src/llama-model.cpp},
 * {@code src/llama-hparams.h} and the asserts in {@code src/models} of v0.5.0.
 */
final class Hyperparameters {
    static final long LAYERS_MAX = 512;
    static final long EXPERTS_MAX = 1024;
    private static final long EMBEDDING_MAX = 1 << 20;
    private static final long HEADS_MAX = 65_536;
    private static final long LENGTH_MAX = 1 << 20;

    /** Numbers that llama.cpp divides by, or that nothing makes sense without. */
    private static final List<String> AT_LEAST_ONE = List.of(
            "context_length",
            "embedding_length_out",
            "vocab_size",
            "full_attention_interval",
            "interleave_moe_layer_step",
            "moe_every_n_layers",
            "attention.group_norm_groups",
            "attention.key_length",
            "attention.value_length",
            "attention.key_length_mla",
            "attention.value_length_mla",
            "attention.kv_lora_rank",
            "attention.q_lora_rank",
            "attention.key_length_swa",
            "attention.value_length_swa",
            "attention.indexer.block_size",
            "ssm.conv_kernel",
            "ssm.inner_size",
            "ssm.state_size",
            "ssm.time_step_rank",
            "ssm.group_count",
            "kda.head_dim",
            "wkv.head_size",
            "shortconv.l_cache",
            "attn_res.block_size");

    /** Architectures that assert that keys, values and rotated dimensions of a head are as many. */
    private static final Set<String> ROTATES_ALL = Set.of(
            "llama",
            "qwen2",
            "qwen2moe",
            "qwen2vl",
            "qwen3",
            "qwen3moe",
            "qwen3vl",
            "qwen3vlmoe",
            "mistral3",
            "granite",
            "internlm2",
            "olmo",
            "olmo2",
            "olmoe",
            "smollm3",
            "exaone",
            "exaone4",
            "seed_oss",
            "starcoder2",
            "baichuan",
            "xverse",
            "orion",
            "deci",
            "falcon",
            "dbrx",
            "deepseek",
            "dots1",
            "ernie4_5",
            "ernie4_5-moe",
            "hunyuan-moe",
            "hunyuan_vl",
            "llama4",
            "arcee",
            "minimax-m2");

    /** Architectures that assert that keys and values of a head are as many. */
    private static final Set<String> SAME_HEADS = Set.of(
            "bert",
            "modern-bert",
            "neo-bert",
            "eurobert",
            "gpt2",
            "gptj",
            "gptneox",
            "bloom",
            "mpt",
            "starcoder",
            "refact",
            "stablelm",
            "qwen",
            "phi2",
            "phi3",
            "command-r",
            "cohere2",
            "chatglm",
            "glm4",
            "glm4moe",
            "nemotron",
            "bailingmoe2",
            "openelm",
            "jais",
            "plamo",
            "bitnet");

    /** Architectures without attention, where no heads is right. */
    private static final Set<String> WITHOUT_HEADS =
            Set.of("mamba", "mamba2", "rwkv6", "rwkv6qwen2", "rwkv7", "arwkv7", "wavtokenizer-dec");

    private final Gguf file;
    private final String prefix;
    private final String architecture;
    final int layers;
    final List<Integer> heads;
    final List<Integer> headsKv;
    final int embedding;
    final int keyLength;
    final int valueLength;

    Hyperparameters(Gguf file, String architecture) {
        this.file = file;
        this.architecture = architecture;
        this.prefix = architecture + ".";
        wholeNumbersFit();
        embedding = (int) within("embedding_length", required("embedding_length"), 1, EMBEDDING_MAX);
        layers = (int) within("block_count", required("block_count"), 1, LAYERS_MAX);
        within("context_length", required("context_length"), 1, Integer.MAX_VALUE);
        for (String key : AT_LEAST_ONE) {
            number(key).ifPresent(value -> within(key, value, 1, Integer.MAX_VALUE));
        }
        number("nextn_predict_layers").ifPresent(n -> within("nextn_predict_layers", n, 0, layers - 1L));
        number("leading_dense_block_count").ifPresent(n -> within("leading_dense_block_count", n, 0, layers));
        number("pooling_type").ifPresent(n -> within("pooling_type", n, 0, 4));
        number("expert_gating_func").ifPresent(n -> within("expert_gating_func", n, 0, 4));
        number("attention.sliding_window").ifPresent(n -> within("attention.sliding_window", n, 0, 1L << 30));
        experts();
        heads = perLayer("attention.head_count", HEADS_MAX);
        headsKv = file.type(prefix + "attention.head_count_kv").isPresent()
                ? perLayer("attention.head_count_kv", HEADS_MAX)
                : heads;
        perLayer("feed_forward_length", 1L << 24);
        keyLength = headLength("attention.key_length");
        valueLength = headLength("attention.value_length");
        attention();
        reals();
    }

    private static GgufException wrong(String detail) {
        return new GgufException(GgufException.Code.SHAPE, detail);
    }

    private OptionalLong number(String key) {
        return file.integer(prefix + key);
    }

    private long required(String key) {
        return number(key).orElseThrow(() -> wrong("no " + prefix + key));
    }

    private long within(String key, long value, long min, long max) {
        if (value < min || value > max) {
            throw wrong(prefix + key + " is " + value);
        }
        return value;
    }

    /** No single number of the model is past what llama.cpp computes with. */
    private void wholeNumbersFit() {
        for (String key : file.keys()) {
            if (key.startsWith(prefix)) {
                long value = file.integer(key).orElse(0);
                if (value < 0 || value > Integer.MAX_VALUE) {
                    throw wrong(key + " is " + value);
                }
            }
        }
    }

    private void experts() {
        long count = within("expert_count", number("expert_count").orElse(0), 0, EXPERTS_MAX);
        long used = perLayer("expert_used_count", EXPERTS_MAX).stream()
                .mapToInt(Integer::intValue)
                .max()
                .orElse(0);
        if (count <= 1 && architecture.startsWith("hunyuan")) {
            return;
        }
        long groups = number("expert_group_count").orElse(0);
        long groupsUsed = number("expert_group_used_count").orElse(0);
        boolean grouped = count == 0
                ? groups == 0
                : groups < count && (groups <= 1 || (count % groups == 0 && groupsUsed > 0 && groupsUsed < groups));
        if (!grouped) {
            throw wrong(groups + " groups of " + count + " experts, " + groupsUsed + " used");
        }
        if (count == 0 ? used > 0 : used < 1 || used > count) {
            throw wrong(used + " of " + count + " experts used");
        }
    }

    /** A number for all layers, or an array of one for each; zeros where there is neither. */
    private List<Integer> perLayer(String key, long max) {
        OptionalLong count = file.count(prefix + key);
        if (count.isEmpty()) {
            return Collections.nCopies(layers, (int) within(key, number(key).orElse(0), 0, max));
        }
        List<Long> values = file.integers(prefix + key, (int) LAYERS_MAX);
        if (count.getAsLong() != layers || values.size() != layers) {
            throw wrong(prefix + key + " of " + count.getAsLong() + " elements for " + layers + " layers");
        }
        List<Integer> numbers = new ArrayList<>();
        for (long value : values) {
            numbers.add((int) within(key, value, 0, max));
        }
        return List.copyOf(numbers);
    }

    private int headLength(String key) {
        int first = heads.getFirst();
        long otherwise = first == 0 ? 0 : embedding / first;
        return (int) within(key, number(key).orElse(otherwise), 0, LENGTH_MAX);
    }

    private void attention() {
        if (WITHOUT_HEADS.contains(architecture)) {
            return;
        }
        int most = heads.stream().mapToInt(Integer::intValue).max().orElse(0);
        if (most == 0) {
            throw wrong("no " + prefix + "attention.head_count");
        }
        for (int i = 0; i < layers; i++) {
            int kv = headsKv.get(i);
            if (kv > 0 && heads.get(i) % kv != 0) {
                throw wrong(heads.get(i) + " heads share " + kv + " in layer " + i);
            }
        }
        rotation();
        boolean all = ROTATES_ALL.contains(architecture);
        if (all || SAME_HEADS.contains(architecture)) {
            for (int i = 0; i < layers; i++) {
                if (heads.get(i) > 0 && headsKv.get(i) == 0 && !architecture.equals("deci")) {
                    throw wrong("no heads for keys in layer " + i);
                }
            }
            if (keyLength < 1 || keyLength != valueLength) {
                throw wrong("heads of " + keyLength + " and " + valueLength + " numbers");
            }
        }
    }

    private void rotation() {
        long rotated = number("rope.dimension_count").orElse(keyLength);
        long most = Math.max(keyLength, number("attention.key_length_mla").orElse(0));
        boolean all = ROTATES_ALL.contains(architecture);
        if (heads.getFirst() > 0
                && (rotated > most
                        || (all && rotated != keyLength)
                        || (rotated % 2 != 0 && most % 2 == 0)
                        || (all && most % 2 != 0))) {
            throw wrong(rotated + " of " + keyLength + " numbers rotated");
        }
        List<Long> sections = file.integers(prefix + "rope.dimension_sections", 4);
        if (!sections.isEmpty()) {
            long sum = 0;
            for (long section : sections) {
                sum += within("rope.dimension_sections", section, 0, LENGTH_MAX);
            }
            within("rope.dimension_sections", sum, 1, LENGTH_MAX);
        }
    }

    private void reals() {
        for (String key : file.keys()) {
            OptionalDouble value = file.real(key);
            if (key.startsWith(prefix) && value.isPresent()) {
                double number = value.getAsDouble();
                boolean never = key.endsWith("epsilon") && (number < 0 || number > 1);
                boolean base = key.endsWith("freq_base") && number <= 0;
                if (!Double.isFinite(number) || never || base) {
                    throw wrong(key + " is " + number);
                }
            }
        }
        String scaling = file.text(prefix + "rope.scaling.type").orElse("linear");
        if (file.type(prefix + "rope.scaling.type").isPresent()
                && !Set.of("none", "linear", "yarn", "longrope").contains(scaling)) {
            throw wrong("an unknown " + prefix + "rope.scaling.type");
        }
    }
}
