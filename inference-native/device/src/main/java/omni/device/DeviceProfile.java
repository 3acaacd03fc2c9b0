package omni.device;

import java.io.IOException;
import java.nio.file.DirectoryStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import tools.jackson.core.JacksonException;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.json.JsonMapper;

/**
 * What is known of a kind of box before anything is measured on it: a file of {@code hardware-kit/profiles}, whose
 * README tells the format.
 *
 * @param name what people call the box
 * @param source where the numbers come from
 * @param priors a value for each key that the box should begin with; a measurement corrects them
 * @param notes what its owner should know, a sentence each
 */
public record DeviceProfile(String name, String source, Map<String, String> priors, List<String> notes) {
    private static final int FILES_MAX = 256;
    private static final int FILE_BYTES_MAX = 64 << 10;

    /**
     * Returns the profile that fits a report; the first by file name where several do.
     *
     * @param folder with the profiles; one that is missing has none
     * @throws DeviceException if a file is not of the format
     */
    public static Optional<DeviceProfile> find(Path folder, Report report) {
        for (Path file : files(folder)) {
            JsonNode profile = parse(file);
            if (fits(profile.path("match"), report)) {
                return Optional.of(read(profile));
            }
        }
        return Optional.empty();
    }

    private static List<Path> files(Path folder) {
        if (!Files.isDirectory(folder)) {
            return List.of();
        }
        List<Path> files = new ArrayList<>();
        try (DirectoryStream<Path> entries = Files.newDirectoryStream(folder, "*.json")) {
            for (Path entry : entries) {
                if (files.size() < FILES_MAX) {
                    files.add(entry);
                }
            }
        } catch (IOException e) {
            throw new DeviceException("The device profiles cannot be read: " + folder, e);
        }
        files.sort(null);
        return files;
    }

    private static JsonNode parse(Path file) {
        try {
            if (Files.size(file) > FILE_BYTES_MAX) {
                throw new DeviceException("A device profile has at most 64 KiB: " + file);
            }
            return JsonMapper.shared().readTree(Files.readAllBytes(file));
        } catch (IOException | JacksonException e) {
            throw new DeviceException("This device profile cannot be read: " + file, e);
        }
    }

    /** Every key that is given must fit: a word of a list in the field that it names, or all of a number's bounds. */
    private static boolean fits(JsonNode match, Report report) {
        String jetson = report.jetson().map(Jetson::module).orElse("");
        long gib = report.memory().totalBytes() >> 30;
        return !match.isEmpty()
                && (!match.has("jetsonModule") || contains(match.path("jetsonModule"), jetson, true))
                && (!match.has("cpu")
                        || contains(match.path("cpu"), report.cpu().model(), false))
                && gib >= match.path("memoryGiBMin").asLong(0)
                && gib <= match.path("memoryGiBMax").asLong(Long.MAX_VALUE);
    }

    private static boolean contains(JsonNode words, String text, boolean whole) {
        String lower = text.toLowerCase(Locale.ROOT);
        for (JsonNode word : words) {
            String wanted = word.asString("").toLowerCase(Locale.ROOT);
            if (!wanted.isEmpty() && (whole ? lower.equals(wanted) : lower.contains(wanted))) {
                return true;
            }
        }
        return false;
    }

    private static DeviceProfile read(JsonNode profile) {
        Map<String, String> priors = new LinkedHashMap<>();
        profile.path("priors").forEachEntry((key, value) -> priors.put(key, value.asString("")));
        List<String> notes = new ArrayList<>();
        profile.path("notes").forEach(note -> notes.add(note.asString("")));
        return new DeviceProfile(
                profile.path("name").asString(""),
                profile.path("source").asString(""),
                Map.copyOf(priors),
                List.copyOf(notes));
    }
}
