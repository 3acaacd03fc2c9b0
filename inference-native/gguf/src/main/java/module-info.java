/** GGUF files: a reader that survives any input, and a writer. */
module omni.gguf {
    requires static org.jspecify;

    exports omni.gguf;
}
