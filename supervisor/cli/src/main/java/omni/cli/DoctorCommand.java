package omni.cli;

import java.util.List;
import picocli.CommandLine.Command;

/** {@code omni doctor}: what this machine lacks for Omni, and what to do about each. */
@Command(
        name = "doctor",
        description = {
            "Looks at what Omni needs on this machine, and names the command that fixes what is missing.",
            "Ends with 0 when nothing is missing, else with 1."
        },
        footer = {"", "Example: omni doctor --json | jq '.checks[] | select(.ok | not)'"})
final class DoctorCommand extends OmniCommand {
    /** The longest name and a gap. */
    private static final int NAME_CHARACTERS = 18;

    DoctorCommand(World world) {
        super(world);
    }

    @Override
    ExitCode run() {
        var checks = new Examination(world).all();
        var ok = checks.stream().allMatch(Check::ok);
        var json = Json.object().put("ok", ok);
        var array = json.putArray("checks");
        for (var check : checks) {
            var one = array.addObject()
                    .put("name", check.name())
                    .put("ok", check.ok())
                    .put("detail", check.detail());
            if (!check.ok()) {
                one.put("fix", check.fix());
            }
        }
        answer(json, () -> text(checks, ok));
        return ok ? ExitCode.OK : ExitCode.ERROR;
    }

    private String text(List<Check> checks, boolean ok) {
        var style = world.style();
        var text = new StringBuilder(600);
        for (var check : checks) {
            text.append(check.ok() ? style.green("ok       ") : style.red("missing  "));
            text.append(Text.pad(check.name(), NAME_CHARACTERS))
                    .append(Text.printable(check.detail()))
                    .append('\n');
            if (!check.ok()) {
                text.append("         ")
                        .append(Text.pad("", NAME_CHARACTERS))
                        .append("fix: ")
                        .append(check.fix())
                        .append('\n');
            }
        }
        return text.append(ok ? "Nothing is missing." : "Something is missing: see the lines above.")
                .toString();
    }
}
