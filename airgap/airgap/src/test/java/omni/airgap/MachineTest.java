package omni.airgap;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** A machine of plain files, which takes orders and does not obey: what is asked of it. The real one is GuestBoxTest's. */
class MachineTest {
    @TempDir
    Path root;

    private Path kept = Path.of("");
    private MachineFiles files = new MachineFiles(Path.of(""));
    private Machine machine = new Machine(Path.of(""), Path.of(""));

    @BeforeEach
    void build() throws IOException {
        kept = Files.createDirectory(root.resolve("kept"));
        machine = new Machine(root, kept);
        files = MachineFiles.in(root);
        files.radio(0, "wlan", "phy0", false);
        files.radio(3, "bluetooth", "hci0", true);
    }

    private List<String> shut() {
        Report report = new Report();
        machine.shut(report);
        return report.problems();
    }

    @Test
    void aRadioThatDoesNotObeyIsAProblem() throws Exception {
        assertEquals(List.of("radio wlan phy0 is on"), shut());
        assertArrayEquals(new byte[] {0, 0, 0, 0, 0, 3, 1, 0}, Files.readAllBytes(root.resolve("dev/rfkill")));
        files.radio(0, "wlan", "phy0", true);
        assertEquals(List.of(), machine.problems());
    }

    /** Types 2 to 8 by number: of Bluetooth all was off, and the kernel tells of none of the others. */
    @Test
    void aLiftGivesBackWhatWasOnAndNothingElse() throws Exception {
        files.write("sys/module/rfkill/parameters/default_state", "1\n");
        var _ = shut();
        files.radio(0, "wlan", "phy0", true);
        assertEquals(List.of(), shut(), "again, and nothing is forgotten");
        assertEquals("2", files.ring());
        assertEquals(List.of("block all"), files.orders());
        new Machine(root, kept).restore(); // by another process
        assertEquals(
                List.of(
                        "unblock type 1",
                        "unblock type 3",
                        "unblock type 4",
                        "unblock type 5",
                        "unblock type 6",
                        "unblock type 7",
                        "unblock type 8",
                        "unblock radio 0"),
                files.orders());
        assertEquals("0", files.ring());
        machine.restore();
        assertEquals(List.of(), files.orders(), "given back once");
    }

    /** A type is given back as one; what of it was off before, and was not plugged in meanwhile, goes off again. */
    @Test
    void whatIsToComeIsGivenBackAndWhatWasOffStaysOff() throws Exception {
        files.write("sys/module/rfkill/parameters/default_state", "0\n");
        files.radio(4, "wlan", "phy4", true);
        var _ = shut();
        files.radio(0, "wlan", "phy0", true);
        files.radio(5, "wlan", "phy5", true); // plugged in, and off by the gap
        files.radio(6, "bluetooth", "hci6", false); // plugged in, and switched on
        var _ = shut();
        files.radio(6, "bluetooth", "hci6", true);
        files.radio(4, "wlan", "phy4", false); // switched on in the gap: the gap takes that back
        var _ = shut();
        assertEquals(List.of("block all"), files.orders());
        machine.restore();
        List<String> orders = files.orders();
        assertEquals("unblock type 1", orders.getFirst());
        assertEquals(
                List.of("block radio 4", "unblock radio 0", "unblock radio 6"),
                orders.stream().skip(1).sorted().toList());
    }

    @Test
    void whereNoRadioIsOnThoseToComeAreBlockedAllTheSame() throws Exception {
        files.radio(0, "wlan", "phy0", true);
        assertEquals(List.of(), shut());
        assertEquals(List.of("block all"), files.orders());
        Files.delete(kept.resolve("radios"));
        Files.delete(root.resolve("dev/rfkill"));
        assertEquals(List.of(), shut(), "a machine that can have none");
        assertFalse(Files.exists(kept.resolve("radios")));
    }

    /** One switch by hand is no order of the gap's. */
    @Test
    void aRadioWithASwitchOfItsOwnIsGivenBackAsItWas() throws Exception {
        files.write("sys/class/rfkill/rfkill0/hard", "1\n");
        assertEquals(List.of(), shut());
        assertEquals(List.of("block all"), files.orders());
        files.radio(0, "wlan", "phy0", true);
        machine.restore();
        assertEquals("unblock radio 0", files.orders().getLast());
    }

    /** Of an earlier version: what is to come is left as it is. */
    @Test
    void aListOfNamesAloneIsUnderstood() throws Exception {
        Files.writeString(kept.resolve("radios"), "wlan phy0\n");
        files.radio(0, "wlan", "phy0", true);
        machine.restore();
        assertEquals(List.of("unblock radio 0"), files.orders());
        assertFalse(Files.exists(kept.resolve("radios")));
    }

