package omni.engine;

import java.util.List;
import java.util.OptionalLong;
import java.util.Set;
import omni.gguf.Gguf;

/**
 * What a model's file says about text, for a binding that tells nothing of it. Source: {@code llama_vocab::impl::load} in
 * {@code src/llama-vocab.cpp} of llama.cpp v0.5.0, whose defaults these are.
 *
 * @param bos the text of the token that begins a sequence, empty where there is none
 * @param bosToken that token, or -1
 * @param eos likewise of the token that ends it
 * @param addsBos whether the tokenizer puts it in front by itself
 * @param controls the texts that stand for a control token wherever they are written, in no order
 */
record PortableText(String bos, int bosToken, String eos, boolean addsBos, List<String> controls) {
    private static final String PREFIX = "tokenizer.ggml.";
    /** {@code enum llama_token_type}: control, and those that the file's maker added. */
    private static final Set<Long> CONTROL_TYPES = Set.of(3L, 4L);

    private static final Set<String> BPE_WITH_BOS =
            Set.of("llama3", "llama-v3", "llama-bpe", "falcon3", "falcon-h1", "pixtral", "midm-2.0", "lfm2");

    static PortableText of(Gguf file) {
        List<Long> types = file.integers(PREFIX + "token_type", Integer.MAX_VALUE);
        int bos = token(file, "bos", 1);
        int eos = token(file, "eos", 2);
        return new PortableText(
                text(file, bos),
                bos,
                text(file, eos),
                bos >= 0 && file.bool(PREFIX + "add_bos_token").orElseGet(() -> addsByKind(file)),
                file
                        .texts(
                                PREFIX + "tokens",
                                token -> token < types.size() && CONTROL_TYPES.contains(types.get(token)))
                        .stream()
                        .filter(text -> !text.isEmpty())
                        .toList());
    }

    private static int token(Gguf file, String name, int ofSentencePiece) {
        OptionalLong id = file.integer(PREFIX + name + "_token_id");
        if (id.isPresent()) {
            return id.getAsLong() == 0xffff_ffffL ? -1 : Math.toIntExact(id.getAsLong());
        }
        return kind(file).equals("llama") ? ofSentencePiece : -1;
    }

    private static String kind(Gguf file) {
        return file.text(PREFIX + "model").orElse("");
    }

    private static boolean addsByKind(Gguf file) {
        return switch (kind(file)) {
            case "llama", "bert" -> true;
            case "gpt2" -> BPE_WITH_BOS.contains(file.text(PREFIX + "pre").orElse(""));
            default -> false;
        };
    }

    private static String text(Gguf file, int token) {
        return token < 0
                ? ""
                : file.texts(PREFIX + "tokens", index -> index == token).stream()
                        .findFirst()
                        .orElse("");
    }

    /** Whether a text has a control token written in it. */
    boolean hasControl(String text) {
        return controls.stream().anyMatch(text::contains);
    }
}
