package omni.vault;

import java.io.IOException;
import java.io.OutputStream;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.Optional;
import omni.tpm.TpmDevice;

/** Starts an offline check as the command does, gives it the password, tells its id, and waits for it. */
final class OfflineParent {
    private OfflineParent() {}

    /**
     * Is the process.
     *
     * @param args the vault's folder, and one for the copy
     */
    public static void main(String[] args) throws IOException, InterruptedException {
        Process check = new ProcessBuilder(
                        OfflineCheckCommand.line(Path.of(args[0]), Path.of(args[1]), TpmDevice.OFF, Optional.empty()))
                .redirectError(ProcessBuilder.Redirect.DISCARD)
                .start();
        try (OutputStream in = check.getOutputStream()) {
            ByteBuffer password = ByteBuffer.wrap(Made.PASSWORD.getBytes(StandardCharsets.UTF_8));
            in.write(OfflineCheckCommand.message(false, password, ByteBuffer.allocate(0)));
            in.flush();
            System.out.println(check.pid());
            System.out.flush();
            check.waitFor();
        }
    }
}
