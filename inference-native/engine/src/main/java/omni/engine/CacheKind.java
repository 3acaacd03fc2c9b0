package omni.engine;

import omni.gguf.TensorType;
import omni.llama.ContextParams.CacheType;

/** How a model's keys and values are kept: less precise is smaller. */
enum CacheKind {
    /** 16 bits a number. */
    F16(CacheType.F16, TensorType.F16),
    /** 8.5 bits. */
    Q8_0(CacheType.Q8_0, TensorType.Q8_0),
    /** 4.5 bits. */
    Q4_0(CacheType.Q4_0, TensorType.Q4_0);

    final CacheType type;
    final TensorType stored;

    /** Returns the kind of a cache's type; what is neither of the others is as large as F16 at least. */
    static CacheKind of(CacheType type) {
        return switch (type) {
            case Q8_0, Q5_0 -> Q8_0;
            case Q4_0 -> Q4_0;
            case F32, F16, BF16 -> F16;
        };
    }

    CacheKind(CacheType type, TensorType stored) {
        this.type = type;
        this.stored = stored;
    }
}
