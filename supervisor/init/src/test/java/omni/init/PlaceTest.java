package omni.init;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;

import java.nio.file.Path;
import java.util.Map;
import omni.bus.Credential;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** Which of the keys a role gets by which the roles of a run know each other. */
class PlaceTest {
    private final Credential root = Credential.root();
    private final Place place = new Place(Path.of("/h"), Path.of("/r"), Path.of("/a"), "a run", root);

    private Map<String, String> variables(String role) {
        return place.variables(Map.of("OMNI_CREDENTIAL_ROOT", "passed on by nobody"), role, "an instance");
    }

    @ParameterizedTest
    @ValueSource(strings = {"vault", "airgap"})
    void whoOthersMustBelieveCanProveItself(String role) {
        assertEquals(root.text(), variables(role).get("OMNI_CREDENTIAL_ROOT"));
        assertEquals(root.forRole(role).text(), variables(role).get("OMNI_CREDENTIAL"));
    }

    @Test
    void theOthersCanProveTheirOwnNameAlone() {
        assertFalse(variables("fetch").containsKey("OMNI_CREDENTIAL_ROOT"));
        assertEquals(root.forRole("fetch").text(), variables("fetch").get("OMNI_CREDENTIAL"));
    }
}
