package omni.rules;

import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeSet;
import java.util.regex.Pattern;
import java.util.stream.Stream;

/** The rules that read text. Each returns its violations, a line each, and an empty list where all is well. */
final class Rules {
    /** The top level is fixed by the owner of the project. */
    static final Set<String> TOP_LEVEL = Set.of(
            "README.md",
            "airgap",
            "daemon",
            "docs",
            "hardware-kit",
            "image-builder",
            "inference-native",
            "pom.xml",
            "reproducible-build",
            "supervisor",
            "vault");

    /** Who may require whom among our own modules; docs/architecture.md draws it. */
    static final Map<String, Set<String>> ARROWS = Map.ofEntries(
            Map.entry("omni.bus", Set.of()),
            Map.entry("omni.role", Set.of("omni.bus")),
            Map.entry("omni.llama", Set.of()),
            Map.entry("omni.gguf", Set.of()),
            Map.entry("omni.device", Set.of()),
            Map.entry("omni.measure", Set.of()),
            Map.entry("omni.template", Set.of()),
            Map.entry("omni.schema", Set.of()),
            Map.entry("omni.dialogue", Set.of()),
            Map.entry("omni.tpm", Set.of()),
            Map.entry("omni.airgap", Set.of("omni.bus", "omni.role", "omni.tpm")),
            Map.entry("omni.vault", Set.of("omni.bus", "omni.role", "omni.tpm")),
            Map.entry("omni.engine", Set.of("omni.bus", "omni.role", "omni.llama", "omni.gguf", "omni.device")),
            Map.entry("omni.portable", Set.of("omni.bus", "omni.engine")),
            Map.entry(
                    "omni.api",
                    Set.of(
                            "omni.bus",
                            "omni.role",
                            "omni.airgap",
                            "omni.vault",
                            "omni.engine",
                            "omni.fetch",
                            "omni.template",
                            "omni.schema",
                            "omni.dialogue")),
            Map.entry(
                    "omni.cli",
                    Set.of(
                            "omni.bus",
                            "omni.role",
                            "omni.airgap",
                            "omni.vault",
                            "omni.engine",
                            "omni.api",
                            "omni.device",
                            "omni.fetch",
                            "omni.measure")),
            Map.entry("omni.fetch", Set.of("omni.bus", "omni.role", "omni.vault")),
            Map.entry("omni.init", Set.of("omni.bus", "omni.role", "omni.cli")),
            Map.entry("omni.runtime", Set.of("omni.bus", "omni.role", "omni.api", "omni.device")));

    /** Public top-level types a module may have, generated ones aside: an interface that grows is looked at. */
    static final Map<String, Integer> PUBLIC_TYPES = Map.ofEntries(
            Map.entry("supervisor/bus", 18),
            Map.entry("supervisor/role", 17),
            Map.entry("supervisor/init", 8),
            Map.entry("supervisor/cli", 4),
            Map.entry("airgap/airgap", 8),
            Map.entry("vault/tpm", 3),
            Map.entry("vault/vault", 7),
            Map.entry("inference-native/llama", 24),
            Map.entry("inference-native/gguf", 8),
            Map.entry("inference-native/device", 24),
            Map.entry("inference-native/engine", 4),
            Map.entry("inference-native/portable", 1),
            Map.entry("inference-native/fetch", 3),
            Map.entry("inference-native/measure", 8),
            Map.entry("daemon/template", 3),
            Map.entry("daemon/schema", 2),
            Map.entry("daemon/dialogue", 3),
            Map.entry("daemon/api", 4));

    private static final int MAIN_LINES_MAX = 600;
    private static final int INTRODUCTION_CHARACTERS_MIN = 200;
    private static final Pattern REQUIRES =
            Pattern.compile("requires\\s+(?:transitive\\s+|static\\s+)*(omni\\.[a-z]+)\\s*;");
    private static final Pattern MODULE = Pattern.compile("(?m)^(?:open\\s+)?module\\s+([a-z.]+)\\s*\\{");
    /* Split so that this file does not break its own rule. */
    private static final Pattern SWITCHED_OFF = Pattern.compile("@Dis" + "abled|@Ig" + "nore|"
            + "\\bassume(?:True|False|That|ingThat)\\b|Assum" + "ptions\\.|\\babort\\(|Thread\\.sle" + "ep");
    private static final Pattern ASSERTION = Pattern.compile("\\bassert|\\bfail\\(|\\bexpect");
    private static final Pattern CATCH_ALL = Pattern.compile("catch\\s*\\(\\s*(?:final\\s+)?Throwable\\b");
    private static final Pattern SWALLOWED =
            Pattern.compile("catch\\s*\\([^)]*\\b(?:Exception|RuntimeException)\\s+\\w+\\)\\s*\\{\\s*\\}");
    private static final Pattern UNFINISHED = Pattern.compile(
            "\\b(?:TODO|FIXME|XXX)\\b|not (?:yet )?implemented|\\bin a real ", Pattern.CASE_INSENSITIVE);
    /** By the JDK, or by a function of the C library. */
    private static final Pattern STARTS_A_PROCESS = Pattern.compile(
            "\\bProcessBuilder\\b|\\.exec\\(" + "|\"(?:v?fork|clone3?|system|popen|posix_spawnp?|f?exec(?:l|v)\\w*)\"");

