/**
 * What every Omni process is made of: configuration, lifecycle, readiness, logs.
 *
 * <p>Entry types: {@link omni.role.Role} to implement, {@link omni.role.Main} to start, {@link omni.role.Section} for
 * settings. Interface: {@code omni.Supervisor} (src/main/varlink), which a role reports to and the supervisor serves.
 *
 * <p>Also what roles with a secret need alike: {@link omni.role.Attempts}, {@link omni.role.PrivateFile}.
 *
 * <p>Threads: a role is started on the main thread and stopped on one of the shutdown; its {@link omni.role.RoleContext}
 * may be used from any. Sections and configurations are immutable.
 *
 * <p>Limits: omni.toml 1 MiB; a note 200 characters; a log message 2000 characters and four causes of fifteen frames; one
 * second to stop once the supervisor is gone.
 */
@NullMarked
package omni.role;

import org.jspecify.annotations.NullMarked;
