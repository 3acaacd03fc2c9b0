package omni.bus;

import static org.junit.jupiter.api.Assertions.assertEquals;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Admission by the uid that the kernel reports, with a process of another user. Needs root to become that user. */
final class AdmissionBoxTest {
    private static final String NOBODY = "65534";

    private static final String CALL = """
        use Socket;
        socket(my $s, AF_UNIX, SOCK_STREAM, 0) or die "socket: $!";
        connect($s, pack_sockaddr_un($ARGV[0])) or die "connect: $!";
        $SIG{PIPE} = 'IGNORE';
        syswrite($s, "{\\"method\\":\\"omni.Probe.Say\\",\\"parameters\\":{\\"word\\":\\"in\\"}}\\0");
        sysread($s, my $reply, 4096);
        $reply =~ s/\\0//;
        print $reply;
        """;

    @TempDir
    Path folder;

    private final ProbeHandler handler = new ProbeHandler();

    private BusServer.Builder builder() {
        return BusServer.at(folder.resolve("probe.sock")).service(ProbeProtocol.service(handler));
    }

    /** What a process of another user gets, with nothing but the credentials in its way. */
    private String callAsNobody() throws IOException {
        Path socket = folder.resolve("probe.sock");
        Files.setPosixFilePermissions(folder, PosixFilePermissions.fromString("rwxr-xr-x"));
        Files.setPosixFilePermissions(socket, PosixFilePermissions.fromString("rw-rw-rw-"));
        Debian13.Result result = Debian13.run(List.of(
                "setpriv", "--reuid", NOBODY, "--regid", NOBODY, "--clear-groups", "perl", "-e", CALL, "" + socket));
        assertEquals(0, result.status(), result.err());
        return result.out();
    }

    @Test
    void anotherUserIsRefused() throws IOException {
        try (BusServer _ = builder().start()) {
            assertEquals("", callAsNobody());
        }
        assertEquals(0, handler.said.get());
    }

    @Test
    void anotherUserIsServedOnceAllowed() throws IOException {
        try (BusServer _ = builder().allowUser(NOBODY).start()) {
            assertEquals("{\"parameters\":{\"word\":\"in\"}}", callAsNobody());
        }
        assertEquals("nobody", handler.lastPeer.get().user());
    }
}
