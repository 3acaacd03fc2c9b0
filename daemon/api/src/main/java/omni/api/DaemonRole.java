package omni.api;

import java.time.Clock;
import java.time.ZoneId;
import java.util.List;
import omni.bus.RunDirectory;
import omni.role.Role;
import omni.role.RoleContext;
import omni.role.Section;
import omni.vault.SecretCall;
import omni.vault.VaultConfig;

/** The daemon: the role that speaks HTTP with the owner's programs. It holds no model and no secret but key hashes. */
public final class DaemonRole implements Role {
    /** For {@link java.util.ServiceLoader}. */
    public DaemonRole() {}

    @Override
    public String name() {
        return "daemon";
    }

    @Override
    public List<Section<?>> sections() {
        return List.of(DaemonConfig.SECTION, VaultConfig.SECTION);
    }

    @Override
    public Running start(RoleContext context) {
        var vault = new VaultLink(
                context.provenPeer("vault"),
                RunDirectory.socket(context.runDir(), SecretCall.SOCKET),
                context::vanish,
                VaultWatch.ANSWER_MAX,
                context.config(VaultConfig.SECTION).answerWhileLocked());
        var daemon = Daemon.start(
                context.config(DaemonConfig.SECTION),
                context.listener(),
                context.home(),
                context.tree(),
                context.peer("engine"),
                context.provenPeer("airgap"),
                new FetchLink(context.peer("supervisor"), context.peer("fetch")),
                vault,
                Clock.system(ZoneId.systemDefault()));
        context.note(daemon.note());
        return daemon;
    }
}
