package omni.airgap;

import java.util.ArrayList;
import java.util.Collection;
import java.util.List;
import java.util.Map;

/**
 * A census over the namespaces in scope, or over all of the machine, for people: looking changes nothing, so that it is not
 * bound to the scope.
 *
 * @param census what was found
 * @param outOfReach namespaces that are there and could not be entered
 */
record Audit(Census census, List<String> outOfReach) {
    /** Of these. */
    static Audit of(Collection<Ward> wards, CensusParser parser) throws AirgapException {
        return new Audit(Census.take(wards.stream().map(Ward::namespace).toList(), parser), List.of());
    }

    /** Of all namespaces that this process may enter. */
    static Audit everywhere(CensusParser parser) throws AirgapException {
        List<Namespace> namespaces = new ArrayList<>();
        List<String> outOfReach = new ArrayList<>();
        try {
            for (Map.Entry<Long, List<String>> found :
                    Processes.namespaces(Processes.all()).entrySet()) {
                open(found.getKey(), found.getValue(), namespaces, outOfReach);
            }
            return new Audit(Census.take(namespaces, parser), List.copyOf(outOfReach));
        } finally {
            namespaces.forEach(Namespace::close);
        }
    }

    private static void open(long inode, List<String> files, List<Namespace> namespaces, List<String> outOfReach) {
        String why = "";
        for (String file : files) {
            try {
                Namespace namespace = Namespace.open(file);
                if (namespace.inode() == inode && enters(namespace)) {
                    namespaces.add(namespace);
                    return;
                }
                namespace.close();
            } catch (AirgapException e) {
                why = e.getMessage();
            }
        }
        outOfReach.add("net:[" + inode + "]" + (why.isEmpty() ? "" : ": " + why));
    }

    private static boolean enters(Namespace namespace) throws AirgapException {
        return namespace.inside(() -> true);
    }
}
