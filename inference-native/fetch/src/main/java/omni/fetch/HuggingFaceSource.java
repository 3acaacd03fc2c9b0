package omni.fetch;

import java.net.URI;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Stream;
import omni.fetch.FetchProtocol.BroughtKind;
import omni.fetch.FetchProtocol.FileAssurance;
import omni.fetch.FetchProtocol.Reason;
import tools.jackson.databind.JsonNode;

/**
 * Hugging Face: {@code GET /api/models/{repo}/revision/{revision}} names the commit, {@code …/tree/{commit}} lists the
 * files with the SHA-256 of each large one ({@code lfs.oid}), page by page ({@code Link: rel="next"}), and
 * {@code /{repo}/resolve/{commit}/{path}} redirects to the bytes behind a signed address that expires. Errors carry
 * {@code X-Error-Code}. Source: huggingface_hub, hf_api.py and file_download.py.
 */
final class HuggingFaceSource implements Source<Reference.HuggingFace> {
    static final int PAGE_BYTES_MAX = 2 << 20;
    static final int PAGES_MAX = 32;
    private static final Pattern NEXT = Pattern.compile("<([^>]{1,2048})>\\s*;\\s*rel=\"?next\"?.*");
    private static final Pattern COMMIT = Pattern.compile("[0-9a-f]{40,64}");

    private final Http http;
    private final Tokens tokens;
    private final URI hub;

    HuggingFaceSource(Http http, Tokens tokens, URI hub) {
        this.http = http;
        this.tokens = tokens;
        this.hub = hub;
    }

    @Override
    public Plan resolve(Reference.HuggingFace wanted, Question question) {
        Authorizer authorizer = Authorizer.fixed(tokens.find(Address.host(hub)).map(Tokens.Secret::text));
        Asking asking = new Asking(wanted, authorizer, question.asker());
        JsonNode info = asking.get(below("api", "models"), List.of("revision", wanted.revision()))
                .json();
        String commit = info.path("sha").asString("");
        if (!COMMIT.matcher(commit).matches()) {
            throw new FetchException(Reason.REFUSED, Address.host(hub) + " names no commit for " + wanted.path() + ".");
        }
        Quant.Group group = Quant.choose(
                Quant.groups(listing(asking, commit)), wanted.choice(), question.earlier(), question.room());
        List<Plan.Item> items = new ArrayList<>();
        for (Quant.Listed file : group.files()) {
            items.add(item(wanted, commit, file));
        }
        String label = group.label();
        String base = wanted.repository().replaceAll("(?i)[-_.]gguf$", "");
        String name = label.isEmpty() || base.toUpperCase(Locale.ROOT).endsWith(label) ? base : base + "-" + label;
        return new Plan(
                BroughtKind.HUGGINGFACE,
                wanted.text(),
                Optional.of(commit),
                Plan.modelName(name),
                Optional.of(info.path("cardData").path("license").asString("")).filter(text -> !text.isEmpty()),
                Optional.empty(),
                Optional.empty(),
                items,
                authorizer);
    }

    private Plan.Item item(Reference.HuggingFace wanted, String commit, Quant.Listed file) {
        String name = Plan.fileName(file.path());
        URI uri = Address.below(
                hub,
                Stream.of(
                                Stream.of(wanted.owner(), wanted.repository(), "resolve", commit),
                                Arrays.stream(file.path().split("/")))
                        .flatMap(part -> part)
                        .toArray(String[]::new));
        Optional<String> hash = Optional.of(file.sha256()).filter(text -> !text.isEmpty());
        return new Plan.Item(
                name,
                file.path(),
                uri,
                file.bytes(),
                hash,
                hash.isPresent() ? FileAssurance.SOURCE : FileAssurance.COMPUTED,
                // The commit pins the file where the listing has no hash of its content.
                Optional.of("commit:" + commit));
    }

