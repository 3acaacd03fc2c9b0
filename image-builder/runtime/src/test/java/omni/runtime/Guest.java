package omni.runtime;

import static org.junit.jupiter.api.Assertions.assertEquals;

import java.io.IOException;
import java.nio.channels.FileChannel;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.nio.file.StandardOpenOption;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.util.ArrayList;
import java.util.HexFormat;
import java.util.List;
import java.util.Optional;
import java.util.stream.Stream;

/**
 * The machine that {@link GuestBoxTest} and {@link SctpGuestBoxTest} boot. Its base, Debian with systemd, is built once and kept in the user's cache
 * under the hash of the scripts that make it; the second disk, with this JDK and this build of Omni, is made each time.
 */
final class Guest {
    private static final List<String> RECIPE = List.of("build.sh", "initrd-init", "omni-guest.service");
    private static final List<String> BASE = List.of("base.ext4", "vmlinuz", "initrd");

    /** Slow as an emulated processor is, there is nothing to tune on it, and nothing of Omni may run into its usual deadlines. */
    private static final int START_SECONDS = 300;

    private static final int WATCHDOG_SECONDS = 30;

    private static final String OMNI_TOML = """
        [supervisor]
        start_timeout = "4m"
        liveness = "1m"
        stop_grace = "30s"

        [airgap]
        scope = "machine"

        [tuning]
        sweep = false
        """;

    private Guest() {}

    /** Where the scripts are. */
    static Path folder() {
        return Path.of(System.getProperty("omni.root"), "supervisor", "init", "src", "test", "guest");
    }

    /** The folder with the base's disk, kernel and initramfs; builds it if the cache has none. */
    static Path base() throws Exception {
        String cache = System.getenv().getOrDefault("XDG_CACHE_HOME", "");
        Path all = (cache.isEmpty() ? Path.of(System.getProperty("user.home"), ".cache") : Path.of(cache))
                .resolve("omni/guest");
        Files.createDirectories(all);
        Path wanted = all.resolve(recipeHash());
        try (var lock = FileChannel.open(all.resolve("lock"), StandardOpenOption.CREATE, StandardOpenOption.WRITE)) {
            lock.lock();
            if (!Files.isDirectory(wanted)) {
                Path fresh = Files.createTempDirectory(all, "new");
                run(List.of(folder().resolve("build.sh").toString(), fresh.toString()), all.resolve("build.log"));
                for (String file : BASE) {
                    assertEquals(true, Files.size(fresh.resolve(file)) > 0, file);
                }
                Files.move(fresh, wanted, StandardCopyOption.ATOMIC_MOVE);
            }
        }
        return wanted;
    }

    /** Makes the second disk: this JDK with its links followed, the runtime tree, the script and its settings. */
    static Path disk(Path work) throws Exception {
        Path log = work.resolve("disk.log");
        Path root = work.resolve("root");
        if (Files.isDirectory(work)) {
            run(List.of("rm", "-rf", work.toString()), Path.of("/dev/null"));
        }
        Path guest = Files.createDirectories(root.resolve("guest"));
        run(
                List.of(
                        "cp",
                        "-rL",
                        System.getProperty("java.home"),
                        root.resolve("jdk").toString()),
                log);
        for (String unused : List.of("jmods", "lib/src.zip", "man")) {
            run(List.of("rm", "-rf", root.resolve("jdk").resolve(unused).toString()), log);
        }
        Path app = Path.of(System.getProperty("omni.root"), "target", "omni");
        run(List.of("cp", "-a", app.toString(), root.resolve("omni").toString()), log);
        place(root, log);
        for (String script : List.of("run.sh", "words.sh", "held.sh", "sctp.sh", "sender.sh", "sender.service")) {
            Files.copy(folder().resolve(script), guest.resolve(script));
        }
        for (String probe : List.of("send", "hold")) {
            compile(probe, guest.resolve(probe), log);
        }
        run(
                List.of(
                        "iasl",
                        "-p",
                        firmware(work).toString(),
                        folder().resolve("modem.asl").toString()),
                log);
        Files.writeString(
                guest.resolve("settings"),
                "start_seconds=" + START_SECONDS + "\nwatchdog_seconds=" + WATCHDOG_SECONDS + "\n");
        run(units(app, guest.resolve("root")), log);
        Files.writeString(guest.resolve("omni.toml"), OMNI_TOML);
        Path disk = work.resolve("app.ext4");
        long mebibytes = 64 + bytes(root) * 5 / 4 / (1024 * 1024);
        run(List.of("mke2fs", "-q", "-t", "ext4", "-d", root.toString(), disk.toString(), mebibytes + "M"), log);
        run(List.of("rm", "-rf", root.toString()), log);
        return disk;
    }

    /**
     * Completes the tree for its place in the guest, as an image's build is to: it is mounted there, and a namespace keeps the mounts.
     * Without its class archives each start takes several times as long, and in the guest that is most of the time.
     */
    private static void place(Path root, Path log) throws IOException, InterruptedException {
        String mounted = """
                mount -t tmpfs tmpfs /opt
                mkdir /opt/jdk /opt/omni
                mount --bind "$1/jdk" /opt/jdk
                mount --bind "$1/omni" /opt/omni
                exec /opt/jdk/bin/java -cp "$2/image-builder/runtime/target/classes" omni.runtime.Placed "$2" /opt/omni "$3"
                """;
        String time = Files.getLastModifiedTime(root.resolve("omni/LICENSE")).toString();
        run(
                List.of(
                        "unshare",
                        "--mount",
                        "sh",
                        "-euc",
                        mounted,
                        "sh",
                        root.toString(),
                        System.getProperty("omni.root"),
                        time),
                log);
    }

