package omni.cli;

import java.net.URI;
import java.nio.file.Path;
import java.time.Duration;
import java.time.LocalDateTime;
import java.time.ZoneId;
import java.time.format.DateTimeFormatter;
import java.util.ArrayList;
import java.util.EnumSet;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.ThreadLocalRandom;
import java.util.concurrent.TimeUnit;
import java.util.stream.Collectors;
import omni.measure.Bench;
import omni.measure.MeasureException;
import omni.measure.Plan;
import omni.measure.Report;
import omni.measure.Results;
import omni.measure.Target;
import omni.measure.Workload;
import picocli.CommandLine.Command;
import picocli.CommandLine.Option;

/** {@code omni bench}: how fast this box answers, or any server that speaks OpenAI's API, or both in turns. */
@Command(
        name = "bench",
        description = {
            "Measures how fast Omni answers, as a program sees it over the HTTP API: writing, reading prompts, the first piece"
                    + " of an answer, many answers at once, prompts that begin alike, beside a busy program.",
            "With --url any server that speaks OpenAI's API; with --beside a second one, in turns with the first. What others"
                    + " use of the processors meanwhile is watched, and figures of a busy machine are marked as not valid.",
            "Ctrl-C ends it with what has been measured."
        },
        footer = {
            "",
            "Example: omni bench",
            "Example: omni bench --only decode,prefill --model big",
            "Example: omni bench --beside http://127.0.0.1:8080 --report today"
        })
final class BenchCommand extends OmniCommand {
    /** How long Ctrl-C waits for the report at most. */
    private static final Duration LAST_WORDS = Duration.ofSeconds(20);

    private static final DateTimeFormatter STAMP = DateTimeFormatter.ofPattern("yyyyMMdd-HHmmss");
    private static final Duration REST_BESIDE = Duration.ofSeconds(4);

    @Option(
            names = "--url",
            paramLabel = "URL",
            description = "Measure the server there; by default the Omni that runs here.")
    private Optional<URI> url = Optional.empty();

    @Option(
            names = "--key-file",
            paramLabel = "FILE",
            description = "Its key: the first line of the file. For the Omni here one is made, and revoked afterwards.")
    private Optional<Path> keyFile = Optional.empty();

    @Option(names = "--key-env", paramLabel = "NAME", description = "Its key: what this environment variable holds.")
    private Optional<String> keyEnv = Optional.empty();

    @Option(names = "--model", paramLabel = "MODEL", description = "The model's name there; by default the one it has.")
    private Optional<String> model = Optional.empty();

    @Option(
            names = "--swap-model",
            paramLabel = "MODEL",
            description = "A second model, to measure how they take turns.")
    private Optional<String> swapModel = Optional.empty();

    @Option(
            names = "--body",
            paramLabel = "JSON",
            description = "Members that go into each request's body, such as {\"priority\":\"background\"}.")
    private Optional<String> body = Optional.empty();

    @Option(names = "--beside", paramLabel = "URL", description = "Measure this server in turns with the first.")
    private Optional<URI> beside = Optional.empty();

    @Option(names = "--beside-key-file", paramLabel = "FILE", description = "As --key-file, for that server.")
    private Optional<Path> besideKeyFile = Optional.empty();

    @Option(names = "--beside-key-env", paramLabel = "NAME", description = "As --key-env, for that server.")
    private Optional<String> besideKeyEnv = Optional.empty();

    @Option(names = "--beside-model", paramLabel = "MODEL", description = "As --model, for that server.")
    private Optional<String> besideModel = Optional.empty();

    @Option(names = "--beside-swap-model", paramLabel = "MODEL", description = "As --swap-model, for that server.")
    private Optional<String> besideSwapModel = Optional.empty();

    @Option(names = "--beside-body", paramLabel = "JSON", description = "As --body, for that server.")
    private Optional<String> besideBody = Optional.empty();

