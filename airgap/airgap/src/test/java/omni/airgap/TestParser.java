package omni.airgap;

import java.util.Collection;
import java.util.List;

/** What reads the lists of sockets for the tests of a run: one process for all of them. */
final class TestParser {
    static final ResidentParser SHARED = new ResidentParser();

    private TestParser() {}

    /** Obstacles as the product has them. */
    static List<String> obstacles(Collection<NetworkStack> stacks) throws AirgapException {
        return Obstacles.find(stacks, SHARED);
    }
}
