package omni.cli;

import java.io.IOException;
import java.io.UncheckedIOException;
import omni.fetch.Tokens;
import picocli.CommandLine.Command;
import picocli.CommandLine.Parameters;

/** {@code omni models logout}: forgets a host's token. */
@Command(
        name = "logout",
        description = {"Forgets the token for a host that models come from."},
        footer = {"", "Example: omni models logout huggingface.co"})
final class ModelsLogoutCommand extends OmniCommand {
    @Parameters(paramLabel = "HOST", description = "The host, as it was given to login.")
    private String host = "";

    ModelsLogoutCommand(World world) {
        super(world);
    }

    @Override
    ExitCode run() {
        try {
            if (!Tokens.of(world.home()).remove(host)) {
                throw new CommandException(
                        ExitCode.REFUSED, "There is no token for " + Text.printable(host) + ": see omni models login.");
            }
        } catch (IOException e) {
            throw new UncheckedIOException("The token cannot be forgotten", e);
        }
        answer(Json.object().put("forgotten", host), () -> "The token for " + Text.printable(host) + " is forgotten.");
        return ExitCode.OK;
    }
}
