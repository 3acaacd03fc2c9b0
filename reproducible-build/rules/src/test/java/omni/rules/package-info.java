/**
 * The rules of this repository as tests: what docs/development.md asks for and a machine can check.
 *
 * <p>{@link Rules} holds the rules as pure functions from a {@link Tree} to violations; {@code RepositoryTest} applies
 * them to this repository and {@code RulesTest} plants one violation of each and expects it to be found. Rules read
 * text and class files; they change nothing and may run on any thread.
 */
@NullMarked
package omni.rules;

import org.jspecify.annotations.NullMarked;
