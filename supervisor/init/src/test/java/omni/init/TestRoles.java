package omni.init;

import static java.lang.foreign.ValueLayout.JAVA_INT;
import static java.lang.foreign.ValueLayout.JAVA_LONG;

import java.io.FileDescriptor;
import java.io.FileOutputStream;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.lang.foreign.FunctionDescriptor;
import java.lang.foreign.Linker;
import java.lang.invoke.MethodHandle;
import java.net.InetSocketAddress;
import java.nio.ByteBuffer;
import java.nio.channels.ServerSocketChannel;
import java.nio.channels.SocketChannel;
import java.nio.charset.StandardCharsets;
import java.nio.file.DirectoryStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.TreeMap;
import java.util.concurrent.CountDownLatch;
import omni.bus.Service;
import omni.role.Role;
import omni.role.RoleContext;
import omni.role.Section;

/** Small roles for the tests, started as real processes through the same main class as the product's. */
public final class TestRoles {
    private TestRoles() {}

    /** What they have in common: no sections, nothing served. */
    abstract static class Plain implements Role {
        @Override
        public List<Section<?>> sections() {
            return List.of();
        }

        @Override
        public Running start(RoleContext context) throws Exception {
            begin(context);
            return new Running() {
                @Override
                public List<Service> services() {
                    return List.of();
                }

                @Override
                public void stop(Duration grace) {
                    end();
                }
            };
        }

        void begin(RoleContext context) throws Exception {}

        void end() {}
    }

    /** Notes which kinds of descriptors it was born with, and prints as libraries do. */
    public static final class First extends Plain {
        @Override
        public String name() {
            return "first";
        }

        @Override
        void begin(RoleContext context) throws IOException {
            context.note(descriptors() + ", " + System.getenv("OMNI_TREE").equals(context.tree()));
            System.out.println("printed by a library");
            var raw = new FileOutputStream(FileDescriptor.out); // not closed: it is the process's own
            raw.write("{\"printed\" by native code\n".getBytes(StandardCharsets.UTF_8));
            System.getLogger("test").log(System.Logger.Level.INFO, "line\nwith \"everything\" \u0001 in it");
            raw.write("x".repeat(LinePump.LINE_BYTES_MAX + 1).getBytes(StandardCharsets.UTF_8));
            raw.write('\n');
        }

        private static String descriptors() throws IOException {
            var kinds = new TreeMap<String, Integer>();
            try (DirectoryStream<Path> all = Files.newDirectoryStream(Path.of("/proc/self/fd"))) {
                for (Path descriptor : all) {
                    String target = Files.isSymbolicLink(descriptor)
                            ? Files.readSymbolicLink(descriptor).toString()
                            : "";
                    String kind =
                            target.startsWith("pipe:") ? "pipe" : target.startsWith("socket:") ? "socket" : "file";
                    boolean stray = target.contains("/supervisor.") || target.contains(".jsonl");
                    kinds.merge(stray ? "stray" : kind, 1, Integer::sum);
                }
            }
            kinds.remove("file");
            return kinds.toString();
        }
    }

    /** Does nothing, well. */
    public static final class Second extends Plain {
        @Override
        public String name() {
            return "second";
        }
    }

    /** Cannot start. */
    public static final class Broken extends Plain {
        @Override
        public String name() {
            return "broken";
        }

        @Override
        void begin(RoleContext context) throws IOException {
            throw new IOException("the test's disk is on fire");
        }
    }

    /** Starts a process of its own, and does not stop. */
    public static final class Stubborn extends Plain {
        @Override
        public String name() {
            return "stubborn";
        }

        @Override
        void begin(RoleContext context) throws IOException {
            context.note(
                    Long.toString(new ProcessBuilder("sleep", "1000").start().pid()));
        }

        @Override
        void end() {
            try {
                new CountDownLatch(1).await();
            } catch (InterruptedException e) {
                Thread.currentThread().interrupt();
            }
        }
    }

    /** Comes when it is asked for. */
    public static final class Guest extends Plain {
        @Override
        public String name() {
            return "guest";
        }
    }

    /** Answers each connection on the socket that it was given with its process id, and where it was given none says so. */
    public static class Listener extends Plain {
        @Override
        public String name() {
            return "listener";
        }

        @Override
        void begin(RoleContext context) throws IOException {
            ServerSocketChannel socket = context.listener().orElse(null);
            if (socket == null) {
                context.note("no socket");
                return;
            }
            context.note(Integer.toString(((InetSocketAddress) socket.getLocalAddress()).getPort()));
            Thread.ofPlatform().daemon().start(() -> answer(socket));
        }

        private static void answer(ServerSocketChannel socket) {
            try {
                while (true) {
                    try (SocketChannel client = socket.accept()) {
                        String pid = Long.toString(ProcessHandle.current().pid());
                        client.write(ByteBuffer.wrap(pid.getBytes(StandardCharsets.US_ASCII)));
                    }
                }
            } catch (IOException e) {
                throw new UncheckedIOException(e);
            }
        }
    }

    /** The same, and no signal tells it of its supervisor's end: as on a system that has none. */
    public static final class Unsignalled extends Listener {
        private static final int PR_SET_PDEATHSIG = 1;

        @Override
        public String name() {
            return "unsignalled";
        }

        @Override
        void begin(RoleContext context) throws IOException {
            Linker linker = Linker.nativeLinker();
            MethodHandle prctl = linker.downcallHandle(
                    linker.defaultLookup().findOrThrow("prctl"),
                    FunctionDescriptor.of(JAVA_INT, JAVA_INT, JAVA_LONG),
                    Linker.Option.firstVariadicArg(1));
            try {
                int result = (int) prctl.invokeExact(PR_SET_PDEATHSIG, 0L);
                if (result != 0) {
                    throw new IOException("prctl failed");
                }
            } catch (IOException | RuntimeException | Error e) {
                throw e;
            } catch (Throwable e) {
                throw new IllegalStateException(e);
            }
            super.begin(context);
        }
    }

    /** Says by the name of a role of the product who it is, and what it may. */
    abstract static class Candid extends Plain {
        @Override
        void begin(RoleContext context) throws IOException {
            context.note(line("Uid:") + ", " + line("CapEff:") + ", " + line("CapBnd:") + ", scope "
                    + System.getenv().getOrDefault("OMNI_AIRGAP_SCOPE", "none"));
        }

        private static String line(String name) throws IOException {
            return Files.readAllLines(Path.of("/proc/self/status")).stream()
                    .filter(line -> line.startsWith(name))
                    .map(line -> List.of(line.split("\\s+", -1)).get(1))
                    .findFirst()
                    .orElse("");
        }
    }

    /** With rights over the network, where it has one. */
    public static final class Airgap extends Candid {
        @Override
        public String name() {
            return "airgap";
        }
    }

    /** With the others. */
    public static final class Engine extends Candid {
        @Override
        public String name() {
            return "engine";
        }
    }

    /** Outside. */
    public static final class Daemon extends Candid {
        @Override
        public String name() {
            return "daemon";
        }
    }
}
