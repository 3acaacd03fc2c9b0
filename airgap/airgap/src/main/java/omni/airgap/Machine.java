package omni.airgap;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.channels.FileChannel;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.ArrayList;
import java.util.Collection;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.TreeSet;
import java.util.function.Predicate;
import omni.role.PrivateFile;

/**
 * What a whole machine has beside its network namespaces: radios, and two ways of the kernel that no link stops. For one
 * thread at a time.
 *
 * <ul>
 *   <li>Radios (Wi-Fi, Bluetooth, WWAN, and so on) are blocked all at once by one {@code struct rfkill_event}, which is
 *       also what the kernel does from then on with those that are plugged in. What was before is kept in a file, so that a lift
 *       gives back that and nothing else, also after a boot: systemd keeps the block itself over a boot.
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
    private static final int ALL_TYPES = 0;
    /** As sysfs names them; the first has the number 1. */
    private static final List<String> TYPES =
            List.of("wlan", "bluetooth", "ultrawideband", "wimax", "wwan", "gps", "fm", "nfc");

    /** Before the name of a radio that was off, in the file; one that was on has its name alone. */
    private static final String WAS_OFF = "off ";
    /** Before a type of which those were to be on that would still be plugged in. */
    private static final String TO_COME = "to come ";

    private static final byte CHANGE = 2;
    private static final byte CHANGE_ALL = 3;
    private static final String OFF = "2";

    private final boolean meant;
    private final Path root;
    private final Path before;
    private final Path device;
    private final Path ring;
    private final Path ringBefore;
    /** What could not be written to the file of radios, until it can. */
    private Set<String> unwritten = Set.of();
    /** How io_uring was, for where its file could not be written. */
    private Optional<String> ringWas = Optional.empty();

    /**
     * Changes nothing yet.
     *
     * @param root "/"; a test may have another
     * @param folder where it keeps what was on before
     */
    Machine(Path root, Path folder) {
        this(true, root, folder);
    }

    /** Where it is not meant, it gives back what an earlier gap has left, and that is all. */
    private Machine(boolean meant, Path root, Path folder) {
        this.meant = meant;
        this.root = root;
        this.before = folder.resolve("radios");
        this.device = root.resolve("dev/rfkill");
        this.ring = root.resolve("proc/sys/kernel/io_uring_disabled");
        this.ringBefore = folder.resolve("io_uring");
    }

    /** This machine's, where the whole of it is in scope, or was, and something is left to be given back. */
    static Optional<Machine> of(Scope scope, Path folder) {
        return of(scope, Path.of("/"), folder);
    }

    /** That of another root. */
    static Optional<Machine> of(Scope scope, Path root, Path folder) {
        Machine machine = new Machine(scope.machine(), root, folder);
        boolean left = Files.exists(machine.before) || Files.exists(machine.ringBefore);
        return scope.machine() || left ? Optional.of(machine) : Optional.empty();
    }

    /**
     * A radio.
     *
     * @param index its number
     * @param type what kind, by the kernel's word
     * @param name its kind and name, by which it is known after a boot, too
     * @param soft whether it was switched off by software
     * @param hard whether by a switch of its own
     */
    private record Radio(int index, String type, String name, boolean soft, boolean hard) {
        boolean on() {
            return !soft && !hard;
        }
    }

    /** Blocks what is left, and notes each step. */
    void shut(Report report) {
        if (!meant) {
            return;
        }
        report.step("radios", () -> {
            report.closed(block());
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
        if (!meant) {
            return List.of();
        }
        keepAgain();
        List<String> problems = new ArrayList<>(unblocked());
        problems.addAll(vsock());
        problems.addAll(ring());
        return problems;
    }

    /** Where none is on, too: what is plugged in later is off from its first moment on. How many were on. */
    private long block() throws AirgapException {
        List<Radio> radios = radios();
        long on = radios.stream().filter(Radio::on).count();
        if (on > 0) {
            try {
                remember(radios);
            } finally { // they are blocked all the same
                send(List.of(event(0, ALL_TYPES, CHANGE_ALL, true)));
            }
        } else if (Files.isWritable(device)) {
            blockWhatIsToCome(radios);
        }
        return on;
    }

    /** What a lift could not give back is not taken, for nothing is open: the watch sees what comes. */
    private void blockWhatIsToCome(List<Radio> radios) throws AirgapException {
        try {
            remember(radios);
        } catch (AirgapException e) {
            System.getLogger("omni.airgap").log(System.Logger.Level.WARNING, "Radios to come are not blocked ahead", e);
            return;
        }
        send(List.of(event(0, ALL_TYPES, CHANGE_ALL, true)));
    }

    /** All of it the first time; then those alone that have come on, for what is off may be off by the gap. */
    private void remember(List<Radio> radios) throws AirgapException {
        Set<String> lines = new TreeSet<>(remembered());
        boolean first = lines.isEmpty();
        Set<String> known = Set.copyOf(lines);
        for (Radio radio : radios) {
            if (!radio.soft() && !known.contains(WAS_OFF + radio.name())) {
                lines.add(radio.name());
            } else if (first && radio.soft()) {
                lines.add(WAS_OFF + radio.name());
            }
        }
        if (first) {
            TYPES.stream().filter(type -> toCome(type, radios)).forEach(type -> lines.add(TO_COME + type));
        }
        if (unwritten.isEmpty() && known.containsAll(lines)) {
            return;
        }
        unwritten = lines;
        keep();
    }

    /** Once there is room for it. */
    private void keepAgain() {
        try {
            if (!unwritten.isEmpty()) {
                keep();
            }
        } catch (AirgapException e) {
            System.getLogger("omni.airgap").log(System.Logger.Level.DEBUG, "Still no room", e);
        }
    }

    private void keep() throws AirgapException {
        try {
            PrivateFile.write(before, (String.join("\n", unwritten) + "\n").getBytes(StandardCharsets.UTF_8));
            unwritten = Set.of();
        } catch (IOException e) {
            throw new AirgapException(
                    "Which radios were on cannot be kept: after a crash a lift would leave them off.", e);
        }
    }

    /**
     * Whether one of that type would be on that is plugged in. The kernel does not tell: not where all that are there were switched
     * off, which is how owners do it; where none is there, as the kernel begins.
     */
    private boolean toCome(String type, List<Radio> radios) {
        List<Radio> alike =
                radios.stream().filter(radio -> radio.type().equals(type)).toList();
        return alike.isEmpty() ? beginsOn() : !alike.stream().allMatch(Radio::soft);
    }

    private boolean beginsOn() {
        try {
            return !read(root.resolve("sys/module/rfkill/parameters/default_state"))
                    .equals("0");
        } catch (IOException e) {
            System.getLogger("omni.airgap").log(System.Logger.Level.DEBUG, "The kernel's own default is taken", e);
            return true;
        }
    }

    private Collection<String> remembered() throws AirgapException {
        if (!unwritten.isEmpty()) { // it has the file's, too
            return unwritten;
        }
        try {
            return Files.readAllLines(before);
        } catch (NoSuchFileException e) {
            return List.of();
        } catch (IOException e) {
            throw new AirgapException("Which radios were on cannot be read: they stay off. Remove " + before + ".", e);
        }
    }

    /** Gives back what was on; nothing where nothing is kept. */
    void restore() throws AirgapException {
        try {
            restoreRing();
        } finally {
            restoreRadios();
        }
    }

    /** First what is to come, which the kernel gives to none without those that are there; then each of these. One that is gone is passed over. */
    private void restoreRadios() throws AirgapException {
        Collection<String> lines = remembered();
        if (lines.isEmpty() && !Files.exists(before)) {
            return;
        }
        Predicate<String> toCome = type -> lines.contains(TO_COME + type);
        List<ByteBuffer> events = new ArrayList<>();
        for (int i = 0; i < TYPES.size(); i++) {
            if (toCome.test(TYPES.get(i))) {
                events.add(event(0, i + 1, CHANGE_ALL, false));
            }
        }
        for (Radio radio : radios()) {
            if (lines.contains(radio.name())) {
                events.add(event(radio.index(), ALL_TYPES, CHANGE, false));
            } else if (toCome.test(radio.type()) && lines.contains(WAS_OFF + radio.name())) {
                events.add(event(radio.index(), ALL_TYPES, CHANGE, true));
            }
        }
        try {
            if (!events.isEmpty()) {
                send(events);
            }
            Files.deleteIfExists(before);
            unwritten = Set.of();
        } catch (AirgapException e) {
            throw e;
        } catch (IOException e) {
            throw new AirgapException("The list of radios that were on cannot be removed.", e);
        }
    }

    private List<String> unblocked() throws AirgapException {
        return radios().stream()
                .filter(Radio::on)
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
                String type = read(folder.resolve("type"));
                radios.add(new Radio(
                        Integer.parseInt(read(folder.resolve("index"))),
                        type,
                        type + " " + read(folder.resolve("name")),
                        read(folder.resolve("soft")).equals("1"),
                        read(folder.resolve("hard")).equals("1")));
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
    private static ByteBuffer event(int index, int type, byte operation, boolean block) {
        ByteBuffer event = ByteBuffer.allocate(EVENT_BYTES).order(ByteOrder.nativeOrder());
        return event.putInt(index)
                .put((byte) type)
                .put(operation)
                .put((byte) (block ? 1 : 0))
                .put((byte) 0)
                .flip();
    }

    /** Each by a call of its own: the kernel takes one at a time. */
    private void send(List<ByteBuffer> events) throws AirgapException {
        try (FileChannel channel = FileChannel.open(device, StandardOpenOption.WRITE)) {
            for (ByteBuffer event : events) {
                channel.write(event);
            }
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
                ringWas = Optional.of(value);
                try {
                    PrivateFile.write(ringBefore, value.getBytes(StandardCharsets.UTF_8));
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
            Optional<String> was = Files.exists(ringBefore) ? Optional.of(read(ringBefore)) : ringWas;
            if (was.isPresent()) {
                if (!was.get().matches("[012]")) { // the kernel takes nothing at all for a success
                    throw new IOException("it is not known how it was");
                }
                Files.writeString(ring, was.get(), StandardOpenOption.WRITE);
                Files.deleteIfExists(ringBefore);
                ringWas = Optional.empty();
            }
        } catch (IOException e) {
            throw new AirgapException("io_uring stays off: " + e.getMessage() + ". Remove " + ringBefore + ".", e);
        }
    }

    /** What this kernel has no switch for, and what an engage would not confirm as it is now, a line each. */
    List<String> limits() {
        if (!meant) {
            return List.of();
        }
        List<String> limits = new ArrayList<>();
        if (!Files.exists(ring)) {
            limits.add("this kernel cannot switch io_uring off (Linux 6.6 and later can): a program may hold sockets by"
                    + " it that only the count of sockets shows");
        }
        if (Files.exists(device) && !Files.isWritable(device)) {
            limits.add(
                    "radios cannot be switched, for this process may not write /dev/rfkill: one that is on in a gap makes"
                            + " it broken, also one that is plugged in then");
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
