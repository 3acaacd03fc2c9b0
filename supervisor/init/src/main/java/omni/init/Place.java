package omni.init;

import java.nio.file.Path;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import omni.bus.Credential;
import omni.bus.RunDirectory;

/**
 * Where a tree lives.
 *
 * @param home the owner's state: OMNI_HOME
 * @param runDir the sockets: OMNI_RUN
 * @param app the program's files: OMNI_APP
 * @param tree the random name of this run: OMNI_TREE
 * @param credential the root of the keys by which the roles of this run know each other
 */
record Place(Path home, Path runDir, Path app, String tree, Credential credential) {
    /** The roles that others prove themselves to, and that prove to those who they are: they alone get the root of their keys. */
    private static final Set<String> KNOW_THE_OTHERS = Set.of("vault", "airgap");

    /** The only variables of this process's own that a role sees. */
    private static final List<String> PASSED_ON =
            List.of("HOME", "USER", "TZ", "TMPDIR", "CUDA_VISIBLE_DEVICES", "OMNI_LLAMA_LIB");

    /** As the environment says: OMNI_HOME, else {@code ~/.omni}; OMNI_APP, else the working directory. */
    static Place of(Map<String, String> environment) {
        String home = environment.getOrDefault("OMNI_HOME", "");
        return new Place(
                (home.isEmpty() ? Path.of(System.getProperty("user.home"), ".omni") : Path.of(home)).toAbsolutePath(),
                RunDirectory.resolve(environment).toAbsolutePath(),
                Path.of(environment.getOrDefault("OMNI_APP", "")).toAbsolutePath(),
                RandomName.next(),
                Credential.root());
    }

    /** All variables of a process of that role; the launcher may add its own. */
    Map<String, String> variables(Map<String, String> environment, String role, String instance) {
        Map<String, String> variables = new HashMap<>();
        for (String name : PASSED_ON) {
            String value = environment.getOrDefault(name, "");
            if (!value.isEmpty()) {
                variables.put(name, value);
            }
        }
        variables.put("PATH", "/usr/bin:/bin");
        variables.put("LANG", "C.UTF-8");
        variables.put("OMNI_HOME", home.toString());
        variables.put("OMNI_RUN", runDir.toString());
        variables.put("OMNI_APP", app.toString());
        variables.put("OMNI_TREE", tree);
        variables.put("OMNI_INSTANCE", instance);
        variables.put("OMNI_CREDENTIAL", credential.forRole(role).text());
        if (KNOW_THE_OTHERS.contains(role)) {
            variables.put("OMNI_CREDENTIAL_ROOT", credential.text());
        }
        return variables;
    }
}
