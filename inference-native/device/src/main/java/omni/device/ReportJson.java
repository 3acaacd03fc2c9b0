package omni.device;

import java.util.List;
import java.util.Locale;
import java.util.Optional;
import java.util.OptionalDouble;
import java.util.OptionalInt;
import java.util.OptionalLong;
import tools.jackson.databind.json.JsonMapper;
import tools.jackson.databind.node.ArrayNode;
import tools.jackson.databind.node.ObjectNode;

/** Writes a report as JSON: the fields as the records name them, what is absent left out. */
final class ReportJson {
    private ReportJson() {}

    static ObjectNode of(Report report) {
        ObjectNode all = JsonMapper.shared().createObjectNode();
        all.put("fingerprint", report.fingerprint());
        ObjectNode setting = all.putObject("setting");
        setting.put("machine", report.setting().machine());
        setting.put("container", report.setting().container());
        setting.put("virtual", report.setting().virtual());
        cpu(report.cpu(), all.putObject("cpu"));
        memory(report.memory(), all.putObject("memory"));
        ArrayNode disks = all.putArray("disks");
        report.disks().forEach(disk -> disk(disk, disks.addObject()));
        ObjectNode power = all.putObject("power");
        power.put("source", report.power().source().name().toLowerCase(Locale.ROOT));
        put(power, "batteryPercent", report.power().batteryPercent());
        power.put("charging", report.power().charging());
        thermal(report.thermal(), all.putObject("thermal"));
        nvidia(report.nvidia(), all.putObject("nvidia"));
        all.put("libc", report.libraries().libc());
        ArrayNode natives = all.putArray("natives");
        for (NativeFit fit : report.natives()) {
            ObjectNode node = natives.addObject();
            node.put("kind", fit.kind().word());
            node.put("build", fit.build().name().toLowerCase(Locale.ROOT));
            node.put("why", fit.why());
        }
        apple(report.apple(), all.putObject("apple"));
        report.jetson().ifPresent(jetson -> jetson(jetson, all.putObject("jetson")));
        ArrayNode backends = all.putArray("backends");
        for (Backend backend : report.backends()) {
            ObjectNode node = backends.addObject();
            node.put("name", backend.name());
            node.put("description", backend.description());
            node.put("kind", backend.kind());
            node.put("memoryFreeBytes", backend.memoryFreeBytes());
            node.put("memoryTotalBytes", backend.memoryTotalBytes());
        }
        return all;
    }

    private static void cpu(Cpu cpu, ObjectNode node) {
        node.put("model", cpu.model());
        node.put("architecture", cpu.architecture());
        node.put("sockets", cpu.sockets());
        node.put("physicalCores", cpu.cores().size());
        node.put("performanceCores", cpu.count(Cpu.Kind.PERFORMANCE));
        node.put("efficiencyCores", cpu.count(Cpu.Kind.EFFICIENCY));
        node.put("usableCores", cpu.usableCores());
        node.put("online", cpu.online().toString());
        node.put("offline", cpu.offline().toString());
        node.put("usable", cpu.usable().toString());
        node.put("isa", cpu.isa().level());
        strings(cpu.isa().features(), node.putArray("features"));
        ArrayNode cores = node.putArray("cores");
        for (Cpu.Core core : cpu.cores()) {
            ObjectNode one = cores.addObject();
            one.put("socket", core.socket());
            one.put("threads", core.threads().toString());
            one.put("kind", core.kind().name().toLowerCase(Locale.ROOT));
            put(one, "capacity", core.capacity());
            put(one, "kiloHertzMax", core.kiloHertzMax());
        }
        ArrayNode caches = node.putArray("caches");
        for (Cpu.Cache cache : cpu.caches()) {
            ObjectNode one = caches.addObject();
            one.put("level", cache.level());
            one.put("type", cache.type());
            one.put("bytesEach", cache.bytesEach());
            one.put("instances", cache.instances());
        }
        ArrayNode nodes = node.putArray("nodes");
        for (Cpu.Node numa : cpu.nodes()) {
            ObjectNode one = nodes.addObject();
            one.put("id", numa.id());
            one.put("cpus", numa.cpus().toString());
            one.put("memoryBytes", numa.memoryBytes());
        }
    }

