package omni.cli;

import java.time.Duration;
import java.util.Locale;
import omni.fetch.FetchProtocol.Progress;

/** How far a pull is, in words. */
final class PullProgress {
    private PullProgress() {}

    static void tell(ProgressLine line, Progress progress) {
        line.tell(progress.phase().wire() + progress.fileNumber(), line(progress), progress::toJson);
    }

    /** One line without its end. */
    static String line(Progress progress) {
        var total = progress.total();
        var note = progress.note();
        var text = new StringBuilder();
        switch (progress.phase()) {
            case RESOLVING -> text.append("Asking what there is…");
            case FETCHING -> {
                text.append(ProgressLine.bar(progress.bytes(), total == null ? 0 : total));
                text.append(", ").append(Text.bytes(progress.bytesPerSecond())).append("/s");
                var left = progress.secondsLeft();
                if (left != null) {
                    text.append(", ").append(left(left)).append(" left");
                }
            }
            case CHECKING -> text.append("Checking the SHA-256 of ").append(Text.printable(progress.file()));
        }
        if (progress.files() > 1 && progress.fileNumber() > 0) {
            text.append(", file ").append(progress.fileNumber()).append(" of ").append(progress.files());
        }
        return note == null ? text.toString() : text + "; " + Text.printable(note);
    }

    private static String left(long seconds) {
        return seconds < 60
                ? seconds + " s"
                : seconds < 3600
                        ? String.format(Locale.ROOT, "%d min %02d s", seconds / 60, seconds % 60)
                        : Text.span(Duration.ofSeconds(seconds));
    }
}
