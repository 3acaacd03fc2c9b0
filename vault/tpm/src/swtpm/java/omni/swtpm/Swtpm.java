package omni.swtpm;

import java.io.EOFException;
import java.io.IOException;
import java.net.StandardProtocolFamily;
import java.net.UnixDomainSocketAddress;
import java.nio.ByteBuffer;
import java.nio.channels.SocketChannel;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Objects;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.locks.LockSupport;

/**
 * A TPM 2.0 in software: swtpm, the emulator that virtual machines get theirs from. Each folder is a TPM of its own. The tests of several
 * modules have this source among theirs.
 */
public final class Swtpm implements AutoCloseable {
    private static final String FLAGS = "startup-clear,not-need-init";

    /* Of a terminal's two ends swtpm gets one, and the other is a character device: what goes in comes out as it is. */
    private static final String TERMINAL = """
            import os, pty, sys, tty
            ours, theirs = pty.openpty()
            tty.setraw(theirs)
            os.set_inheritable(ours, True)
            os.set_inheritable(theirs, True)
            print(os.ttyname(theirs), flush=True)
            os.execvp("swtpm", ["swtpm", "chardev", "--fd", str(ours)] + sys.argv[1:])
            """;

    private final Path path;
    private final Process process;
    private boolean hangs;

    private Swtpm(Path path, Process process) {
        this.path = path;
        this.process = process;
    }

    /** Where it is to be talked to. */
    public Path path() {
        return path;
    }

    /** Behind a Unix socket. */
    public static Swtpm socket(Path state) throws IOException {
        Path socket = state.resolve("s");
        Files.deleteIfExists(socket);
        Process process = start(List.of("swtpm", "socket", "--server", "type=unixio,path=" + socket), state);
        for (int i = 0; i < 1000 && !answers(socket) && process.isAlive(); i++) {
            LockSupport.parkNanos(TimeUnit.MILLISECONDS.toNanos(20));
        }
        return new Swtpm(socket, process);
    }

    private static boolean answers(Path socket) {
        try (SocketChannel _ = connected(socket)) {
            return true;
        } catch (IOException e) {
            return false; // not yet
        }
    }

    private static SocketChannel connected(Path socket) throws IOException {
        SocketChannel channel = SocketChannel.open(StandardProtocolFamily.UNIX);
        try {
            channel.connect(UnixDomainSocketAddress.of(socket));
            return channel;
        } catch (IOException e) {
            channel.close();
            throw e;
        }
    }

    /** Behind a character device, as the kernel's is: a terminal in raw mode. */
    public static Swtpm device(Path state) throws IOException {
        Process process = start(List.of("python3", "-c", TERMINAL), state);
        String name = process.inputReader(StandardCharsets.UTF_8).readLine();
        return new Swtpm(Path.of(Objects.requireNonNull(name, "swtpm did not start")), process);
    }

    private static Process start(List<String> command, Path state) throws IOException {
        List<String> line = new ArrayList<>(command);
        line.addAll(List.of("--tpm2", "--tpmstate", "dir=" + state, "--flags", FLAGS));
        return new ProcessBuilder(line)
                .redirectError(ProcessBuilder.Redirect.INHERIT)
                .start();
    }

    /** Has it take what comes, and answer nothing. */
    public void hang() throws IOException {
        signal("-STOP");
        hangs = true;
    }

    /** Has it go on. */
    public void goOn() throws IOException {
        signal("-CONT");
        hangs = false;
    }

    private void signal(String name) throws IOException {
        Process kill = new ProcessBuilder("kill", name, Long.toString(process.pid()))
                .inheritIO()
                .start();
        if (kill.onExit().join().exitValue() != 0) {
            throw new IOException("kill " + name + " ended with " + kill.exitValue());
        }
    }

    /** How many places of its memory are taken: TPM2_GetCapability of up to 64 handles from the first NV index on. By its socket. */
    public int indices() throws IOException {
        ByteBuffer command = ByteBuffer.allocate(22)
                .putShort((short) 0x8001)
                .putInt(22)
                .putInt(0x17A)
                .putInt(1)
                .putInt(0x01000000)
                .putInt(64)
                .flip();
        ByteBuffer answer = ByteBuffer.allocate(4096);
        int countAt = 10 + 1 + Integer.BYTES; // behind the header, whether there is more, and what they are
        try (SocketChannel channel = connected(path)) {
            while (command.hasRemaining()) {
                channel.write(command);
            }
            while (answer.position() < countAt + Integer.BYTES) {
                if (channel.read(answer) < 0) {
                    throw new EOFException("swtpm has ended its answer");
                }
            }
        }
        return answer.getInt(countAt);
    }

    @Override
    public void close() {
        if (hangs) {
            process.destroyForcibly(); // it hears nothing else
        }
        process.destroy();
        process.onExit().join();
    }
}
