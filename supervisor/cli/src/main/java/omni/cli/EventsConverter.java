package omni.cli;

import java.util.regex.Pattern;
import picocli.CommandLine.ITypeConverter;
import picocli.CommandLine.TypeConversionException;

/** Reads how many events are wanted: as many as the kill switch gives at once. What fits into no number is too many. */
final class EventsConverter implements ITypeConverter<Integer> {
    static final int MAX = 1000;
    private static final Pattern FORM = Pattern.compile("\\d{1,4}");

    @Override
    public Integer convert(String value) {
        int count = FORM.matcher(value).matches() ? Integer.parseInt(value) : 0;
        if (count < 1 || count > MAX) {
            throw new TypeConversionException("'" + value + "' is no such count: write 1 to " + MAX + ", such as 50");
        }
        return count;
    }
}
