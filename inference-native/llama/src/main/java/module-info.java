/** The binding of llama.cpp and ggml. */
module omni.llama {
    requires static org.jspecify;

    exports omni.llama;
}
