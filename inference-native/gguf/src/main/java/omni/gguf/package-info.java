/**
 * GGUF files, the form that llama.cpp takes models in: read without believing a byte of them, and written.
 *
 * <p>Entry types: {@link omni.gguf.Gguf} reads what a file says of itself; {@link omni.gguf.GgufModel} checks that
 * llama.cpp may be given the file (or all parts of a split model), and knows the model's shape;
 * {@link omni.gguf.GgufWriter} writes a file.
 *
 * <pre>
 * magic "GGUF" | version u32 (2, 3) | tensors u64 | pairs u64                            all numbers little-endian
 * pairs   x { key string | type u32 | value }                       string = bytes u64, that many bytes of UTF-8
 *             value of type 9 (array) = element type u32 | count u64 | elements        arrays of arrays: refused
 * tensors x { name string | dimensions u32 (0 to 4) | length u64 x dimensions | type u32 | offset u64 }
 * zeros up to a multiple of general.alignment (u32, 32 where it is not given)
 * tensor data: each at the end of the one before, rounded up to the alignment; offset counts from the first
 * </pre>
 *
 * <p>Threads: what is read is immutable; a writer belongs to one thread.
 *
 * <p>Limits: those of {@link omni.gguf.Gguf} and {@link omni.gguf.GgufModel}; everything past one is a
 * {@link omni.gguf.GgufException}. Nothing is allocated for a number in a file before the file has been seen to hold
 * as many bytes as the number needs.
 *
 * @see <a href="https://github.com/ggml-org/ggml/blob/master/docs/gguf.md">The format</a>
 * @see <a href="https://github.com/ggml-org/llama.cpp/blob/master/ggml/src/gguf.cpp">The reader that must not be
 *     surprised</a>
 */
@NullMarked
package omni.gguf;

import org.jspecify.annotations.NullMarked;