    @Option(
            names = "--only",
            paramLabel = "WHAT",
            split = ",",
            description =
                    "Only these: decode, prefill, first-token, concurrency, prefix, contention, swap. By default all, swap"
                            + " where there is a second model.")
    private List<String> only = List.of();

    @Option(
            names = "--rounds",
            paramLabel = "NUMBER",
            defaultValue = "10",
            description =
                    "How often each is measured, 1 to 1000; by default ${DEFAULT-VALUE}. Fewer than 10 are no claim.")
    private int rounds = 10;

    @Option(
            names = "--warm-up",
            paramLabel = "NUMBER",
            defaultValue = "3",
            description = "Answers before that do not count, 0 to 100; by default ${DEFAULT-VALUE}.")
    private int warmUp = 3;

    @Option(
            names = "--tokens",
            paramLabel = "NUMBER",
            defaultValue = "128",
            description = "Tokens of an answer, 2 to 4096; by default ${DEFAULT-VALUE}.")
    private int tokens = 128;

    @Option(
            names = "--prompt",
            paramLabel = "TOKENS",
            defaultValue = "512",
            description = "Length of the prompt for prefill, 32 to 131072; by default ${DEFAULT-VALUE}.")
    private int prompt = 512;

    @Option(
            names = "--prefix-prompt",
            paramLabel = "TOKENS",
            defaultValue = "1500",
            description = "Length of the prompt for prefix, 32 to 131072; by default ${DEFAULT-VALUE}.")
    private int prefixPrompt = 1500;

    @Option(
            names = "--streams",
            paramLabel = "NUMBER",
            split = ",",
            defaultValue = "1,4,8",
            description =
                    "How many answers at once for concurrency: up to 8 numbers of 1 to 256; by default ${DEFAULT-VALUE}.")
    private List<Integer> streams = List.of(1, 4, 8);

    @Option(
            names = "--loops",
            paramLabel = "NUMBER",
            defaultValue = "1",
            description = "Busy loops for contention, 1 to 256; by default ${DEFAULT-VALUE}.")
    private int loops = 1;

    @Option(
            names = "--rest",
            paramLabel = "TIME",
            converter = TimeConverter.class,
            description =
                    "Rest after each measurement, up to 60s; by default none, and 4s with --beside: Omni gives way to other"
                            + " programs for some seconds after they have computed.")
    private Optional<Duration> rest = Optional.empty();

    @Option(
            names = "--timeout",
            paramLabel = "TIME",
            defaultValue = "10m",
            converter = TimeConverter.class,
            description = "How long an answer may take, 1s to 1h; by default ${DEFAULT-VALUE}.")
    private Duration timeout = Duration.ofMinutes(10);

    @Option(
            names = "--load-limit",
            paramLabel = "PERCENT",
            defaultValue = "5",
            description =
                    "What others may use of the processors' time, 0 to 100; by default ${DEFAULT-VALUE}. Where they use"
                            + " more, the run is marked as not valid.")
    private double loadLimit = 5;

    @Option(
            names = "--chat",
            description = "Ask by chat completions; by default by text completions, which add nothing.")
    private boolean chat;

    @Option(
            names = "--process",
            paramLabel = "PID",
            split = ",",
            description =
                    "A process that computes for a server measured, where the one that listens is not all: up to 64.")
    private List<Long> processes = List.of();

    @Option(
            names = "--report",
            paramLabel = "FOLDER",
            description = "Where the report goes: a new or empty folder; by default omni-bench- and the time, here.")
    private Optional<Path> folder = Optional.empty();

    BenchCommand(World world) {
        super(world);
    }

    @Override
    ExitCode run() {
        var over = new CountDownLatch(1);
        try (var targets = new BenchTargets(world)) {
            var plan = plan();
            var measured = targets(targets);
            var place = folder.orElseGet(
                    () -> Path.of("omni-bench-" + STAMP.format(LocalDateTime.now(ZoneId.systemDefault()))));
            return measure(plan, measured, Report.in(place.toAbsolutePath().normalize()), over);
        } catch (MeasureException e) {
            throw new CommandException(exit(e.kind()), String.valueOf(e.getMessage()), e);
        } finally {
            over.countDown();
        }
    }