    private static final String GAPS_CHILD = "/omni/airgap/ParserProcess.java";
    private static final Pattern STARTS_ITS_CHILD =
            Pattern.compile("new ProcessBuilder\\(\\s*JavaChild\\.line\\(\\s*CensusMain\\.class\\b");
    private static final Pattern PUBLIC_TYPE = Pattern.compile(
            "(?m)^public\\s+(?:(?:abstract|final|sealed|non-sealed|strictfp)\\s+)*(?:class|interface|record|enum|@interface)\\s+(\\w+)");
    /* Split so that this file does not break its own rule. */
    private static final Pattern PLACES = Pattern.compile("registry\\.npm" + "js|repo\\.maven\\.apache|repo1\\.maven|"
            + "pypi\\.org|deb\\.deb" + "ian\\.org|proxy\\.golang|(?<![\\w.])/ro" + "ot/|(?<![\\w$}.)])/wo" + "rk/");

    private Rules() {}

    static List<String> topLevel(Tree tree) {
        var have = new TreeSet<String>();
        tree.files().stream()
                .map(name -> name.split("/", 2)[0])
                .filter(name -> !name.startsWith("."))
                .forEach(have::add);
        var wrong = new ArrayList<String>();
        TOP_LEVEL.stream().filter(n -> !have.contains(n)).forEach(n -> wrong.add(n + ": missing at the top level"));
        have.stream().filter(n -> !TOP_LEVEL.contains(n)).forEach(n -> wrong.add(n + ": not of the fixed top level"));
        return wrong;
    }

    static List<String> packagesIntroduceThemselves(Tree tree) {
        var wrong = new ArrayList<String>();
        var folders = new TreeSet<String>();
        tree.mainJava().stream()
                .filter(n -> !n.endsWith("module-info.java"))
                .forEach(n -> folders.add(n.substring(0, n.lastIndexOf('/'))));
        for (var folder : folders) {
            var info = folder + "/package-info.java";
            if (!tree.files().contains(info)) {
                wrong.add(folder + ": no package-info.java");
            } else if (!tree.text(info).contains("@NullMarked")) {
                wrong.add(info + ": not @NullMarked");
            } else if (tree.text(info).indexOf("*/") < INTRODUCTION_CHARACTERS_MIN) {
                wrong.add(info + ": says too little (purpose, entry type, thread contract, limits)");
            }
        }
        return wrong;
    }

    static List<String> onePackageAModule(Tree tree) {
        var wrong = new ArrayList<String>();
        for (var info : tree.where(n -> n.endsWith("/src/main/java/module-info.java"))) {
            var base = info.substring(0, info.length() - "module-info.java".length());
            var packages = new TreeSet<String>();
            tree.mainJava().stream()
                    .filter(n -> n.startsWith(base) && !n.equals(info))
                    .forEach(n -> packages.add(n.substring(0, n.lastIndexOf('/'))));
            if (packages.size() > 1) {
                wrong.add(info + ": more than one package: " + packages);
            }
        }
        return wrong;
    }

    static List<String> arrows(Tree tree) {
        var wrong = new ArrayList<String>();
        for (var file : tree.where(n -> n.endsWith("/src/main/java/module-info.java"))) {
            var text = tree.text(file);
            var name = MODULE.matcher(text);
            if (!name.find()) {
                wrong.add(file + ": no module declared");
                continue;
            }
            var allowed = ARROWS.get(name.group(1));
            if (allowed == null) {
                wrong.add(file + ": " + name.group(1) + " has no place in the picture of modules");
                continue;
            }
            REQUIRES.matcher(text)
                    .results()
                    .map(r -> r.group(1))
                    .filter(to -> !allowed.contains(to))
                    .forEach(to -> wrong.add(file + ": arrow " + name.group(1) + " -> " + to + " is not allowed"));
        }
        return wrong;
    }

    static List<String> publicTypes(Tree tree) {
        var wrong = new ArrayList<String>();
        for (var info : tree.where(n -> n.endsWith("/src/main/java/module-info.java"))) {
            var module = info.substring(0, info.indexOf("/src/"));
            var types = tree.mainJava().stream()
                    .filter(n -> n.startsWith(module + "/src/"))
                    .flatMap(n -> PUBLIC_TYPE.matcher(tree.text(n)).results().map(r -> r.group(1)))
                    .toList();
            var budget = PUBLIC_TYPES.getOrDefault(module, 0);
            if (types.size() > budget) {
                wrong.add(module + ": " + types.size() + " public types, budget " + budget + ": " + types);
            }
        }
        return wrong;
    }

