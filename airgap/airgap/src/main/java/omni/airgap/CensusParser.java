package omni.airgap;

/** What reads the lists that a census is taken from: another process, which has no rights to lose. For any thread. */
@FunctionalInterface
interface CensusParser {
    /** Where no census is taken. */
    CensusParser NONE = () -> {
        throw new AirgapException("No census is taken here.");
    };

    /**
     * Begins the talk of one look; whoever else wants one waits until it is closed.
     *
     * @throws AirgapException where there is no such process, and none can be started
     */
    CensusTalk talk() throws AirgapException;
}
