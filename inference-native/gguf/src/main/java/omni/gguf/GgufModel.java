package omni.gguf;

import java.util.ArrayList;
import java.util.Comparator;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.regex.Pattern;

/**
 * A model that llama.cpp may be given: one file, or all parts of a split one, with its metadata, vocabulary and tensors
 * inside the bounds that the loader of v0.5.0 relies on. What the loader itself refuses with an error (an architecture
 * it lacks, a tensor that is missing or of another shape) is left to it, but for the tensors every model has. Immutable.
 */
public final class GgufModel {
    /** Most parts of a split model. */
    public static final int PARTS_MAX = 512;

    private static final Pattern ARCHITECTURE = Pattern.compile("[a-z0-9][a-z0-9_-]{0,63}");
    /** What is in a file of the format and cannot be asked for text or vectors by itself. */
    private static final Set<String> NO_MODELS = Set.of(
            "clip", "adapter", "wavtokenizer-dec", "pockettts", "qwen3tts", "gemma4-assistant", "eagle3", "dflash");

    private static final Pattern LAYER = Pattern.compile("blk\\.(\\d{1,9})\\..*");

    private final List<Gguf> parts;
    private final String architecture;
    private final Hyperparameters hyper;
    private final long tokens;
    private final Map<String, GgufTensor> byName;
    private final long weightBytes;
    private final long parameters;

    private GgufModel(List<Gguf> parts) {
        this.parts = parts;
        Gguf main = parts.getFirst();
        this.architecture = main.text("general.architecture")
                .orElseThrow(() -> new GgufException(GgufException.Code.NOT_A_MODEL, "no general.architecture"));
        String type = main.text("general.type").orElse("model");
        if (!ARCHITECTURE.matcher(architecture).matches()
                || NO_MODELS.contains(architecture)
                || !type.equals("model")) {
            throw new GgufException(GgufException.Code.NOT_A_MODEL, "general.type or general.architecture");
        }
        this.byName = new HashMap<>();
        long bytes = 0;
        long elements = 0;
        for (Gguf part : parts) {
            for (GgufTensor tensor : part.tensors()) {
                if (byName.put(tensor.name(), tensor) != null) {
                    throw new GgufException(GgufException.Code.DUPLICATE, "tensor " + tensor.name());
                }
                bytes += tensor.bytes();
                elements += tensor.elements();
            }
        }
        this.weightBytes = bytes;
        this.parameters = elements;
        if (byName.isEmpty()) {
            throw new GgufException(GgufException.Code.NOT_A_MODEL, "no tensors");
        }
        this.hyper = new Hyperparameters(main, architecture);
        this.tokens = Vocabulary.checked(main);
        checkTensors();
    }

    /**
     * Checks a model.
     *
     * @param parts its file, or all its parts in any order
     * @throws GgufException if llama.cpp may not be given it
     */
    public static GgufModel of(List<Gguf> parts) {
        if (parts.isEmpty() || parts.size() > PARTS_MAX) {
            throw new GgufException(GgufException.Code.SPLIT, parts.size() + " parts");
        }
        if (parts.size() == 1 && splitCount(parts.getFirst()) <= 1) {
            return new GgufModel(List.copyOf(parts));
        }
        return new GgufModel(ordered(parts));
    }

    /** Of how many parts a file says it is one; 1 where it is whole. */
    public static int splitCount(Gguf file) {
        return splitNumber(file, "split.count", 1);
    }

    /** Which part of a split model a file is, from 0. */
    public static int splitIndex(Gguf file) {
        return splitNumber(file, "split.no", 0);
    }

    /** llama.cpp reads these without asking for their type, and ends the process where it is another. */
    private static int splitNumber(Gguf file, String key, int otherwise) {
        Optional<ValueType> type = file.type(key);
        if (type.isPresent() && type.get() != ValueType.U16) {
            throw new GgufException(GgufException.Code.SPLIT, key + " of type " + type.get());
        }
        return (int) file.integer(key).orElse(otherwise);
    }

