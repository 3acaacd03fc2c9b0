package omni.role;

import java.nio.file.Path;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalLong;
import omni.bus.Credential;
import omni.bus.RunDirectory;

/**
 * What a process learns from its environment variables.
 *
 * @param home {@code OMNI_HOME}, else {@code ~/.omni}
 * @param runDir as {@link RunDirectory#resolve} says
 * @param app {@code OMNI_APP}, else the working directory
 * @param instance {@code OMNI_INSTANCE}: the name the supervisor gave this process; none when started by hand
 * @param tree {@code OMNI_TREE}; empty when started by hand
 * @param supervisorPid {@code OMNI_SUPERVISOR_PID}: set only for child processes of the supervisor, whose standard input
 *     is then the control pipe, unless it listens
 * @param listens {@code OMNI_STDIN=listener}: standard input is a socket that listens already
 * @param credential {@code OMNI_CREDENTIAL}: this role's key, by which it proves who it is
 * @param credentialRoot {@code OMNI_CREDENTIAL_ROOT}: the root of all roles' keys, for a role that others prove themselves to
 */
record Surroundings(
        Path home,
        Path runDir,
        Path app,
        Optional<String> instance,
        String tree,
        OptionalLong supervisorPid,
        boolean listens,
        Optional<Credential> credential,
        Optional<Credential> credentialRoot) {

    static Surroundings of(Map<String, String> environment) {
        String home = environment.getOrDefault("OMNI_HOME", "");
        String supervisor = environment.getOrDefault("OMNI_SUPERVISOR_PID", "");
        return new Surroundings(
                (home.isEmpty() ? Path.of(System.getProperty("user.home"), ".omni") : Path.of(home)).toAbsolutePath(),
                RunDirectory.resolve(environment),
                Path.of(environment.getOrDefault("OMNI_APP", "")).toAbsolutePath(),
                Optional.ofNullable(environment.get("OMNI_INSTANCE")).filter(text -> !text.isEmpty()),
                environment.getOrDefault("OMNI_TREE", ""),
                supervisor.matches("\\d{1,10}") ? OptionalLong.of(Long.parseLong(supervisor)) : OptionalLong.empty(),
                environment.getOrDefault("OMNI_STDIN", "").equals("listener"),
                Optional.ofNullable(environment.get("OMNI_CREDENTIAL")).map(Credential::of),
                Optional.ofNullable(environment.get("OMNI_CREDENTIAL_ROOT")).map(Credential::of));
    }
}
