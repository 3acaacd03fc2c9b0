/**
 * The engine role: models on this box, and text and embeddings from them, served as {@code omni.Engine} (see
 * {@code src/main/varlink}). Start at {@link omni.engine.EngineRole}; the heart is the decode loop, which computes one
 * token of every running answer in each call of llama.cpp (continuous batching).
 *
 * <p>Threads. Each loaded model has one platform thread, {@code omni-decode-NAME}: it loads the model, alone touches its
 * contexts, batch, samplers and sequences, and frees them. Calls from the bus come on virtual threads; they check,
 * tokenize (a vocabulary is for any thread), hand work to the loop and read an answer from its outbox. Locks, each taken
 * only in this order: {@code Residents.lock} (which models are in memory, who uses them), {@code DecodeLoop.gate} (work
 * handed in), {@code Outbox.lock} (text on its way out); {@code Residents.loading} is held by a loading thread and
 * nothing else; the monitor of {@code ModelStore} (the list of models) is never held with any of these. Nothing blocks
 * the decode thread but llama.cpp: a reader that is behind pauses its own sequence.
 *
 * <p>Limits: every one is a key of {@code [engine]} in {@code omni.toml} or a constant beside what it bounds, and has a
 * test one past it. A failed assertion in llama.cpp ends the process; the supervisor starts it again.
 *
 * <p>Formats: GGUF as in ggml's {@code docs/gguf.md}, versions 2 and 3.
 */
@NullMarked
package omni.engine;

import org.jspecify.annotations.NullMarked;
