package omni.fetch;

import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.Locale;
import java.util.SequencedMap;
import java.util.TreeMap;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import omni.fetch.FetchProtocol.Reason;

/**
 * Which of a repository's GGUF files to take. Names follow llama.cpp's custom: "…-Q4_K_M.gguf", and "-00001-of-00003"
 * before the ending where a model is split (ggml, docs/gguf.md, "GGUF naming convention").
 */
final class Quant {
    /**
     * What is taken where nothing was asked for: the first that fits. The larger comes first, for it keeps more of the
     * model; unquantized files come last, for they cost twice the memory of Q8_0 and answer the same.
     */
    static final List<String> PREFERENCE = List.of(
            "Q8_0", "Q6_K", "Q5_K_M", "Q5_K_S", "Q5_1", "Q5_0", "MXFP4", "Q4_K_M", "Q4_K_S", "IQ4_NL", "IQ4_XS", "Q4_1",
            "Q4_0", "Q3_K_L", "Q3_K_M", "IQ3_M", "IQ3_S", "Q3_K_S", "IQ3_XS", "IQ3_XXS", "Q2_K", "IQ2_M", "IQ2_S",
            "IQ2_XS", "IQ2_XXS", "TQ2_0", "TQ1_0", "IQ1_M", "IQ1_S", "F16", "BF16", "F32");

    private static final Pattern LABEL = Pattern.compile(
            "(?i)(?:^|[-._])((?:UD-)?(?:I?Q[1-8]_(?:K(?:_(?:XXL|XL|L|M|S|XS))?|NL|XXS|XS|S|M|[01])|MXFP4(?:_MOE)?"
                    + "|TQ[12]_0|BF16|FP?16|FP?32))(?=$|[-._])");
    private static final Pattern SPLIT = Pattern.compile("(.*)-(\\d{5})-of-(\\d{5})");
    private static final int SHOWN_MAX = 24;

    private Quant() {}

    /** A file that a source lists. */
    record Listed(String path, long bytes, String sha256) {}

    /** The files of one model: its path without the split's number and the ending, its label, its parts in order. */
    record Group(String stem, String label, List<Listed> files) {
        long bytes() {
            return files.stream().mapToLong(Listed::bytes).sum();
        }
    }

    /** What this box has room for: bytes. */
    record Room(long memoryBytes, long diskBytes) {}

    /** The models of a listing; what is no model (projectors, importance matrices, incomplete splits) is left out. */
    static List<Group> groups(List<Listed> files) {
        SequencedMap<String, TreeMap<Integer, Listed>> parts = new TreeMap<>();
        SequencedMap<String, Integer> counts = new TreeMap<>();
        for (Listed file : files) {
            String lower = file.path().toLowerCase(Locale.ROOT);
            if (!lower.endsWith(".gguf") || lower.contains("mmproj") || lower.contains("imatrix")) {
                continue;
            }
            String stem = file.path().substring(0, file.path().length() - 5);
            Matcher split = SPLIT.matcher(stem);
            boolean isSplit = split.matches();
            String key = isSplit ? split.group(1) : stem;
            parts.computeIfAbsent(key, _ -> new TreeMap<>()).put(isSplit ? Integer.parseInt(split.group(2)) : 1, file);
            counts.merge(key, isSplit ? Integer.parseInt(split.group(3)) : 1, Math::max);
        }
        List<Group> groups = new ArrayList<>();
        parts.forEach((stem, numbered) -> {
            int count = counts.getOrDefault(stem, 0);
            boolean whole = numbered.size() == count && numbered.firstKey() == 1 && numbered.lastKey() == count;
            if (whole) {
                groups.add(new Group(stem, label(stem), List.copyOf(numbered.values())));
            }
        });
        return groups;
    }

    /** The quantization that a file's name tells, in upper case; empty where it tells none. */
    static String label(String stem) {
        String last = stem.substring(stem.lastIndexOf('/') + 1);
        Matcher matcher = LABEL.matcher(last);
        String label = "";
        int from = 0;
        while (matcher.find(from)) {
            label = matcher.group(1).toUpperCase(Locale.ROOT).replaceFirst("^FP(?=16|32)", "F");
            from = matcher.end(1);
        }
        return label;
    }

