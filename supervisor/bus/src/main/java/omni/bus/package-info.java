/**
 * How Omni's processes talk: Varlink over Unix stream sockets.
 *
 * <p>Entry types: {@link omni.bus.BusServer} serves interfaces, {@link omni.bus.BusClient} calls them,
 * {@link omni.bus.Codegen} makes both typed from a {@code .varlink} file. {@link omni.bus.RunDirectory} says where
 * sockets lie.
 *
 * <p>Threads: servers and clients may be used by any thread. Each connection of a server has one virtual thread that
 * reads and one that answers its calls in order. A {@link omni.bus.Call} sends replies from one thread at a time; a
 * {@link omni.bus.ReplyStream} is iterated by one thread and closed by any. Of the two locks, neither is held while a
 * message is sent or foreign code runs.
 *
 * <p>Limits are {@link omni.bus.BusLimits}; the README of the module lists what happens past each.
 *
 * @see <a href="https://varlink.org/Method-Call">Varlink, method calls</a>
 * @see <a href="https://varlink.org/Interface-Definition">Varlink, interface definition</a>
 * @see <a href="https://varlink.org/Service">Varlink, the service interface</a>
 */
@NullMarked
package omni.bus;

import org.jspecify.annotations.NullMarked;
