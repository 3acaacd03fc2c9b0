package omni.airgap;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.time.Duration;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Programs are run within bounds; scripts stand for those of macOS. */
class SystemProgramsTest {
    private static final Duration SHORT = Duration.ofMillis(300);
    private static final Duration LONG = Duration.ofSeconds(30);

    @TempDir
    Path folder;

    private SystemPrograms script(Duration longest, String... lines) throws Exception {
        Path file = folder.resolve("program");
        Files.writeString(file, "#!/bin/sh\n" + String.join("\n", lines) + "\n");
        Files.setPosixFilePermissions(file, PosixFilePermissions.fromString("rwx------"));
        return new SystemPrograms(program -> file, program -> longest);
    }

    private static String refused(Programs programs) {
        return assertThrows(AirgapException.class, () -> programs.run(Program.IFCONFIG, List.of("-l"), "rules\n"))
                .getMessage();
    }

    @Test
    void bothOutputsTheStatusAndTheInput() throws Exception {
        Programs programs = script(LONG, "cat", "echo complaint >&2", "exit 3");
        assertEquals(
                new Programs.Answer(3, "rules\n", "complaint\n"),
                programs.run(Program.PFCTL, List.of("-f", "-"), "rules\n"));
        String message = assertThrows(AirgapException.class, () -> programs.ask(Program.PFCTL, "-s", "info"))
                .getMessage();
        assertEquals("/sbin/pfctl -s info failed with status 3: complaint", message);
    }

    @Test
    void argumentsSeeNoShellAndTheProgramNoEnvironment() throws Exception {
        Programs programs =
                script(LONG, "printf '%s\\n' \"$@\"", "env | sort | grep -v -e ^PWD= -e ^_= -e ^SHLVL=", "pwd");
        assertEquals(
                "$(reboot); 'x'\n*\n\nLC_ALL=C\nPATH=/usr/bin:/bin:/usr/sbin:/sbin\n/\n",
                programs.run(Program.PFCTL, List.of("$(reboot); 'x'", "*", ""), "")
                        .output());
    }

    @Test
    void oneThatIsMissingIsSaid() {
        Programs programs = new SystemPrograms(program -> folder.resolve("none"), program -> LONG);
        assertTrue(refused(programs).startsWith("/sbin/ifconfig cannot be started"));
    }

    @Test
    void oneThatHangsIsKilled() throws Exception {
        Path alive = folder.resolve("alive");
        String message = refused(script(SHORT, "echo $$ > " + alive, "exec sleep 600"));
        assertEquals("/sbin/ifconfig was not done within 300 ms, and was killed.", message);
        long pid = Long.parseLong(Files.readString(alive).strip());
        Tools.await(
                "its end",
                () -> ProcessHandle.of(pid).filter(ProcessHandle::isAlive).isEmpty());
    }

    @Test
    void oneThatClosesItsOutputsAndHangsIsKilled() throws Exception {
        String message = refused(script(SHORT, "exec sleep 600 >&- 2>&-"));
        assertTrue(message.contains("was not done within"), message);
    }

    @Test
    void oneWhoseChildKeepsThePipeIsNotWaitedFor() throws Exception {
        Programs programs = script(SHORT, "sleep 5 &", "exit 0");
        try {
            // Java takes what is in the pipe and closes it when the program ends, unless somebody is reading then.
            assertEquals("", programs.ask(Program.IFCONFIG, "-l").output());
        } catch (AirgapException e) {
            assertTrue(e.getMessage().contains("was not done within"), e.getMessage());
        }
    }

    @Test
    void oneThatFloodsIsKilled() throws Exception {
        for (String to : List.of("", " >&2")) {
            assertEquals(
                    "/sbin/ifconfig said more than 65536 bytes, and was killed.",
                    refused(script(LONG, "exec yes" + to)));
        }
        String most = "x".repeat(Program.IFCONFIG.outputBytesMax());
        Files.writeString(folder.resolve("most"), most);
        Programs exact = script(LONG, "cat " + folder.resolve("most"));
        assertEquals(most, exact.ask(Program.IFCONFIG, "-l").output());
        Files.writeString(folder.resolve("most"), most + "x"); // one past it
        assertTrue(refused(exact).contains("said more than"));
    }

    @Test
    void whoAsksMayHangUp() throws Exception {
        Programs programs = script(LONG, "cat");
        Thread.currentThread().interrupt();
        String output = programs.run(Program.PFCTL, List.of(), "rules\n").output();
        assertTrue(Thread.interrupted());
        assertEquals("rules\n", output);
    }

    @Test
    void pathsAreThoseOfMacOs() {
        for (Program program : Program.values()) {
            assertTrue(program.path().toString().matches("/(usr/)?sbin/[a-z]+"), program.toString());
            assertTrue(program.longest().compareTo(Duration.ofSeconds(30)) <= 0);
        }
    }
}
