package omni.cli;

import java.io.BufferedOutputStream;
import java.io.IOException;
import java.io.OutputStream;
import java.nio.channels.Channels;
import java.nio.channels.FileChannel;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.nio.file.StandardOpenOption;
import java.nio.file.attribute.PosixFilePermissions;
import java.time.LocalDateTime;
import java.time.ZoneId;
import java.time.format.DateTimeFormatter;
import java.util.List;
import java.util.Set;
import omni.bus.ReplyStream;
import omni.vault.VaultProtocol;
import omni.vault.VaultProtocol.ExportParams;
import omni.vault.VaultProtocol.ExportReply;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;

/** {@code omni vault export}: all that an open vault keeps, in a file that anybody can read. */
@Command(
        name = "export",
        description = {
            "Writes all that an open vault keeps, but the secrets of providers, into a file: a line of JSON for each conversation,"
                    + " item, response, memory and setting. The file is NOT encrypted. It is yours alone (mode 0600), and there only"
                    + " when it is whole.",
            "The password is asked for at the terminal, or read from standard input, one line."
        },
        footer = {"", "Example: omni vault export everything.jsonl", "Example: omni vault export"})
final class VaultExportCommand extends OmniCommand {
    private static final DateTimeFormatter NAME = DateTimeFormatter.ofPattern("'omni-'yyyyMMdd-HHmmss'.jsonl'");
    private static final String WARNING = "The export is not encrypted: whoever gets the file can read all of it.";

    @Parameters(
            arity = "0..1",
            paramLabel = "FILE",
            description = "The file, or a folder for one named by the time; by default the current folder.")
    private Path place = Path.of("");

    @Option(names = "--force", description = "Put it in the place of a file that is there.")
    private boolean force;

    @Option(names = "--key-file", paramLabel = "FILE", description = "The key file that belongs to the password.")
    private @Nullable Path keyFile;

    /** How much was written. */
    private record Written(long lines, long bytes) {
        @Override
        public String toString() {
            return Text.count(lines, "line") + ", " + Text.bytes(bytes);
        }
    }

    VaultExportCommand(World world) {
        super(world);
    }

    @Override
    ExitCode run() {
        var file = file();
        if (Files.exists(file) && !force) {
            throw new CommandException(ExitCode.USAGE, file + " is there already: name another, or add --force.");
        }
        var key = VaultSecrets.keyFile(keyFile);
        world.err().println(WARNING);
        var permit = new VaultSecrets(world).prove(key);
        var params = new ExportParams(permit.permit(), permit.session());
        var written = world.withPatience("vault", bus -> {
            try (var parts = VaultProtocol.Client.of(bus).exportMore(params)) {
                var _ = parts.hasNext(); // a refusal comes before anything is written
                return write(parts, file);
            }
        });
        answer(
                Json.object()
                        .put("file", file.toString())
                        .put("lines", written.lines())
                        .put("bytes", written.bytes())
                        .put("encrypted", false),
                () -> file + ": " + written + ", not encrypted, without the secrets of providers.");
        return ExitCode.OK;
    }

    private Path file() {
        var path = place.toAbsolutePath().normalize();
        return Files.isDirectory(path)
                ? path.resolve(LocalDateTime.now(ZoneId.systemDefault()).format(NAME))
                : path;
    }

    /** Beside its place, and in it when the disk has all. */
    private Written write(ReplyStream<ExportReply> parts, Path file) {
        var part = file.resolveSibling(file.getFileName() + ".part");
        part.toFile().deleteOnExit(); // also where the command is interrupted
        try {
            Files.deleteIfExists(part);
            var written = copy(parts, part);
            Files.move(part, file, StandardCopyOption.ATOMIC_MOVE);
            return written;
        } catch (IOException e) {
            throw new CommandException(
                    ExitCode.ERROR, file + " cannot be written: look at the disk and the rights of its folder.", e);
        }
    }

    private Written copy(ReplyStream<ExportReply> parts, Path part) throws IOException {
        var owner = PosixFilePermissions.asFileAttribute(PosixFilePermissions.fromString("rw-------"));
        var options = Set.of(StandardOpenOption.WRITE, StandardOpenOption.CREATE_NEW);
        try (var line = new ProgressLine(world, json());
                var channel = FileChannel.open(part, options, owner)) {
            var out = new BufferedOutputStream(Channels.newOutputStream(channel));
            var written = new Written(0, 0);
            while (parts.hasNext()) {
                var lines = parts.next().lines();
                written = new Written(written.lines() + lines.size(), written.bytes() + write(out, lines));
                var now = written;
                line.tell(
                        "export",
                        now.toString(),
                        () -> Json.object().put("lines", now.lines()).put("bytes", now.bytes()));
            }
            out.flush();
            channel.force(true);
            return written;
        }
    }

    private static long write(OutputStream out, List<String> lines) throws IOException {
        long bytes = 0;
        for (var line : lines) {
            var encoded = (line + "\n").getBytes(StandardCharsets.UTF_8);
            out.write(encoded);
            bytes += encoded.length;
        }
        return bytes;
    }
}
