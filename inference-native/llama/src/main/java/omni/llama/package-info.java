/**
 * llama.cpp through the foreign function interface: a small layer that cannot crash the process by a wrong argument.
 *
 * <p>Start at {@link omni.llama.LlamaLibrary#open}; then {@link omni.llama.Model}, {@link omni.llama.Context},
 * {@link omni.llama.Batch}, {@link omni.llama.Sampler}. What each thread may do is said at each class: library, model and
 * vocabulary are for any thread, a context with its batches and samplers for one at a time. An object's memory lives as
 * long as the object; using one after closing it is an error, never a crash.
 *
 * <p>Made for llama.cpp v0.5.0 ({@code llama.h} and {@code ggml-backend.h} of that release, raw layer in
 * {@code omni.llama.raw}); libraries of another release are refused. Limits: each class names its own; a failed assertion
 * inside llama.cpp that is not foreseen still ends the process, which is why the engine is a process of its own.
 */
@NullMarked
package omni.llama;

import org.jspecify.annotations.NullMarked;
