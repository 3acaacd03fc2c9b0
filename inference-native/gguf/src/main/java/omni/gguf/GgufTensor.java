package omni.gguf;

import java.util.List;

/**
 * A tensor as a file announces it.
 *
 * @param name 1 to 63 printable characters
 * @param shape 1 to 4 lengths, each at least 1; the first is the length of a row
 * @param type how its numbers are stored
 * @param offset where its data begins, counted from the first byte of the file
 * @param bytes how many bytes it has
 */
public record GgufTensor(String name, List<Long> shape, TensorType type, long offset, long bytes) {
    /** Copies the shape. */
    public GgufTensor {
        shape = List.copyOf(shape);
    }

    /** How many numbers it holds. */
    public long elements() {
        long elements = 1;
        for (long length : shape) {
            elements *= length;
        }
        return elements;
    }
}
