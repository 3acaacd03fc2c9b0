package omni.bus;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;

import java.io.IOException;
import java.nio.file.FileSystems;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.GroupPrincipal;
import java.nio.file.attribute.PosixFileAttributes;
import java.nio.file.attribute.UserPrincipal;
import java.util.Set;
import jdk.net.UnixDomainPrincipal;
import omni.bus.ProbeProtocol.SayParams;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Who may connect. The credentials of other users are handed in; BusBoxTest has real ones. */
final class AdmissionTest {
    /** A uid that no account here has. */
    private static final String STRANGER = "399999999";

    @TempDir
    Path folder;

    private final ProbeHandler handler = new ProbeHandler();

    private BusServer.Builder server(String uid) {
        return BusServer.at(folder.resolve("probe.sock"))
                .service(ProbeProtocol.service(handler))
                .credentials(_ -> principal(uid));
    }

    private UnixDomainPrincipal principal(String uid) throws IOException {
        UserPrincipal user =
                FileSystems.getDefault().getUserPrincipalLookupService().lookupPrincipalByName(uid);
        GroupPrincipal group =
                Files.readAttributes(folder, PosixFileAttributes.class).group();
        return new UnixDomainPrincipal(user, group);
    }

    private void say() {
        try (BusClient bus = BusClient.to(folder.resolve("probe.sock"))) {
            assertEquals(
                    "in", ProbeProtocol.Client.of(bus).say(new SayParams("in")).word());
        }
    }

    @Test
    void ownUserIsAdmittedByTheKernelsWord() {
        try (BusServer _ = BusServer.at(folder.resolve("probe.sock"))
                .service(ProbeProtocol.service(handler))
                .start()) {
            say();
        }
    }

    @Test
    void rootIsAdmitted() {
        try (BusServer _ = server("0").start()) {
            say();
        }
    }

    @Test
    void aStrangerIsRefused() {
        try (BusServer _ = server(STRANGER).start()) {
            assertThrows(BusException.class, this::say);
        }
        assertEquals(0, handler.said.get());
    }

    @Test
    void aStrangerIsAdmittedOnceAllowed() {
        try (BusServer _ = server(STRANGER).allowUser(STRANGER).start()) {
            say();
        }
    }

    @Test
    void anotherStrangerIsStillRefused() {
        try (BusServer _ = server(STRANGER).allowUser("123456").start()) {
            assertThrows(BusException.class, this::say);
        }
        assertEquals(0, handler.said.get());
    }

    @Test
    void anAllowedUserHasToExist() {
        BusServer.Builder builder = server("0").allowUser("no-such-user-here");
        assertThrows(BusException.class, builder::start);
    }

    @Test
    void onlyTheOwnerMayTouchTheSocketUnlessOthersAreAllowed() throws IOException {
        Path socket = folder.resolve("probe.sock");
        try (BusServer _ = server("0").start()) {
            assertEquals(Set.of(), others(socket));
        }
        try (BusServer _ = server("0").allowUser(STRANGER).start()) {
            assertEquals(2, others(socket).size());
        }
    }

    private static Set<?> others(Path socket) throws IOException {
        var permissions = Files.getPosixFilePermissions(socket);
        permissions.removeIf(permission -> !permission.name().startsWith("OTHERS"));
        return permissions;
    }
}