    private List<Quant.Listed> listing(Asking asking, String commit) {
        List<Quant.Listed> files = new ArrayList<>();
        Page page = asking.get(below("api", "models"), List.of("tree", commit), "?recursive=true");
        for (int pages = 1; ; pages++) {
            for (JsonNode entry : page.json()) {
                String path = entry.path("path").asString("");
                if (entry.path("type").asString("").equals("file") && path.endsWith(".gguf")) {
                    Plan.fileName(path);
                    JsonNode lfs = entry.path("lfs");
                    long bytes = lfs.path("size").asLong(entry.path("size").asLong(-1));
                    files.add(new Quant.Listed(path, bytes, lfs.path("oid").asString("")));
                }
            }
            if (page.next().isEmpty()) {
                return files;
            }
            if (pages == PAGES_MAX) {
                throw new FetchException(Reason.REFUSED, "The list of files has more than " + PAGES_MAX + " pages.");
            }
            page = asking.get(page.next().get());
        }
    }

    private URI below(String... segments) {
        return Address.below(hub, segments);
    }

    private record Page(JsonNode json, Optional<URI> next) {}

    /** One pull's questions to the hub's interface. */
    private final class Asking {
        private final Reference.HuggingFace wanted;
        private final Authorizer authorizer;
        private final Asker asker;

        Asking(Reference.HuggingFace wanted, Authorizer authorizer, Asker asker) {
            this.wanted = wanted;
            this.authorizer = authorizer;
            this.asker = asker;
        }

        Page get(URI base, List<String> what) {
            return get(base, what, "");
        }

        /** Asks below a base for this repository. */
        Page get(URI base, List<String> what, String query) {
            String[] path = Stream.concat(Stream.of(wanted.owner(), wanted.repository()), what.stream())
                    .toArray(String[]::new);
            return get(Address.of(Address.below(base, path) + query));
        }

        Page get(URI address) {
            return http.patience().persist(asker, () -> {
                try (Answer answer = http.get(
                        address, Map.of("Accept", "application/json"), authorizer.header(), asker.cancellation())) {
                    if (answer.status() != 200) {
                        throw refusal(answer);
                    }
                    return new Page(
                            Json.value(answer.all(PAGE_BYTES_MAX, "list of files"), "list of files"), next(answer));
                }
            });
        }

        private Optional<URI> next(Answer answer) {
            for (String link : answer.headers("Link")) {
                Matcher matcher = NEXT.matcher(link);
                if (matcher.matches()) {
                    URI next = Address.redirect(answer.uri(), String.valueOf(matcher.group(1)));
                    if (!Address.sameServer(next, hub)) {
                        throw new FetchException(
                                Reason.REFUSED, "The list of files goes on at another host: not followed.");
                    }
                    return Optional.of(next);
                }
            }
            return Optional.empty();
        }

        private Again refusal(Answer answer) throws Again {
            String host = Address.host(hub);
            String code = answer.header("X-Error-Code").orElse("");
            boolean token = authorizer.header().isPresent();
            if (code.equals("GatedRepo")) {
                throw FetchException.unauthorized(
                        host,
                        wanted.path() + " is gated: accept its terms at " + host + "/" + wanted.path() + " in a browser"
                                + (token ? " as the token's owner." : ", then omni models login " + host + "."));
            }
            if (code.equals("RevisionNotFound")) {
                throw new FetchException(Reason.MISSING, wanted.path() + " has no revision " + wanted.revision() + ".");
            }
            if (answer.status() == 401 || code.equals("RepoNotFound") || answer.status() == 404) {
                String message = "There is no " + wanted.path() + " at " + host
                        + (token
                                ? ", or the token may not read it."
                                : ", or it is private: omni models login " + host + ".");
                throw answer.status() == 401
                        ? FetchException.unauthorized(host, message)
                        : new FetchException(Reason.MISSING, message);
            }
            return answer.refusal("list of files", http.clock());
        }
    }
}
