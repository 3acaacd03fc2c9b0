package omni.measure;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.time.temporal.ChronoUnit;
import java.util.List;
import java.util.Locale;
import java.util.Optional;
import omni.measure.MeasureException.Kind;
import tools.jackson.databind.json.JsonMapper;

/**
 * Results in a folder: {@code report.html}, one file with its pictures in it, {@code report.md} with the pictures beside it, and
 * {@code results.json}. Each file is there whole or not at all; writing again replaces them.
 */
public final class Report {
    private static final String STYLE =
            "body{font-family:sans-serif;max-width:60em;margin:2em auto;padding:0 1em;line-height:1.4}"
                    + "table{border-collapse:collapse}th,td{border:1px solid #bbb;padding:.3em .6em;text-align:left}"
                    + "svg{max-width:100%;height:auto}.invalid{background:#ffe5d6;padding:.6em}.valid{background:#ddf3e4;padding:.6em}"
                    + ".unknown{background:#fff6d6;padding:.6em}";

    private final Path folder;

    private Report(Path folder) {
        this.folder = folder;
    }

    /**
     * A report in a folder that is new or empty, which is made now: who measures for an hour is to know before whether there is a
     * place for it.
     *
     * @throws MeasureException where there is something in it, or it cannot be made
     */
    public static Report in(Path folder) {
        try {
            Files.createDirectories(folder);
            try (var inside = Files.newDirectoryStream(folder)) {
                if (inside.iterator().hasNext()) {
                    throw new MeasureException(
                            Kind.INVALID, folder + " is not empty: name a new folder for the report.");
                }
            }
            if (!Files.isWritable(folder)) {
                throw new MeasureException(Kind.FILES, "The report cannot be written into " + folder + ".");
            }
        } catch (IOException e) {
            throw new MeasureException(Kind.FILES, "The folder " + folder + " for the report cannot be made: " + e, e);
        }
        return new Report(folder);
    }

    /**
     * Writes what was measured.
     *
     * @return the file to look at
     * @throws MeasureException where it cannot be written
     */
    public Path write(Results results) {
        try {
            for (var metric : results.metrics()) {
                put(picture(metric), Chart.svg(metric, results.rows(metric)));
            }
            put(
                    "results.json",
                    JsonMapper.shared().writerWithDefaultPrettyPrinter().writeValueAsString(results.toJson()) + "\n");
            put("report.md", markdown(results));
            return put("report.html", html(results));
        } catch (IOException e) {
            throw new MeasureException(Kind.FILES, "The report cannot be written into " + folder + ": " + e, e);
        }
    }

    private Path put(String name, String text) throws IOException {
        var half = folder.resolve("." + name + ".part");
        Files.writeString(half, text, StandardCharsets.UTF_8);
        return Files.move(
                half, folder.resolve(name), StandardCopyOption.ATOMIC_MOVE, StandardCopyOption.REPLACE_EXISTING);
    }

    private static String picture(Metric metric) {
        return metric.id() + ".svg";
    }

    /** What both forms have in their table; the first row is the headings. */
    private static List<List<String>> cells(Results results) {
        var cells = new java.util.ArrayList<List<String>>();
        cells.add(
                List.of("what", "unit", "better", "server", "median", "least to most", "quartiles", "first to second"));
        for (var metric : results.metrics()) {
            var compared = results.comparison(metric);
            for (var row : results.rows(metric)) {
                var summary = row.summary();
                var first = row.target().equals(results.targets().getFirst().name());
                cells.add(List.of(
                        metric.title(),
                        metric.unit(),
                        metric.moreIsBetter() ? "more" : "less",
                        row.target(),
                        Texts.number(summary.median()),
                        Texts.number(summary.least()) + " to " + Texts.number(summary.most()),
                        Texts.number(summary.lower()) + " to " + Texts.number(summary.upper()),
                        first ? compared.map(Report::ratio).orElse("") : ""));
            }
        }
        return cells;
    }

    private static String ratio(Results.Comparison compared) {
        return Texts.number(compared.ratio()) + " (rounds: " + Texts.number(compared.least()) + " to "
                + Texts.number(compared.most()) + ")";
    }

    private static String verdict(Results results) {
        return switch (results.standing()) {
            case VALID -> "Valid: enough rounds, nothing failed, no other load that counts.";
            case INVALID -> "NOT VALID as a claim: " + String.join("; ", results.reasons()) + ".";
            case UNKNOWN ->
                results.reasons().isEmpty()
                        ? "Not known whether there was other load: this system does not tell."
                        : "Not known whether there was other load: " + String.join("; ", results.reasons()) + ".";
        };
    }

