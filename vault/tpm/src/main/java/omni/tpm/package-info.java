/**
 * A TPM 2.0 (TPM 2.0 Library Specification): a secret in its memory that it gives out for the right authorization alone, a secret sealed
 * so that no other TPM opens it, and a counter that never goes back. {@code TpmDevice} says which one is meant, {@code Tpm} is it.
 *
 * <p>Threads: a {@code Tpm} is for one thread, and has so much time for all that is asked between its opening and its close; what
 * hangs there holds a thread that nobody waits for.
 *
 * <p>Limits: P-256, SHA-256 and AES-128-CFB, which every TPM 2.0 for a PC has; an owner's hierarchy without a password. Decision 0307
 * says why these commands are our own.
 */
@NullMarked
package omni.tpm;

import org.jspecify.annotations.NullMarked;
