package omni.cli;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.util.Optional;
import omni.fetch.Tokens;
import picocli.CommandLine.Command;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;

/** {@code omni models login}: gives a host's token to the role that fetches, through a file that only the owner reads. */
@Command(
        name = "login",
        description = {
            "Keeps a token for a host that models come from. It is asked for at the terminal, or read from standard"
                    + " input; it is never an argument. Without HOST: lists the hosts that have one."
        },
        footer = {
            "",
            "Example: omni models login huggingface.co",
            "Example: omni models login registry.example:5000 --user me < password.txt"
        })
final class ModelsLoginCommand extends OmniCommand {
    @Parameters(arity = "0..1", paramLabel = "HOST", description = "The host, with its port where it is unusual.")
    private Optional<String> host = Optional.empty();

    @Option(names = "--user", paramLabel = "NAME", description = "The user's name, where a registry wants one.")
    private Optional<String> user = Optional.empty();

    ModelsLoginCommand(World world) {
        super(world);
    }

    @Override
    ExitCode run() {
        var tokens = Tokens.of(world.home());
        if (host.isEmpty()) {
            return list(tokens);
        }
        var name = host.get();
        if (!Tokens.isHost(name)) {
            throw new CommandException(
                    ExitCode.USAGE, "This is no host's name: write it as huggingface.co or host:5000.");
        }
        keep(tokens, name, user.orElse(""), new SecretInput(world).read("Token for " + name + ": "));
        answer(Json.object().put("host", name), () -> "A token for " + name + " is kept.");
        return ExitCode.OK;
    }

    private ExitCode list(Tokens tokens) {
        try {
            var hosts = tokens.hosts();
            var json = Json.object();
            var array = json.putArray("hosts");
            hosts.forEach(array::add);
            answer(json, () -> hosts.isEmpty() ? "There is no token for any host." : String.join("\n", hosts));
            return ExitCode.OK;
        } catch (IOException e) {
            throw new UncheckedIOException("The tokens cannot be listed", e);
        }
    }

    static void keep(Tokens tokens, String host, String user, String secret) {
        try {
            tokens.put(host, user, secret);
        } catch (IllegalArgumentException e) {
            throw new CommandException(ExitCode.USAGE, String.valueOf(e.getMessage()), e);
        } catch (IOException e) {
            throw new UncheckedIOException("The token cannot be kept", e);
        }
    }
}
