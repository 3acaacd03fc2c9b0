package omni.cli;

import java.util.List;
import omni.bus.Call;
import omni.vault.VaultProtocol;
import omni.vault.VaultProtocol.LockReplyWas;
import omni.vault.VaultProtocol.VaultState;

/** A vault that says how it stands, and is locked at any time. */
final class FakeVault implements VaultProtocol.Handler {
    private final VaultState state;

    FakeVault(VaultState state) {
        this.state = state;
    }

    @Override
    public void status(VaultProtocol.StatusParams in, Call<VaultProtocol.StatusReply> call) {
        call.reply(new VaultProtocol.StatusReply(
                new VaultProtocol.Vault(state, "2026-11-29T00:00:00Z", "restored", List.of(), 0, 0, 0, null)));
    }

    @Override
    public void lock(VaultProtocol.LockParams in, Call<VaultProtocol.LockReply> call) {
        call.reply(new VaultProtocol.LockReply(LockReplyWas.valueOf(state.name())));
    }

    @Override
    public void redeem(VaultProtocol.RedeemParams in, Call<VaultProtocol.RedeemReply> call) {
        throw new UnsupportedOperationException();
    }

    @Override
    public void wipe(VaultProtocol.WipeParams in, Call<VaultProtocol.WipeReply> call) {
        throw new UnsupportedOperationException();
    }

    @Override
    public void export(VaultProtocol.ExportParams in, Call<VaultProtocol.ExportReply> call) {
        throw new UnsupportedOperationException();
    }

    @Override
    public void verify(VaultProtocol.VerifyParams in, Call<VaultProtocol.VerifyReply> call) {
        throw new UnsupportedOperationException();
    }
}
