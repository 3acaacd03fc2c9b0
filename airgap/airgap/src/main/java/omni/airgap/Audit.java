package omni.airgap;

import java.util.ArrayList;
import java.util.Collection;
import java.util.List;
import java.util.Optional;
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
            SocketNamespaces.addTo(Processes.namespaces(Processes.all()), outOfReach)
                    .forEach((inode, files) -> open(inode, files, namespaces, outOfReach));
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
                Optional<Namespace> entered = entered(inode, file);
                if (entered.isPresent()) {
                    namespaces.add(entered.get());
                    return;
                }
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

    /** By that file; nothing where it stands for another one by now, for the number was given to another process. */
    private static Optional<Namespace> entered(long inode, String file) throws AirgapException {
        Namespace namespace = Namespace.open(file);
        boolean entered = false;
        try {
            entered = namespace.inode() == inode && namespace.inside(() -> true);
            return entered ? Optional.of(namespace) : Optional.empty();
        } finally {
            if (!entered) {
                namespace.close();
            }
        }
    }
}
