package omni.airgap;

import java.io.Closeable;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.concurrent.Callable;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.FutureTask;
import java.util.concurrent.atomic.AtomicBoolean;

/**
 * A network namespace, held by a descriptor so that it stays while this is open. Two are the same when their inodes are
 * (namespaces(7)). For any thread.
 */
final class Namespace implements Closeable {
    private final int descriptor;
    private final long inode;
    private final String name;
    private final AtomicBoolean closed = new AtomicBoolean();

    private Namespace(int descriptor, long inode, String name) {
        this.descriptor = descriptor;
        this.inode = inode;
        this.name = name;
    }

    /**
     * Opens the namespace that a file stands for: a bind mount such as {@code /run/netns/NAME}, {@code /proc/PID/ns/net}, or a
     * socket in there, as {@code /proc/PID/fd/NUMBER}.
     *
     * @throws AirgapException where it is none, or may not be looked at
     */
    static Namespace open(String file) throws AirgapException {
        try {
            return of(Libc.open(file), file);
        } catch (KernelException e) {
            if (e.errno() != KernelException.ENXIO) { // what opening a socket comes to
                throw e;
            }
            return of(SocketNamespaces.open(file).orElseThrow(() -> e), file);
        }
    }

    /** Takes over a descriptor of a namespace. */
    static Namespace of(int descriptor, String name) throws AirgapException {
        if (!Libc.isNetwork(descriptor)) {
            Libc.close(descriptor);
            throw new NotNamespaceException(name);
        }
        try {
            return new Namespace(descriptor, inode(Path.of("/proc/self/fd/" + descriptor)), name);
        } catch (IOException e) {
            Libc.close(descriptor);
            throw new AirgapException(name + " cannot be looked at.", e);
        }
    }

    /** A new one that nobody is in. */
    static Namespace fresh() throws AirgapException {
        FutureTask<Namespace> task = new FutureTask<>(() -> {
            Libc.unshareNetwork();
            return open("/proc/thread-self/ns/net");
        });
        Thread.ofPlatform().daemon().name("netns-new").start(task);
        return result(task, "a new network namespace");
    }

    /** The inode behind a file of a namespace. */
    static long inode(Path file) throws IOException {
        return (long) Files.getAttribute(file, "unix:ino");
    }

    long inode() {
        return inode;
    }

    String name() {
        return name;
    }

    int descriptor() {
        return descriptor;
    }

    /**
     * Runs work in this namespace, on a thread of its own: sockets that it opens stay here.
     *
     * @throws AirgapException as the work does, or where the namespace may not be entered
     */
    <T> T inside(Callable<T> work) throws AirgapException {
        FutureTask<T> task = new FutureTask<>(() -> {
            Libc.setns(descriptor);
            return work.call();
        });
        Thread.ofPlatform().daemon().name("netns-" + inode).start(task);
        return result(task, name);
    }

    static <T> T result(FutureTask<T> task, String what) throws AirgapException {
        try {
            return task.get();
        } catch (ExecutionException e) {
            if (e.getCause() instanceof AirgapException known) {
                throw known;
            }
            throw new AirgapException("Work in " + what + " failed.", e);
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            throw new AirgapException("Work in " + what + " was interrupted.", e);
        }
    }

    @Override
    public void close() {
        if (closed.compareAndSet(false, true)) {
            Libc.close(descriptor);
        }
    }

    @Override
    public String toString() {
        return name + " (net:[" + inode + "])";
    }
}
