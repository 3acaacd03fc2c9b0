package omni.init;

import java.io.Closeable;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.channels.FileChannel;
import java.nio.file.DirectoryStream;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;

/**
 * A namespace that lives as long as this process has it open, with no process in it (namespaces(7)).
 *
 * @param file the name by which a child of this process finds it: {@code /proc/PID/fd/NUMBER}
 */
record HeldNamespace(FileChannel channel, String file) implements Closeable {
    /**
     * Holds the namespace of a process.
     *
     * @param kind user, net
     */
    static HeldNamespace of(long pid, String kind) throws IOException {
        Path link = Path.of("/proc", Long.toString(pid), "ns", kind);
        FileChannel channel = FileChannel.open(link, StandardOpenOption.READ);
        try {
            return new HeldNamespace(channel, descriptor(Files.readSymbolicLink(link)));
        } catch (IOException e) {
            channel.close();
            throw e;
        }
    }

    /** The JDK tells the number of a descriptor nowhere; the kernel tells what each is open on. */
    private static String descriptor(Path target) throws IOException {
        Path own = Path.of("/proc", Long.toString(ProcessHandle.current().pid()), "fd");
        try (DirectoryStream<Path> descriptors = Files.newDirectoryStream(own)) {
            for (Path descriptor : descriptors) {
                if (leadsTo(descriptor, target)) {
                    return descriptor.toString();
                }
            }
        }
        throw new IOException(target + " is not open");
    }

    private static boolean leadsTo(Path descriptor, Path target) throws IOException {
        try {
            return Files.readSymbolicLink(descriptor).equals(target);
        } catch (NoSuchFileException e) {
            return false; // another thread has closed it meanwhile
        }
    }

    @Override
    public void close() {
        try {
            channel.close();
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }
}
