package omni.fetch;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.charset.StandardCharsets;
import java.nio.file.DirectoryStream;
import java.nio.file.Files;
import java.nio.file.LinkOption;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.nio.file.StandardOpenOption;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Optional;
import omni.fetch.FetchProtocol.Reason;
import omni.fetch.FetchProtocol.Unfinished;
import org.jspecify.annotations.Nullable;
import tools.jackson.core.JacksonException;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.node.ArrayNode;
import tools.jackson.databind.node.ObjectNode;

/**
 * What one pull has brought so far.
 *
 * <pre>
 * cartridges/.pulls/{id}/
 *   pull.json      what is pulled, and which of its files are whole
 *   00000.data     bytes of the first file, with gaps
 *   00000.parts    its journal
 *   whole/{name}   a file that is whole and checked
 * </pre>
 *
 * <p>It lies inside the engine's store, in a folder that is no model's, so that the engine can take a file over by a hard
 * link: a link between two mounts of one disk is refused (link(2), EXDEV), and a sandbox mounts what it lets be written.
 */
final class PullFolder {
    private static final String STATE = "pull.json";
    private static final int STATE_BYTES_MAX = 1 << 20;

    private final Path folder;
    private final String id;

    /** What is remembered of a file. */
    record Known(String remoteName, String name, long bytes, String identity, String sha256, boolean whole) {}

    /** What is remembered of a pull. */
    record State(String source, @Nullable String revision, List<Known> files) {
        State {
            files = List.copyOf(files);
        }

        /** The file of that place, where it is the same as then. */
        Optional<Known> same(int number, Plan.Item item) {
            return number < files.size()
                            && files.get(number).name().equals(item.name())
                            && files.get(number).identity().equals(item.identity())
                    ? Optional.of(files.get(number))
                    : Optional.empty();
        }
    }

    PullFolder(Path pulls, String id) {
        this.folder = pulls.resolve(id);
        this.id = id;
    }

    String id() {
        return id;
    }

    Path data(int number) {
        return folder.resolve(String.format(Locale.ROOT, "%05d.data", number));
    }

    Path journal(int number) {
        return folder.resolve(String.format(Locale.ROOT, "%05d.parts", number));
    }

    Path whole(String name) {
        return folder.resolve("whole").resolve(name);
    }

    void create() throws IOException {
        Files.createDirectories(folder.resolve("whole"));
    }

    /** What an earlier run left; nothing where that cannot be read. */
    Optional<State> read() throws IOException {
        Path file = folder.resolve(STATE);
        if (!Files.isRegularFile(file, LinkOption.NOFOLLOW_LINKS) || Files.size(file) > STATE_BYTES_MAX) {
            return Optional.empty();
        }
        try {
            JsonNode json = Json.object(Files.readAllBytes(file), "state of the pull");
            List<Known> files = new ArrayList<>();
            for (JsonNode one : json.path("files")) {
                files.add(new Known(
                        one.path("remoteName").asString(""),
                        one.path("name").asString(""),
                        one.path("bytes").asLong(0),
                        one.path("identity").asString(""),
                        one.path("sha256").asString(""),
                        one.path("whole").asBoolean(false)));
            }
            String revision = json.path("revision").asString("");
            return Optional.of(
                    new State(json.path("source").asString(""), revision.isEmpty() ? null : revision, files));
        } catch (FetchException | JacksonException _) {
            return Optional.empty();
        }
    }

    /** Writes the state aside, forces it, and puts it in place. */
    void write(State state) throws IOException {
        ObjectNode json = Json.object();
        json.put("format", 1).put("source", state.source());
        String revision = state.revision();
        if (revision != null) {
            json.put("revision", revision);
        }
        ArrayNode files = json.putArray("files");
        for (Known known : state.files()) {
            files.addObject()
                    .put("remoteName", known.remoteName())
                    .put("name", known.name())
                    .put("bytes", known.bytes())
                    .put("identity", known.identity())
                    .put("sha256", known.sha256())
                    .put("whole", known.whole());
        }
        Path aside = folder.resolve(STATE + ".new");
        try (FileChannel out = FileChannel.open(
                aside, StandardOpenOption.CREATE, StandardOpenOption.TRUNCATE_EXISTING, StandardOpenOption.WRITE)) {
            ByteBuffer bytes = ByteBuffer.wrap(json.toString().getBytes(StandardCharsets.UTF_8));
            while (bytes.hasRemaining()) {
                out.write(bytes);
            }
            out.force(true);
        }
        Files.move(aside, folder.resolve(STATE), StandardCopyOption.ATOMIC_MOVE, StandardCopyOption.REPLACE_EXISTING);
        sync(folder);
    }

    /** Puts a checked file in its place. */
    void keep(int number, String name) throws IOException {
        Files.move(data(number), whole(name), StandardCopyOption.ATOMIC_MOVE, StandardCopyOption.REPLACE_EXISTING);
        sync(folder.resolve("whole"));
        Files.deleteIfExists(journal(number));
    }

    /** Deletes the bytes of one file. */
    void drop(int number) throws IOException {
        Files.deleteIfExists(journal(number));
        Files.deleteIfExists(data(number));
    }

    private static void sync(Path directory) throws IOException {
        try (FileChannel channel = FileChannel.open(directory, StandardOpenOption.READ)) {
            channel.force(true);
        }
    }

    /** Bytes that are on the disk, of whole files and of parts. */
    long bytesHere() throws IOException {
        State state = read().orElse(new State("", null, List.of()));
        long sum = 0;
        for (int number = 0; number < state.files().size(); number++) {
            Known known = state.files().get(number);
            sum += known.whole() ? known.bytes() : Journal.peek(journal(number));
        }
        return sum;
    }

    /** As {@code List} tells it; nothing where this is no pull's folder. */
    Optional<Unfinished> describe() throws IOException {
        Optional<State> state = read();
        if (state.isEmpty()) {
            return Optional.empty();
        }
        List<Known> files = state.get().files();
        return Optional.of(new Unfinished(
                id,
                state.get().source(),
                state.get().revision(),
                bytesHere(),
                files.isEmpty() ? null : files.stream().mapToLong(Known::bytes).sum(),
                !files.isEmpty() && files.stream().allMatch(Known::whole),
                Files.getLastModifiedTime(folder).toInstant().getEpochSecond()));
    }

    /** Deletes all of it; links are deleted, never followed. */
    void delete() throws IOException {
        delete(folder.resolve("whole"));
        delete(folder);
    }

    private static void delete(Path directory) throws IOException {
        try (DirectoryStream<Path> children = Files.newDirectoryStream(directory)) {
            for (Path child : children) {
                Files.deleteIfExists(child);
            }
        } catch (NoSuchFileException _) {
            return;
        }
        Files.deleteIfExists(directory);
    }

    /** Refuses what is no id of a pull. */
    static String checked(String id) {
        if (!id.matches("[0-9a-f]{32}")) {
            throw new FetchException(Reason.INVALID, "A pull's id has 32 hexadecimal digits: see omni models pulls.");
        }
        return id;
    }
}
