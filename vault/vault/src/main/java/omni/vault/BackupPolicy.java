package omni.vault;

import java.time.LocalDate;
import java.time.YearMonth;
import java.time.ZoneOffset;
import java.time.temporal.IsoFields;
import java.util.HashSet;
import java.util.List;
import java.util.Set;
import java.util.TreeSet;
import java.util.function.Function;

/**
 * Which snapshots are kept: the newest of each of the last so many days, weeks (of ISO) and months that have one, by UTC. All zero:
 * every one.
 */
record BackupPolicy(int days, int weeks, int months) {
    /** Those of these names that are over, the oldest first. */
    List<String> over(List<String> names) {
        if (days == 0 && weeks == 0 && months == 0) {
            return List.of();
        }
        Set<String> kept = new HashSet<>();
        keep(names, days, day -> day, kept);
        keep(
                names,
                weeks,
                day -> day.get(IsoFields.WEEK_BASED_YEAR) * 100 + day.get(IsoFields.WEEK_OF_WEEK_BASED_YEAR),
                kept);
        keep(names, months, YearMonth::from, kept);
        return names.stream().filter(name -> !kept.contains(name)).sorted().toList();
    }

    private static void keep(List<String> names, int count, Function<LocalDate, Object> span, Set<String> kept) {
        Set<Object> seen = new HashSet<>();
        for (String name : new TreeSet<>(names).descendingSet()) {
            LocalDate day = LocalDate.ofInstant(Snapshot.taken(name), ZoneOffset.UTC);
            if (seen.size() < count && seen.add(span.apply(day))) {
                kept.add(name);
            }
        }
    }
}
