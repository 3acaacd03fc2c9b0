package omni.device;

import java.util.List;
import tools.jackson.databind.json.JsonMapper;
import tools.jackson.databind.node.ObjectNode;

/**
 * The process that calls one driver, writes one JSON object to standard output and ends: with what it found, with {@code
 * {"absent": why}} or with {@code {"failed": why}}.
 */
final class DriverMain {
    private DriverMain() {}

    /**
     * Asks one driver.
     *
     * @param args {@code cuda LIBRARY}, {@code nvml LIBRARY} or {@code apple OBJC METAL}
     */
    public static void main(String[] args) {
        List<String> words = List.of(args);
        ObjectNode answer = JsonMapper.shared().createObjectNode();
        try {
            switch (words.isEmpty() ? "" : words.getFirst()) {
                case "cuda" -> CudaReader.read(words.get(1), answer);
                case "nvml" -> NvmlReader.read(words.get(1), answer);
                case "apple" -> AppleReader.read(words.get(1), words.get(2), answer);
                default -> throw new DeviceException("Ask for cuda, nvml or apple.");
            }
        } catch (DriverRefused e) {
            answer.removeAll();
            answer.put(e.absent ? "absent" : "failed", e.getMessage());
        } catch (UnsatisfiedLinkError e) {
            answer.removeAll();
            answer.put("failed", "The driver's library does not load: " + e.getMessage());
        }
        System.out.println(JsonMapper.shared().writeValueAsString(answer));
        System.out.flush();
        // The driver's own threads may still live; nothing of this process is worth waiting for.
        Runtime.getRuntime().halt(0);
    }
}
