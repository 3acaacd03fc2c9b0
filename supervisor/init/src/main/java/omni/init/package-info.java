/**
 * The supervision tree and its launchers.
 *
 * <p>Entry types: {@link omni.init.Up} ({@code omni up}), {@link omni.init.Main} (the supervisor as a service). Interface:
 * {@code omni.Supervisor}, served at {@code supervisor.sock}. Model: Erlang/OTP's supervisor,
 * erlang.org/doc/apps/stdlib/supervisor.html.
 *
 * <p>Threads: one platform thread ("tree") owns the state machine; one platform thread ("spawner") starts all child
 * processes, for their parent-death signal is tied to it; one a child carries its output; a virtual one awaits its end.
 * No lock is held while something blocks.
 *
 * <p>Limits: 10,000 events waiting; log lines 16 KiB; log files three of 8 MiB a role; restarts as [supervisor] says.
 */
@NullMarked
package omni.init;

import org.jspecify.annotations.NullMarked;
