package omni.vault;

import java.io.IOException;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;

/** Starts a child for keys, tells its id, and lets it wait for a request. */
final class KeeperMain {
    private KeeperMain() {}

    /**
     * Is the process.
     *
     * @param args a folder for sockets
     */
    public static void main(String[] args) throws IOException {
        try (KeyProcess process = new KeyProcess(
                KeyCommand.line(Argon2.MEMORY_KIB_MIN, List.of()), Path.of(args[0]), Duration.ofMinutes(5))) {
            process.connect();
            System.out.println(ProcessHandle.current()
                    .children()
                    .map(ProcessHandle::pid)
                    .findFirst()
                    .orElseThrow());
            System.out.flush();
            System.in.read();
        }
    }
}
