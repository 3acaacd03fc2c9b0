package omni.device;

import java.io.IOException;
import java.nio.file.FileStore;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalLong;

/**
 * Finds the file systems under a folder. Sources: proc_pid_mountinfo(5); Linux, {@code
 * Documentation/ABI/stable/sysfs-block} ({@code queue/rotational}).
 */
final class DiskProbe {
    /** Size and free space of where a path lies. */
    record Space(long totalBytes, long freeBytes) {}

    /** Asks for space; a constructed tree has its own answer. */
    interface Spaces {
        Optional<Space> of(Path mount);
    }

    private final Facts sys;
    private final Facts proc;
    private final Path home;
    private final Spaces spaces;

    DiskProbe(Roots roots, Path home, Spaces spaces) {
        this.sys = roots.sysFacts();
        this.proc = roots.procFacts();
        this.home = home;
        this.spaces = spaces;
    }

    /** Asks the file system. */
    static Optional<Space> live(Path path) {
        try {
            FileStore store = Files.getFileStore(path);
            return Optional.of(new Space(store.getTotalSpace(), store.getUsableSpace()));
        } catch (IOException _) {
            return Optional.empty();
        }
    }

    List<Disk> read() {
        Mounts mounts = Mounts.read(proc);
        Map<String, Mounts.Mount> found = new LinkedHashMap<>();
        for (Path folder : List.of(home, home.resolve("cartridges"))) {
            mounts.of(real(folder).toString()).ifPresent(mount -> found.put(mount.point(), mount));
        }
        mounts.below(real(home).toString()).forEach(mount -> found.put(mount.point(), mount));
        List<Disk> disks = new ArrayList<>();
        for (Mounts.Mount mount : found.values()) {
            Path point = Path.of(mount.point());
            Space space = spaces.of(point).orElse(new Space(0, 0));
            disks.add(new Disk(
                    point, mount.source(), mount.type(), space.totalBytes(), space.freeBytes(), rotational(mount)));
        }
        return List.copyOf(disks);
    }

    /** Returns where a folder really is, or would be: of what is not there yet, the nearest folder above it. */
    private static Path real(Path folder) {
        Path nearest = folder.toAbsolutePath().normalize();
        while (!Files.exists(nearest) && nearest.getParent() != null) {
            nearest = nearest.getParent();
        }
        try {
            return nearest.toRealPath();
        } catch (IOException _) {
            return nearest;
        }
    }

    /** A partition has no queue of its own: its disk, the folder above, has. */
    private Optional<Boolean> rotational(Mounts.Mount mount) {
        String device = "dev/block/" + mount.device() + "/";
        for (String file : List.of("queue/rotational", "../queue/rotational")) {
            OptionalLong value = sys.number(device + file);
            if (value.isPresent()) {
                return Optional.of(value.getAsLong() != 0);
            }
        }
        return Optional.empty();
    }
}
