package omni.vault;

import java.lang.foreign.MemorySegment;

/** The data keys of an unlocked vault. For any thread. */
interface DataKeys {
    /** Bytes of every key. */
    int KEY_BYTES = 32;

    /** The version that new things are written with, from 1 up. */
    int newest(Purpose purpose);

    /** The oldest version that there still is. */
    int oldest(Purpose purpose);

    /**
     * That key: {@value #KEY_BYTES} bytes outside of the heap, wiped at the lock. Whoever copies them onto the heap, for a library that
     * takes nothing else, is listed in the threat model.
     *
     * @throws VaultException DAMAGED where there is no such version
     */
    MemorySegment key(Purpose purpose, int version) throws VaultException;
}
