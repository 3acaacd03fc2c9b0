/**
 * JSON Schema to grammars: what a client wants an answer to look like, as the GBNF by which the engine picks tokens.
 *
 * <p>Entry is {@link omni.schema.SchemaGrammar}; any thread may call it, many at once. A schema that cannot be honoured
 * whole is refused by {@link omni.schema.SchemaException}, which names the keyword and where it stands: nothing that a
 * schema demands is left out of its grammar.
 *
 * <p>A schema is a stranger's text. {@code Limits} bounds its size, depth, repetitions and what its grammar may grow to;
 * patterns become finite automata, so that no text takes longer than its length.
 *
 * <p>{@code SchemaReader} reads a schema into {@code Shape}s, {@code Alternatives} puts together what stands beside one
 * another in it, {@code GbnfWriter} writes the {@code Grammar}.
 */
@NullMarked
package omni.schema;

import org.jspecify.annotations.NullMarked;
