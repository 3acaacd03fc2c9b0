/**
 * The portable binding: java-llama.cpp (de.kherud:llama, JNI) serving {@code omni.Portable} for one model. The engine
 * starts {@link omni.portable.Main} where no native library of llama.cpp opens, or where {@code omni.toml} says so.
 *
 * <p>Its own process because of the library: closing a model frees nothing, its thread keeps the virtual machine alive,
 * and a fault in it ends the process. All three are the end of this process and of nothing else.
 */
@NullMarked
package omni.portable;

import org.jspecify.annotations.NullMarked;
