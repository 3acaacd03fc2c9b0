package omni.fetch;

/** Whether the owner has permitted that something leaves. */
@FunctionalInterface
interface Consent {
    /**
     * Uses the permit up, and returns where it is one for that session.
     *
     * @throws FetchException REFUSED where it is not, or nobody can be asked
     */
    void require(String permit, String session);
}
