package omni.airgap;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;

/** A machine of plain files, which takes orders of radios and does not obey them, and lets itself be set as to io_uring. */
record MachineFiles(Path root) {
    private static final int EVENT_BYTES = 8;

    /** One with a switch for io_uring, and no radio. */
    static MachineFiles in(Path root) throws IOException {
        MachineFiles files = new MachineFiles(root);
        files.write("proc/net/protocols", "protocol  size sockets\nTCP 2000 1\n");
        files.write("proc/sys/kernel/io_uring_disabled", "0\n");
        files.write("dev/rfkill", "");
        return files;
    }

    void write(String file, String text) throws IOException {
        Path path = root.resolve(file);
        Files.createDirectories(path.getParent());
        Files.writeString(path, text);
    }

    void radio(int index, String type, String name, boolean blocked) throws IOException {
        String folder = "sys/class/rfkill/rfkill" + index + "/";
        write(folder + "index", index + "\n");
        write(folder + "type", type + "\n");
        write(folder + "name", name + "\n");
        write(folder + "soft", blocked ? "1\n" : "0\n");
        write(folder + "hard", "0\n");
    }

    String ring() throws IOException {
        return Files.readString(root.resolve("proc/sys/kernel/io_uring_disabled"))
                .strip();
    }

    /** The last call's orders, in the words of rfkill(8) where that has them. */
    List<String> orders() throws IOException {
        byte[] bytes = Files.readAllBytes(root.resolve("dev/rfkill"));
        List<String> orders = new ArrayList<>();
        for (int i = 0; i < bytes.length; i += EVENT_BYTES) {
            String which = switch (bytes[i + 5]) {
                case 2 -> "radio " + bytes[i];
                case 3 -> bytes[i + 4] == 0 ? "all" : "type " + bytes[i + 4];
                default -> "operation " + bytes[i + 5];
            };
            orders.add((bytes[i + 6] == 1 ? "block " : "unblock ") + which);
        }
        write("dev/rfkill", "");
        return orders;
    }
}
