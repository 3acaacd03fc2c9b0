package omni.llama;

import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.nio.ByteBuffer;
import java.nio.charset.CharacterCodingException;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.BitSet;
import java.util.EnumSet;
import java.util.List;
import java.util.Optional;
import java.util.OptionalInt;
import java.util.Set;
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

    /** Most tokens of one {@link #detokenize}. */
    public static final int TOKENS_MAX = 1 << 20;

    private static final int PIECE_BYTES = 256;

    private final Owned model;
    private final MemorySegment pointer;
    private final int size;
    private final boolean listed;
    private final SpecialTokens control;
    private final SpecialTokens additions;
    private final BitSet silent;

    Vocab(Owned model, MemorySegment pointer) {
        this.model = model;
        this.pointer = pointer;
        this.size = Llama.llama_vocab_n_tokens(pointer);
        // Without a vocabulary llama.cpp has a number of tokens but no list of them, and ends the process when asked.
        this.listed = Llama.llama_vocab_type(pointer) != Llama.LLAMA_VOCAB_TYPE_NONE();
        var additionsAlone = Llama.LLAMA_TOKEN_ATTR_USER_DEFINED();
        var withControl = additionsAlone | Llama.LLAMA_TOKEN_ATTR_CONTROL() | Llama.LLAMA_TOKEN_ATTR_UNKNOWN();
        this.additions = new SpecialTokens(textsOf(additionsAlone));
        this.control = new SpecialTokens(textsOf(withControl));
        this.silent = silentOnes();
    }

    private List<byte[]> textsOf(int attributes) {
        var texts = new ArrayList<byte[]>();
        for (var token = 0; listed && token < size; token++) {
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
     *     special tokens in it, or the model has no vocabulary
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
        checkListed();
        if (addSpecial) {
            checkAdded();
        }
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
     * @throws LlamaException if there is no such token, or no vocabulary
     */
    public byte[] piece(int token, boolean special) {
        check(token);
        checkListed();
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

    /** Tokens whose text is no part of an answer, but for those that end it. */
    BitSet silent() {
        return (BitSet) silent.clone();
    }

    private BitSet silentOnes() {
        var all = new BitSet(size);
        for (var token = 0; listed && token < size; token++) {
            var control = (Llama.llama_vocab_get_attr(pointer, token) & Llama.LLAMA_TOKEN_ATTR_CONTROL()) != 0;
            all.set(token, control && !Llama.llama_vocab_is_eog(pointer, token));
        }
        return all;
    }

    /** How the vocabulary cuts text ({@code enum llama_vocab_type}). */
    public enum Type {
        /** Not at all: the model has no vocabulary. */
        NONE(Llama.LLAMA_VOCAB_TYPE_NONE()),
        /** Byte pairs with bytes to fall back on, as SentencePiece does (Llama). */
        SPM(Llama.LLAMA_VOCAB_TYPE_SPM()),
        /** Pairs of bytes (GPT-2). */
        BPE(Llama.LLAMA_VOCAB_TYPE_BPE()),
        /** Pieces of words (BERT). */
        WPM(Llama.LLAMA_VOCAB_TYPE_WPM()),
        /** Unigrams (T5). */
        UGM(Llama.LLAMA_VOCAB_TYPE_UGM()),
        /** The longest that fits (RWKV). */
        RWKV(Llama.LLAMA_VOCAB_TYPE_RWKV()),
        /** The best path (PLaMo 2). */
        PLAMO2(Llama.LLAMA_VOCAB_TYPE_PLAMO2()),
        /** llama.cpp's own, for tests. */
        TEST(Llama.LLAMA_VOCAB_TYPE_TEST());

        private final int code;

        Type(int code) {
            this.code = code;
        }
    }

    /** What is special about a token ({@code enum llama_token_attr}). */
    public enum Attribute {
        /** It stands for what is unknown. */
        UNKNOWN(Llama.LLAMA_TOKEN_ATTR_UNKNOWN()),
        /** Never used. */
        UNUSED(Llama.LLAMA_TOKEN_ATTR_UNUSED()),
        /** Nothing. */
        NORMAL(Llama.LLAMA_TOKEN_ATTR_NORMAL()),
        /** It steers and is no text. */
        CONTROL(Llama.LLAMA_TOKEN_ATTR_CONTROL()),
        /** Added to the vocabulary. */
        USER_DEFINED(Llama.LLAMA_TOKEN_ATTR_USER_DEFINED()),
        /** One byte. */
        BYTE(Llama.LLAMA_TOKEN_ATTR_BYTE()),
        /** Found in normalized text. */
        NORMALIZED(Llama.LLAMA_TOKEN_ATTR_NORMALIZED()),
        /** Takes white space before it. */
        LSTRIP(Llama.LLAMA_TOKEN_ATTR_LSTRIP()),
        /** Takes white space behind it. */
        RSTRIP(Llama.LLAMA_TOKEN_ATTR_RSTRIP()),
        /** Only a word of its own. */
        SINGLE_WORD(Llama.LLAMA_TOKEN_ATTR_SINGLE_WORD());

        private final int code;

        Attribute(int code) {
            this.code = code;
        }
    }

    /** A token with a part to play. */
    public enum Role {
        /** Begins a text. */
        BEGIN_OF_SEQUENCE,
        /** Ends a text. */
        END_OF_SEQUENCE,
        /** Ends a turn of a conversation. */
        END_OF_TURN,
        /** Stands between sentences. */
        SEPARATOR,
        /** Ends a line. */
        NEWLINE,
        /** Fills up. */
        PADDING,
        /** Stands for what is to be guessed. */
        MASK,
        /** Before the text that comes before what is to be filled in. */
        FILL_PREFIX,
        /** Before the text that comes behind it. */
        FILL_SUFFIX,
        /** Before what is filled in. */
        FILL_MIDDLE
    }

    /** How it cuts text; empty for a way that is newer than this binding. */
    public Optional<Type> type() {
        model.check();
        var code = Llama.llama_vocab_type(pointer);
        return Arrays.stream(Type.values()).filter(t -> t.code == code).findFirst();
    }

    /**
     * What is special about a token.
     *
     * @throws LlamaException if there is no such token
     */
    public Set<Attribute> attributes(int token) {
        check(token);
        checkListed();
        var bits = Llama.llama_vocab_get_attr(pointer, token);
        var set = EnumSet.noneOf(Attribute.class);
        for (var attribute : Attribute.values()) {
            if ((bits & attribute.code) != 0) {
                set.add(attribute);
            }
        }
        return set;
    }

    /** The token that plays a part, where the model has one. */
    public OptionalInt token(Role role) {
        model.check();
        return optional(
                switch (role) {
                    case BEGIN_OF_SEQUENCE -> Llama.llama_vocab_bos(pointer);
                    case END_OF_SEQUENCE -> Llama.llama_vocab_eos(pointer);
                    case END_OF_TURN -> Llama.llama_vocab_eot(pointer);
                    case SEPARATOR -> Llama.llama_vocab_sep(pointer);
                    case NEWLINE -> Llama.llama_vocab_nl(pointer);
                    case PADDING -> Llama.llama_vocab_pad(pointer);
                    case MASK -> Llama.llama_vocab_mask(pointer);
                    case FILL_PREFIX -> Llama.llama_vocab_fim_pre(pointer);
                    case FILL_SUFFIX -> Llama.llama_vocab_fim_suf(pointer);
                    case FILL_MIDDLE -> Llama.llama_vocab_fim_mid(pointer);
                });
    }

    /**
     * How the file spells a token: bytes that are no letters stand there as other letters, or in brackets.
     *
     * @throws LlamaException if there is no such token, or no vocabulary
     */
    public String spelling(int token) {
        check(token);
        checkListed();
        return Llama.llama_vocab_get_text(pointer, token).getString(0);
    }

    /**
     * The score of a token in the file, by which unigrams are chosen.
     *
     * @throws LlamaException if there is no such token, or no vocabulary
     */
    public float score(int token) {
        check(token);
        checkListed();
        return Llama.llama_vocab_get_score(pointer, token);
    }

    /** Refuses a model without a vocabulary. */
    void checkListed() {
        model.check();
        if (!listed) {
            throw new LlamaException("the model has no vocabulary", "", "Use token ids.");
        }
    }

    // llama.cpp ends the process where a file wants a token added and does not say which.
    private void checkAdded() {
        var pieces = Llama.llama_vocab_type(pointer) == Llama.LLAMA_VOCAB_TYPE_WPM();
        var wanted = EnumSet.noneOf(Role.class);
        if (pieces || addsBos()) {
            wanted.add(Role.BEGIN_OF_SEQUENCE);
        }
        if (pieces || addsSeparator()) {
            wanted.add(Role.SEPARATOR);
        }
        if (addsEos()) {
            wanted.add(Role.END_OF_SEQUENCE);
        }
        if (wanted.stream().anyMatch(role -> token(role).isEmpty())) {
            throw new LlamaException(
                    "the model's file lacks a special token that it wants added", "", "Tokenize without addSpecial.");
        }
    }

    /**
     * The bytes of a text, the reverse of {@link #tokenize}: spaces that tokenizing adds are taken away again.
     *
     * @param tokens at most {@link #TOKENS_MAX}
     * @param removeSpecial whether to leave out what {@code addSpecial} added at the start and the end
     * @param unparseSpecial whether control tokens give their names; otherwise they give nothing
     * @throws LlamaException if there is no such token
     */
    public byte[] detokenize(int[] tokens, boolean removeSpecial, boolean unparseSpecial) {
        LlamaException.within("tokens", tokens.length, 0, TOKENS_MAX + 1);
        for (var token : tokens) {
            check(token);
        }
        checkListed();
        try (var arena = Arena.ofConfined()) {
            var ids = arena.allocate(ValueLayout.JAVA_INT, tokens.length + 1L);
            MemorySegment.copy(tokens, 0, ids, ValueLayout.JAVA_INT, 0, tokens.length);
            var room = tokens.length * 4 + 16;
            var bytes = arena.allocate(room);
            var length =
                    Llama.llama_detokenize(pointer, ids, tokens.length, bytes, room, removeSpecial, unparseSpecial);
            if (length < 0) {
                room = -length;
                bytes = arena.allocate(room);
                length =
                        Llama.llama_detokenize(pointer, ids, tokens.length, bytes, room, removeSpecial, unparseSpecial);
            }
            return bytes.asSlice(0, Math.max(length, 0)).toArray(ValueLayout.JAVA_BYTE);
        }
    }

    /** Whether {@code addSpecial} puts the end-of-sequence token behind the text. */
    public boolean addsEos() {
        model.check();
        return Llama.llama_vocab_get_add_eos(pointer);
    }

    /** Whether {@code addSpecial} puts a separator between texts. */
    public boolean addsSeparator() {
        model.check();
        return Llama.llama_vocab_get_add_sep(pointer);
    }

    MemorySegment pointer() {
        model.check();
        return pointer;
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
