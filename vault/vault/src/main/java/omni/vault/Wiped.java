package omni.vault;

import java.time.Duration;
import java.util.List;
import java.util.Optional;

/**
 * What came of a wipe.
 *
 * @param took until the keys were gone
 * @param tpm what became of its part of the password until now
 * @param backups that are somewhere else, and stay; nothing where that is not known
 */
record Wiped(Duration took, TpmPart tpm, Optional<List<String>> backups) {
    Wiped {
        backups = backups.map(List::copyOf);
    }
}
