package omni.airgap;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.channels.FileChannel;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.nio.file.StandardOpenOption;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.TreeSet;

/**
 * What a whole machine has beside its network namespaces: radios, and two ways of the kernel that no link stops. For one
 * thread at a time.
 *
 * <ul>
 *   <li>Radios (Wi-Fi, Bluetooth, WWAN, and so on) are blocked all at once by one {@code struct rfkill_event}. Which of them
 *       were not blocked before is kept in a file, so that a lift gives back those and no other, also after a boot: systemd
 *       keeps the block itself over a boot.
 *   <li>vsock has no links and no namespaces on most kernels: it must not be there at all. {@code omni units systemd} keeps
 *       the module from being loaded.
 *   <li>io_uring makes sockets past seccomp: it must be switched off, which the same files do at each start;
 *       where it was not, and this process may, it is off for the length of the gap.
 * </ul>
 *
 * <p>Source: linux/rfkill.h, rfkill in the kernel's Documentation/driver-api, sysctl kernel.io_uring_disabled.
 */
final class Machine {
    private static final int EVENT_BYTES = 8;
    private static final byte ALL_TYPES = 0;
    private static final byte CHANGE = 2;
    private static final byte CHANGE_ALL = 3;
    private static final String OFF = "2";

    private final Path root;
    private final Path before;
    private final Path ring;
    private final Path ringBefore;

    /**
     * Changes nothing yet.
     *
     * @param root "/"; a test may have another
     * @param folder where it keeps what was on before
     */
    Machine(Path root, Path folder) {
        this.root = root;
        this.before = folder.resolve("radios");
        this.ring = root.resolve("proc/sys/kernel/io_uring_disabled");
        this.ringBefore = folder.resolve("io_uring");
    }

    /** This machine's, where the whole of it is in scope. */
    static Optional<Machine> of(Scope scope, Path folder) {
        return scope.machine() ? Optional.of(new Machine(Path.of("/"), folder)) : Optional.empty();
    }

    /**
     * A radio.
     *
     * @param index its number
     * @param name its kind and name, by which it is known after a boot, too
     * @param blocked whether it is off, by software or by a switch
     */
    private record Radio(int index, String name, boolean blocked) {}

    /** Blocks what is left, and notes each step. */
    void shut(Report report) {
        report.step("radios", () -> {
            block();
            return unblocked();
        });
        report.step("vsock", this::vsock);
        report.step("io_uring", () -> {
            switchRingOff();
            return ring();
        });
    }

    /** What does not hold now, a line each. */
    List<String> problems() throws AirgapException {
        List<String> problems = new ArrayList<>(unblocked());
        problems.addAll(vsock());
        problems.addAll(ring());
        return problems;
    }

    private void block() throws AirgapException {
        List<Radio> on = radios().stream().filter(radio -> !radio.blocked()).toList();
        if (on.isEmpty()) {
            return;
        }
        try {
            remember(on);
        } finally { // they are blocked all the same
            event(0, CHANGE_ALL, true);
        }
    }

    private void remember(List<Radio> on) throws AirgapException {
        Set<String> names = new TreeSet<>(remembered());
        on.forEach(radio -> names.add(radio.name()));
        Path next = before.resolveSibling("radios.new");
        try {
            Files.write(next, names);
            try (FileChannel channel = FileChannel.open(next, StandardOpenOption.WRITE)) {
                channel.force(true);
            }
            Files.move(next, before, StandardCopyOption.ATOMIC_MOVE);
        } catch (IOException e) {
            throw new AirgapException("Which radios were on cannot be kept: a lift will leave them off.", e);
        }
    }

    private List<String> remembered() throws AirgapException {
        try {
            return Files.readAllLines(before);
        } catch (NoSuchFileException e) {
            return List.of();
        } catch (IOException e) {
            throw new AirgapException("Which radios were on cannot be read: they stay off. Remove " + before + ".", e);
        }
    }

    /** Gives back what was on. */
    void restore() throws AirgapException {
        restoreRing();
        restoreRadios();
    }

    /** One that is gone is passed over. */
    private void restoreRadios() throws AirgapException {
        List<String> names = remembered();
        for (Radio radio : radios()) {
            if (names.contains(radio.name())) {
                event(radio.index(), CHANGE, false);
            }
        }
        try {
            Files.deleteIfExists(before);
        } catch (IOException e) {
            throw new AirgapException("The list of radios that were on cannot be removed.", e);
        }
    }

    private List<String> unblocked() throws AirgapException {
        return radios().stream()
                .filter(radio -> !radio.blocked())
                .map(radio -> "radio " + radio.name() + " is on")
                .toList();
    }

