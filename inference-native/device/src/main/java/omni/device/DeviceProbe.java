package omni.device;

import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Locale;
import java.util.Optional;

/**
 * Reads what hardware is here. Files are read in this process; drivers are called in short-lived processes of their own,
 * so that one that hangs or crashes costs no more than its time limit.
 *
 * <p>For any thread; each call reads anew.
 */
public final class DeviceProbe {
    /** How long a driver may take to answer; a cold NVIDIA driver on a box with eight GPUs takes a few seconds. */
    private static final Duration DRIVER_MAX = Duration.ofSeconds(15);

    private final Roots roots;
    private final Path home;
    private final DriverProbe drivers;
    private final DiskProbe.Spaces spaces;
    private final String architecture;

    DeviceProbe(Roots roots, Path home, DriverProbe drivers, DiskProbe.Spaces spaces, String architecture) {
        this.roots = roots;
        this.home = home;
        this.drivers = drivers;
        this.spaces = spaces;
        this.architecture = architecture;
    }

    /**
     * Returns the probe of this machine.
     *
     * @param home {@code $OMNI_HOME}, whose disks it looks at
     */
    public static DeviceProbe live(Path home) {
        Roots roots = Roots.live();
        DriverProbe drivers = new DriverProbe(
                DriverLibraries.live(System.getenv()), OwnJava.command(DriverMain.class, "omni.device"), DRIVER_MAX);
        return new DeviceProbe(roots, home, drivers, DiskProbe::live, architecture());
    }

    /** Returns the architecture as the kernel calls it. */
    static String architecture() {
        String name = System.getProperty("os.arch", "").toLowerCase(Locale.ROOT);
        return name.equals("amd64") ? "x86_64" : name.equals("arm64") ? "aarch64" : name;
    }

    /** Reads everything, drivers included; takes the drivers' time. */
    public Report read() {
        DriverProbe.Answers answers = drivers.ask();
        Cpu cpu = cpu();
        Memory memory = memory();
        if (answers.apple() instanceof Finding.Found<Apple>(Apple apple)) {
            cpu = AppleCpu.of(apple, cpu);
            memory = memory.totalBytes() > 0
                    ? memory
                    : new Memory(apple.memoryBytes(), apple.memoryBytes(), 0, 0, memory.cgroup());
        }
        return new Report(
                new SettingProbe(roots).read(),
                cpu,
                memory,
                new DiskProbe(roots, home, spaces).read(),
                new LibraryProbe(roots).read(),
                new PowerProbe(roots).read(),
                thermal(),
                answers.nvidia(),
                answers.apple(),
                jetson(),
                List.of());
    }

    /** Reads the processors. */
    public Cpu cpu() {
        return new CpuProbe(roots, architecture).read();
    }

    /** Reads the memory and its limits. */
    public Memory memory() {
        return new MemoryProbe(roots).read();
    }

    /** Reads how warm the machine is: a few small files, cheap enough for every second. */
    public Thermal thermal() {
        return new ThermalProbe(roots).read();
    }

    /** Reads what a Jetson tells, where this is one. */
    public Optional<Jetson> jetson() {
        return new JetsonProbe(roots).read();
    }
}