    static List<String> noTestSwitchedOff(Tree tree) {
        return lines(tree, tree.testJava().stream(), SWITCHED_OFF, "switches a test off or waits by the clock");
    }

    static List<String> everyTestAsserts(Tree tree) {
        return tree.testJava().stream()
                .filter(n -> n.endsWith("Test.java"))
                .filter(n -> !ASSERTION.matcher(tree.text(n)).find())
                .map(n -> n + ": asserts nothing")
                .toList();
    }

    static List<String> nothingSwallowed(Tree tree) {
        var wrong = new ArrayList<>(lines(tree, tree.mainJava().stream(), CATCH_ALL, "catches Throwable"));
        for (var file : tree.mainJava()) {
            if (SWALLOWED.matcher(tree.text(file)).find()) {
                wrong.add(file + ": an empty catch of Exception");
            }
        }
        return wrong;
    }

    static List<String> nothingUnfinished(Tree tree) {
        return lines(tree, tree.mainJava().stream(), UNFINISHED, "speaks of unfinished work");
    }

    static List<String> noPlaces(Tree tree) {
        var texts = tree.files().stream().filter(n -> !n.endsWith(".gguf") && !n.endsWith(".png"));
        return lines(tree, texts, PLACES, "names a registry's host or a machine's path");
    }

    /**
     * On Linux the kill switch asks the kernel itself, and one class starts one child, a Java with its own code in it, which reads lists; on
     * macOS one class starts the system's own programs, for one other.
     */
    static List<String> theGapStartsNoProgram(Tree tree) {
        var gap = tree.mainJava().stream()
                .filter(n -> n.startsWith("airgap/airgap/"))
                .toList();
        var wrong = new ArrayList<String>(lines(
                tree,
                gap.stream().filter(n -> !n.endsWith("/SystemPrograms.java") && !n.endsWith(GAPS_CHILD)),
                STARTS_A_PROCESS,
                "starts a program"));
        gap.stream().filter(n -> n.endsWith(GAPS_CHILD)).forEach(file -> {
            var rest =
                    STARTS_ITS_CHILD.matcher(tree.text(file)).replaceFirst("").replace("ProcessBuilder.Redirect.", "");
            if (STARTS_A_PROCESS.matcher(rest).find()) {
                wrong.add(file + ": starts more than the one Java of its own");
            }
        });
        wrong.addAll(lines(
                tree,
                gap.stream().filter(n -> !n.endsWith("/SystemPrograms.java") && !n.endsWith("/MacHost.java")),
                Pattern.compile("\\bSystemPrograms\\b"),
                "is not macOS, and uses its programs"));
        return wrong;
    }

    static List<String> filesStayShort(Tree tree) {
        return tree.mainJava().stream()
                .filter(n -> tree.text(n).lines().count() > MAIN_LINES_MAX)
                .map(n -> n + ": more than " + MAIN_LINES_MAX + " lines")
                .toList();
    }

    static List<String> readmesNameLimits(Tree tree) {
        var wrong = new ArrayList<String>();
        for (var pom : tree.where(n -> n.endsWith("/pom.xml"))) {
            var readme = pom.substring(0, pom.length() - "pom.xml".length()) + "README.md";
            if (!tree.files().contains(readme)) {
                wrong.add(readme + ": missing");
            } else {
                var headings = tree.text(readme)
                        .lines()
                        .filter(l -> l.startsWith("## "))
                        .toList();
                if (headings.isEmpty() || !headings.getLast().equals("## Current limitations")) {
                    wrong.add(readme + ": does not end with \"## Current limitations\"");
                }
            }
        }
        return wrong;
    }

    static List<String> versionsInOnePlace(Tree tree) {
        var wrong = new ArrayList<String>();
        for (var pom : tree.where(n -> n.endsWith("/pom.xml"))) {
            var afterParent = tree.text(pom).replaceFirst("(?s)<parent>.*?</parent>", "");
            if (afterParent.contains("<version>")) {
                for (var line :
                        afterParent.lines().filter(l -> l.contains("<version>")).toList()) {
                    if (!line.contains("<version>${")) {
                        wrong.add(pom + ": pins a version: " + line.strip());
                    }
                }
            }
        }
        return wrong;
    }

    private static List<String> lines(Tree tree, Stream<String> files, Pattern pattern, String what) {
        return files.flatMap(file -> {
                    var text = tree.text(file);
                    return pattern.matcher(text)
                            .results()
                            .map(hit -> file + ":"
                                    + (1
                                            + text.substring(0, hit.start())
                                                    .chars()
                                                    .filter(c -> c == '\n')
                                                    .count())
                                    + ": " + what + ": " + hit.group());
                })
                .toList();
    }
}
