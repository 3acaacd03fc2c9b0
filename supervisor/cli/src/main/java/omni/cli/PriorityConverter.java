package omni.cli;

import java.util.stream.Stream;
import omni.api.DaemonProtocol.Priority;
import picocli.CommandLine.ITypeConverter;
import picocli.CommandLine.TypeConversionException;

/** Reads a class of requests as it is written everywhere else. */
final class PriorityConverter implements ITypeConverter<Priority> {
    @Override
    public Priority convert(String text) {
        return Stream.of(Priority.values())
                .filter(each -> each.wire().equals(text))
                .findFirst()
                .orElseThrow(() -> new TypeConversionException("it must be interactive, normal or background"));
    }
}
