package omni.airgap;

/** How somebody shows that they stand at the box: they read what only the box itself shows. */
interface Presence {
    /**
     * Shows a text where only a person at the box can see it.
     *
     * @return where it is shown, for people
     * @throws AirgapException where this box has no such place now
     */
    String show(String text) throws AirgapException;
}