    /** A role that starts with less in scope than there was gives back, and takes nothing. */
    @Test
    void whatIsLeftIsGivenBackWhereTheMachineIsNoLongerMeant() throws Exception {
        Scope none = Scope.of("");
        assertTrue(Machine.of(none, root, kept).isEmpty());
        var _ = shut();
        Machine left = Machine.of(none, root, kept).orElseThrow();
        List<String> _ = files.orders();
        Report report = new Report();
        left.shut(report);
        assertEquals(List.of(), report.steps());
        assertEquals(List.of(), left.problems());
        assertEquals(List.of(), left.limits());
        assertEquals(List.of(), files.orders());
        left.restore();
        assertEquals("unblock radio 0", files.orders().getLast());
        assertEquals("0", files.ring());
        assertTrue(Machine.of(none, root, kept).isEmpty());
    }

    /** What one part fails of keeps the other from nothing. */
    @Test
    void radiosComeOnAlsoWhereIoUringStaysOff() throws Exception {
        var _ = shut();
        Files.delete(root.resolve("proc/sys/kernel/io_uring_disabled"));
        Files.createDirectory(root.resolve("proc/sys/kernel/io_uring_disabled"));
        String said = assertThrows(AirgapException.class, machine::restore).getMessage();
        assertTrue(said.startsWith("io_uring stays off"), said);
        assertEquals("unblock radio 0", files.orders().getLast());
    }

    @Test
    void lookingChangesNothing() throws Exception {
        files.radio(0, "wlan", "phy0", true);
        assertTrue(machine.problems().getFirst().contains("io_uring is on"));
        assertEquals("0", files.ring());
        assertEquals(0, Files.size(root.resolve("dev/rfkill")));
    }

    @Test
    void vsockThatCouldBeUnloadedIsAProblemAndOneThatCannotALimit() throws Exception {
        files.radio(0, "wlan", "phy0", true);
        files.write("proc/net/protocols", "protocol size\nAF_VSOCK 1000 0\n");
        assertEquals(List.of(), shut());
        assertTrue(machine.limits().getFirst().contains("part of this kernel"));
        files.write("sys/module/vsock/initstate", "live\n");
        assertTrue(shut().getFirst().contains("unload its modules"));
        assertTrue(machine.limits().getFirst().contains("unload its modules"), "said before it counts");
    }

    @Test
    void aKernelWithoutTheSwitchIsALimit() throws Exception {
        files.radio(0, "wlan", "phy0", true);
        Files.delete(root.resolve("proc/sys/kernel/io_uring_disabled"));
        assertEquals(List.of(), shut());
        assertTrue(machine.limits().getFirst().contains("cannot switch io_uring off"));
    }

    @Test
    void whatCannotBeKeptIsBlockedAllTheSameAndSaid() throws Exception {
        Files.delete(kept);
        files.write("kept", "a file where the folder should be");
        List<String> problems = shut();
        assertTrue(problems.getFirst().contains("they stay off"), problems.toString());
        assertTrue(problems.getLast().contains("a lift will leave it off"), problems.toString());
        assertEquals(List.of("block all"), files.orders());
        files.radio(0, "wlan", "phy0", true);
        assertEquals(List.of(), shut());
        assertEquals(List.of(), files.orders(), "where nothing is on nothing is taken that a lift could not give back");
        assertEquals("2", files.ring());
    }

    /** What is off by the gap is not taken for what its owner had off, once there is room. */
    @Test
    void whatADiskWithoutRoomDidNotKeepIsKnownAndKeptOnceThereIsRoom() throws Exception {
        Path full = Files.createDirectories(kept.resolve("radios.new/full"));
        assertTrue(shut().getFirst().contains("cannot be kept"));
        files.radio(0, "wlan", "phy0", true);
        machine.restore();
        assertEquals("unblock radio 0", files.orders().getLast(), "by the same process");
        files.radio(0, "wlan", "phy0", false);
        assertTrue(shut().getFirst().contains("cannot be kept"));
        files.radio(0, "wlan", "phy0", true);
        Files.delete(full);
        assertEquals(List.of(), machine.problems(), "as the watch looks, once a second");
        var _ = files.orders();
        new Machine(root, kept).restore();
        assertEquals("unblock radio 0", files.orders().getLast(), "by another one");
        machine.restore();
        assertEquals(List.of(), files.orders(), "given back once");
    }

    @Test
    void howIoUringWasIsKnownWithoutRoomAndNothingElseIsMadeOfIt() throws Exception {
        files.radio(0, "wlan", "phy0", true);
        Path full = Files.createDirectories(kept.resolve("io_uring.new/full"));
        assertTrue(shut().getFirst().contains("a lift will leave it off"));
        assertEquals("2", files.ring());
        machine.restore();
        assertEquals("0", files.ring(), "by the same process");
        Files.delete(full);
        Files.writeString(kept.resolve("io_uring"), ""); // as a full disk left it in an earlier version
        String said = assertThrows(AirgapException.class, machine::restore).getMessage();
        assertTrue(said.contains("it is not known how it was"), said);
        assertEquals("0", files.ring());
    }

    @Test
    void aRadioThatSaysNonsenseIsAProblem() throws Exception {
        files.write("sys/class/rfkill/rfkill0/index", "first\n");
        assertTrue(shut().getFirst().contains("rfkill0 cannot be looked at"), shut().toString());
        assertThrows(AirgapException.class, machine::problems);
    }
}