    private static void memory(Memory memory, ObjectNode node) {
        node.put("totalBytes", memory.totalBytes());
        node.put("availableBytes", memory.availableBytes());
        node.put("limitBytes", memory.limitBytes());
        node.put("leftBytes", memory.leftBytes());
        node.put("swapTotalBytes", memory.swapTotalBytes());
        node.put("swapFreeBytes", memory.swapFreeBytes());
        ObjectNode cgroup = node.putObject("cgroup");
        Cgroup group = memory.cgroup();
        cgroup.put("version", group.version());
        cgroup.put("path", group.path());
        put(cgroup, "memoryLimitBytes", group.memoryLimitBytes());
        cgroup.put("memoryLimitFrom", group.memoryLimitFrom());
        put(cgroup, "memoryLeftBytes", group.memoryLeftBytes());
        put(cgroup, "swapLimitBytes", group.swapLimitBytes());
        OptionalDouble quota = group.quotaCores();
        if (quota.isPresent()) {
            cgroup.put("quotaCores", quota.getAsDouble());
        }
        cgroup.put("quotaFrom", group.quotaFrom());
    }

    private static void disk(Disk disk, ObjectNode node) {
        node.put("mount", disk.mount().toString());
        node.put("source", disk.source());
        node.put("type", disk.type());
        node.put("totalBytes", disk.totalBytes());
        node.put("freeBytes", disk.freeBytes());
        Optional<Boolean> rotational = disk.rotational();
        rotational.ifPresent(value -> node.put("rotational", value));
    }

    private static void thermal(Thermal thermal, ObjectNode node) {
        put(node, "headroomMilliCelsius", thermal.headroomMilliCelsius());
        put(node, "throttleEvents", thermal.throttleEvents());
        strings(thermal.throttling(), node.putArray("throttling"));
        ArrayNode zones = node.putArray("zones");
        for (Thermal.Zone zone : thermal.zones()) {
            ObjectNode one = zones.addObject();
            one.put("name", zone.name());
            one.put("milliCelsius", zone.milliCelsius());
            put(one, "limitMilliCelsius", zone.limitMilliCelsius());
        }
    }

    private static void nvidia(Finding<Nvidia> finding, ObjectNode node) {
        switch (finding) {
            case Finding.Absent<Nvidia>(String why) ->
                node.put("state", "absent").put("why", why);
            case Finding.Failed<Nvidia>(String why) ->
                node.put("state", "failed").put("why", why);
            case Finding.Found<Nvidia>(Nvidia nvidia) -> {
                node.put("state", "found");
                node.put("driverVersion", nvidia.driverVersion());
                node.put("cudaVersion", nvidia.cudaVersion());
                node.put("nvml", nvidia.nvml());
                gpus(nvidia.gpus(), node.putArray("gpus"));
            }
        }
    }

    private static void apple(Finding<Apple> finding, ObjectNode node) {
        switch (finding) {
            case Finding.Absent<Apple>(String why) ->
                node.put("state", "absent").put("why", why);
            case Finding.Failed<Apple>(String why) ->
                node.put("state", "failed").put("why", why);
            case Finding.Found<Apple>(Apple apple) -> {
                node.put("state", "found");
                node.put("processor", apple.processor());
                gpus(apple.gpus(), node.putArray("gpus"));
            }
        }
    }

    private static void gpus(List<Gpu> gpus, ArrayNode node) {
        for (Gpu gpu : gpus) {
            ObjectNode one = node.addObject();
            one.put("name", gpu.name());
            one.put("id", gpu.id());
            one.put("capability", gpu.capability());
            one.put("memoryBytes", gpu.memoryBytes());
            put(one, "memoryFreeBytes", gpu.memoryFreeBytes());
            one.put("unified", gpu.unified());
            put(one, "milliCelsius", gpu.milliCelsius());
            strings(gpu.throttling(), one.putArray("throttling"));
        }
    }

    private static void jetson(Jetson jetson, ObjectNode node) {
        node.put("model", jetson.model());
        node.put("module", jetson.module());
        node.put("moduleName", jetson.moduleName());
        node.put("soc", jetson.soc());
        node.put("computeCapability", jetson.computeCapability());
        node.put("release", jetson.release());
        jetson.powerMode()
                .ifPresent(
                        mode -> node.putObject("powerMode").put("id", mode.id()).put("name", mode.name()));
        put(node, "gpuHertz", jetson.gpuHertz());
        put(node, "gpuHertzMax", jetson.gpuHertzMax());
        put(node, "memoryHertz", jetson.memoryHertz());
    }

    private static void put(ObjectNode node, String name, OptionalInt value) {
        if (value.isPresent()) {
            node.put(name, value.getAsInt());
        }
    }

    private static void put(ObjectNode node, String name, OptionalLong value) {
        if (value.isPresent()) {
            node.put(name, value.getAsLong());
        }
    }

    private static void strings(List<String> texts, ArrayNode node) {
        texts.forEach(node::add);
    }
}
