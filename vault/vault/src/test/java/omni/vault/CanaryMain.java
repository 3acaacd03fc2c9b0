package omni.vault;

import java.io.BufferedReader;
import java.io.IOException;
import java.io.InputStreamReader;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;

/** Opens a vault and closes it, as the vault's process does, and waits after each step to be looked into. */
final class CanaryMain {
    private static final List<byte[]> KEPT = new ArrayList<>();

    private CanaryMain() {}

    /**
     * Is the process.
     *
     * @param args the vault's folder, a folder for sockets, the file of the password, and files to keep on the heap
     */
    public static void main(String[] args) throws IOException {
        var in = new BufferedReader(new InputStreamReader(System.in, StandardCharsets.UTF_8));
        for (int i = 3; i < args.length; i++) {
            KEPT.add(Files.readAllBytes(Path.of(args[i])));
        }
        var machine = new KeyKeeper.Machine(8L << 30, Made.LEAST, Duration.ofMinutes(5));
        KeyKeeper keeper = new KeyKeeper(Path.of(args[0]), Path.of(args[1]), machine);
        try (FileChannel file = FileChannel.open(Path.of(args[2]));
                SecretMemory memory = SecretMemory.of((int) file.size())) {
            ByteBuffer into = memory.buffer();
            while (into.hasRemaining() && file.read(into) > 0) {}
            try (KeyRing _ = keeper.open(new Secret.Password(memory.buffer(), Optional.empty()))) {
                pause("open", in);
            }
        }
        System.gc();
        pause("closed", in);
    }

    private static void pause(String state, BufferedReader in) throws IOException {
        System.out.println(state);
        System.out.flush();
        in.readLine();
    }
}
