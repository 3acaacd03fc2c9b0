package omni.device;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.TreeSet;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** The report on this machine agrees with lscpu, free, df, findmnt and the kernel's own words. */
class HostBoxTest {
    private static final long MIB = 1 << 20;

    @Test
    void theProcessorsAreThoseOfLscpu() throws Exception {
        var cpu = DeviceProbe.live(Path.of("/")).cpu();
        var sockets = new TreeSet<String>();
        var cores = new TreeSet<String>();
        var online = new ArrayList<String>();
        for (var line :
                Tools.run(List.of("lscpu", "-p=CPU,SOCKET,CORE")).lines().toList()) {
            if (!line.startsWith("#")) {
                var fields = line.split(",", -1);
                online.add(fields[0]);
                sockets.add(fields[1]);
                cores.add(fields[1] + ":" + fields[2]);
            }
        }
        assertEquals(CpuSet.parse(String.join(",", online)), cpu.online());
        assertEquals(sockets.size(), cpu.sockets());
        assertEquals(cores.size(), cpu.cores().size());

        var words = lscpu();
        assertEquals(words.get("Model name"), cpu.model());
        assertEquals(words.get("Architecture"), cpu.architecture());
        var flags = List.of(words.getOrDefault("Flags", "").split("\\s+", -1));
        for (var feature : cpu.isa().features()) {
            assertTrue(flags.contains(feature), feature);
        }
        assertEquals(flags.contains("avx512vl"), cpu.isa().level().equals("x86-64-v4"));
    }

    @Test
    void theCachesAreThoseOfLscpu() throws Exception {
        var mine = new TreeMap<String, String>();
        for (var cache : DeviceProbe.live(Path.of("/")).cpu().caches()) {
            var letter = cache.type().equals("Data") ? "d" : cache.type().equals("Instruction") ? "i" : "";
            mine.put("L" + cache.level() + letter, cache.bytesEach() + " " + cache.bytesEach() * cache.instances());
        }
        var theirs = new TreeMap<String, String>();
        for (var line : Tools.run(List.of("lscpu", "-B", "-C=NAME,ONE-SIZE,ALL-SIZE"))
                .lines()
                .skip(1)
                .toList()) {
            var fields = line.strip().split("\\s+", -1);
            theirs.put(fields[0], fields[1] + " " + fields[2]);
        }
        assertEquals(theirs, mine);
    }

    @Test
    void theNodesAreThoseOfLscpu() throws Exception {
        var words = lscpu();
        var nodes = DeviceProbe.live(Path.of("/")).cpu().nodes();
        assertEquals(words.get("NUMA node(s)"), String.valueOf(nodes.size()));
        for (var node : nodes) {
            assertEquals(CpuSet.parse(words.getOrDefault("NUMA node" + node.id() + " CPU(s)", "")), node.cpus());
        }
    }

    @Test
    void theMemoryIsThatOfFree() throws Exception {
        var memory = DeviceProbe.live(Path.of("/")).memory();
        var lines = Tools.run(List.of("free", "-b")).lines().toList();
        var ram = lines.get(1).strip().split("\\s+", -1);
        var swap = lines.get(2).strip().split("\\s+", -1);
        assertEquals(Long.parseLong(ram[1]), memory.totalBytes());
        assertEquals(Long.parseLong(swap[1]), memory.swapTotalBytes());
        assertTrue(
                Math.abs(Long.parseLong(ram[6]) - memory.availableBytes()) < 512 * MIB,
                ram[6] + " and " + memory.availableBytes());
    }

    @Test
    void theAffinityIsTheKernels(@TempDir Path work) throws Exception {
        var status = Files.readAllLines(Path.of("/proc/self/status"));
        var allowed = status.stream()
                .filter(line -> line.startsWith("Cpus_allowed_list:"))
                .map(line -> line.substring(line.indexOf(':') + 1))
                .findFirst()
                .orElseThrow();
        var cpu = DeviceProbe.live(work).cpu();
        assertEquals(CpuSet.parse(allowed).and(cpu.online()), cpu.usable());
    }

    @Test
    void theDiskIsThatOfDf(@TempDir Path work) throws Exception {
        var disk = DeviceProbe.live(work).read().disks().getFirst();
        var df = Tools.run(List.of("df", "-B1", "--output=source,fstype,size,avail,target", work.toString()))
                .lines()
                .skip(1)
                .findFirst()
                .orElseThrow()
                .strip()
                .split("\\s+", -1);
        assertEquals(df[0], disk.source());
        assertEquals(df[1], disk.type());
        assertEquals(Long.parseLong(df[2]), disk.totalBytes());
        assertTrue(Math.abs(Long.parseLong(df[3]) - disk.freeBytes()) < 512 * MIB);
        assertEquals(Path.of(df[4]), disk.mount());
        var rotates = Tools.run(List.of("sh", "-c", "lsblk -ndo ROTA " + df[0])).strip();
        assertEquals(rotates.equals("1"), disk.rotational().orElseThrow());
    }

    @Test
    void aPinnedProcessSeesItsOneProcessor() throws Exception {
        List<String> line = new ArrayList<>(List.of("taskset", "-c", "0"));
        line.addAll(Limits.command());
        assertEquals("0", Tools.run(line).lines().toList().getFirst());
    }

    private static Map<String, String> lscpu() throws Exception {
        var words = new TreeMap<String, String>();
        for (var line : Tools.run(List.of("env", "LC_ALL=C", "lscpu")).lines().toList()) {
            int colon = line.indexOf(':');
            words.put(
                    line.substring(0, colon).strip(), line.substring(colon + 1).strip());
        }
        return words;
    }
}