    private static List<String> circumstances(Results results) {
        var plan = results.plan();
        var machine = results.machine();
        var lines = new java.util.ArrayList<String>();
        results.targets().forEach(t -> lines.add(t.name() + ": " + t.url() + ", model " + t.model()));
        lines.add("Measured from: "
                + Optional.of(machine.processor()).filter(p -> !p.isEmpty()).orElse("a processor") + ", "
                + machine.processors() + " processors, " + machine.system());
        lines.add("Begun " + results.begun().truncatedTo(ChronoUnit.SECONDS) + ", took "
                + Math.round(results.tookSeconds()) + " s");
        lines.add(results.rounds() + " whole rounds of " + plan.rounds() + ", servers in turns; before them "
                + plan.warmUp() + " answers each that do not count; "
                + plan.rest().toMillis() + " ms of rest");
        lines.add("Answers of " + plan.tokens() + " tokens, greedy; prompts of " + plan.promptTokens() + " and "
                + plan.prefixTokens() + " tokens as each server counts them; "
                + (plan.chat() ? "chats" : "texts to be continued") + "; seed of the prompts " + plan.seed());
        if (plan.workloads().contains(Workload.CONTENTION)) {
            lines.add("Beside an answer: busy loops, " + plan.loops());
        }
        results.loads()
                .forEach((step, percent) -> lines.add(String.format(
                        Locale.ROOT, "Others had %.1f %% of the processors' time during %s", percent, step)));
        results.failures()
                .forEach(f -> lines.add(
                        "Failed in round " + f.round() + ": " + f.step() + " of " + f.target() + ": " + f.why()));
        return lines;
    }

    private static String markdown(Results results) {
        var text = new StringBuilder("# Measurements\n\n");
        text.append("**").append(Texts.markdown(verdict(results))).append("**\n\n");
        var rows = cells(results);
        row(text, rows.getFirst());
        text.append("|---".repeat(rows.getFirst().size())).append("|\n");
        rows.subList(1, rows.size()).forEach(cells -> row(text, cells));
        text.append("\n## Circumstances\n\n");
        circumstances(results)
                .forEach(line -> text.append("- ").append(Texts.markdown(line)).append('\n'));
        text.append(
                "\n## Every value\n\nA dot is a round, the box goes from quartile to quartile, the line is the median.\n");
        for (var metric : results.metrics()) {
            text.append("\n![")
                    .append(Texts.markdown(metric.title()))
                    .append("](")
                    .append(picture(metric))
                    .append(")\n");
        }
        return text.toString();
    }

    private static void row(StringBuilder text, List<String> cells) {
        cells.forEach(cell -> text.append("| ").append(Texts.markdown(cell)).append(' '));
        text.append("|\n");
    }

    private static String html(Results results) {
        var text = new StringBuilder(
                "<!doctype html>\n<html lang=\"en\"><head><meta charset=\"utf-8\"><title>Measurements</title>\n");
        // No address is to be asked for anything, whatever a server's name for its model is.
        text.append(
                "<meta http-equiv=\"Content-Security-Policy\" content=\"default-src 'none'; style-src 'unsafe-inline'\">\n");
        text.append("<style>").append(STYLE).append("</style></head><body>\n<h1>Measurements</h1>\n");
        text.append("<p class=\"")
                .append(results.standing().name().toLowerCase(Locale.ROOT))
                .append("\">")
                .append(Texts.html(verdict(results)))
                .append("</p>\n<table>\n");
        var rows = cells(results);
        for (int i = 0; i < rows.size(); i++) {
            var tag = i == 0 ? "th" : "td";
            text.append("<tr>");
            rows.get(i)
                    .forEach(cell -> text.append("<")
                            .append(tag)
                            .append(">")
                            .append(Texts.html(cell))
                            .append("</")
                            .append(tag)
                            .append(">"));
            text.append("</tr>\n");
        }
        text.append("</table>\n<h2>Circumstances</h2>\n<ul>\n");
        circumstances(results)
                .forEach(line -> text.append("<li>").append(Texts.html(line)).append("</li>\n"));
        text.append(
                "</ul>\n<h2>Every value</h2>\n<p>A dot is a round, the box goes from quartile to quartile, the line is the"
                        + " median.</p>\n");
        results.metrics().forEach(metric -> text.append(Chart.svg(metric, results.rows(metric))));
        return text.append("</body></html>\n").toString();
    }
}
