package omni.airgap;

import java.nio.file.Path;
import java.time.Duration;
import java.util.Optional;
import omni.tpm.Tpm;
import omni.tpm.TpmDevice;
import omni.tpm.TpmException;

/**
 * The TPM for the evidence, as {@code airgap.tpm} names it. It is looked for whenever it is used, for the kernel may find it after the
 * role has started. For any thread.
 *
 * @param configured {@link TpmDevice#AUTO}, {@link TpmDevice#OFF}, or a path
 * @param patience for all that is asked of it at a time
 * @param comes how long a key that is sealed waits for it to come, and to answer
 */
record EvidenceTpm(String configured, Duration patience, Duration comes) {
    /** None is used. */
    static final EvidenceTpm NONE = of(TpmDevice.OFF);

    static EvidenceTpm of(String configured) {
        return new EvidenceTpm(configured, Tpm.PATIENCE, Duration.ofMinutes(1));
    }

    /** Whether none is to be used. */
    boolean isOff() {
        return configured.equals(TpmDevice.OFF);
    }

    /** Whether there is one, as far as can be told without asking it. */
    boolean isThere() throws TpmException {
        return device().path().isPresent();
    }

    private TpmDevice device() throws TpmException {
        return TpmDevice.of("airgap.tpm", configured);
    }

    /** Talks to it. */
    Tpm open() throws TpmException {
        Optional<Path> path = device().path();
        return path.isPresent() ? Tpm.open(path.get(), patience) : device().open();
    }
}
