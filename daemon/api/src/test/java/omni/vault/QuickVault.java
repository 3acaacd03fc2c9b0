package omni.vault;

import java.time.Duration;
import java.util.List;
import omni.role.Role;

/** The role "vault" with keys that are derived at once: as small as may be, in children that are compiled for a short life. */
public final class QuickVault {
    private QuickVault() {}

    /** One that has not started. */
    public static Role role() {
        var least = new Calibration(Argon2.MEMORY_KIB_MIN, Duration.ofMillis(1));
        return new VaultRole(() ->
                new KeyKeeper.Machine(1L << 30, least, Duration.ofMinutes(2), List.of("-XX:TieredStopAtLevel=1")));
    }
}
