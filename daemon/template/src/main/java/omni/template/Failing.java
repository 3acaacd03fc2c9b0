package omni.template;

import java.util.Iterator;
import java.util.function.Supplier;

/** A sequence whose first use fails, as a Python generator does that checks its input when it begins to run. */
record Failing(Supplier<TemplateException> error) implements Iterator<Value> {
    @Override
    public boolean hasNext() {
        throw error.get();
    }

    @Override
    public Value next() {
        throw error.get();
    }
}
