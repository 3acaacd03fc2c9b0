package omni.cli;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Optional;
import java.util.stream.StreamSupport;
import omni.device.NativeFit;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import tools.jackson.databind.JsonNode;

class DoctorCommandTest {
    @TempDir
    Path folder;

    private Path app = Path.of("");
    private FakeTree tree = new FakeTree(Path.of(""));

    @BeforeEach
    void aTreeWithItsSums() throws IOException {
        app = Files.createDirectories(folder.resolve("target/omni"));
        var library = Files.createDirectories(app.resolve("native")).resolve("liba.so");
        Files.writeString(library, "code");
        Files.writeString(app.resolve("SHA256SUMS"), Examination.sum(library) + "  native/liba.so\n");
        tree = new FakeTree(folder);
        tree.environment.put("OMNI_APP", app.toString());
        settings("[daemon]\nport = 0\n");
    }

    private void settings(String text) throws IOException {
        Files.writeString(Files.createDirectories(folder.resolve("home")).resolve("omni.toml"), text);
    }

    private JsonNode check(String name) {
        var checks = Json.parse(tree.run("doctor", "--json").out()).path("checks");
        return StreamSupport.stream(checks.spliterator(), false)
                .filter(c -> c.path("name").asString().equals(name))
                .findFirst()
                .orElseThrow();
    }

    private void assertMissing(String name, String fix) {
        var check = check(name);
        assertEquals(false, check.path("ok").asBoolean(), check.toString());
        assertTrue(check.path("fix").asString().contains(fix), check.toString());
        assertEquals(ExitCode.ERROR.number(), tree.run("doctor").exit());
    }

    private void assertOk(String name) {
        var check = check(name);
        assertTrue(check.path("ok").asBoolean(), check.toString());
    }

    @Test
    void seesADamagedAndAMissingFile() throws IOException {
        assertOk("Program files");
        Files.writeString(app.resolve("native/liba.so"), "other");
        assertMissing("Program files", "install Omni again");
        Files.delete(app.resolve("native/liba.so"));
        assertMissing("Program files", "install Omni again");
        Files.writeString(app.resolve("SHA256SUMS"), "");
        assertMissing("Program files", "install Omni again");
        Files.writeString(app.resolve("SHA256SUMS"), "rubbish\n");
        assertMissing("Program files", "install Omni again");
    }

    private Check natives(NativeFit.Kind kind, NativeFit.Build build) {
        var fits = List.of(new NativeFit(kind, build, "It is so."));
        return Examination.natives(fits, Optional.of(app), folder.resolve("home"));
    }

    @Test
    void seesNativesThatAreNotHere() throws IOException {
        assertEquals(
                "build Omni again on this machine: it fetches them",
                natives(NativeFit.Kind.CPU, NativeFit.Build.PACKAGE).fix());
        Files.writeString(app.resolve("native/libggml-cpu-x64.so"), "");
        assertTrue(natives(NativeFit.Kind.CPU, NativeFit.Build.PACKAGE).ok());
        assertEquals(
                "inference-native/recipe/build",
                natives(NativeFit.Kind.CPU, NativeFit.Build.SOURCE).fix());
        assertEquals(
                "inference-native/recipe/build --cuda",
                natives(NativeFit.Kind.CUDA, NativeFit.Build.SOURCE).fix());
        Files.writeString(
                Files.createDirectories(folder.resolve("home/natives/mine")).resolve("libggml-cuda.so.0"), "");
        assertTrue(natives(NativeFit.Kind.CUDA, NativeFit.Build.SOURCE).ok());
        assertTrue(natives(NativeFit.Kind.CUDA, NativeFit.Build.PACKAGE).ok());
    }

    @Test
    void looksForBuildToolsInACheckoutOnly() throws IOException {
        assertEquals(-1, tree.run("doctor").out().indexOf("Maven"));
        Files.writeString(folder.resolve("pom.xml"), "<project/>");
        var tools = Files.createDirectories(folder.resolve("tools"));
        tree.environment.put("PATH", tools.toString());
        assertMissing("Maven", "apt install maven");
        assertMissing("npm", "apt install npm");
        for (var tool : new String[] {"mvn", "npm"}) {
            assertTrue(Files.writeString(tools.resolve(tool), "#!/bin/sh\n")
                    .toFile()
                    .setExecutable(true));
        }
        assertOk("Maven");
        assertOk("npm");
    }

    @Test
    void seesWrongSettings() throws IOException {
        assertOk("Settings");
        settings("[daemon]\nprot = 1\n");
        assertMissing("Settings", "omni.toml");
        assertMissing("Port", "settings first");
    }

    @Test
    void seesATakenPort() throws IOException {
        try (var taken = new ServerSocket(0, 1, InetAddress.ofLiteral("127.0.0.1"))) {
            settings("[daemon]\nport = " + taken.getLocalPort() + "\n");
            assertMissing("Port", "[daemon]");
        }
        assertOk("Port");
    }

    @Test
    void seesASocketPathThatIsTooLong() {
        assertOk("Sockets");
        tree.environment.put("OMNI_RUN", folder.resolve("r".repeat(100)).toString());
        assertMissing("Sockets", "OMNI_RUN");
    }

    @Test
    void seesAHomeThatIsNoFolder() throws IOException {
        assertOk("Home");
        tree.environment.put(
                "OMNI_HOME", Files.writeString(folder.resolve("file"), "x").toString());
        assertMissing("Home", "OMNI_HOME");
    }

    @Test
    void aRunningOmniHoldsItsOwnPort() {
        try (var running = tree.start()) {
            assertTrue(check("Port").path("detail").asString().contains("Omni listens at http"));
            assertTrue(running.run("doctor").out().contains("Java "));
        }
    }
}
