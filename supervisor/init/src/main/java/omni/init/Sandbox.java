package omni.init;

import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.stream.Stream;

/**
 * What each unit may not do. Denied is all that the Java virtual machine and the role's duty leave deniable; what a role
 * gets beyond the others stands in its own list with the reason. systemd.exec(5) explains each line.
 */
final class Sandbox {
    /** What ProtectHome and PrivateTmp put something else in the place of. */
    private static final List<Path> HIDDEN = Stream.of("/home", "/root", "/run/user", "/tmp", "/var/tmp")
            .map(Path::of)
            .toList();

    private static final String TPM = "DeviceAllow=/dev/tpmrm0 rw";

    private Sandbox() {}

    /** What no process of Omni may do. */
    static List<String> common() {
        return List.of(
                "# MemoryDenyWriteExecute is impossible: the virtual machine compiles to memory that it then runs.",
                "NoNewPrivileges=yes",
                "CapabilityBoundingSet=",
                "AmbientCapabilities=",
                "PrivateUsers=yes",
                "PrivateTmp=yes",
                "PrivateMounts=yes",
                "ProtectSystem=strict",
                "ProtectHome=yes",
                "ProtectProc=invisible",
                "ProtectClock=yes",
                "ProtectHostname=yes",
                "ProtectKernelLogs=yes",
                "ProtectKernelModules=yes",
                "ProtectKernelTunables=yes",
                "ProtectControlGroups=yes",
                "RestrictNamespaces=yes",
                "RestrictRealtime=yes",
                "RestrictSUIDSGID=yes",
                "LockPersonality=yes",
                "RemoveIPC=yes",
                "KeyringMode=private",
                "Delegate=no",
                "SystemCallArchitectures=native",
                "SystemCallErrorNumber=EPERM",
                "SystemCallFilter=@system-service");
    }

    /** The supervisor: no network and no device, and the system's bus to give orders about its units. */
    static List<String> supervisor() {
        List<String> lines = new ArrayList<>(noNetwork());
        lines.addAll(noDevice());
        lines.add("SystemCallFilter=~@privileged @resources");
        return lines;
    }

    /** The role of that name; one that is not known here gets the tightest. */
    static List<String> role(String name, Installation at) {
        List<String> lines = new ArrayList<>(List.of(
                "# No orders to systemd, and no signal to a neighbour: all processes of Omni have one user.",
                "InaccessiblePaths=-/run/dbus -/run/systemd/private",
                "SystemCallFilter=~@privileged @resources kill pidfd_send_signal rt_sigqueueinfo"));
        switch (name) {
            case "airgap" -> {
                lines.addAll(kernelsNetwork());
                lines.add("# The TPM seals the key of the evidence, and counts its records.");
                lines.add(TPM);
                lines.add("ReadOnlyPaths=" + at.home());
                lines.add("ReadWritePaths=" + at.home().resolve("airgap"));
                lines.add(noTokens(at));
                lines.add(noVault(at));
                lines.add(noCredentials(at));
                return lines;
            }
            case "vault" -> {
                lines.addAll(noNetwork());
                lines.addAll(tpmOnly());
                lines.add(
                        "# Of the owner's state it writes the vault and nothing else, and it alone sees what is in there.");
                lines.add("ReadOnlyPaths=" + at.home());
                lines.add("ReadWritePaths=" + at.home().resolve("vault"));
                lines.addAll(backup(at));
                lines.add(noTokens(at));
                lines.add(noGap(at));
                lines.add(noCredentials(at));
                return lines;
            }
            case "engine" -> {
                lines.addAll(noNetwork());
                lines.addAll(graphicsOnly());
                lines.add("# Of the owner's state it writes the store of models, what it measured, and nothing else.");
                lines.add("ReadOnlyPaths=" + at.home());
                lines.add("ReadWritePaths=" + at.home().resolve("cartridges"));
                lines.add("ReadWritePaths=" + at.home().resolve("tuning"));
                lines.add(noTokens(at));
            }
            case "daemon" -> {
                lines.addAll(answerOnly());
                lines.addAll(noDevice());
                lines.add("ReadWritePaths=" + at.home());
                lines.add("# What is to be cut off is not for the role to say that talks to the network.");
                lines.add("ReadOnlyPaths=-" + at.home().resolve("omni.toml"));
                lines.add(noTokens(at));
            }
            case "fetch" -> {
                lines.addAll(connectOnly());
                lines.addAll(noDevice());
                lines.add("# Of the owner's state it writes what it has fetched and nothing else.");
                lines.add("ReadOnlyPaths=" + at.home());
                lines.add("ReadWritePaths=" + at.home().resolve("cartridges").resolve(".pulls"));
            }
            default -> {
                lines.addAll(noNetwork());
                lines.addAll(noDevice());
                lines.add("ReadOnlyPaths=" + at.home());
            }
        }
        lines.add(noGap(at));
        lines.add(noVault(at));
        lines.add(noCredentials(at));
        return lines;
    }

