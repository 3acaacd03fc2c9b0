package omni.fetch;

import java.time.Duration;
import omni.bus.BusClient;
import omni.bus.BusException;
import omni.fetch.FetchProtocol.Reason;
import omni.vault.VaultProtocol;

/** Asks the vault, which has proved that it is the one, and to which the owner gave the password. */
final class VaultConsent implements Consent {
    private static final Duration PATIENCE = Duration.ofSeconds(10);

    private final VaultProtocol.Client vault;

    VaultConsent(BusClient provenVault) {
        vault = VaultProtocol.Client.of(provenVault.within(PATIENCE));
    }

    @Override
    public void require(String permit, String session) {
        try {
            vault.redeem(new VaultProtocol.RedeemParams(permit, session));
        } catch (VaultProtocol.Failed e) {
            throw new FetchException(
                    Reason.REFUSED,
                    "Nothing leaves without the vault's password, given for this very push: " + e.message());
        } catch (BusException e) {
            throw new FetchException(
                    Reason.REFUSED, "The vault cannot be asked whether this may leave: " + e.getMessage());
        }
    }
}
