package omni.fetch;

import java.io.IOException;
import java.net.InetSocketAddress;
import java.net.ProxySelector;
import java.net.URI;
import java.net.URISyntaxException;
import java.net.http.HttpClient;
import java.nio.file.Files;
import java.nio.file.LinkOption;
import java.nio.file.Path;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.locks.ReentrantLock;
import java.util.stream.Stream;
import omni.fetch.FetchProtocol.Reason;
import omni.vault.GitApart;
import org.eclipse.jgit.errors.ConfigInvalidException;
import org.eclipse.jgit.errors.NoRemoteRepositoryException;
import org.eclipse.jgit.errors.TransportException;
import org.eclipse.jgit.internal.JGitText;
import org.eclipse.jgit.lib.ObjectId;
import org.eclipse.jgit.lib.Repository;
import org.eclipse.jgit.storage.file.FileRepositoryBuilder;
import org.eclipse.jgit.transport.RemoteRefUpdate;
import org.eclipse.jgit.transport.Transport;
import org.eclipse.jgit.transport.URIish;
import org.eclipse.jgit.transport.UserAgent;
import org.eclipse.jgit.transport.UsernamePasswordCredentialsProvider;

/**
 * Sends the branch main of a repository to another one by git's smart protocol (gitprotocol-http(5)), which JGit speaks. The rules of
 * {@link Http} hold: https, and http on this machine alone; no redirect; the proxy of omni.toml and no other; a host's own token. For any
 * thread, one push at a time.
 */
final class GitPush {
    static final int PATH_CHARACTERS_MAX = 4096;

    private static final String BRANCH = "refs/heads/main";
    private static final int SAID_CHARACTERS_MAX = 300;
    /** Of links below objects/ and refs/: packs, objects, heads. */
    private static final int LINK_DEPTH = 2;

    /** {@link GitApart} reads nothing of what the repository's own file says. */
    private static final String CONFIG = """
            [core]
            \trepositoryformatversion = 0
            \tbare = true
            \tcompression = 0
            [pack]
            \tdeltaCompression = false
            [http]
            \tfollowRedirects = false
            """;

    private final Tokens tokens;
    private final Patience patience;
    private final Optional<InetSocketAddress> proxy;
    private final ReentrantLock one = new ReentrantLock();

    /**
     * What the other side has afterwards.
     *
     * @param commit in hexadecimal
     * @param sent whether it lacked anything
     */
    record Pushed(String commit, boolean sent) {}

    /** JGit is loaded by the first push. */
    GitPush(Tokens tokens, Patience patience, Optional<InetSocketAddress> proxy) {
        this.tokens = tokens;
        this.patience = patience;
        this.proxy = proxy;
    }

    private void arrange() {
        // JGit asks the process's own, which would listen to system properties.
        ProxySelector.setDefault(proxy.map(ProxySelector::of).orElse(HttpClient.Builder.NO_PROXY));
        GitApart.use();
        UserAgent.set("omni");
    }

    /** The repository's path, of a caller's text. */
    static Path folder(String text) {
        Path folder = Path.of(text.length() > PATH_CHARACTERS_MAX || text.indexOf('\0') >= 0 ? "" : text);
        if (!folder.isAbsolute()) {
            throw new FetchException(
                    Reason.INVALID,
                    "The repository's path is absolute, and at most " + PATH_CHARACTERS_MAX + " characters.");
        }
        return folder;
    }

    /**
     * Sends what the other side lacks.
     *
     * @throws FetchException with what to do where it could not
     */
    Pushed push(Path folder, URI address, SendingMeter meter, Cancellation cancellation) {
        if (!one.tryLock()) {
            throw new FetchException(Reason.BUSY, "A backup is being sent already: try again when it is there.");
        }
        // A server that reads nothing leaves the thread writing; only an interrupt ends that.
        try (Cancellation.Hold _ = cancellation.onCancel(Thread.currentThread()::interrupt)) {
            return send(folder, Address.allowed(address), meter, cancellation);
        } finally {
            one.unlock();
        }
    }

    private Pushed send(Path folder, URI to, SendingMeter meter, Cancellation cancellation) {
        arrange();
        try {
            require(folder);
            return sendFrom(folder, to, meter, cancellation);
        } catch (TransportException e) {
            cancellation.check();
            throw told(e, to);
        } catch (ConfigInvalidException | URISyntaxException | IOException e) {
            cancellation.check();
            throw new FetchException(Reason.CONTENT, folder + " cannot be read as a git repository: " + said(e) + ".");
        }
    }

