package omni.airgap;

import java.time.Duration;
import java.util.Optional;
import omni.bus.BusClient;
import omni.bus.BusError;
import omni.bus.BusException;
import tools.jackson.databind.node.JsonNodeFactory;

/** Asks the role vault, which has proved that it is the one. Called by name: this module needs nothing else of the vault's. */
final class VaultOwner implements Owner {
    private static final String REDEEM = "omni.Vault.Redeem";
    private static final String FAILED = "omni.Vault.Failed";
    private static final Duration PATIENCE = Duration.ofSeconds(10);

    private final BusClient vault;

    VaultOwner(BusClient vault) {
        this.vault = vault.within(PATIENCE);
    }

    @Override
    public Optional<String> redeem(String permit, String session) throws AirgapException {
        try {
            String name = vault.call(
                            REDEEM,
                            JsonNodeFactory.instance
                                    .objectNode()
                                    .put("permit", permit)
                                    .put("session", session))
                    .path("vault")
                    .asString("");
            return Optional.of(name).filter(text -> !text.isEmpty());
        } catch (BusException e) {
            if (e instanceof BusError error
                    && error.name().equals(FAILED)
                    && error.parameters().path("reason").asString("").equals("denied")) {
                return Optional.empty();
            }
            throw new AirgapException("The vault does not say whether that was the password. The gap stays closed.", e);
        }
    }
}