    private Plan plan() {
        return new Plan(
                workloads(),
                rounds,
                warmUp,
                tokens,
                prompt,
                prefixPrompt,
                streams,
                loops,
                rest.orElse(beside.isPresent() ? REST_BESIDE : Duration.ZERO),
                timeout,
                loadLimit,
                chat,
                ThreadLocalRandom.current().nextInt(Integer.MAX_VALUE));
    }

    private Set<Workload> workloads() {
        if (!only.isEmpty()) {
            return only.stream().map(Workload::of).collect(Collectors.toSet());
        }
        var usual = EnumSet.copyOf(Plan.usual());
        if (swapModel.isPresent() && (beside.isEmpty() || besideSwapModel.isPresent())) {
            usual.add(Workload.SWAP);
        }
        return usual;
    }

    private List<Target> targets(BenchTargets targets) {
        if (beside.isEmpty()
                && (besideKeyFile.isPresent()
                        || besideKeyEnv.isPresent()
                        || besideModel.isPresent()
                        || besideSwapModel.isPresent()
                        || besideBody.isPresent())) {
            throw new CommandException(ExitCode.USAGE, "What is said of a server beside wants --beside URL, too.");
        }
        var all = new ArrayList<Target>();
        var first = new BenchTargets.Wanted(keyFile, keyEnv, model, swapModel, body, Set.copyOf(processes));
        all.add(url.isPresent() ? targets.at(url.get(), first, List.of()) : targets.own(first));
        beside.ifPresent(other -> all.add(targets.at(
                other,
                new BenchTargets.Wanted(
                        besideKeyFile, besideKeyEnv, besideModel, besideSwapModel, besideBody, Set.of()),
                List.of(all.getFirst().name()))));
        return all;
    }

    private ExitCode measure(Plan plan, List<Target> targets, Report report, CountDownLatch over) {
        Results results;
        try (var line = new ProgressLine(world, json())) {
            results = run(new Bench(plan, targets, new BenchProgress(line, report)), over);
        }
        var file = report.write(results);
        answer(results.toJson().put("report", file.toString()), () -> told(results, file));
        world.out().flush();
        return ExitCode.OK;
    }

    private static Results run(Bench bench, CountDownLatch over) {
        var hook = Thread.ofPlatform().unstarted(() -> interrupted(bench, over));
        Runtime.getRuntime().addShutdownHook(hook);
        try {
            return bench.run();
        } finally {
            removeHook(hook);
        }
    }

    private static String told(Results results, Path file) {
        var text = new StringBuilder(Text.printable(results.table()));
        text.append(
                switch (results.standing()) {
                    case VALID -> "\nValid: enough rounds, and no other load that counts.";
                    case INVALID -> "\nNOT VALID as a claim:";
                    case UNKNOWN -> "\nNot known whether there was other load:";
                });
        results.reasons().forEach(r -> text.append("\n  ").append(Text.printable(r)));
        return text.append("\nReport: ").append(file).toString();
    }

    /** Runs when the program is told to end: it does when the report is there and the key is revoked. */
    private static void interrupted(Bench bench, CountDownLatch over) {
        bench.stop();
        try {
            var _ = over.await(LAST_WORDS.toMillis(), TimeUnit.MILLISECONDS);
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
    }

    private static void removeHook(Thread hook) {
        try {
            var _ = Runtime.getRuntime().removeShutdownHook(hook);
        } catch (IllegalStateException _) {
            return; // the program ends already: the hook has run
        }
    }

    private static ExitCode exit(MeasureException.Kind kind) {
        return switch (kind) {
            case INVALID -> ExitCode.USAGE;
            case UNREACHABLE, BUSY, TIMEOUT -> ExitCode.AWAY;
            case REFUSED -> ExitCode.REFUSED;
            case UNUSABLE, FILES -> ExitCode.ERROR;
        };
    }
}