    private Pushed sendFrom(Path folder, URI to, SendingMeter meter, Cancellation cancellation)
            throws IOException, URISyntaxException, ConfigInvalidException {
        try (Repository repository = new FileRepositoryBuilder()
                .setFS(new GitApart.Disk())
                .setGitDir(folder.toFile())
                .setBare()
                .build()) {
            repository.getConfig().fromText(CONFIG);
            ObjectId main = repository.resolve(BRANCH);
            if (main == null) {
                throw new FetchException(Reason.MISSING, "There is no backup in " + folder + " yet: take one first.");
            }
            return push(repository, main, to, meter.monitor(cancellation));
        }
    }

    /** As a backup makes it: what lies there borrows from no other repository. */
    private static void require(Path folder) throws IOException {
        Path objects = folder.resolve("objects");
        if (!Files.isDirectory(objects, LinkOption.NOFOLLOW_LINKS)
                || !Files.isRegularFile(folder.resolve("HEAD"), LinkOption.NOFOLLOW_LINKS)) {
            throw new FetchException(
                    Reason.MISSING,
                    "There is no git repository at " + folder
                            + ": name a folder that omni vault backup --git has made.");
        }
        if (Files.exists(objects.resolve("info/alternates"), LinkOption.NOFOLLOW_LINKS)
                || linked(objects)
                || linked(folder.resolve("refs"))) {
            throw new FetchException(Reason.REFUSED, folder + " borrows from another repository: it is no backup.");
        }
    }

    private static boolean linked(Path folder) throws IOException {
        try (Stream<Path> inside = Files.walk(folder, LINK_DEPTH)) {
            return inside.anyMatch(Files::isSymbolicLink);
        }
    }

    /** As JGit reads it: what two readers take for two hosts is refused. */
    private static URIish readByGit(URI to) throws URISyntaxException {
        URIish address = new URIish(to.toString());
        boolean same = to.getRawQuery() == null
                && to.getRawFragment() == null
                && to.getHost().equalsIgnoreCase(address.getHost())
                && to.getPort() == address.getPort()
                && to.getScheme().equalsIgnoreCase(address.getScheme())
                && address.getUser() == null;
        if (!same) {
            throw new FetchException(
                    Reason.INVALID, "The address of a repository is https://host/path, and nothing behind it.");
        }
        return address;
    }

    private Pushed push(Repository repository, ObjectId main, URI to, SendingMeter.Monitor monitor)
            throws IOException, URISyntaxException {
        try (Transport transport = Transport.open(repository, readByGit(to))) {
            transport.setTimeout((int) Math.max(1, patience.stall().toSeconds()));
            tokens.find(Address.host(to))
                    .ifPresent(token -> transport.setCredentialsProvider(new UsernamePasswordCredentialsProvider(
                            token.user().isEmpty() ? "omni" : token.user(), token.text())));
            RemoteRefUpdate update = new RemoteRefUpdate(repository, BRANCH, main, BRANCH, false, null, null);
            transport.push(monitor, List.of(update));
            return switch (update.getStatus()) {
                case OK -> new Pushed(main.name(), true);
                case UP_TO_DATE -> new Pushed(main.name(), false);
                case REJECTED_NONFASTFORWARD, REJECTED_REMOTE_CHANGED ->
                    throw new FetchException(
                            Reason.REFUSED,
                            Address.shown(to)
                                    + " has a branch main that this backup does not go on from. Push into a repository"
                                    + " of its own.");
                default ->
                    throw new FetchException(
                            Reason.REFUSED,
                            Address.shown(to) + " does not take it: "
                                    + cut(Optional.ofNullable(update.getMessage())
                                            .orElse("it does not say why")) + ".");
            };
        }
    }

    private FetchException told(TransportException e, URI to) {
        String host = Address.host(to);
        String said = said(e);
        if (e instanceof NoRemoteRepositoryException) {
            return new FetchException(
                    Reason.MISSING,
                    "There is no git repository at " + Address.shown(to) + ": make an empty one there first.");
        } else if (said.contains(JGitText.get().noCredentialsProvider)
                || said.contains(JGitText.get().notAuthorized)
                || said.contains(JGitText.get().authenticationNotSupported.replaceAll(".*\\}", ""))) {
            return FetchException.unauthorized(
                    host,
                    host + " wants " + (tokens.find(host).isPresent() ? "another" : "a")
                            + " token that may write there: omni" + " models login " + host + ".");
        }
        return new FetchException(Reason.UNREACHABLE, "Nothing was sent to " + Address.shown(to) + ": " + said + ".");
    }

    private static String said(Exception e) {
        Throwable deepest = e;
        while (deepest.getCause() != null) {
            deepest = deepest.getCause();
        }
        String text = Optional.ofNullable(e.getMessage()).orElse(e.getClass().getSimpleName());
        return cut(e.getCause() == null ? text : text + " (" + deepest.getMessage() + ")");
    }

    private static String cut(String text) {
        String line = text.replaceAll("\\p{Cntrl}+", " ");
        return line.substring(0, Math.min(line.length(), SAID_CHARACTERS_MAX));
    }
}
