package omni.airgap;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Set;
import org.junit.jupiter.api.Test;

/** What the role takes from a supervisor without root, and what it says of it. */
class RootlessTest {
    private static final String OWN = "/proc/self/ns/net";
    private static final Rootless NONE = Rootless.of(Map.of());
    private static final Rootless MADE =
            Rootless.of(Map.of("OMNI_AIRGAP_SCOPE", OWN, "OMNI_AIRGAP_OUTSIDE", "daemon fetch"));

    @Test
    void withoutSuchASupervisorTheConfigurationAloneCounts() {
        for (String configured : List.of("", "machine", "/run/netns/a /run/netns/b")) {
            assertEquals(Scope.of(configured), NONE.scope(configured));
            assertEquals(configured, NONE.words(configured));
            assertEquals(configured.isEmpty(), !NONE.limits(configured).isEmpty(), configured);
        }
    }

    @Test
    void theNamespaceThatWasMadeIsInScopeWhateverIsConfigured() {
        assertEquals(List.of(OWN), MADE.scope("").files());
        assertEquals(List.of("/run/netns/a", OWN), MADE.scope("/run/netns/a").files());
        assertEquals("Omni's own roles", MADE.words(""));
        assertEquals("/run/netns/a, Omni's own roles", MADE.words("/run/netns/a"));
    }

    @Test
    void theMachineCannotBeClosedAndThatStaysAProblem() throws Exception {
        Scope scope = MADE.scope("machine");
        assertFalse(scope.machine());
        List<String> problems = new ArrayList<>();
        try {
            scope.find(Set.of(), problems);
        } catch (AirgapException e) { // as root in the machine's first namespace: that one is refused
            assertTrue(e.getMessage().contains("is the network that this machine is reached by"), e::getMessage);
        }
        assertTrue(problems.getFirst().endsWith("Omni does not run as root"), problems::toString);
    }

    @Test
    void saysOfEachRoleOutsideThatNothingHoldsItsEgressBack() {
        List<String> limits = MADE.limits("");
        assertEquals(3, limits.size(), limits::toString);
        for (String role : List.of("daemon", "fetch")) {
            assertTrue(
                    limits.contains("the egress of " + role
                            + " is not enforced: it runs outside, for Omni does not run as root"),
                    limits::toString);
        }
    }
}