    private static List<Gguf> ordered(List<Gguf> parts) {
        List<Gguf> ordered = new ArrayList<>(parts);
        ordered.sort(Comparator.comparingInt(GgufModel::splitIndex));
        for (int i = 0; i < ordered.size(); i++) {
            Gguf part = ordered.get(i);
            if (splitIndex(part) != i || splitCount(part) != ordered.size()) {
                throw new GgufException(
                        GgufException.Code.SPLIT,
                        "part " + (splitIndex(part) + 1) + " of " + splitCount(part) + " among " + ordered.size());
            }
        }
        long announced = ordered.getFirst().integer("split.tensors.count").orElse(-1);
        long there = ordered.stream().mapToLong(p -> p.tensors().size()).sum();
        if (announced != there) {
            throw new GgufException(GgufException.Code.SPLIT, announced + " tensors announced, " + there + " there");
        }
        return List.copyOf(ordered);
    }

    private void checkTensors() {
        for (GgufTensor tensor : byName.values()) {
            var layer = LAYER.matcher(tensor.name());
            if (layer.matches()) {
                int number = Integer.parseInt(layer.group(1));
                if (number >= hyper.layers) {
                    throw new GgufException(
                            GgufException.Code.TENSOR, tensor.name() + " in a model of " + hyper.layers + " layers");
                }
            }
            checkType(tensor);
        }
        GgufTensor embedding = byName.get("token_embd.weight");
        if (embedding == null
                || embedding.shape().size() != 2
                || embedding.shape().getFirst() != hyper.embedding
                || embedding.shape().getLast() != tokens) {
            throw new GgufException(
                    GgufException.Code.TENSOR, "token_embd.weight for " + tokens + " tokens of " + hyper.embedding);
        }
    }

    /** Types that ggml's arithmetic lacks end the process when the first token is computed. */
    private static void checkType(GgufTensor tensor) {
        String name = tensor.name();
        boolean vector =
                tensor.shape().size() == 1 || tensor.shape().stream().skip(1).allMatch(length -> length == 1);
        boolean table = name.contains("tid2eid");
        boolean added = name.endsWith("norm.weight") || name.endsWith(".bias");
        if (!table && !tensor.type().isWeight()) {
            throw new GgufException(GgufException.Code.TYPE, name + " of type " + tensor.type());
        }
        if ((vector || added) && !table && tensor.type() != TensorType.F32 && !name.contains("gate_inp")) {
            throw new GgufException(GgufException.Code.TYPE, name + " of type " + tensor.type());
        }
    }

    /** Its parts in order; one where it is not split. */
    public List<Gguf> parts() {
        return parts;
    }

    /** {@code general.architecture}: "llama" and the like. */
    public String architecture() {
        return architecture;
    }

    /** The metadata: that of the first part. */
    public Gguf metadata() {
        return parts.getFirst();
    }

    /** A tensor of any part; empty where there is none of that name. */
    public Optional<GgufTensor> tensor(String name) {
        return Optional.ofNullable(byName.get(name));
    }

    /** Bytes of all tensors. */
    public long weightBytes() {
        return weightBytes;
    }

    /** How many numbers it learned. */
    public long parameters() {
        return parameters;
    }

    /** Tokens in its vocabulary. */
    public int vocabularySize() {
        return (int) tokens;
    }

    /** Its layers, those that predict more than the next token among them. */
    public int layers() {
        return hyper.layers;
    }

    /** Numbers of one embedding. */
    public int embeddingLength() {
        return hyper.embedding;
    }

    /** Tokens it was trained on at a time. */
    public int contextLength() {
        return (int) number("context_length", 1);
    }

    /** Heads of queries of each layer. */
    public List<Integer> heads() {
        return hyper.heads;
    }

    /** Heads of keys and values of each layer. */
    public List<Integer> headsKv() {
        return hyper.headsKv;
    }

    /** Numbers of one key. */
    public int keyLength() {
        return hyper.keyLength;
    }

    /** Numbers of one value. */
    public int valueLength() {
        return hyper.valueLength;
    }

    /** A whole number of this architecture, such as {@code expert_count}; otherwise where there is none. */
    public long number(String key, long otherwise) {
        return metadata().integer(architecture + "." + key).orElse(otherwise);
    }

    /** How most of its weights are stored: the type with the most bytes. */
    public TensorType mostlyStoredAs() {
        Map<TensorType, Long> bytes = new HashMap<>();
        byName.values().forEach(t -> bytes.merge(t.type(), t.bytes(), Long::sum));
        return bytes.entrySet().stream()
                .max(Map.Entry.<TensorType, Long>comparingByValue()
                        .thenComparing(Map.Entry::getKey, Comparator.reverseOrder()))
                .orElseThrow()
                .getKey();
    }
}
