package omni.cli;

import java.time.Instant;
import omni.airgap.AirgapProtocol;
import omni.airgap.AirgapProtocol.Gap;
import omni.airgap.AirgapProtocol.GapState;
import picocli.CommandLine;
import picocli.CommandLine.Command;
import tools.jackson.databind.node.ObjectNode;

/** {@code omni airgap}: the kill switch. By itself it says where the gap stands. */
@Command(
        name = "airgap",
        description = {
            "The kill switch: cuts this box off, and connects it again for a person who stands at it; without a command"
                    + " of its own it says where it stands."
        },
        commandListHeading = "%nCommands:%n",
        footer = {"", "Example: omni airgap engage"})
final class AirgapCommand extends OmniCommand {
    private AirgapCommand(World world) {
        super(world);
    }

    /** The command with those below it. */
    static CommandLine line(World world) {
        return new CommandLine(new AirgapCommand(world))
                .addSubcommand(new AirgapStatusCommand(world))
                .addSubcommand(new AirgapEngageCommand(world))
                .addSubcommand(new AirgapLiftCommand(world))
                .addSubcommand(new AirgapAuditCommand(world))
                .addSubcommand(new AirgapProveCommand(world))
                .addSubcommand(new AirgapCosignCommand(world))
                .addSubcommand(new AirgapVerifyCommand(world));
    }

    @Override
    ExitCode run() {
        return AirgapStatusCommand.show(this);
    }

    /** Asks the role where the gap stands. */
    static Gap status(World world) {
        return world.with(
                "airgap",
                bus -> AirgapProtocol.Client.of(bus)
                        .status(new AirgapProtocol.StatusParams())
                        .gap());
    }

    static ObjectNode json(Gap gap) {
        return (ObjectNode) gap.toJson();
    }

    /** For people: what it is, since when, and what does not hold. */
    static String text(Gap gap, World world) {
        StringBuilder text = new StringBuilder(256);
        text.append(headline(gap.state(), world.style())).append('\n');
        line(
                text,
                "since " + Text.time(Instant.parse(gap.since())) + ": "
                        + gap.cause().replaceFirst("^lift: ", "lifted by "));
        line(
                text,
                gap.scope().isEmpty()
                        ? "cuts off nothing: set airgap.scope in omni.toml"
                        : Text.count(gap.namespaces(), "network namespace") + " under control (" + gap.scope() + ")");
        if (gap.corrections() > 0) {
            line(text, Text.count(gap.corrections(), "time") + " something came up again and was closed");
        }
        gap.problems().forEach(problem -> line(text, "not confirmed: " + problem));
        if (!gap.stepUp()) {
            line(
                    text,
                    gap.state() == GapState.OPEN
                            ? "no step-up key: only root could lift a gap, at a terminal of the box. Make one with omni key step-up"
                            : "no step-up key: only root can lift this, at a terminal of the box (any word will do for the"
                                    + " key): " + OfflineLift.line(world));
        }
        gap.limits().forEach(limit -> line(text, limit));
        if (gap.key() != null) {
            line(text, "its proofs are signed by the key " + gap.key());
        }
        return text.toString().stripTrailing();
    }

    private static String headline(GapState state, Style style) {
        return switch (state) {
            case OPEN -> "The gap is open: this box is connected.";
            case ENGAGING -> style.red("The gap is being closed.");
            case GAP -> style.green("The gap is closed, and every step is confirmed.");
            case LIFTING -> style.red("The gap is being lifted.");
            case BROKEN -> style.red("The gap is closed as far as the kernel allows, but NOT confirmed.");
        };
    }

    private static void line(StringBuilder text, String what) {
        text.append("   ").append(Text.printable(what)).append('\n');
    }

    /** What a caller's script learns: 0 where it is confirmed, else that it is not. */
    static ExitCode exit(Gap gap) {
        return gap.state() == GapState.GAP ? ExitCode.OK : ExitCode.ERROR;
    }
}