    /** A table of the machine's firmware beside those of QEMU's own, with the switch of a modem. */
    private static Path firmware(Path work) {
        return work.resolve("modem.aml");
    }

    /** Compiles a probe of the kill switch's tests, for a machine with other libraries or none. */
    static Path compile(String probe, Path program, Path log) throws IOException, InterruptedException {
        Path source = Path.of(System.getProperty("omni.root"), "airgap/airgap/src/test/c", probe + ".c");
        run(List.of("gcc", "-O2", "-static", "-o", program.toString(), source.toString()), log);
        return program;
    }

    /**
     * A boot.
     *
     * @param root the disk with the system, which the boot changes if it is kept
     * @param disk the disk with Omni
     * @param kept whether what the boot writes stays on the disk
     * @param words more words for the kernel's command line
     * @param network the namespace in which the machine's network card has its other end, {@code tap0}; empty for no card
     * @param person the folder for the sockets of somebody at the machine: at {@link #LINE} is the other end of a third serial line, on the
     *     machine's bus, and at {@link #KEYS} its keyboard; it has a screen then; empty for none of these
     */
    record Boot(Path root, Path disk, boolean kept, String words, String network, String person) {}

    static final String LINE = "line";
    static final String KEYS = "keys";

    /**
     * Boots. One emulated processor whose clock counts instructions: however slow or busy this machine is, no timeout in
     * the guest runs out for that, and where the guest only waits, no time passes here.
     */
    static Process start(Path base, Boot boot, Path console, Path results) throws IOException {
        List<String> command = new ArrayList<>();
        if (!boot.network().isEmpty()) {
            command.addAll(List.of("nsenter", "--net=/run/netns/" + boot.network()));
        }
        command.addAll(List.of(
                "qemu-system-x86_64",
                "-accel",
                "tcg,thread=single",
                "-icount",
                "shift=2,sleep=off",
                "-cpu",
                "max",
                "-m",
                "3072",
                "-smp",
                "1",
                "-nodefaults",
                "-no-user-config",
                "-no-reboot",
                "-display",
                "none",
                "-kernel",
                base.resolve("vmlinuz").toString(),
                "-initrd",
                base.resolve("initrd").toString(),
                "-append",
                "console=ttyS0 quiet panic=-1 mitigations=off net.ifnames=0 systemd.show_status=0"
                        + " modprobe.blacklist=thinkpad_acpi" // by itself it would start without its option
                        + " systemd.default_timeout_start_sec=600"
                        + " systemd.journald.forward_to_console=1 systemd.journald.max_level_console=info "
                        + boot.words(),
                "-drive",
                "file=" + boot.root() + ",format=raw,if=virtio,snapshot=" + (boot.kept() ? "off" : "on"),
                "-drive",
                "file=" + boot.disk() + ",format=raw,if=virtio,readonly=on",
                "-smbios",
                "type=1,manufacturer=LENOVO",
                "-acpitable",
                "file=" + firmware(Optional.ofNullable(boot.disk().getParent()).orElseThrow()),
                "-serial",
                "file:" + console,
                "-serial",
                "file:" + results,
                "-device",
                "virtio-rng-pci"));
        command.addAll(
                boot.network().isEmpty()
                        ? List.of("-nic", "none")
                        : List.of(
                                "-netdev",
                                "tap,id=card,ifname=tap0,script=no,downscript=no",
                                "-device",
                                "virtio-net-pci,netdev=card,romfile="));
        if (!boot.person().isEmpty()) {
            command.addAll(List.of(
                    "-chardev",
                    "socket,id=line,path=" + boot.person() + "/" + LINE + ",server=on,wait=off",
                    "-device",
                    "pci-serial,chardev=line",
                    "-qmp",
                    "unix:" + boot.person() + "/" + KEYS + ",server=on,wait=off",
                    "-device",
                    "VGA"));
        }
        return new ProcessBuilder(command)
                .redirectErrorStream(true)
                .redirectOutput(results.resolveSibling("qemu.log").toFile())
                .start();
    }

    /** Runs {@code omni units systemd} here, for where things are in the guest. */
    private static List<String> units(Path app, Path dir) {
        return List.of(
                Path.of(System.getProperty("java.home"), "bin", "java").toString(),
                "--module-path",
                app.resolve("lib").toString(),
                "-m",
                "omni.cli/omni.cli.Main",
                "units",
                "systemd",
                "--dir",
                dir.toString(),
                "--app",
                "/opt/omni",
                "--java",
                "/opt/jdk/bin/java",
                "--start-timeout",
                String.valueOf(START_SECONDS),
                "--stop-timeout",
                "120",
                "--watchdog",
                String.valueOf(WATCHDOG_SECONDS));
    }

    static void run(List<String> command, Path log) throws IOException, InterruptedException {
        Process process = new ProcessBuilder(command)
                .redirectErrorStream(true)
                .redirectOutput(ProcessBuilder.Redirect.appendTo(log.toFile()))
                .start();
        assertEquals(0, process.waitFor(), () -> String.join(" ", command) + " failed; see " + log);
    }

    private static String recipeHash() throws IOException, NoSuchAlgorithmException {
        var hash = MessageDigest.getInstance("SHA-256");
        for (String file : RECIPE) {
            hash.update(Files.readAllBytes(folder().resolve(file)));
        }
        return HexFormat.of().formatHex(hash.digest(), 0, 8);
    }

    private static long bytes(Path folder) throws IOException {
        try (Stream<Path> files = Files.walk(folder)) {
            long sum = 0;
            for (Path file : (Iterable<Path>) files.filter(Files::isRegularFile)::iterator) {
                sum += Files.size(file);
            }
            return sum;
        }
    }
}
