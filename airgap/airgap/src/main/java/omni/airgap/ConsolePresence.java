package omni.airgap;

import java.io.IOException;
import java.nio.channels.FileChannel;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;

/** The box's own screen or serial line. It is written to and not read: whoever logs in there is not disturbed. */
record ConsolePresence(Path console) implements Presence {
    @Override
    public String show(String text) throws AirgapException {
        try (FileChannel channel = FileChannel.open(console, StandardOpenOption.WRITE)) {
            channel.write(StandardCharsets.UTF_8.encode("\r\n" + text.replace("\n", "\r\n") + "\r\n"));
            return console.toString();
        } catch (IOException e) {
            throw new AirgapException(
                    "The console " + console + " cannot be written, so nobody can show that they are at the box. Set"
                            + " airgap.console, or lift there with: omni airgap lift --offline",
                    e);
        }
    }
}
