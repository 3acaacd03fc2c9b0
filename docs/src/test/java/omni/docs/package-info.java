/**
 * The documentation as tests: what a page shows is what the program does.
 *
 * <p>{@link Pages} finds the pages of the repository and what they show; {@code PagesTest} holds links, commands and
 * configuration against the program, {@code SnippetsTest} compiles the Java, and {@code FirstChatTest} runs the README's
 * first chat. Nothing here is thread safe; nothing needs to be.
 */
@NullMarked
package omni.docs;

import org.jspecify.annotations.NullMarked;
