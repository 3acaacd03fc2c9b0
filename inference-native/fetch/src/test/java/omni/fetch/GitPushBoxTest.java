package omni.fetch;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.net.URI;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Optional;
import java.util.Random;
import omni.bus.BusClient;
import omni.bus.BusServer;
import omni.fetch.FetchProtocol.Reason;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** A backup's chunks go to git's own server, with their owner's consent, and to nobody else. */
class GitPushBoxTest {
    @TempDir
    Path home;

    private GitServer server;
    private Path repository;
    private GitPush push;

    @BeforeEach
    void start() throws IOException {
        server = new GitServer(Files.createDirectory(home.resolve("served")));
        repository = home.resolve("chunks.git");
        GitServer.git("init", "-q", "--bare", "-b", "main", repository.toString());
        commit("first", 300_000);
        push = new GitPush(Tokens.of(home), Rig.IMPATIENT, Optional.empty());
    }

    @AfterEach
    void stop() {
        server.close();
    }

    /** A commit of one file of random bytes, as chunks are. */
    private void commit(String name, int bytes) throws IOException {
        Path work = Files.createDirectories(home.resolve("work"));
        byte[] noise = new byte[bytes];
        new Random(name.hashCode()).nextBytes(noise);
        Files.write(work.resolve(name), noise);
        String[] git = {"--git-dir=" + repository, "--work-tree=" + work};
        GitServer.git(git[0], git[1], "add", ".");
        GitServer.git(git[0], git[1], "-c", "user.name=omni", "-c", "user.email=omni@localhost", "commit", "-qm", name);
    }

    private String head(Path bare) {
        return GitServer.git("--git-dir=" + bare, "rev-parse", "main");
    }

    private GitPush.Pushed push(URI to) {
        return push.push(repository, to, new SendingMeter(), new Cancellation());
    }

    private FetchException refused(URI to) {
        return assertThrows(FetchException.class, () -> push(to));
    }

    @Test
    void allGoesAndThenOnlyWhatIsNew() throws Exception {
        URI to = server.repository("backup.git");
        assertEquals(new GitPush.Pushed(head(repository), true), push(to));
        Path there = home.resolve("served/backup.git");
        assertEquals(head(repository), head(there));
        GitServer.git("--git-dir=" + there, "fsck", "--strict");
        assertEquals(new GitPush.Pushed(head(repository), false), push(to));
        commit("second", 200_000);
        assertTrue(push(to).sent());
        assertEquals(head(repository), head(there));
    }

    @Test
    void aBranchThatItDoesNotGoOnFromIsLeftAlone() throws Exception {
        URI to = server.repository("backup.git");
        push(to);
        Path there = home.resolve("served/backup.git");
        String before = head(there);
        GitServer.git("--git-dir=" + repository, "update-ref", "-d", "refs/heads/main");
        Files.delete(home.resolve("work/first"));
        commit("another", 1000);
        FetchException refused = refused(to);
        assertEquals(Reason.REFUSED, refused.reason());
        assertTrue(refused.getMessage().contains("does not go on from"), refused.getMessage());
        assertEquals(before, head(there));
    }

    @Test
    void aTokenGoesToItsHostAlone() throws Exception {
        URI to = server.repository("backup.git");
        server.guest = "omni:a-token";
        FetchException wanted = refused(to);
        assertEquals(Reason.UNAUTHORIZED, wanted.reason(), wanted.getMessage());
        assertEquals(Optional.of("127.0.0.1:" + to.getPort()), wanted.host());
        Tokens.of(home).put(wanted.host().orElseThrow(), "", "a-wrong-token");
        FetchException another = refused(to);
        assertEquals(Reason.UNAUTHORIZED, another.reason(), another.getMessage());
        assertTrue(another.getMessage().contains("another token"), another.getMessage());
        assertFalse(another.getMessage().contains("a-wrong-token"));
        Tokens.of(home).put(wanted.host().orElseThrow(), "", "a-token");
        assertTrue(push(to).sent());

        server.redirect = "http://localhost:" + to.getPort();
        server.seen.clear();
        FetchException redirected = refused(to);
        assertTrue(List.of(Reason.UNREACHABLE, Reason.REFUSED, Reason.MISSING).contains(redirected.reason()));
        assertTrue(server.seen.size() <= 1, "a redirect is not followed: " + server.seen);
    }

