package omni.fetch;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.LinkOption;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.nio.file.StandardOpenOption;
import java.nio.file.attribute.PosixFilePermission;
import java.nio.file.attribute.PosixFilePermissions;
import java.util.EnumSet;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.regex.Pattern;
import java.util.stream.Stream;
import omni.fetch.FetchProtocol.Reason;

/**
 * The owner's tokens for hosts of models: {@code $OMNI_HOME/tokens/HOST}, mode 0600 in a folder of mode 0700, two lines:
 * a user's name, empty where none is needed, and the secret. Written by the command, read by the role; a token is in no
 * message, argument, environment or log.
 *
 * <p>Thread-safe: each call goes to the files.
 */
public final class Tokens {
    static final int SECRET_CHARACTERS_MAX = 8192;
    private static final int HOSTS_MAX = 256;
    private static final Pattern HOST = Pattern.compile("[a-z0-9\\[][a-z0-9.:\\[\\]-]{0,254}");
    private static final Set<PosixFilePermission> OTHERS = EnumSet.of(
            PosixFilePermission.GROUP_READ,
            PosixFilePermission.GROUP_WRITE,
            PosixFilePermission.OTHERS_READ,
            PosixFilePermission.OTHERS_WRITE);

    private final Path folder;

    /** What was given for a host. Shows its text in no log by accident. */
    record Secret(String user, String text) {
        @Override
        public String toString() {
            return "Secret[" + user + "]";
        }
    }

    private Tokens(Path folder) {
        this.folder = folder;
    }

    /** The tokens of that {@code OMNI_HOME}. */
    public static Tokens of(Path home) {
        return new Tokens(home.resolve("tokens"));
    }

    /** Whether this is a host as {@link #put} takes it: lower case, with a port where it is not the usual one. */
    public static boolean isHost(String host) {
        return HOST.matcher(host).matches() && !host.contains("..");
    }

    /**
     * Keeps a token for a host, in place of an earlier one.
     *
     * @param host such as "huggingface.co" or "registry.example:5000"
     * @param user empty where the host wants a token alone
     * @param secret the token or password: 1 to 8192 printable ASCII characters
     * @throws IllegalArgumentException where one of them is not so; the text names no secret
     */
    public void put(String host, String user, String secret) throws IOException {
        if (!isHost(host)) {
            throw new IllegalArgumentException("This is no host's name: write it as huggingface.co or host:5000.");
        }
        if (!isText(user, 0, 256) || !isText(secret, 1, SECRET_CHARACTERS_MAX)) {
            throw new IllegalArgumentException(
                    "A token has 1 to " + SECRET_CHARACTERS_MAX + " printable characters on one line.");
        }
        Files.createDirectories(
                folder, PosixFilePermissions.asFileAttribute(PosixFilePermissions.fromString("rwx------")));
        if (!Files.exists(folder.resolve(host)) && hosts().size() >= HOSTS_MAX) {
            throw new IllegalArgumentException("There are tokens for " + HOSTS_MAX + " hosts: remove one first.");
        }
        Path aside = folder.resolve("." + host + ".new");
        Files.deleteIfExists(aside);
        try (FileChannel out = FileChannel.open(
                aside,
                Set.of(StandardOpenOption.CREATE_NEW, StandardOpenOption.WRITE),
                PosixFilePermissions.asFileAttribute(PosixFilePermissions.fromString("rw-------")))) {
            ByteBuffer bytes = ByteBuffer.wrap((user + "\n" + secret + "\n").getBytes(StandardCharsets.US_ASCII));
            while (bytes.hasRemaining()) {
                out.write(bytes);
            }
            out.force(true);
        }
        Files.move(aside, folder.resolve(host), StandardCopyOption.ATOMIC_MOVE, StandardCopyOption.REPLACE_EXISTING);
    }

    private static boolean isText(String text, int least, int most) {
        return text.length() >= least && text.length() <= most && text.chars().allMatch(c -> c > 32 && c < 127);
    }

    /** Forgets a host's token; false where there was none. */
    public boolean remove(String host) throws IOException {
        return isHost(host) && Files.deleteIfExists(folder.resolve(host));
    }

    /** The hosts that have one, in alphabetical order. */
    public List<String> hosts() throws IOException {
        try (Stream<Path> files = Files.list(folder)) {
            return files.map(file -> file.toFile().getName())
                    .filter(Tokens::isHost)
                    .sorted()
                    .toList();
        } catch (NoSuchFileException _) {
            return List.of();
        }
    }

    /** What was given for that host. */
    Optional<Secret> find(String host) {
        Path file = folder.resolve(host);
        if (!isHost(host) || !Files.isRegularFile(file, LinkOption.NOFOLLOW_LINKS)) {
            return Optional.empty();
        }
        try {
            if (Files.getPosixFilePermissions(file).stream().anyMatch(OTHERS::contains)) {
                throw new FetchException(
                        Reason.REFUSED, "Others may read the token for " + host + ": chmod 600 " + file + ".");
            }
            if (Files.size(file) > SECRET_CHARACTERS_MAX + 512) {
                throw new FetchException(Reason.REFUSED, "The token file for " + host + " is too large: give it anew.");
            }
            List<String> lines = Files.readAllLines(file, StandardCharsets.US_ASCII);
            if (lines.size() != 2) {
                throw new FetchException(Reason.REFUSED, "The token file for " + host + " is not ours: give it anew.");
            }
            return Optional.of(new Secret(lines.getFirst(), lines.getLast()));
        } catch (IOException e) {
            throw new UncheckedIOException("The token for " + host + " cannot be read", e);
        }
    }
}
