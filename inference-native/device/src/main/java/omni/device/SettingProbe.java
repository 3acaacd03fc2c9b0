package omni.device;

import java.util.List;
import java.util.Locale;
import java.util.Map;

/**
 * Finds out whether this is a container or a virtual machine. Source: systemd, {@code src/basic/virt.c}, {@code
 * detect_container()} and {@code detect_vm_dmi()}.
 */
final class SettingProbe {
    private static final Map<String, String> MARKS = Map.of(
            "docker", "docker",
            "kubepods", "kubernetes",
            "libpod", "podman",
            "lxc", "lxc",
            "machine.slice/machine-", "systemd-nspawn");

    private static final List<String> HYPERVISORS =
            List.of("KVM", "QEMU", "VMware", "VirtualBox", "innotek", "Xen", "Bochs", "Parallels", "BHYVE", "Hyper-V");

    private final Facts sys;
    private final Facts proc;
    private final Facts root;
    private final Facts deviceTree;

    SettingProbe(Roots roots) {
        this.sys = roots.sysFacts();
        this.proc = roots.procFacts();
        this.root = roots.rootFacts();
        this.deviceTree = roots.deviceTreeFacts();
    }

    Setting read() {
        return new Setting(machine(), container(), virtual());
    }

    private String machine() {
        String model = deviceTree.text("model").orElse("").replace("\0", "").strip();
        if (!model.isEmpty()) {
            return model;
        }
        String vendor = sys.text("class/dmi/id/sys_vendor").orElse("");
        String product = sys.text("class/dmi/id/product_name").orElse("");
        return (vendor + " " + product).strip();
    }

    private String container() {
        String told = root.text("run/systemd/container").orElse("");
        if (!told.isEmpty()) {
            return told;
        }
        if (root.exists("run/.containerenv")) {
            return "podman";
        }
        if (root.exists(".dockerenv")) {
            return "docker";
        }
        String environment = proc.text("1/environ").orElse("");
        for (String variable : environment.split("\0", -1)) {
            if (variable.startsWith("container=")) {
                return variable.substring("container=".length());
            }
        }
        String groups = proc.text("self/cgroup").orElse("");
        for (Map.Entry<String, String> mark : MARKS.entrySet()) {
            if (groups.contains(mark.getKey())) {
                return mark.getValue();
            }
        }
        return "";
    }

    private String virtual() {
        String words = String.join(
                " ",
                sys.text("class/dmi/id/sys_vendor").orElse(""),
                sys.text("class/dmi/id/product_name").orElse(""),
                sys.text("class/dmi/id/bios_vendor").orElse(""),
                sys.text("hypervisor/type").orElse(""));
        for (String name : HYPERVISORS) {
            if (words.toLowerCase(Locale.ROOT).contains(name.toLowerCase(Locale.ROOT))) {
                return name;
            }
        }
        boolean flagged = proc.lines("cpuinfo").stream()
                .filter(line -> line.startsWith("flags"))
                .findFirst()
                .filter(line -> List.of(line.split("\\s+")).contains("hypervisor"))
                .isPresent();
        return flagged ? "yes" : "";
    }
}
