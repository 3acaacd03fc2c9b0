/** java-llama.cpp in a process of its own, for boxes that no native library of llama.cpp fits. */
module omni.portable {
    requires llama;
    requires omni.bus;
    requires omni.engine;
    requires static org.jspecify;

    exports omni.portable;
}
