package omni.api;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertNull;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.util.ArrayList;
import java.util.HashMap;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.OptionalDouble;
import java.util.TreeMap;
import java.util.regex.Pattern;

/**
 * Prometheus' text, version 0.0.4, read strictly: each family has its HELP and TYPE once and before its samples, samples of a
 * family stand together, no sample is there twice, counters end in {@code _total}, and a histogram's buckets do not fall and end
 * with the count. Source: prometheus.io, "Exposition formats".
 */
final class PrometheusText {
    private static final Pattern NAME = Pattern.compile("[a-z][a-z0-9_]*");
    private static final Pattern SAMPLE = Pattern.compile("([a-zA-Z_:][a-zA-Z0-9_:]*)(?:\\{(.*)})? (\\S+)");
    private static final Pattern LABEL =
            Pattern.compile("([a-zA-Z_][a-zA-Z0-9_]*)=\"((?:[^\"\\\\\\n]|\\\\[\\\\\"n])*)\"(?:,|$)");

    /** Family to its type. */
    final Map<String, String> types = new LinkedHashMap<>();

    private final Map<Sample, Double> samples = new LinkedHashMap<>();

    /** A line's name and labels. */
    record Sample(String name, Map<String, String> labels) {}

    static PrometheusText read(String text) {
        assertTrue(text.endsWith("\n"), "the last line has an end");
        var read = new PrometheusText();
        var helped = new HashSet<String>();
        var family = "";
        for (var line : text.lines().toList()) {
            var words = line.split(" ", 4);
            if (line.startsWith("# HELP ")) {
                family = words[2];
                assertTrue(helped.add(family), "HELP twice: " + line);
                assertEquals(4, words.length, line);
                assertTrue(NAME.matcher(family).matches(), line);
            } else if (line.startsWith("# TYPE ")) {
                assertEquals(family, words[2], "TYPE follows its HELP");
                assertTrue(List.of("counter", "gauge", "histogram").contains(words[3]), line);
                assertNull(read.types.put(family, words[3]), line);
                assertEquals(words[3].equals("counter"), family.endsWith("_total"), line);
            } else {
                read.sample(family, line);
            }
        }
        read.types.forEach((name, type) -> {
            if (type.equals("histogram")) {
                read.checkHistogram(name);
            }
        });
        return read;
    }

    private void sample(String family, String line) {
        var match = SAMPLE.matcher(line);
        assertTrue(match.matches(), line);
        var rest = match.group(1)
                .substring(Math.min(family.length(), match.group(1).length()));
        assertTrue(match.group(1).startsWith(family), "not of " + family + ": " + line);
        assertTrue(
                "histogram".equals(types.get(family))
                        ? List.of("_bucket", "_count", "_sum").contains(rest)
                        : rest.isEmpty(),
                line);
        var labels = new TreeMap<String, String>();
        var text = match.group(2) == null ? "" : match.group(2);
        var label = LABEL.matcher(text);
        var end = 0;
        while (end < text.length()) {
            assertTrue(label.find(end) && label.start() == end, line);
            assertNull(labels.put(label.group(1), label.group(2)), line);
            end = label.end();
        }
        var value = Double.parseDouble(match.group(3));
        assertFalse(Double.isNaN(value), line);
        assertNull(samples.put(new Sample(match.group(1), Map.copyOf(labels)), value), "twice: " + line);
    }

    private void checkHistogram(String name) {
        Map<Map<String, String>, List<Sample>> series = new HashMap<>();
        samples.keySet().stream().filter(s -> s.name().equals(name + "_bucket")).forEach(bucket -> {
            var labels = new HashMap<>(bucket.labels());
            assertTrue(labels.remove("le") != null, name);
            series.computeIfAbsent(labels, _ -> new ArrayList<>()).add(bucket);
        });
        assertFalse(series.isEmpty(), name);
        series.forEach((labels, buckets) -> {
            var bound = Double.NEGATIVE_INFINITY;
            var count = 0.0;
            for (var bucket : buckets) {
                var le = Objects.requireNonNull(bucket.labels().get("le"));
                var at = Objects.requireNonNull(samples.get(bucket));
                var next = le.equals("+Inf") ? Double.POSITIVE_INFINITY : Double.parseDouble(le);
                assertTrue(next > bound && at >= count, bucket.toString());
                bound = next;
                count = at;
            }
            assertEquals(Double.POSITIVE_INFINITY, bound, name + labels);
            assertEquals(count, samples.get(new Sample(name + "_count", Map.copyOf(labels))), name + labels);
            assertTrue(samples.containsKey(new Sample(name + "_sum", Map.copyOf(labels))), name + labels);
        });
    }

    /** The value of a sample, its labels in pairs; nothing where it is not there. */
    OptionalDouble value(String name, String... labels) {
        var wanted = new HashMap<String, String>();
        for (var i = 0; i < labels.length; i += 2) {
            wanted.put(labels[i], labels[i + 1]);
        }
        var value = samples.get(new Sample(name, Map.copyOf(wanted)));
        return value == null ? OptionalDouble.empty() : OptionalDouble.of(value);
    }

    /** The value of a sample; 0 where it is not there. */
    double or0(String name, String... labels) {
        return value(name, labels).orElse(0);
    }

    /** How many different values a label has. */
    long values(String label) {
        return samples.keySet().stream()
                .flatMap(sample -> sample.labels().entrySet().stream())
                .filter(entry -> entry.getKey().equals(label))
                .map(Map.Entry::getValue)
                .distinct()
                .count();
    }
}
