package omni.init;

import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;

/**
 * How to start a virtual machine with Omni's modules in it.
 *
 * @param java the program
 * @param paths where the modules or classes are: {@code --module-path …} or {@code -cp …}
 * @param modular whether main classes are named with their module
 */
record JavaCommand(Path java, List<String> paths, boolean modular) {
    JavaCommand {
        paths = List.copyOf(paths);
    }

    /** As this process was started: with its modules where it has some, else with its class path. */
    static JavaCommand ofThisProcess() {
        Path java = Path.of(System.getProperty("java.home"), "bin", "java");
        String modules = System.getProperty("jdk.module.path", "");
        boolean modular = !modules.isEmpty() && JavaCommand.class.getModule().isNamed();
        return new JavaCommand(
                java,
                modular ? List.of("--module-path", modules) : List.of("-cp", System.getProperty("java.class.path")),
                modular);
    }

    /** The command line of a role's process. */
    List<String> role(RoleSpec role, Path app) {
        return line(JvmFlags.of(role, app), "omni.role", "omni.role.Main", role.name());
    }

    /** Who may call native code. The class archive of the tree is made with these, and fits no others. */
    private static String nativeAccess(String module) {
        return module.equals("omni.cli")
                ? "omni.role,org.jline.terminal.ffm"
                : "omni.role,omni.airgap,omni.vault,omni.llama,org.xerial.sqlitejdbc";
    }

    /** The command line of any main class, with those flags of the virtual machine. */
    List<String> line(List<String> flags, String module, String mainClass, String... arguments) {
        List<String> line = new ArrayList<>(List.of(java.toString()));
        line.addAll(flags);
        line.add("--enable-native-access=" + (modular ? nativeAccess(module) : "ALL-UNNAMED"));
        line.addAll(paths);
        line.addAll(modular ? List.of("-m", module + "/" + mainClass) : List.of(mainClass));
        line.addAll(List.of(arguments));
        return List.copyOf(line);
    }
}
