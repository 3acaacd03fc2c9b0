package omni.api;

import java.util.function.Function;
import omni.vault.BackupsProtocol;
import omni.vault.RecordsProtocol;

/** What the vault keeps, as whoever asks may have it. For any thread. */
interface Kept {
    /**
     * Asks for something that it keeps.
     *
     * @throws ApiError what the vault's errors mean to a client; VAULT_LOCKED, VAULT_ABSENT or VAULT_UNAVAILABLE where it is not
     *     open; KEY_NOT_ACCEPTED
     */
    <T> T records(Function<RecordsProtocol.Client, T> call);

    /** The same, of one field of a request: where it is refused with that code, the field is at fault. */
    default <T> T records(String field, ErrorCode code, Function<RecordsProtocol.Client, T> call) {
        try {
            return records(call);
        } catch (ApiError e) {
            throw e.code() == code ? e.about(field) : e;
        }
    }

    /** Asks for something about its backups; throws as {@link #records}. */
    <T> T backups(Function<BackupsProtocol.Client, T> call);

    /** Returns where it may be asked for what it keeps; throws as {@link #records}. */
    void requireOpen();

    /** Whether it is open, and what comes may be kept; a vault that is away is not. */
    boolean isOpen();
}
