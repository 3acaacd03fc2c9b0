package omni.airgap;

/**
 * The right to lift the gap once: somebody proved to be the owner and somebody stood at the box. Made by {@link Factors};
 * a rehearsal makes one for a namespace of its own.
 *
 * @param secret whether the step-up key, or the owner's password, was proved
 * @param presence whether a person at the box confirmed
 * @param how in words, for the evidence
 */
record Grant(boolean secret, boolean presence, String how) {
    boolean holds() {
        return secret && presence;
    }
}
