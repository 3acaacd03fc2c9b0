package omni.airgap;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
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
    private Machine machine = new Machine(Path.of(""), Path.of(""));

    @BeforeEach
    void build() throws IOException {
        kept = Files.createDirectory(root.resolve("kept"));
        machine = new Machine(root, kept);
        write("proc/net/protocols", "protocol  size sockets\nTCP 2000 1\n");
        write("proc/sys/kernel/io_uring_disabled", "0\n");
        write("dev/rfkill", "");
        radio(0, "wlan", "phy0", false);
        radio(3, "bluetooth", "hci0", true);
    }

    private void write(String file, String text) throws IOException {
        Path path = root.resolve(file);
        Files.createDirectories(path.getParent());
        Files.writeString(path, text);
    }

    private void radio(int index, String type, String name, boolean blocked) throws IOException {
        String folder = "sys/class/rfkill/rfkill" + index + "/";
        write(folder + "index", index + "\n");
        write(folder + "type", type + "\n");
        write(folder + "name", name + "\n");
        write(folder + "soft", blocked ? "1\n" : "0\n");
        write(folder + "hard", "0\n");
    }

    private String ring() throws IOException {
        return Files.readString(root.resolve("proc/sys/kernel/io_uring_disabled"))
                .strip();
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
        radio(0, "wlan", "phy0", true);
        assertEquals(List.of(), machine.problems());
    }

    @Test
    void aLiftGivesBackWhatWasOnAndNothingElse() throws Exception {
        var _ = shut();
        radio(0, "wlan", "phy0", true);
        assertEquals(List.of(), shut(), "again, and nothing is forgotten");
        assertEquals("2", ring());
        write("dev/rfkill", "");
        new Machine(root, kept).restore(); // by another process
        assertArrayEquals(new byte[] {0, 0, 0, 0, 0, 2, 0, 0}, Files.readAllBytes(root.resolve("dev/rfkill")));
        assertEquals("0", ring());
        write("dev/rfkill", "");
        machine.restore();
        assertEquals(0, Files.size(root.resolve("dev/rfkill")), "given back once");
    }

    @Test
    void lookingChangesNothing() throws Exception {
        radio(0, "wlan", "phy0", true);
        assertTrue(machine.problems().getFirst().contains("io_uring is on"));
        assertEquals("0", ring());
        assertEquals(0, Files.size(root.resolve("dev/rfkill")));
    }

    @Test
    void vsockThatCouldBeUnloadedIsAProblemAndOneThatCannotALimit() throws Exception {
        radio(0, "wlan", "phy0", true);
        write("proc/net/protocols", "protocol size\nAF_VSOCK 1000 0\n");
        assertEquals(List.of(), shut());
        assertTrue(machine.limits().getFirst().contains("part of this kernel"));
        write("sys/module/vsock/initstate", "live\n");
        assertTrue(shut().getFirst().contains("unload its modules"));
        assertTrue(machine.limits().getFirst().contains("unload its modules"), "said before it counts");
    }

    @Test
    void aKernelWithoutTheSwitchIsALimit() throws Exception {
        radio(0, "wlan", "phy0", true);
        Files.delete(root.resolve("proc/sys/kernel/io_uring_disabled"));
        assertEquals(List.of(), shut());
        assertTrue(machine.limits().getFirst().contains("cannot switch io_uring off"));
    }

    @Test
    void whatCannotBeKeptIsBlockedAllTheSameAndSaid() throws Exception {
        Files.delete(kept);
        write("kept", "a file where the folder should be");
        List<String> problems = shut();
        assertTrue(problems.getFirst().contains("they stay off"), problems.toString());
        assertTrue(problems.getLast().contains("a lift will leave it off"), problems.toString());
        assertEquals(8, Files.size(root.resolve("dev/rfkill")));
        assertEquals("2", ring());
    }

    @Test
    void aRadioThatSaysNonsenseIsAProblem() throws Exception {
        write("sys/class/rfkill/rfkill0/index", "first\n");
        assertTrue(shut().getFirst().contains("rfkill0 cannot be looked at"), shut().toString());
        assertThrows(AirgapException.class, machine::problems);
    }
}
