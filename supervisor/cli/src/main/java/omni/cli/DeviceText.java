package omni.cli;

import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import omni.engine.TuningProtocol;
import tools.jackson.databind.JsonNode;

/** A device report and its tuning as people read them. What is from drivers and files is made fit for a terminal. */
final class DeviceText {
    private static final int NAME_CHARACTERS = 12;

    private DeviceText() {}

    static String hardware(JsonNode report, boolean byEngine) {
        var text = new StringBuilder(512);
        var setting = report.path("setting");
        var where = new ArrayList<String>();
        add(where, "", setting.path("machine").asString(""));
        add(where, "container: ", setting.path("container").asString(""));
        add(where, "virtual machine: ", setting.path("virtual").asString(""));
        line(text, "machine", where.isEmpty() ? "it does not say" : String.join(", ", where));
        processors(text, report.path("cpu"));
        memory(text, report.path("memory"));
        for (var disk : report.path("disks")) {
            line(text, "disk", disk(disk));
        }
        graphics(text, report);
        jetson(text, report.path("jetson"));
        power(text, report.path("power"));
        heat(text, report.path("thermal"));
        for (var backend : report.path("backends")) {
            line(
                    text,
                    "backend",
                    backend.path("name").asString("") + " ("
                            + backend.path("description").asString("") + ")");
        }
        if (!byEngine) {
            text.append("Omni does not run here: start it with `omni up` to see how it uses this.\n");
        }
        return text.toString().stripTrailing();
    }

    private static void processors(StringBuilder text, JsonNode cpu) {
        line(text, "processor", cpu.path("model").asString("it does not say"));
        var fast = cpu.path("performanceCores").asInt(0);
        var frugal = cpu.path("efficiencyCores").asInt(0);
        var cores = frugal == 0
                ? Text.count(fast, "core")
                : Text.count(fast, "fast core") + " and " + Text.count(frugal, "frugal core");
        var offline = cpu.path("offline").asString("");
        line(
                text,
                "cores",
                cores + ", processors " + cpu.path("usable").asString("") + " of "
                        + cpu.path("online").asString("") + " may be used"
                        + (offline.isEmpty() ? "" : ", " + offline + " are off"));
        line(text, "computes", cpu.path("isa").asString("") + ": " + words(cpu.path("features")));
        var caches = new ArrayList<String>();
        for (var cache : cpu.path("caches")) {
            if (!cache.path("type").asString("").equals("Instruction")) {
                caches.add("L" + cache.path("level").asInt(0) + " "
                        + cache.path("instances").asInt(0) + " × "
                        + binary(cache.path("bytesEach").asLong(0)));
            }
        }
        if (!caches.isEmpty()) {
            line(text, "caches", String.join(", ", caches));
        }
        if (cpu.path("nodes").size() > 1) {
            line(text, "NUMA", Text.count(cpu.path("nodes").size(), "node"));
        }
    }

    private static void memory(StringBuilder text, JsonNode memory) {
        var total = memory.path("totalBytes").asLong(0);
        var limit = memory.path("limitBytes").asLong(0);
        var words = binary(total) + ", " + binary(memory.path("leftBytes").asLong(0)) + " left";
        if (limit < total) {
            words += ", limited to " + binary(limit) + " by "
                    + memory.path("cgroup").path("memoryLimitFrom").asString("");
        }
        var swap = memory.path("swapTotalBytes").asLong(0);
        line(text, "memory", words + (swap == 0 ? ", no swap" : ", swap " + binary(swap)));
        var quota = memory.path("cgroup").path("quotaCores");
        if (quota.isNumber()) {
            line(
                    text,
                    "quota",
                    quota.asDouble(0) + " processors by "
                            + memory.path("cgroup").path("quotaFrom").asString(""));
        }
    }

    private static String disk(JsonNode disk) {
        var kind = disk.path("rotational");
        return disk.path("mount").asString("") + ": " + disk.path("type").asString("") + " on "
                + disk.path("source").asString("") + ", "
                + Text.bytes(disk.path("freeBytes").asLong(0))
                + " of " + Text.bytes(disk.path("totalBytes").asLong(0)) + " free"
                + (kind.isBoolean() && kind.asBoolean() ? ", rotating" : "");
    }