    /** Whether a gap is closed, who may lift it and what proves it: all processes of Omni have one user. */
    private static String noGap(Installation at) {
        return "InaccessiblePaths=-" + at.home().resolve("airgap");
    }

    /** What the owner keeps is for one role, be it encrypted or not. */
    private static String noVault(Installation at) {
        return "InaccessiblePaths=-" + at.home().resolve("vault");
    }

    /** Where the vault's copies go: a stick that is not there keeps no vault from starting. */
    private static List<String> backup(Installation at) {
        if (at.backup().isEmpty()) {
            return List.of();
        }
        Path folder = at.backup().get();
        if (!folder.isAbsolute()
                || !folder.normalize().equals(folder)
                || HIDDEN.stream().anyMatch(folder::startsWith)) {
            throw new InitException("Under systemd the vault cannot write its backup to " + folder
                    + ": let backup in [vault] of omni.toml be a folder such as one below /srv or /media");
        }
        return List.of("# The backup of omni.toml.", "ReadWritePaths=-" + Installation.plain(folder.toString()));
    }

    /** The files by which systemd gives each role its own credential. */
    private static String noCredentials(Installation at) {
        return "InaccessiblePaths=-" + Installation.launchDir(at.runDir());
    }

    private static List<String> noNetwork() {
        return List.of("PrivateNetwork=yes", "RestrictAddressFamilies=AF_UNIX", "IPAddressDeny=any");
    }

    /**
     * What changing the machine's network takes, and looking at who uses it: the one role that may. Each capability with its
     * reason stands in docs/threat-model.md.
     */
    private static List<String> kernelsNetwork() {
        String capabilities = "CAP_NET_ADMIN CAP_SYS_ADMIN CAP_SYS_PTRACE CAP_DAC_READ_SEARCH";
        return List.of(
                "# Links, packet filter and sockets; to enter namespaces; to see whose a socket is.",
                "CapabilityBoundingSet=" + capabilities,
                "AmbientCapabilities=" + capabilities,
                "PrivateUsers=no",
                "ProtectProc=default",
                "ProtectKernelTunables=no",
                "RestrictNamespaces=net",
                "RestrictAddressFamilies=AF_UNIX AF_NETLINK",
                "SystemCallFilter=pidfd_getfd",
                "# A request to close goes before all others: who runs would keep the processor for milliseconds, and it would wait.",
                "RestrictRealtime=no",
                "LimitRTPRIO=1",
                "LimitNICE=-20",
                "SystemCallFilter=sched_setscheduler setpriority",
                "# Lists that others have a hand in are read by a child; capset takes what it must not have from it.",
                "SystemCallFilter=capset",
                "# Where that one is killed for its memory the role goes on.",
                "OOMPolicy=continue",
                "# Nor does it wait for pages that were swapped out while it rested: its memory is locked.",
                "LimitMEMLOCK=infinity",
                "# The console is where a code for a lift is shown; tmpfiles.d gives its group the right to write.",
                "SupplementaryGroups=tty",
                "DevicePolicy=closed",
                "DeviceAllow=/dev/console w",
                "DeviceAllow=char-tty w",
                "# Radios.",
                "DeviceAllow=/dev/rfkill rw");
    }

    private static List<String> noDevice() {
        return List.of("PrivateDevices=yes", "DevicePolicy=closed");
    }

    /** Answers on the socket that it is given and opens no port; packets to and from any other machine are dropped. */
    private static List<String> answerOnly() {
        return List.of(
                "RestrictAddressFamilies=AF_UNIX AF_INET AF_INET6",
                "SocketBindDeny=any",
                "IPAddressAllow=localhost",
                "IPAddressDeny=any");
    }

    /** Connects to other machines and listens to none: the one role that may, and it lives only while it is needed. */
    private static List<String> connectOnly() {
        return List.of("RestrictAddressFamilies=AF_UNIX AF_INET AF_INET6", "SocketBindDeny=any");
    }

    /** What the owner has given for the hosts of models is for the role that asks them. */
    private static String noTokens(Installation at) {
        return "InaccessiblePaths=-" + at.home().resolve("tokens");
    }

    /** The TPM and no other device; a rule of udev gives Omni's user the right to it. */
    private static List<String> tpmOnly() {
        return List.of("DevicePolicy=closed", TPM);
    }

    /** The graphics cards and no other device: NVIDIA's, its Jetson's, and those of the kernel's own drivers. */
    private static List<String> graphicsOnly() {
        return List.of(
                "SupplementaryGroups=render video",
                "DevicePolicy=closed",
                "DeviceAllow=char-drm rw",
                "DeviceAllow=char-nvidia* rw",
                "DeviceAllow=char-nvhost* rw",
                "DeviceAllow=char-nvmap rw");
    }
}
