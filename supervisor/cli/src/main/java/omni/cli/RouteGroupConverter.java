package omni.cli;

import java.util.stream.Collectors;
import java.util.stream.Stream;
import omni.api.DaemonProtocol.RouteGroup;
import picocli.CommandLine.ITypeConverter;
import picocli.CommandLine.TypeConversionException;

/** Reads a group of routes as it is written everywhere else. */
final class RouteGroupConverter implements ITypeConverter<RouteGroup> {
    @Override
    public RouteGroup convert(String text) {
        return Stream.of(RouteGroup.values())
                .filter(each -> each.wire().equals(text))
                .findFirst()
                .orElseThrow(() -> new TypeConversionException("it must be one of "
                        + Stream.of(RouteGroup.values()).map(RouteGroup::wire).collect(Collectors.joining(", "))));
    }
}
