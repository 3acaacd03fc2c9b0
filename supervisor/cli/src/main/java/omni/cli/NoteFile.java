package omni.cli;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.charset.CharacterCodingException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;

/** A checkpoint in a file: text, and not more of it than any checkpoint has. */
final class NoteFile {
    static final int BYTES_MAX = 400_000;

    private NoteFile() {}

    static String read(Path file) {
        try (var in = Files.newInputStream(file)) {
            var bytes = in.readNBytes(BYTES_MAX + 1);
            if (bytes.length > BYTES_MAX) {
                throw new CommandException(ExitCode.USAGE, file + " is larger than any checkpoint.");
            }
            return StandardCharsets.UTF_8
                    .newDecoder()
                    .decode(ByteBuffer.wrap(bytes))
                    .toString();
        } catch (CharacterCodingException e) {
            throw new CommandException(ExitCode.USAGE, file + " is no text.", e);
        } catch (IOException e) {
            throw new CommandException(ExitCode.USAGE, file + " cannot be read.", e);
        }
    }
}
