package omni.measure;

import java.util.List;
import java.util.Locale;

/**
 * One metric as a picture (SVG 1.1): a row for each target, a dot for each value, a box from quartile to quartile and a line at the
 * median. The axis begins at nothing, so that lengths can be compared.
 */
final class Chart {
    private static final int WIDTH = 760;
    private static final int LEFT = 190;
    private static final int RIGHT = 30;
    private static final int TOP = 34;
    private static final int ROW = 46;
    private static final int BOTTOM = 34;
    private static final int TICKS = 5;
    private static final int LABEL_CHARACTERS_MAX = 26;
    /** Blue and orange of a palette that the colour-blind can tell apart (Okabe and Ito). */
    private static final List<String> COLOURS = List.of("#0072b2", "#d55e00");

    private Chart() {}

    /** The picture, a whole SVG document. */
    static String svg(Metric metric, List<Results.Row> rows) {
        var most = rows.stream().mapToDouble(r -> r.summary().most()).max().orElse(1);
        var step = tick(most);
        var end = Math.max(step, Math.ceil(most / step) * step);
        int height = TOP + ROW * rows.size() + BOTTOM;
        var svg = new StringBuilder(2048);
        svg.append(String.format(
                Locale.ROOT,
                "<svg xmlns=\"http://www.w3.org/2000/svg\" width=\"%d\" height=\"%d\" viewBox=\"0 0 %d %d\" role=\"img\""
                        + " font-family=\"sans-serif\" font-size=\"12\">\n",
                WIDTH,
                height,
                WIDTH,
                height));
        var title = metric.title() + ", " + metric.unit() + " (" + (metric.moreIsBetter() ? "more" : "less")
                + " is better)";
        svg.append("<title>").append(Texts.html(title)).append("</title>\n");
        svg.append("<rect width=\"100%\" height=\"100%\" fill=\"#ffffff\"/>\n");
        text(svg, 8, 20, "start", "#000000", title);
        int bottom = TOP + ROW * rows.size();
        for (double at = 0; at <= end + step / 2; at += step) {
            line(svg, x(at, end), TOP, x(at, end), bottom, "#d8d8d8", 1);
            text(svg, x(at, end), bottom + 18, "middle", "#444444", plain(at));
        }
        for (int i = 0; i < rows.size(); i++) {
            row(svg, rows.get(i), TOP + ROW * i + ROW / 2, end, COLOURS.get(i % COLOURS.size()));
        }
        return svg.append("</svg>\n").toString();
    }

    private static void row(StringBuilder svg, Results.Row row, int y, double end, String colour) {
        text(svg, LEFT - 10, y + 4, "end", "#000000", Texts.shortened(row.target(), LABEL_CHARACTERS_MAX));
        var summary = row.summary();
        svg.append(String.format(
                Locale.ROOT,
                "<rect x=\"%.1f\" y=\"%d\" width=\"%.1f\" height=\"22\" fill=\"%s\" fill-opacity=\"0.2\"/>\n",
                x(summary.lower(), end),
                y - 11,
                Math.max(1, x(summary.upper(), end) - x(summary.lower(), end)),
                colour));
        line(svg, x(summary.median(), end), y - 14, x(summary.median(), end), y + 14, colour, 3);
        for (var value : row.values()) {
            svg.append(String.format(
                    Locale.ROOT,
                    "<circle cx=\"%.1f\" cy=\"%d\" r=\"3\" fill=\"%s\" fill-opacity=\"0.7\"/>\n",
                    x(value, end),
                    y,
                    colour));
        }
    }

    /** The distance of two ticks: 1, 2 or 5 times a power of ten. */
    static double tick(double most) {
        if (!(most > 0) || Double.isInfinite(most)) {
            return 1;
        }
        var rough = most / TICKS;
        var power = Math.pow(10, Math.floor(Math.log10(rough)));
        var part = rough / power;
        return power * (part <= 1 ? 1 : part <= 2 ? 2 : part <= 5 ? 5 : 10);
    }

    private static double x(double value, double end) {
        return LEFT + (WIDTH - LEFT - RIGHT) * value / end;
    }

    private static String plain(double value) {
        return new java.math.BigDecimal(value)
                .round(new java.math.MathContext(6))
                .stripTrailingZeros()
                .toPlainString();
    }

    private static void line(StringBuilder svg, double x1, double y1, double x2, double y2, String colour, int width) {
        svg.append(String.format(
                Locale.ROOT,
                "<line x1=\"%.1f\" y1=\"%.1f\" x2=\"%.1f\" y2=\"%.1f\" stroke=\"%s\" stroke-width=\"%d\"/>\n",
                x1,
                y1,
                x2,
                y2,
                colour,
                width));
    }

    private static void text(StringBuilder svg, double x, double y, String anchor, String colour, String text) {
        svg.append(String.format(
                        Locale.ROOT,
                        "<text x=\"%.1f\" y=\"%.1f\" text-anchor=\"%s\" fill=\"%s\">",
                        x,
                        y,
                        anchor,
                        colour))
                .append(Texts.html(text))
                .append("</text>\n");
    }
}
