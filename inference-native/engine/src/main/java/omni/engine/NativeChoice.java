package omni.engine;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.EnumSet;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import omni.device.NativeFit;
import omni.device.NativeFit.Kind;
import omni.llama.LlamaLibrary;

/**
 * Which of the native libraries that lie here this process opens, and why not the others. The fastest kind that fits the
 * hardware comes first, of one kind the one that was built on this box; what does not open is passed over, one step at a
 * time, and the last step is opened without a trial.
 *
 * @param taken what is opened
 * @param why it and no other
 * @param passedOver what would have come before it, or computes faster where it fits, each with the reason
 */
record NativeChoice(Candidate taken, String why, List<String> passedOver) {
    /** The value of {@code natives} in {@code omni.toml} that leaves the choice to this class. */
    static final String AUTO = "auto";

    /** Folders of the owner's own that are looked at; more are passed over without a word. */
    static final int OWN_MAX = 32;

    private static final String NAMED = "OMNI_LLAMA_LIB";

    /**
     * A folder of native libraries.
     *
     * @param name what {@code natives} calls it
     * @param folder where they are
     * @param kind the fastest kind of backend in it
     * @param own whether its owner put it there, by the recipe or by hand
     */
    record Candidate(String name, Path folder, Kind kind, boolean own) {}

    /** Tries a folder without opening it in this process. */
    @FunctionalInterface
    interface Trial {
        /** Returns why the folder cannot be used; empty where it can. */
        Optional<String> refusal(Path folder, Kind kind);
    }

    /**
     * Returns what lies here, in no order: the folder that {@code OMNI_LLAMA_LIB} names and no other, or else those in
     * {@code natives} of {@code $OMNI_HOME} and the packages of the program.
     */
    static List<Candidate> candidates(Map<String, String> environment, Path app, Path home) {
        if (isNamed(environment)) {
            Path named = Path.of(environment.getOrDefault(NAMED, "")).toAbsolutePath();
            return List.of(candidate(NAMED, named, true));
        }
        List<Candidate> all = new ArrayList<>();
        for (Path folder : folders(home.resolve("natives"), "")) {
            all.add(candidate(name(folder), folder, true));
        }
        for (Path folder : folders(app, "native-")) {
            all.add(candidate(name(folder).substring("native-".length()), folder, false));
        }
        all.add(candidate(Kind.CPU.word(), app.resolve("native"), false));
        return List.copyOf(all);
    }

    /** Whether the environment names a folder. */
    static boolean isNamed(Map<String, String> environment) {
        return !environment.getOrDefault(NAMED, "").isBlank();
    }

    private static String name(Path folder) {
        return String.valueOf(folder.getFileName());
    }

    private static Candidate candidate(String name, Path folder, boolean own) {
        Set<Kind> kinds = EnumSet.noneOf(Kind.class);
        if (Files.isDirectory(folder)) {
            for (String word : LlamaLibrary.kindsIn(folder)) {
                Stream.of(Kind.values()).filter(k -> k.word().equals(word)).forEach(kinds::add);
            }
        }
        return new Candidate(name, folder, kinds.stream().findFirst().orElse(Kind.CPU), own);
    }

    private static List<Path> folders(Path parent, String prefix) {
        if (!Files.isDirectory(parent)) {
            return List.of();
        }
        try (Stream<Path> list = Files.list(parent)) {
            return list.filter(Files::isDirectory)
                    .filter(folder ->
                            name(folder).startsWith(prefix) && !name(folder).startsWith("."))
                    .sorted()
                    .limit(OWN_MAX)
                    .toList();
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    /**
     * Chooses.
     *
     * @param candidates what lies here
     * @param fits what fits the hardware
     * @param wanted {@link #AUTO}, or the name of one, which is then taken or refused, never replaced
     * @throws EngineException.Unusable if the wanted one is not here, or nothing is
     */
    static NativeChoice choose(List<Candidate> candidates, List<NativeFit> fits, String wanted, Trial trial) {
        if (!wanted.equals(AUTO)) {
            return new NativeChoice(named(candidates, wanted), "omni.toml names it.", List.of());
        }
        if (candidates.size() == 1 && candidates.getFirst().name().equals(NAMED)) {
            return new NativeChoice(candidates.getFirst(), NAMED + " names it.", List.of());
        }
        List<String> passedOver = new ArrayList<>(notHere(candidates, fits));
        List<Candidate> fitting = new ArrayList<>();
        for (Candidate candidate : sorted(candidates)) {
            Optional<NativeFit> fit = fit(fits, candidate.kind());
            if (candidate.kind() == Kind.CPU || fit.filter(NativeFit::fits).isPresent()) {
                fitting.add(candidate);
            } else {
                passedOver.add(candidate.name() + ": " + fit.map(NativeFit::why).orElse("not for this system."));
            }
        }
        for (Candidate candidate : fitting) {
            boolean last = candidate.equals(fitting.getLast());
            Optional<String> refusal = last ? Optional.empty() : trial.refusal(candidate.folder(), candidate.kind());
            if (refusal.isEmpty()) {
                return new NativeChoice(candidate, why(candidate, fits), List.copyOf(passedOver));
            }
            passedOver.add(candidate.name() + ": " + refusal.get());
        }
        throw new EngineException.Unusable("no native libraries fit this machine: " + String.join(" ", passedOver)
                + " Build them from source: inference-native/recipe/build");
    }

    private static Candidate named(List<Candidate> candidates, String wanted) {
        return candidates.stream()
                .filter(candidate -> candidate.name().equals(wanted))
                .findFirst()
                .orElseThrow(() -> new EngineException.Unusable("the natives \"" + wanted
                        + "\" that omni.toml names are not here; there are "
                        + candidates.stream().map(Candidate::name).collect(Collectors.joining(", "))
                        + ", or say auto"));
    }

    /** Faster kinds of which nothing lies here: why they do not fit, or how to bring them. */
    private static List<String> notHere(List<Candidate> candidates, List<NativeFit> fits) {
        List<String> lines = new ArrayList<>();
        for (NativeFit fit : fits) {
            if (candidates.stream().noneMatch(candidate -> candidate.kind() == fit.kind())) {
                lines.add(
                        switch (fit.build()) {
                            case NONE -> fit.kind().word() + ": " + fit.why();
                            case PACKAGE ->
                                fit.kind().word() + ": it would fit and is not here; build Omni again on this box. "
                                        + fit.why();
                            case SOURCE ->
                                fit.kind().word() + ": it would fit and is not here; inference-native/recipe/build --"
                                        + fit.kind().word() + " makes it. " + fit.why();
                        });
            }
        }
        return lines;
    }

    private static List<Candidate> sorted(List<Candidate> candidates) {
        return candidates.stream()
                .sorted(Comparator.comparing(Candidate::kind)
                        .thenComparing(candidate -> !candidate.own())
                        .thenComparing(Candidate::name))
                .toList();
    }

    private static Optional<NativeFit> fit(List<NativeFit> fits, Kind kind) {
        return fits.stream().filter(fit -> fit.kind() == kind).findFirst();
    }

    private static String why(Candidate candidate, List<NativeFit> fits) {
        String kind = candidate.kind().name().toUpperCase(Locale.ROOT);
        return candidate.own()
                ? "It was put there for this box, for " + kind + "."
                : fit(fits, candidate.kind()).map(NativeFit::why).orElse("The package for " + kind + ".");
    }
}
