package omni.cli;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.FileAlreadyExistsException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import omni.api.DaemonProtocol;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Option;

/** {@code omni cert export}: what clients on other machines are to trust. */
@Command(
        name = "export",
        description = {
            "Writes the certificate that programs on other machines are to trust, as PEM, to standard output or into a file. It is no"
                    + " secret, and says nothing of the key. It is good for this box's names, the addresses that omni.toml names,"
                    + " and private addresses; the yearly renewals do not change it."
        },
        footer = {
            "",
            "Example: omni cert export > omni.pem",
            "Example: omni cert export --out omni.pem",
            "Then, on the other machine: curl --cacert omni.pem https://192.168.1.10:11434/health"
        })
final class CertExportCommand extends OmniCommand {
    @Option(names = "--out", paramLabel = "FILE", description = "The file, which must not be there yet.")
    private @Nullable Path out;

    CertExportCommand(World world) {
        super(world);
    }

    @Override
    ExitCode run() {
        var certificate = world.with(
                "daemon", bus -> DaemonProtocol.Client.of(bus).certificate(new DaemonProtocol.CertificateParams()));
        var json = Json.object().put("pin", certificate.pin()).put("expires", certificate.expires());
        if (out == null) {
            answer(json.put("pem", certificate.pem()), () -> certificate.pem().strip());
        } else {
            write(out, certificate.pem());
            answer(
                    json.put("file", out.toString()),
                    () -> Text.printable(String.valueOf(out)) + ": to be trusted until " + certificate.expires()
                            + ". Its public key is " + certificate.pin());
        }
        return ExitCode.OK;
    }

    private static void write(Path file, String pem) {
        try {
            Files.writeString(
                    file, pem, StandardCharsets.US_ASCII, StandardOpenOption.CREATE_NEW, StandardOpenOption.WRITE);
        } catch (FileAlreadyExistsException e) {
            throw new CommandException(ExitCode.USAGE, file + " is there already: name another, or move it away.", e);
        } catch (IOException e) {
            throw new CommandException(
                    ExitCode.ERROR, file + " cannot be written: look at the disk and the rights of its folder.", e);
        }
    }
}
