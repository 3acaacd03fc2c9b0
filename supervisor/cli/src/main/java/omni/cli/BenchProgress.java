package omni.cli;

import java.time.Duration;
import omni.measure.Bench;
import omni.measure.Report;
import omni.measure.Results;

/** Says how far {@code omni bench} is, and keeps what has been measured after each round. */
final class BenchProgress implements Bench.Listener {
    private final ProgressLine line;
    private final Report report;
    private long firstNanos;
    private int before = -1;

    BenchProgress(ProgressLine line, Report report) {
        this.line = line;
        this.report = report;
    }

    @Override
    public void at(int done, int total, String what) {
        if (before < 0 && done > 0) {
            before = done;
            firstNanos = System.nanoTime();
        }
        line.tell(
                what.replaceFirst(":.*", ""),
                ProgressLine.bar(done, total, Text.count(total, "measurement")) + left(done, total) + ", "
                        + Text.printable(what),
                () -> Json.object().put("done", done).put("total", total).put("now", what));
    }

    /** What is left, at the pace until now. */
    private String left(int done, int total) {
        if (before < 0 || done <= before) {
            return "";
        }
        var nanos = (System.nanoTime() - firstNanos) / (done - before) * (total - done);
        return ", " + Text.span(Duration.ofNanos(nanos)) + " left";
    }

    @Override
    public void round(Results results) {
        report.write(results);
    }
}
