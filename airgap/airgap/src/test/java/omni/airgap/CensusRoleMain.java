package omni.airgap;

import java.io.IOException;
import java.util.List;

/**
 * Takes a census of the network namespace of that file as the role does, prints the number of its child and of the sockets that it has
 * found, and what the census was refused for otherwise; then rests until its input ends.
 */
final class CensusRoleMain {
    private CensusRoleMain() {}

    public static void main(String[] args) throws IOException {
        try (var parser = new ResidentParser();
                Namespace namespace = Namespace.open(args[0])) {
            Census census = Census.take(List.of(namespace), parser);
            System.out.println(
                    parser.pid().orElseThrow() + " " + census.sockets().size() + " " + census.unexplained());
            System.in.read();
        }
    }
}
