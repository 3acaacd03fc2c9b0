package omni.fetch;

import java.net.URI;
import java.util.Optional;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import omni.fetch.FetchProtocol.Reason;

/** What a person asks for, taken apart. */
sealed interface Reference {
    int CHARACTERS_MAX = 1024;

    /** The same in one spelling, without credentials and signatures: what names the pull. */
    String text();

    /**
     * A repository of Hugging Face.
     *
     * @param choice a quantization such as Q4_K_M, or a file's name; empty leaves the choice to us
     * @param revision a branch, tag or commit
     */
    record HuggingFace(String owner, String repository, String choice, String revision) implements Reference {
        @Override
        public String text() {
            return owner + "/" + repository + (choice.isEmpty() ? "" : ":" + choice);
        }

        String path() {
            return owner + "/" + repository;
        }
    }

    /** A name in the Ollama registry, with its namespace. */
    record Ollama(String namespace, String name, String tag) implements Reference {
        @Override
        public String text() {
            return "ollama:" + (namespace.equals("library") ? "" : namespace + "/") + name + ":" + tag;
        }
    }

    /**
     * A manifest in an OCI registry.
     *
     * @param registry the host with its port
     * @param version a tag, or "sha256:…"
     */
    record Oci(String registry, String repository, String version) implements Reference {
        @Override
        public String text() {
            return "oci:" + registry + "/" + repository + (isDigest() ? "@" : ":") + version;
        }

        boolean isDigest() {
            return version.startsWith("sha256:");
        }
    }

    /** A file at an address. */
    record Plain(URI uri) implements Reference {
        @Override
        public String text() {
            return Address.shown(uri);
        }
    }

    /**
     * Takes what was written apart.
     *
     * @throws FetchException where it has none of the four forms
     */
    static Reference parse(String text, Optional<String> revision) {
        if (text.length() > CHARACTERS_MAX) {
            throw new FetchException(Reason.INVALID, "A source has at most " + CHARACTERS_MAX + " characters.");
        }
        Reference reference;
        if (text.startsWith("ollama:")) {
            reference = ollama(text.substring(7));
        } else if (text.startsWith("oci:")) {
            reference = oci(text.substring(4));
        } else if (text.startsWith("https://") || text.startsWith("http://")) {
            reference = new Plain(Address.of(text));
        } else {
            reference = huggingFace(text.startsWith("hf:") ? text.substring(3) : text, revision.orElse("main"));
        }
        if (revision.isPresent() && !(reference instanceof HuggingFace)) {
            throw new FetchException(
                    Reason.INVALID, "A revision is for Hugging Face; elsewhere it is part of the source.");
        }
        return reference;
    }

    private static HuggingFace huggingFace(String text, String revision) {
        Matcher matcher = Forms.HUGGING_FACE.matcher(text);
        if (!matcher.matches() || !Forms.safe(text)) {
            throw new FetchException(
                    Reason.INVALID,
                    "Write the source as owner/repo[:QUANT], ollama:name[:tag], oci:host/name:tag or https://….");
        }
        if (!Forms.REVISION.matcher(revision).matches() || !Forms.safe(revision)) {
            throw new FetchException(Reason.INVALID, "A revision is a branch, a tag or a commit.");
        }
        String choice = matcher.group(3) == null ? "" : matcher.group(3);
        return new HuggingFace(matcher.group(1), matcher.group(2), choice, revision);
    }

    private static Ollama ollama(String text) {
        Matcher matcher = Forms.OLLAMA.matcher(text);
        if (!matcher.matches() || !Forms.safe(text)) {
            throw new FetchException(Reason.INVALID, "Write it as ollama:name[:tag] or ollama:user/name[:tag].");
        }
        return new Ollama(
                matcher.group(1) == null ? "library" : matcher.group(1),
                matcher.group(2),
                matcher.group(3) == null ? "latest" : matcher.group(3));
    }

    private static Oci oci(String text) {
        Matcher matcher = Forms.OCI.matcher(text);
        if (!matcher.matches() || !Forms.safe(text)) {
            throw new FetchException(
                    Reason.INVALID, "Write it as oci:host[:port]/name:tag or oci:host/name@sha256:… (64 digits).");
        }
        String version = matcher.group(4) != null ? matcher.group(4) : matcher.group(3);
        return new Oci(matcher.group(1), matcher.group(2), version == null ? "latest" : version);
    }

    /** The forms of names. Sources: huggingface_hub's validate_repo_id; OCI distribution-spec 1.1, "Pulling manifests". */
    final class Forms {
        private static final String NAME = "[A-Za-z0-9][A-Za-z0-9._-]{0,95}";
        private static final Pattern HUGGING_FACE =
                Pattern.compile("(" + NAME + ")/(" + NAME + ")(?::([A-Za-z0-9][A-Za-z0-9._/-]{0,255}))?");
        private static final Pattern REVISION = Pattern.compile("[A-Za-z0-9][A-Za-z0-9._/-]{0,127}");
        private static final Pattern OLLAMA = Pattern.compile(
                "(?:([a-zA-Z0-9][a-zA-Z0-9._-]{0,79})/)?([a-zA-Z0-9][a-zA-Z0-9._-]{0,79})(?::([A-Za-z0-9_][A-Za-z0-9._-]{0,127}))?");
        private static final Pattern OCI =
                Pattern.compile("([a-zA-Z0-9.-]{1,253}(?::\\d{1,5})?)/([a-z0-9]+(?:[._/-]+[a-z0-9]+){0,30})"
                        + "(?::([A-Za-z0-9_][A-Za-z0-9._-]{0,127})|@(sha256:[0-9a-f]{64}))?");

        private Forms() {}

        /** Whether no part of a path points elsewhere. */
        static boolean safe(String path) {
            for (String part : path.split("[/:]", -1)) {
                if (part.equals(".") || part.equals("..")) {
                    return false;
                }
            }
            return true;
        }
    }
}
