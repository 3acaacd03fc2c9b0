package omni.cli;

import java.util.Optional;
import omni.fetch.FetchProtocol;
import omni.fetch.FetchProtocol.Unfinished;
import picocli.CommandLine.Command;
import picocli.CommandLine.Option;

/** {@code omni models pulls}: what was begun and is not a model yet. */
@Command(
        name = "pulls",
        description = {"Lists the pulls that were begun and not finished, or deletes what one of them has brought."},
        footer = {
            "",
            "Example: omni models pulls",
            "Example: omni models pulls --forget 0123456789abcdef0123456789abcdef"
        })
final class ModelsPullsCommand extends OmniCommand {
    @Option(names = "--forget", paramLabel = "ID", description = "Delete what the pull of this id has brought.")
    private Optional<String> forget = Optional.empty();

    ModelsPullsCommand(World world) {
        super(world);
    }

    @Override
    ExitCode run() {
        var fetching = new Fetching(world);
        if (forget.isPresent()) {
            var id = forget.get();
            fetching.with(fetch -> fetch.forget(new FetchProtocol.ForgetParams(id)));
            answer(Json.object().put("forgotten", id), () -> "Forgotten.");
            return ExitCode.OK;
        }
        var reply = fetching.with(fetch -> fetch.list(new FetchProtocol.ListParams()));
        answer(reply.toJson(), () -> {
            var text = new StringBuilder();
            reply.pulls().forEach(pull -> text.append(line(pull)));
            return text.isEmpty() ? "No pull is unfinished." : text.toString().stripTrailing();
        });
        return ExitCode.OK;
    }

    private static String line(Unfinished pull) {
        var total = pull.total();
        var here = total == null || total == 0 ? "" : pull.bytes() * 100 / total + " % of " + Text.bytes(total);
        return pull.pull() + "  " + Text.pad(pull.whole() ? "whole" : here, 20) + Text.printable(pull.source()) + "\n";
    }
}