    private static void graphics(StringBuilder text, JsonNode report) {
        for (var maker : List.of("nvidia", "apple")) {
            var found = report.path(maker);
            for (var gpu : found.path("gpus")) {
                var free = gpu.path("memoryFreeBytes");
                line(
                        text,
                        "GPU",
                        gpu.path("name").asString("") + ", "
                                + gpu.path("capability").asString("") + ", "
                                + binary(gpu.path("memoryBytes").asLong(0))
                                + (free.isNumber() ? ", " + binary(free.asLong(0)) + " free" : "")
                                + (gpu.path("unified").asBoolean(false) ? ", shared with the processors" : ""));
                for (var reason : gpu.path("throttling")) {
                    line(text, "", reason.asString(""));
                }
            }
            if (found.path("state").asString("").equals("failed")) {
                line(text, "GPU", found.path("why").asString(""));
            }
        }
        var nvidia = report.path("nvidia");
        if (nvidia.path("state").asString("").equals("found")) {
            line(
                    text,
                    "driver",
                    nvidia.path("driverVersion").asString("") + ", CUDA "
                            + nvidia.path("cudaVersion").asString(""));
        } else if (report.path("apple").path("gpus").isEmpty()
                && !nvidia.path("state").asString("").equals("failed")) {
            line(text, "GPU", "none with a driver of NVIDIA or Apple");
        }
        for (var fit : report.path("natives")) {
            line(
                    text,
                    "natives",
                    fit.path("kind").asString("") + " ("
                            + switch (fit.path("build").asString("")) {
                                case "package" -> "a package";
                                case "source" -> "from source";
                                default -> "no";
                            }
                            + "): "
                            + fit.path("why").asString(""));
        }
    }

    private static void jetson(StringBuilder text, JsonNode jetson) {
        if (!jetson.isObject()) {
            return;
        }
        var mode = jetson.path("powerMode");
        line(
                text,
                "Jetson",
                jetson.path("moduleName").asString("") + ", "
                        + jetson.path("soc").asString("")
                        + (mode.isObject() ? ", power mode " + mode.path("name").asString("") : "")
                        + ", release " + jetson.path("release").asString(""));
        var clock = jetson.path("gpuHertz");
        if (clock.isNumber()) {
            line(
                    text,
                    "GPU clock",
                    clock.asLong(0) / 1_000_000 + " of "
                            + jetson.path("gpuHertzMax").asLong(0) / 1_000_000 + " MHz");
        }
    }

    private static void power(StringBuilder text, JsonNode power) {
        var percent = power.path("batteryPercent");
        var battery = percent.isNumber() ? ", battery " + percent.asInt(0) + " %" : "";
        switch (power.path("source").asString("")) {
            case "mains" -> line(text, "power", "mains" + battery);
            case "battery" -> line(text, "power", "battery" + battery.replaceFirst(", battery", ""));
            default -> {}
        }
    }

    private static void heat(StringBuilder text, JsonNode thermal) {
        var headroom = thermal.path("headroomMilliCelsius");
        if (headroom.isNumber()) {
            line(text, "heat", String.format(Locale.ROOT, "%.0f °C below the limit", headroom.asInt(0) / 1000.0));
        }
        for (var reason : thermal.path("throttling")) {
            line(text, "slowed", reason.asString(""));
        }
    }

    static String tuning(TuningProtocol.ProfilesReply reply, boolean why) {
        var text = new StringBuilder("\n");
        if (!reply.held().isEmpty()) {
            line(text, "now", "It " + reply.held() + ".");
        }
        if (reply.profiles().isEmpty()) {
            text.append("No model is measured yet; each is after its first use, except with the portable binding.\n");
        }
        for (var profile : reply.profiles()) {
            text.append("Model ")
                    .append(Text.printable(profile.name()))
                    .append(": ")
                    .append(state(profile));
            text.append('\n');
            for (var choice : profile.choices()) {
                line(
                        text,
                        "  " + Text.pad(choice.key(), 16),
                        Text.pad(choice.value(), 8) + " " + choice.origin() + (why ? ": " + choice.why() : ""));
            }
            if (why) {
                trials(text, profile);
            }
        }
        return text.toString().stripTrailing();
    }

    private static String state(TuningProtocol.Profile profile) {
        return switch (profile.state()) {
            case WAITING -> "it is measured when nobody has asked anything for a while";
            case MEASURING -> "being measured, " + profile.percent() + " %";
            case MEASURED -> "measured on this hardware with " + Text.printable(profile.release());
            case OFF -> "not measured";
        };
    }

    private static void trials(StringBuilder text, TuningProtocol.Profile profile) {
        for (var trial : profile.trials()) {
            line(
                    text,
                    "  " + Text.pad(trial.key(), 16),
                    String.format(
                            Locale.ROOT,
                            "%-8s %.1f tokens a second, ±%.0f %%, %s",
                            trial.value(),
                            trial.tokensPerSecond(),
                            trial.spread() * 100,
                            Text.count(trial.rounds(), "round")));
        }
    }

    private static void line(StringBuilder text, String name, String value) {
        text.append(Text.pad(name, NAME_CHARACTERS))
                .append(Text.printable(value))
                .append('\n');
    }

    private static void add(List<String> words, String before, String word) {
        if (!word.isEmpty()) {
            words.add(before + word);
        }
    }

    private static String words(JsonNode list) {
        var words = new ArrayList<String>();
        list.forEach(word -> words.add(word.asString("")));
        return String.join(" ", words);
    }

    /** Memory is made in powers of two and sold so. */
    private static String binary(long bytes) {
        return bytes >= 1L << 30
                ? String.format(Locale.ROOT, "%.1f GiB", bytes / (double) (1L << 30))
                : bytes >= 1L << 20
                        ? String.format(Locale.ROOT, "%.1f MiB", bytes / (double) (1L << 20))
                        : (bytes >> 10) + " KiB";
    }
}
