/**
 * The daemon: the HTTP API that the owner's programs talk to, and the keys they need.
 *
 * <p>Entry type: {@link omni.api.DaemonRole}, a role found by {@code omni.role.Main}. Other modules use
 * {@code DaemonProtocol}, generated from {@code omni.Daemon.varlink}, and {@link omni.api.FetchedModel}; everything else stays in here.
 *
 * <p>Threads: Helidon gives each connection a virtual thread, which does all the work of its requests; the bus gives each
 * call one. {@code Sweeper} owns the only platform thread, a clock. Objects that several threads share say so and say
 * what guards them: {@code Wire}, {@code KeyStore}, {@code Templates}, {@code Answers}, {@code Health}, {@code Bodies}.
 *
 * <p>Specifications: RFC 9110 and 9112 (HTTP), WHATWG HTML 9.2 (server-sent events), RFC 8259 (JSON), RFC 6750 (bearer
 * keys), RFC 6454 (origins), and the OpenAI API as its official clients understand it. Limits: README.md beside the POM.
 */
@NullMarked
package omni.api;

import org.jspecify.annotations.NullMarked;
