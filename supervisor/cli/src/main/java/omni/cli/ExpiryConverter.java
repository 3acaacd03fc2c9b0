package omni.cli;

import java.time.DateTimeException;
import java.time.Duration;
import java.time.Instant;
import java.time.InstantSource;
import java.time.LocalDate;
import java.time.ZoneOffset;
import java.time.temporal.ChronoUnit;
import java.util.regex.Pattern;
import picocli.CommandLine.ITypeConverter;
import picocli.CommandLine.TypeConversionException;

/** Reads when something ends: a span from now on, such as "90d", "12h" or "30m", a day, which is its first moment in UTC, or a time. */
final class ExpiryConverter implements ITypeConverter<Instant> {
    private static final Pattern SPAN = Pattern.compile("(\\d{1,5})([mhd])");
    private static final Pattern DAY = Pattern.compile("\\d{4}-\\d{2}-\\d{2}");

    private final InstantSource clock;

    ExpiryConverter() {
        this(InstantSource.system());
    }

    ExpiryConverter(InstantSource clock) {
        this.clock = clock;
    }

    @Override
    public Instant convert(String value) {
        var span = SPAN.matcher(value);
        if (span.matches()) {
            return clock.instant()
                    .plus(span(Long.parseLong(span.group(1)), span.group(2)))
                    .truncatedTo(ChronoUnit.SECONDS);
        }
        try {
            return DAY.matcher(value).matches()
                    ? LocalDate.parse(value).atStartOfDay(ZoneOffset.UTC).toInstant()
                    : Instant.parse(value);
        } catch (DateTimeException _) {
            throw new TypeConversionException(
                    "'" + value + "' is no time: write 90d, 12h, 30m, 2027-01-31 or 2027-01-31T12:00:00Z");
        }
    }

    private static Duration span(long number, String unit) {
        return switch (unit) {
            case "m" -> Duration.ofMinutes(number);
            case "h" -> Duration.ofHours(number);
            default -> Duration.ofDays(number);
        };
    }
}
