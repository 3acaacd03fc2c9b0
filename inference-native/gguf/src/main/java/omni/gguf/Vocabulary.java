package omni.gguf;

import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.util.HashSet;
import java.util.List;
import java.util.Set;
import java.util.SplittableRandom;

/**
 * Checks a vocabulary against what llama.cpp takes for granted: where its loader ends the process instead of saying no
 * (two tokens with the same text, a byte token in a WordPiece vocabulary), and where tokenizing a text would (a
 * SentencePiece vocabulary without the bytes to fall back to). Source: {@code llama_vocab::impl::load},
 * {@code token_to_byte}, {@code byte_to_token} and {@code llm_tokenizer_ugm} in {@code src/llama-vocab.cpp} of v0.5.0.
 */
final class Vocabulary {
    static final long TOKENS_MAX = 1_048_576;
    private static final int TOKEN_TYPE_BYTE = 6;
    /** {@code tokenizer.ggml.model} values that llama.cpp knows and that can write text. */
    private static final Set<String> KINDS =
            Set.of("llama", "bert", "gpt2", "hybriddna", "whitespace", "t5", "rwkv", "plamo2", "gemma4");
    /** Kinds that fall back to the tokens of single bytes, and end the process where one is missing. */
    private static final Set<String> BYTE_KINDS = Set.of("llama", "plamo2");

    private static final String HEX = "0123456789ABCDEF";
    private static final String PREFIX = "tokenizer.ggml.";

    private final Gguf file;
    private final MemorySegment header;
    private final long seed = new SplittableRandom().nextLong() | 1;

    private Vocabulary(Gguf file) {
        this.file = file;
        this.header = file.header();
    }

    /** Returns how many tokens there are. */
    static long checked(Gguf file) {
        return new Vocabulary(file).check();
    }

    private static GgufException wrong(String detail) {
        return new GgufException(GgufException.Code.VOCABULARY, detail);
    }

    private long check() {
        String kind = file.text(PREFIX + "model").orElse("");
        if (!KINDS.contains(kind)) {
            throw wrong(kind.isEmpty() ? "no tokenizer.ggml.model" : "an unknown tokenizer.ggml.model");
        }
        Gguf.Value tokens = file.value(PREFIX + "tokens");
        if (tokens == null || tokens.element() != ValueType.STRING) {
            throw wrong("no tokenizer.ggml.tokens");
        }
        long count = tokens.count();
        if (count == 0 || count > TOKENS_MAX) {
            throw wrong(count + " tokens");
        }
        atLeast("scores", count, Set.of(ValueType.F32, ValueType.I32));
        atLeast("token_type", count, Set.of(ValueType.I32));
        Gguf.Value merges = file.value(PREFIX + "merges");
        if (merges != null && merges.element() != ValueType.STRING) {
            throw wrong("tokenizer.ggml.merges of another type");
        }
        unique(tokens);
        byteTokens(kind, tokens);
        charsmap(kind);
        specials(count);
        return count;
    }

    /** An array that goes along with the tokens: of one of the types, and as long as they are many. */
    private void atLeast(String name, long count, Set<ValueType> types) {
        Gguf.Value value = file.value(PREFIX + name);
        if (value == null) {
            return;
        }
        ValueType element = value.element();
        if (element == null || !types.contains(element) || value.count() < count) {
            throw wrong("tokenizer.ggml." + name + " of " + value.count() + " elements for " + count + " tokens");
        }
    }

    /** No two tokens are the same text; llama.cpp cuts a text at its first zero byte, and names empty ones itself. */
    private void unique(Gguf.Value tokens) {
        int count = (int) tokens.count();
        int slots = Integer.highestOneBit(count) * 4;
        int[] hashes = new int[slots];
        int[] places = new int[slots];
        long offset = tokens.offset();
        for (int i = 0; i < count; i++) {
            long begin = offset + Long.BYTES;
            long end = begin + Header.i64(header, offset);
            offset = end;
            long cut = begin;
            long hash = seed;
            while (cut < end && Header.u8(header, cut) != 0) {
                hash = (hash ^ Header.u8(header, cut)) * 0x100000001b3L;
                hash ^= hash >>> 29;
                cut++;
            }
            if (cut == begin) {
                continue;
            }
            int brief = (int) (hash >>> 32) | 1;
            int slot = (int) hash & slots - 1;
            while (hashes[slot] != 0) {
                if (hashes[slot] == brief && same(places[slot], begin, cut)) {
                    throw wrong("token " + i + " is there twice");
                }
                slot = slot + 1 & slots - 1;
            }
            hashes[slot] = brief;
            places[slot] = Math.toIntExact(begin);
        }
    }

