/**
 * Benchmarks of Omni's parts with JMH; nothing here ships.
 *
 * <p>Run them with {@code mvn -q -Pjmh -pl inference-native/bench -am package -DskipTests -Djmh=NAME}; the entry type is
 * JMH's own {@code org.openjdk.jmh.Main}. Each benchmark runs on one thread in a process of its own. A number counts only
 * on a quiet machine, beside its peer in the same run; {@code inference-native/bench/decode} compares decoding with
 * {@code llama-bench}.
 */
@NullMarked
package omni.bench;

import org.jspecify.annotations.NullMarked;
