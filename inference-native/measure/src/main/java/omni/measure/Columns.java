package omni.measure;

import java.util.ArrayList;
import java.util.List;
import java.util.stream.Stream;

/** Plain text in columns. */
final class Columns {
    private static final String BETWEEN = "  ";

    private Columns() {}

    /** The rows under their headings, each column as wide as its longest cell; no blanks at a line's end. */
    static String aligned(List<String> headings, List<List<String>> rows) {
        var all = Stream.concat(Stream.of(headings), rows.stream()).toList();
        var text = new StringBuilder();
        for (var row : all) {
            var cells = new ArrayList<String>();
            for (int i = 0; i < row.size(); i++) {
                int column = i;
                int width =
                        all.stream().mapToInt(r -> length(r.get(column))).max().orElse(0);
                cells.add(row.get(i) + " ".repeat(width - length(row.get(i))));
            }
            text.append(String.join(BETWEEN, cells).stripTrailing()).append('\n');
        }
        return text.toString();
    }

    private static int length(String cell) {
        return cell.codePointCount(0, cell.length());
    }
}
