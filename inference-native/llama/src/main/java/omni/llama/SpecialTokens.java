package omni.llama;

import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.HashMap;
import java.util.List;
import java.util.Map;

/**
 * The tokens that llama.cpp cuts a text at before it tokenizes the pieces: control tokens where those are parsed, and the
 * model's own additions always.
 *
 * <p>Its cutting takes time with the square of their number in the text (40,000 took a minute), so that a text made of them
 * would be a way to stop the engine. They are counted first, in time linear in the text.
 */
final class SpecialTokens {
    private final Map<Character, List<String>> byFirst = new HashMap<>();

    /** A set of the texts of such tokens; empty texts are left out. */
    SpecialTokens(Iterable<byte[]> texts) {
        for (var bytes : texts) {
            var text = new String(bytes, StandardCharsets.UTF_8);
            if (!text.isEmpty()) {
                byFirst.computeIfAbsent(text.charAt(0), c -> new ArrayList<>()).add(text);
            }
        }
        byFirst.values()
                .forEach(list ->
                        list.sort(Comparator.comparingInt(String::length).reversed()));
    }

    /** Whether there are more than {@code max} of them in the text, the longest taken first, side by side. */
    boolean exceed(String text, int max) {
        var count = 0;
        for (var at = 0; at < text.length(); ) {
            var length = lengthAt(text, at);
            count += length > 0 ? 1 : 0;
            if (count > max) {
                return true;
            }
            at += Math.max(length, 1);
        }
        return false;
    }

    private int lengthAt(String text, int at) {
        for (var special : byFirst.getOrDefault(text.charAt(at), List.of())) {
            if (text.startsWith(special, at)) {
                return special.length();
            }
        }
        return 0;
    }
}