    /** What the stick's own settings say does not count: no program, no other proxy, no unchecked certificate. */
    @Test
    void theRepositorysOwnSettingsAndHooksDoNotCount() throws Exception {
        Path other = home.resolve("other.git");
        GitServer.git("clone", "-q", "--bare", repository.toString(), other.toString());
        URI to = server.repository("backup.git");
        Path hook = repository.resolve("hooks/pre-push");
        Files.createDirectories(repository.resolve("hooks"));
        Files.writeString(hook, "#!/bin/sh\ntouch " + home.resolve("ran") + "\n");
        assertTrue(hook.toFile().setExecutable(true));
        Files.writeString(repository.resolve("config"), """
                [core]
                repositoryformatversion = 0
                bare = true
                [include]
                path = /dev/zero
                [http]
                extraHeader = X-From-The-Stick: 1
                """);
        assertTrue(push(to).sent());
        assertFalse(Files.exists(home.resolve("ran")), "a hook is not run");
        assertFalse(String.join("\n", server.headers).contains("x-from-the-stick"), "a setting is not read");
        server.redirect = to.toString().replace("/backup.git", "/elsewhere");
        int before = server.seen.size();
        refused(to);
        assertEquals(before + 1, server.seen.size(), "nor is a redirect followed: " + server.seen);
        server.redirect = "";

        URI empty = server.repository("empty.git");
        Path lent = home.resolve("lent.git");
        Files.createDirectories(lent.resolve("objects"));
        Files.createDirectories(lent.resolve("refs"));
        Files.writeString(lent.resolve("HEAD"), "ref: refs/heads/main\n");
        Files.writeString(lent.resolve("commondir"), other + "\n");
        assertThrows(
                FetchException.class,
                () -> push.push(lent, empty, new SendingMeter(), new Cancellation()),
                "a borrowed one");
        assertEquals("", GitServer.git("--git-dir=" + home.resolve("served/empty.git"), "for-each-ref"));
        Files.delete(lent.resolve("commondir"));
        Files.createSymbolicLink(lent.resolve("objects/pack"), other.resolve("objects/pack"));
        assertEquals(
                Reason.REFUSED,
                assertThrows(FetchException.class, () -> push.push(lent, empty, new SendingMeter(), new Cancellation()))
                        .reason());
        Files.createDirectories(repository.resolve("objects/info"));
        Files.writeString(
                repository.resolve("objects/info/alternates"), home.resolve("served/backup.git/objects") + "\n");
        assertEquals(Reason.REFUSED, refused(to).reason());
    }

    @Test
    void whatCannotBeIsToldInWords() throws Exception {
        URI there = server.repository("backup.git");
        FetchException missing = refused(URI.create(there.toString().replace("backup", "nowhere")));
        assertEquals(Reason.MISSING, missing.reason(), missing.getMessage());
        server.close();
        FetchException nobody = refused(there);
        assertEquals(Reason.UNREACHABLE, nobody.reason(), nobody.getMessage());
        for (String twofold :
                List.of("https://good.example?@127.0.0.1/x.git", "http://127.0.0.1#@192.0.2.1/x.git", there + "?x")) {
            assertEquals(Reason.INVALID, refused(URI.create(twofold)).reason(), twofold);
        }
        for (String wrong : List.of("http://192.0.2.1/x.git", "ssh://git@127.0.0.1/x.git", "file:///tmp/x.git")) {
            assertEquals(Reason.REFUSED, refused(URI.create(wrong)).reason(), wrong);
        }
        FetchException none = assertThrows(
                FetchException.class,
                () -> push.push(home.resolve("work"), there, new SendingMeter(), new Cancellation()));
        assertEquals(Reason.MISSING, none.reason());
    }

    /** Over the role's socket: the permit is used up before anything is sent, and is for this push. */
    @Test
    void nothingLeavesWithoutConsent() throws Exception {
        URI to = server.repository("backup.git");
        String session = PushSession.of(repository.toString(), to.toString());
        Consent owner = (permit, forSession) -> {
            if (!permit.equals("given") || !forSession.equals(session)) {
                throw new FetchException(Reason.REFUSED, "Nothing leaves.");
            }
        };
        var rig = new Rig(home, Rig.NOWHERE, Rig.NOWHERE);
        Path socket = home.resolve("f.sock");
        try (rig;
                var _ = BusServer.at(socket)
                        .service(FetchProtocol.service(new FetchService(rig.pulls, push, owner, note -> {})))
                        .start();
                var bus = BusClient.to(socket)) {
            var client = FetchProtocol.Client.of(bus);
            for (var wrong : List.of(
                    new FetchProtocol.PushParams(repository.toString(), to.toString(), "guessed"),
                    new FetchProtocol.PushParams(repository.toString(), to + "x", "given"),
                    new FetchProtocol.PushParams(repository + "x", to.toString(), "given"))) {
                var failed = assertThrows(FetchProtocol.Failed.class, () -> client.push(wrong));
                assertEquals(Reason.REFUSED, failed.reason());
            }
            assertEquals(List.of(), server.seen, "nobody was asked");
            for (String path : List.of("relative", "", "/" + "x".repeat(GitPush.PATH_CHARACTERS_MAX), "/a\0b")) {
                var failed = assertThrows(
                        FetchProtocol.Failed.class,
                        () -> client.push(new FetchProtocol.PushParams(path, to.toString(), "given")));
                assertEquals(Reason.INVALID, failed.reason(), path);
            }
            var pushed = client.push(new FetchProtocol.PushParams(repository.toString(), to.toString(), "given"));
            assertEquals(true, pushed.sent());
            assertEquals(head(home.resolve("served/backup.git")), pushed.commit());
        }
    }

    @Test
    void aPushThatIsNotWantedAnyMoreEnds() throws Exception {
        URI to = server.repository("backup.git");
        Cancellation cancelled = new Cancellation();
        cancelled.cancel();
        assertEquals(
                Reason.CANCELLED,
                assertThrows(FetchException.class, () -> push.push(repository, to, new SendingMeter(), cancelled))
                        .reason());
    }
}
