/**
 * What models write, told apart: thoughts, text, and calls of functions.
 *
 * <p>Entry is {@link omni.dialogue.AnswerParser}, one an answer and for one thread: text goes in as it comes, in pieces of any
 * size, and {@link omni.dialogue.Delta}s come out. {@link omni.dialogue.ToolFormat} says how a model writes a call, found in
 * what its own chat template writes, so that a grammar can hold the model to it.
 *
 * <p>A model's text is a stranger's: nothing in it is an error, calls and their sizes are bounded, and the time is
 * proportional to the length. The format is that of Hermes and Qwen models; source: the chat templates and
 * {@code common/chat-auto-parser-generator.cpp} of the llama.cpp release, to whose parser the tests hold this one.
 */
@NullMarked
package omni.dialogue;

import org.jspecify.annotations.NullMarked;