    private List<Radio> radios() throws AirgapException {
        List<Radio> radios = new ArrayList<>();
        Path all = root.resolve("sys/class/rfkill");
        if (Files.exists(all) && !Files.isReadable(all)) {
            throw new AirgapException("Radios cannot be listed: " + all + " cannot be read.");
        }
        for (Path folder : Processes.entries(all)) {
            try {
                boolean blocked = read(folder.resolve("soft")).equals("1")
                        || read(folder.resolve("hard")).equals("1");
                int index = Integer.parseInt(read(folder.resolve("index")));
                radios.add(
                        new Radio(index, read(folder.resolve("type")) + " " + read(folder.resolve("name")), blocked));
            } catch (NoSuchFileException e) {
                System.getLogger("omni.airgap").log(System.Logger.Level.DEBUG, "A radio has gone meanwhile", e);
            } catch (IOException | NumberFormatException e) {
                throw new AirgapException("The radio " + folder.getFileName() + " cannot be looked at.", e);
            }
        }
        return radios;
    }

    private static String read(Path file) throws IOException {
        return Files.readString(file, StandardCharsets.ISO_8859_1).strip();
    }

    /** struct rfkill_event: u32 index, u8 type, u8 operation, u8 soft, u8 hard. */
    private void event(int index, byte operation, boolean block) throws AirgapException {
        ByteBuffer event = ByteBuffer.allocate(EVENT_BYTES).order(ByteOrder.nativeOrder());
        event.putInt(index)
                .put(ALL_TYPES)
                .put(operation)
                .put((byte) (block ? 1 : 0))
                .put((byte) 0)
                .flip();
        try (FileChannel device = FileChannel.open(root.resolve("dev/rfkill"), StandardOpenOption.WRITE)) {
            device.write(event);
        } catch (IOException e) {
            throw new AirgapException("Radios cannot be switched: /dev/rfkill: " + e.getMessage(), e);
        }
    }

    /** The kernel lists the families that it speaks; a module that is not loaded is none of them. */
    private List<String> vsock() throws AirgapException {
        return speaksVsock() && !builtIn()
                ? List.of("this kernel speaks vsock, which no link stops: unload its modules (modprobe -r), and"
                        + " keep them away by /etc/modprobe.d as omni units systemd does")
                : List.of();
    }

    private boolean speaksVsock() throws AirgapException {
        try {
            return Files.readAllLines(root.resolve("proc/net/protocols"), StandardCharsets.ISO_8859_1).stream()
                    .anyMatch(line -> line.startsWith("AF_VSOCK"));
        } catch (IOException e) {
            throw new AirgapException("The kernel's protocols cannot be read.", e);
        }
    }

    /** What is part of the kernel itself cannot be unloaded: status says so, and nobody could mend it. */
    private boolean builtIn() {
        return !Files.exists(root.resolve("sys/module/vsock/initstate"));
    }

    /** Where this process may; what it was before is kept first. */
    private void switchRingOff() throws AirgapException {
        try {
            String value = read(ring);
            if (!value.equals(OFF) && Files.isWritable(ring)) {
                try {
                    Files.writeString(ringBefore, value);
                } finally { // it is off all the same
                    Files.writeString(ring, OFF, StandardOpenOption.WRITE);
                }
            }
        } catch (NoSuchFileException e) {
            System.getLogger("omni.airgap").log(System.Logger.Level.DEBUG, "No such switch", e);
        } catch (IOException e) {
            throw new AirgapException(
                    "io_uring is not switched off, or a lift will leave it off: " + e.getMessage(), e);
        }
    }

    private List<String> ring() throws AirgapException {
        try {
            return read(ring).equals(OFF)
                    ? List.of()
                    : List.of("io_uring is on, and this process may not switch it off: set kernel.io_uring_disabled = 2"
                            + " in /etc/sysctl.d as omni units systemd does");
        } catch (NoSuchFileException e) {
            return List.of(); // before Linux 6.6: status says so
        } catch (IOException e) {
            throw new AirgapException("It cannot be seen whether io_uring is off.", e);
        }
    }

    private void restoreRing() throws AirgapException {
        try {
            if (Files.exists(ringBefore)) {
                Files.writeString(ring, read(ringBefore), StandardOpenOption.WRITE);
                Files.delete(ringBefore);
            }
        } catch (IOException e) {
            throw new AirgapException("io_uring stays off: " + e.getMessage() + ". Remove " + ringBefore + ".", e);
        }
    }

    /** What this kernel has no switch for, and what an engage would not confirm as it is now, a line each. */
    List<String> limits() {
        List<String> limits = new ArrayList<>();
        if (!Files.exists(ring)) {
            limits.add("this kernel cannot switch io_uring off (Linux 6.6 and later can): a program may hold sockets by"
                    + " it that only the count of sockets shows");
        }
        try {
            limits.addAll(vsock());
            if (speaksVsock() && builtIn()) {
                limits.add("vsock is part of this kernel: a virtual machine's host can be reached by it in a gap");
            }
        } catch (AirgapException e) {
            limits.add(e.getMessage());
        }
        return limits;
    }
}
