package omni.fetch;

import java.net.URI;
import java.util.HashSet;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import omni.fetch.FetchProtocol.BroughtKind;
import omni.fetch.FetchProtocol.FileAssurance;
import omni.fetch.FetchProtocol.Parameters;
import omni.fetch.FetchProtocol.Reason;

/**
 * What a source said is to be fetched.
 *
 * @param revision the commit or digest, where the source has such a thing
 * @param name what the model may be called: fit for the engine's store
 * @param items one file, or the parts of a split one in their order
 * @param authorizer how the files' server is asked
 */
record Plan(
        BroughtKind kind,
        String source,
        Optional<String> revision,
        String name,
        Optional<String> licence,
        Optional<String> template,
        Optional<Parameters> parameters,
        List<Item> items,
        Authorizer authorizer) {
    /** Most parts of a split model. */
    static final int ITEMS_MAX = 512;

    static final int LICENCE_CHARACTERS_MAX = 256;
    static final int TEMPLATE_CHARACTERS_MAX = 65_536;
    private static final int NAME_CHARACTERS_MAX = 64;
    private static final int FILE_NAME_CHARACTERS_MAX = 200;

    /**
     * One file.
     *
     * @param name fit for a file system, without folders
     * @param remoteName as the source lists it
     * @param bytes how long it is
     * @param sha256 what it must be, in lower-case hexadecimal, where somebody said so
     * @param validator the source's word for this version, where there is no SHA-256
     */
    record Item(
            String name,
            String remoteName,
            URI uri,
            long bytes,
            Optional<String> sha256,
            FileAssurance assurance,
            Optional<String> validator) {
        /** The most bytes of one file: larger than any disk of such a box. */
        static final long BYTES_MAX = 1L << 43;

        Item {
            if (bytes < 1 || bytes > BYTES_MAX) {
                throw new FetchException(
                        Reason.REFUSED,
                        "A file of " + bytes + " bytes is none that we fetch: at most " + BYTES_MAX + ".");
            }
            if (sha256.isPresent() && !sha256.get().matches("[0-9a-f]{64}")) {
                throw new FetchException(Reason.REFUSED, "A SHA-256 has 64 hexadecimal digits.");
            }
        }

        /** What makes two versions of a file the same: bytes of one are no bytes of another. */
        String identity() {
            return bytes + " " + sha256.map(hash -> "sha256:" + hash).orElseGet(() -> validator.orElse(""));
        }

        /** Whether bytes that came earlier may be built upon. */
        boolean isResumable() {
            return sha256.isPresent() || validator.isPresent();
        }
    }

    Plan {
        items = List.copyOf(items);
        if (items.isEmpty() || items.size() > ITEMS_MAX) {
            throw new FetchException(
                    Reason.REFUSED, "A model has 1 to " + ITEMS_MAX + " files, not " + items.size() + ".");
        }
        Set<String> names = new HashSet<>();
        for (Item item : items) {
            if (!names.add(item.name())) {
                throw new FetchException(Reason.REFUSED, "Two files of the model have one name: " + item.name() + ".");
            }
        }
        licence = licence.map(text -> cut(text, LICENCE_CHARACTERS_MAX));
    }

    /** The sum of all files. */
    long bytes() {
        return items.stream().mapToLong(Item::bytes).sum();
    }

    /** A file's name for this disk: the last part of the remote path, unusual characters as dashes. */
    static String fileName(String remotePath) {
        if (!Reference.Forms.safe(remotePath.replace('\\', '/'))
                || remotePath.startsWith("/")
                || remotePath.indexOf('\0') >= 0) {
            throw new FetchException(
                    Reason.REFUSED, "The source lists a file outside of its own folder: nothing is fetched.");
        }
        String last = remotePath.substring(remotePath.lastIndexOf('/') + 1);
        String name = last.replaceAll("[^A-Za-z0-9._+-]", "-").replaceAll("^[^A-Za-z0-9]+", "");
        if (name.isEmpty() || name.length() > FILE_NAME_CHARACTERS_MAX) {
            throw new FetchException(
                    Reason.REFUSED, "A file's name has 1 to " + FILE_NAME_CHARACTERS_MAX + " characters.");
        }
        return name;
    }

    /** A model's name as the engine's store takes it: 1 to 64 letters, digits, dots, dashes, underscores, colons. */
    static String modelName(String wish) {
        String stem = wish.endsWith(".gguf") ? wish.substring(0, wish.length() - 5) : wish;
        String name = stem.replaceAll("[^A-Za-z0-9._:-]+", "-").replaceAll("^[^A-Za-z0-9]+", "");
        name = cut(name, NAME_CHARACTERS_MAX);
        return name.isEmpty() || name.equals("default") ? "model" : name;
    }

    private static String cut(String text, int most) {
        return text.length() > most ? text.substring(0, most) : text;
    }
}
