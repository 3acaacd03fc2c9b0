package omni.airgap;

import java.util.ArrayList;
import java.util.Collection;
import java.util.List;
import java.util.Map;
import java.util.regex.Pattern;

/**
 * A census over the namespaces in scope, or over all of the machine, for people: looking changes nothing, so that it is not
 * bound to the scope.
 *
 * @param census what was found
 * @param outOfReach namespaces that are there and could not be entered
 */
record Audit(Census census, List<String> outOfReach) {
    /** What ends with a process. A name of a mount that is not there may be one that cannot be written. */
    private static final Pattern OF_A_PROCESS = Pattern.compile("/proc/\\d+/(ns|fd|task)/.*");

    /** Of these. */
    static Audit of(Collection<Ward> wards, CensusParser parser) throws AirgapException {
        return new Audit(Census.take(wards.stream().map(Ward::namespace).toList(), parser), List.of());
    }

    /** Of all namespaces that this process may enter. */
    static Audit everywhere(CensusParser parser) throws AirgapException {
        List<Namespace> namespaces = new ArrayList<>();
        List<String> outOfReach = new ArrayList<>();
        try {
            SocketNamespaces.Found more = SocketNamespaces.find();
            more.problem().ifPresent(outOfReach::add);
            Map<Long, List<String>> all = Processes.namespaces(Processes.all());
            more.namespaces().forEach((inode, found) -> found.forEach(file -> Processes.add(all, inode, file)));
            for (Map.Entry<Long, List<String>> found : all.entrySet()) {
                open(found.getKey(), found.getValue(), namespaces, outOfReach);
            }
            return new Audit(Census.take(namespaces, parser), List.copyOf(outOfReach));
        } finally {
            namespaces.forEach(Namespace::close);
        }
    }

    private static void open(long inode, List<String> files, List<Namespace> namespaces, List<String> outOfReach) {
        String why = "";
        boolean gone = true;
        for (String file : files) {
            try {
                Namespace namespace = Namespace.open(file);
                if (namespace.inode() == inode) {
                    gone = false;
                    if (enters(namespace)) {
                        namespaces.add(namespace);
                        return;
                    }
                }
                namespace.close(); // the number was given to another process
            } catch (AirgapException e) {
                gone &= e instanceof KernelException known
                        && known.gone()
                        && OF_A_PROCESS.matcher(file).matches();
                why = e.getMessage();
            }
        }
        if (gone) {
            return; // what is not there any more is not out of reach
        }
        outOfReach.add("net:[" + inode + "]" + (why.isEmpty() ? "" : ": " + why));
    }

    /** Else it is closed. */
    private static boolean enters(Namespace namespace) throws AirgapException {
        boolean entered = false;
        try {
            entered = namespace.inside(() -> true);
            return entered;
        } finally {
            if (!entered) {
                namespace.close();
            }
        }
    }
}