    /** The place in the preference; one past its end for what it does not know. */
    private static int rank(Group group) {
        String label = group.label().startsWith("UD-") ? group.label().substring(3) : group.label();
        while (!label.isEmpty()) {
            int at = PREFERENCE.indexOf(label);
            if (at < 0 && label.endsWith("_K")) {
                at = PREFERENCE.indexOf(label + "_M");
            }
            if (at >= 0) {
                return at;
            }
            int cut = label.lastIndexOf('_');
            label = cut < 0 ? "" : label.substring(0, cut);
        }
        return PREFERENCE.size();
    }

    /**
     * The one to take.
     *
     * @param choice a quantization or a file's name; empty for the best that fits
     * @param earlier what an earlier run of the same pull took: kept where nothing was asked for and it is still there
     */
    static Group choose(List<Group> groups, String choice, List<String> earlier, Room room) {
        if (groups.isEmpty()) {
            throw new FetchException(
                    Reason.MISSING, "There is no whole GGUF file: this is no repository that can be used.");
        }
        if (!choice.isEmpty()) {
            return asked(groups, choice);
        }
        for (Group group : groups) {
            if (group.files().stream().map(Listed::path).toList().equals(earlier)) {
                return group;
            }
        }
        List<Group> ranked = groups.stream()
                .sorted(Comparator.comparingInt(Quant::rank).thenComparing(Group::stem))
                .toList();
        Group best = ranked.stream()
                .filter(group -> group.bytes() <= room.diskBytes() && group.bytes() <= room.memoryBytes())
                .findFirst()
                .orElseThrow(() -> tooLarge(ranked, room));
        List<Group> equals = ranked.stream()
                .filter(g -> rank(g) == rank(best) && g.label().equals(best.label()))
                .toList();
        if (equals.size() > 1) {
            throw ambiguous(equals);
        }
        return best;
    }

    private static FetchException tooLarge(List<Group> groups, Room room) {
        long least = groups.stream().mapToLong(Group::bytes).min().orElse(0);
        return new FetchException(
                Reason.SPACE,
                "The smallest file has " + Units.bytes(least) + "; there is room for " + Units.bytes(room.memoryBytes())
                        + " in memory and " + Units.bytes(room.diskBytes()) + " on the disk.");
    }

    private static Group asked(List<Group> groups, String choice) {
        String wanted = choice.toLowerCase(Locale.ROOT);
        List<Group> byFile = groups.stream()
                .filter(group -> group.files().stream().anyMatch(file -> {
                    String path = file.path().toLowerCase(Locale.ROOT);
                    return path.equals(wanted) || path.endsWith("/" + wanted);
                }))
                .toList();
        List<Group> found = !byFile.isEmpty()
                ? byFile
                : groups.stream()
                        .filter(group -> group.label().equalsIgnoreCase(choice)
                                || group.stem().toLowerCase(Locale.ROOT).endsWith("-" + wanted))
                        .toList();
        if (found.size() == 1) {
            return found.getFirst();
        }
        if (found.isEmpty()) {
            throw new FetchException(
                    Reason.MISSING,
                    "There is no " + choice + "; there is "
                            + shown(groups.stream()
                                    .map(g -> g.label().isEmpty() ? g.stem() + ".gguf" : g.label())
                                    .distinct()
                                    .toList())
                            + ".");
        }
        throw ambiguous(found);
    }

    private static FetchException ambiguous(List<Group> groups) {
        return new FetchException(
                Reason.AMBIGUOUS,
                "More than one model fits: name a file after the colon, one of "
                        + shown(groups.stream()
                                .map(g -> g.files().getFirst().path())
                                .toList())
                        + ".");
    }

    private static String shown(List<String> names) {
        String text = String.join(", ", names.subList(0, Math.min(SHOWN_MAX, names.size())));
        return names.size() > SHOWN_MAX ? text + " and others" : text;
    }
}