    private boolean same(long one, long other, long otherEnd) {
        long length = otherEnd - other;
        long oneLength = Header.i64(header, one - Long.BYTES);
        if (oneLength < length || (oneLength > length && Header.u8(header, one + length) != 0)) {
            return false;
        }
        return MemorySegment.mismatch(header, one, one + length, header, other, otherEnd) < 0;
    }

    private void byteTokens(String kind, Gguf.Value tokens) {
        Gguf.Value types = file.value(PREFIX + "token_type");
        boolean[] found = new boolean[256];
        Set<String> empties = new HashSet<>();
        long offset = tokens.offset();
        for (long i = 0; i < tokens.count(); i++) {
            long length = Header.i64(header, offset);
            long text = offset + Long.BYTES;
            offset = text + length;
            if (length == 1) {
                found[(int) Header.u8(header, text)] = true;
            } else if (length == 6) {
                int value = byteOf(text);
                if (value >= 0) {
                    found[value] = true;
                }
            }
            if (length == 0 || Header.u8(header, text) == 0) {
                empties.add("[EMPTY_" + i + "]");
            }
            if (types != null
                    && Header.integer(header, ValueType.I32, types.offset() + i * Integer.BYTES) == TOKEN_TYPE_BYTE
                    && (kind.equals("bert") || length < 3)) {
                throw wrong("token " + i + " is no byte");
            }
        }
        if (!empties.isEmpty()) {
            named(tokens, empties);
        }
        if (BYTE_KINDS.contains(kind)) {
            for (int value = 0; value < found.length; value++) {
                if (!found[value]) {
                    throw wrong("no token for byte " + value);
                }
            }
        }
    }

    /** Refuses a token that has the name which llama.cpp gives to an empty one. */
    private void named(Gguf.Value tokens, Set<String> names) {
        long offset = tokens.offset();
        for (long i = 0; i < tokens.count(); i++) {
            long length = Header.i64(header, offset);
            if (length >= 9
                    && length <= 20
                    && Header.u8(header, offset + Long.BYTES) == '['
                    && names.contains(Header.text(header, offset + Long.BYTES, length))) {
                throw wrong("token " + i + " has the name of an empty one");
            }
            offset += Long.BYTES + length;
        }
    }

    /** Returns the byte that a text such as {@code <0x0A>} stands for, else -1. */
    private int byteOf(long at) {
        boolean shaped = Header.u8(header, at) == '<'
                && Header.u8(header, at + 1) == '0'
                && Header.u8(header, at + 2) == 'x'
                && Header.u8(header, at + 5) == '>';
        int high = HEX.indexOf((int) Header.u8(header, at + 3));
        int low = HEX.indexOf((int) Header.u8(header, at + 4));
        return shaped && high >= 0 && low >= 0 ? high * 16 + low : -1;
    }

    /** A table of replacements is read up to a zero byte: its last must be one. */
    private void charsmap(String kind) {
        Gguf.Value map = file.value(PREFIX + "precompiled_charsmap");
        if (map == null || !kind.equals("t5")) {
            return;
        }
        boolean bytes = map.element() == ValueType.U8 || map.element() == ValueType.I8;
        if (!bytes || map.count() < 5) {
            throw wrong("tokenizer.ggml.precompiled_charsmap");
        }
        long table = Header.u32(header, map.offset());
        boolean ends = header.get(ValueLayout.JAVA_BYTE, map.offset() + map.count() - 1) == 0;
        if (table % 4 != 0 || table + 4 >= map.count() || !ends) {
            throw wrong("tokenizer.ggml.precompiled_charsmap");
        }
    }

    /** The ids that begin and end a text are inside the vocabulary; llama.cpp would quietly take others. */
    private void specials(long count) {
        for (String name : List.of("bos", "eos")) {
            String key = PREFIX + name + "_token_id";
            long id = file.integer(key).orElse(0);
            if ((id < 0 || id >= count) && id != 0xffff_ffffL && id != -1) {
                throw wrong(key + " is " + id + " of " + count);
            }
        }
    }
}
