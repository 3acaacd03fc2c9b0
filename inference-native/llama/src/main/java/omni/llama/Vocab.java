package omni.llama;

import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.nio.ByteBuffer;
import java.nio.charset.CharacterCodingException;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;
import java.util.OptionalInt;
import omni.llama.raw.Llama;

/**
 * The tokens of a model: text to token ids and back.
 *
 * <p>Any thread may call, at the same time too. Token ids are 0 to {@link #size} - 1.
 */
public final class Vocab {
    /** A longer text is refused, in UTF-8 bytes. */
    public static final int TEXT_BYTES_MAX = 16 * 1024 * 1024;

    /** A text with more special tokens in it is refused: llama.cpp takes time with the square of their number. */
    public static final int SPECIALS_MAX = 8192;

    private static final int PIECE_BYTES = 256;

    private final Owned model;
    private final MemorySegment pointer;
    private final int size;
    private final SpecialTokens control;
    private final SpecialTokens additions;

    Vocab(Owned model, MemorySegment pointer) {
        this.model = model;
        this.pointer = pointer;
        this.size = Llama.llama_vocab_n_tokens(pointer);
        var additionsAlone = Llama.LLAMA_TOKEN_ATTR_USER_DEFINED();
        var withControl = additionsAlone | Llama.LLAMA_TOKEN_ATTR_CONTROL() | Llama.LLAMA_TOKEN_ATTR_UNKNOWN();
        this.additions = new SpecialTokens(textsOf(additionsAlone));
        this.control = new SpecialTokens(textsOf(withControl));
    }

    private List<byte[]> textsOf(int attributes) {
        var texts = new ArrayList<byte[]>();
        for (var token = 0; token < size; token++) {
            if ((Llama.llama_vocab_get_attr(pointer, token) & attributes) != 0) {
                texts.add(piece(token, true));
            }
        }
        return texts;
    }

    /**
     * The tokens of a text.
     *
     * @param text any text
     * @param addSpecial whether to add what the model wants at the start and the end, such as BOS
     * @param parseSpecial whether the names of control tokens in the text mean those tokens; never for text of strangers
     * @throws LlamaException if the text is longer than {@link #TEXT_BYTES_MAX} or has more than {@link #SPECIALS_MAX}
     *     special tokens in it
     */
    public int[] tokenize(String text, boolean addSpecial, boolean parseSpecial) {
        return tokenize(text.getBytes(StandardCharsets.UTF_8), addSpecial, parseSpecial);
    }

    /**
     * Like {@link #tokenize(String, boolean, boolean)}, of UTF-8 bytes.
     *
     * @throws LlamaException also if they are not UTF-8: llama.cpp would end the process over some such bytes
     */
    public int[] tokenize(byte[] text, boolean addSpecial, boolean parseSpecial) {
        LlamaException.within("text bytes", text.length, 0, TEXT_BYTES_MAX + 1);
        model.check();
        if ((parseSpecial ? control : additions).exceed(decoded(text), SPECIALS_MAX)) {
            throw new LlamaException(
                    "too many special tokens in the text", "", "Send at most " + SPECIALS_MAX + " of them.");
        }
        try (var arena = Arena.ofConfined()) {
            // Never empty: an empty segment's address would be null.
            var bytes = arena.allocate(text.length + 1L);
            MemorySegment.copy(text, 0, bytes, ValueLayout.JAVA_BYTE, 0, text.length);
            var room = text.length + 8;
            var tokens = arena.allocate(ValueLayout.JAVA_INT, room);
            var count = Llama.llama_tokenize(pointer, bytes, text.length, tokens, room, addSpecial, parseSpecial);
            if (count < 0 && count != Integer.MIN_VALUE) {
                room = -count;
                tokens = arena.allocate(ValueLayout.JAVA_INT, room);
                count = Llama.llama_tokenize(pointer, bytes, text.length, tokens, room, addSpecial, parseSpecial);
            }
            if (count < 0) {
                throw new LlamaException("the text cannot be tokenized", "", "Send less text.");
            }
            return tokens.asSlice(0, count * 4L).toArray(ValueLayout.JAVA_INT);
        }
    }

    private static String decoded(byte[] text) {
        try {
            return StandardCharsets.UTF_8
                    .newDecoder()
                    .decode(ByteBuffer.wrap(text))
                    .toString();
        } catch (CharacterCodingException e) {
            throw new LlamaException("the text is not UTF-8", "", "Send whole characters in UTF-8.", e);
        }
    }

    /**
     * The bytes of a token: UTF-8, but a token may be part of a character.
     *
     * @param token which
     * @param special whether a control token gives its name; otherwise it gives nothing
     * @throws LlamaException if there is no such token
     */
    public byte[] piece(int token, boolean special) {
        check(token);
        model.check();
        try (var arena = Arena.ofConfined()) {
            var buffer = arena.allocate(PIECE_BYTES);
            var length = Llama.llama_token_to_piece(pointer, token, buffer, PIECE_BYTES, 0, special);
            if (length < 0) {
                buffer = arena.allocate(-length);
                length = Llama.llama_token_to_piece(pointer, token, buffer, -length, 0, special);
            }
            return buffer.asSlice(0, Math.max(length, 0)).toArray(ValueLayout.JAVA_BYTE);
        }
    }

    /** The beginning-of-sequence token, where the model has one. */
    public OptionalInt bos() {
        model.check();
        return optional(Llama.llama_vocab_bos(pointer));
    }

    /** The end-of-sequence token, where the model has one. */
    public OptionalInt eos() {
        model.check();
        return optional(Llama.llama_vocab_eos(pointer));
    }

    /**
     * Whether the token ends an answer: end of sequence, of turn and their like.
     *
     * @throws LlamaException if there is no such token
     */
    public boolean isEndOfGeneration(int token) {
        check(token);
        model.check();
        return Llama.llama_vocab_is_eog(pointer, token);
    }

    /** How many tokens there are. */
    public int size() {
        return size;
    }

    /** Whether {@code addSpecial} puts the beginning-of-sequence token in front. */
    public boolean addsBos() {
        model.check();
        return Llama.llama_vocab_get_add_bos(pointer);
    }

    int check(int token) {
        return LlamaException.within("token", token, 0, size);
    }

    private static OptionalInt optional(int token) {
        return token == Llama.LLAMA_TOKEN_NULL() ? OptionalInt.empty() : OptionalInt.of(token);
    }
}
