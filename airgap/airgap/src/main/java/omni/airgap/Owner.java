package omni.airgap;

import java.util.Optional;

/** Whether the owner gave their password moments ago; the vault knows. */
interface Owner {
    /** Where no vault can be asked. */
    Owner NOBODY = (permit, session) -> {
        throw new AirgapException("No vault can be asked for its password here: this role was started by hand.");
    };

    /**
     * Takes a permit that the vault gave for its password, for that session alone; it is good for nothing afterwards.
     *
     * @return the random name of the vault whose password it was; nothing where the permit is wrong
     * @throws AirgapException where the vault cannot be asked
     */
    Optional<String> redeem(String permit, String session) throws AirgapException;
}
