package omni.fetch;

import java.net.URI;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import omni.fetch.FetchProtocol.BroughtKind;
import omni.fetch.FetchProtocol.FileAssurance;
import omni.fetch.FetchProtocol.Parameters;
import omni.fetch.FetchProtocol.Reason;
import org.jspecify.annotations.Nullable;
import tools.jackson.databind.JsonNode;

/**
 * Registries: Ollama's and any that speaks the OCI distribution specification 1.1 ("Pulling manifests", "Pulling
 * blobs"). A manifest lists layers by media type, length and SHA-256; a digest in the reference is checked against the
 * manifest's own bytes. Taken are the layers that Ollama calls {@code application/vnd.ollama.image.model}, Docker's model
 * runner {@code application/vnd.docker.ai.gguf…}, or whose title (org.opencontainers.image.title) ends in ".gguf".
 */
final class RegistrySource {
    static final int MANIFEST_BYTES_MAX = 1 << 20;
    static final int LAYERS_MAX = 1024;
    static final int TEXT_BYTES_MAX = 1 << 20;
    private static final String ACCEPT = "application/vnd.oci.image.manifest.v1+json,"
            + " application/vnd.docker.distribution.manifest.v2+json, application/vnd.oci.image.index.v1+json,"
            + " application/vnd.docker.distribution.manifest.list.v2+json";
    private static final Set<String> LICENCES =
            Set.of("application/vnd.ollama.image.license", "application/vnd.docker.ai.license");
    private static final String PARAMETERS = "application/vnd.ollama.image.params";
    private static final String TEMPLATE = "application/vnd.docker.ai.chat.template.jinja";

    private final Http http;
    private final Tokens tokens;
    private final URI ollama;

    RegistrySource(Http http, Tokens tokens, URI ollama) {
        this.http = http;
        this.tokens = tokens;
        this.ollama = ollama;
    }

    /** Ollama's registry, as a source. */
    Source<Reference.Ollama> ollama() {
        return (wanted, question) -> new Repository(ollama, wanted.namespace() + "/" + wanted.name(), question)
                .plan(
                        BroughtKind.OLLAMA,
                        wanted.text(),
                        wanted.tag(),
                        wanted.tag().equals("latest") ? wanted.name() : wanted.name() + ":" + wanted.tag());
    }

    /** Any registry, as a source. */
    Source<Reference.Oci> oci() {
        return (wanted, question) -> {
            String repository = wanted.repository();
            String last = repository.substring(repository.lastIndexOf('/') + 1);
            return new Repository(registry(wanted.registry()), repository, question)
                    .plan(
                            BroughtKind.OCI,
                            wanted.text(),
                            wanted.version(),
                            wanted.isDigest() || wanted.version().equals("latest")
                                    ? last
                                    : last + ":" + wanted.version());
        };
    }

    /** The address of a registry's name. Docker's own has another host than its name (distribution, reference). */
    private static URI registry(String host) {
        String lower = host.toLowerCase(Locale.ROOT);
        if (lower.equals("docker.io") || lower.equals("index.docker.io")) {
            return Address.of("https://registry-1.docker.io");
        }
        URI https = Address.of("https://" + lower);
        return Address.isLoopback(https) ? Address.of("http://" + lower) : https;
    }

    /** What a manifest says of one layer. */
    private record Layer(String type, String digest, long bytes, String title) {
        String sha256() {
            return digest.substring(7);
        }

        boolean isModel() {
            String lower = type.toLowerCase(Locale.ROOT);
            if (lower.contains("mmproj") || lower.contains("projector") || lower.contains("lora")) {
                return false;
            }
            return lower.equals("application/vnd.ollama.image.model")
                    || lower.contains("gguf")
                    || (title.toLowerCase(Locale.ROOT).endsWith(".gguf")
                            && !title.toLowerCase(Locale.ROOT).contains("mmproj"));
        }
    }

    /** One repository during one pull. */
    private final class Repository {
        private final URI base;
        private final Source.Question question;
        private final Authorizer authorizer;

        Repository(URI registry, String name, Source.Question question) {
            this.base = Address.below(registry, ("v2/" + name).split("/"));
            this.question = question;
            this.authorizer = new RegistryAuthorizer(http, tokens, registry, name);
        }

        Plan plan(BroughtKind kind, String source, String version, String name) {
            byte[] bytes = manifest(version);
            JsonNode manifest = Json.object(bytes, "manifest");
            if (manifest.path("manifests").isArray()) {
                version = onlyManifest(manifest.path("manifests"));
                bytes = manifest(version);
                manifest = Json.object(bytes, "manifest");
            }
            List<Layer> layers = layers(manifest);
            List<Layer> models = layers.stream().filter(Layer::isModel).toList();
            if (models.isEmpty()) {
                throw new FetchException(
                        Reason.MISSING, source + " holds no GGUF model: layers of other kinds are not taken.");
            }
            return new Plan(
                    kind,
                    source,
                    Optional.of("sha256:" + Hash.of(bytes)),
                    Plan.modelName(name),
                    text(layers, LICENCES).flatMap(Repository::firstLine),
                    text(layers, Set.of(TEMPLATE)).filter(text -> text.length() <= Plan.TEMPLATE_CHARACTERS_MAX),
                    text(layers, Set.of(PARAMETERS)).map(Repository::parameters),
                    items(models, name),
                    authorizer);
        }

        private byte[] manifest(String version) {
            byte[] bytes = http.small(
                    Address.below(base, "manifests", version),
                    Map.of("Accept", ACCEPT),
                    authorizer,
                    MANIFEST_BYTES_MAX,
                    "manifest",
                    question.asker());
            if (version.startsWith("sha256:") && !version.equals("sha256:" + Hash.of(bytes))) {
                throw new FetchException(
                        Reason.CONTENT, "The manifest is not the one of that digest: nothing is taken from there.");
            }
            return bytes;
        }

        /** The one image of an index; attestations, which have no platform, are none. */
        private String onlyManifest(JsonNode manifests) {
            List<String> digests = new ArrayList<>();
            for (JsonNode entry : manifests) {
                boolean attestation =
                        entry.path("platform").path("os").asString("").equals("unknown");
                if (!attestation && digests.size() < LAYERS_MAX) {
                    digests.add(digest(entry));
                }
            }
            if (digests.size() != 1) {
                throw new FetchException(
                        Reason.AMBIGUOUS,
                        "The name stands for " + digests.size() + " manifests: name one by its digest (@sha256:…).");
            }
            return digests.getFirst();
        }

        private static String digest(JsonNode descriptor) {
            String digest = descriptor.path("digest").asString("");
            if (!digest.matches("sha256:[0-9a-f]{64}")) {
                throw new FetchException(
                        Reason.REFUSED, "The manifest names something by no SHA-256: nothing is taken.");
            }
            return digest;
        }

        private static List<Layer> layers(JsonNode manifest) {
            JsonNode listed = manifest.path("layers");
            if (!listed.isArray() || listed.size() > LAYERS_MAX) {
                throw new FetchException(Reason.REFUSED, "A manifest has a list of at most " + LAYERS_MAX + " layers.");
            }
            List<Layer> layers = new ArrayList<>();
            for (JsonNode layer : listed) {
                String title = layer.path("annotations")
                        .path("org.opencontainers.image.title")
                        .asString("");
                layers.add(new Layer(
                        layer.path("mediaType").asString(""),
                        digest(layer),
                        layer.path("size").asLong(-1),
                        title));
            }
            return layers;
        }

        private List<Plan.Item> items(List<Layer> models, String name) {
            List<Plan.Item> items = new ArrayList<>();
            for (Layer layer : models) {
                String number = models.size() == 1
                        ? ""
                        : String.format(Locale.ROOT, "-%05d-of-%05d", items.size() + 1, models.size());
                String title = layer.title().isEmpty()
                        ? Plan.modelName(name).replace(':', '-') + number + ".gguf"
                        : layer.title();
                items.add(new Plan.Item(
                        Plan.fileName(title),
                        layer.digest(),
                        Address.below(base, "blobs", layer.digest()),
                        layer.bytes(),
                        Optional.of(layer.sha256()),
                        FileAssurance.SOURCE,
                        Optional.empty()));
            }
            return items;
        }

        /** The text of the first layer of one of these types. */
        private Optional<String> text(List<Layer> layers, Set<String> types) {
            Optional<Layer> layer =
                    layers.stream().filter(l -> types.contains(l.type())).findFirst();
            if (layer.isEmpty()) {
                return Optional.empty();
            }
            byte[] bytes = http.small(
                    Address.below(base, "blobs", layer.get().digest()),
                    Map.of(),
                    authorizer,
                    TEXT_BYTES_MAX,
                    "text layer",
                    question.asker());
            if (!Hash.of(bytes).equals(layer.get().sha256())) {
                throw new FetchException(Reason.CONTENT, "A text beside the model is not the one of its digest.");
            }
            return Optional.of(new String(bytes, StandardCharsets.UTF_8));
        }

        private static Optional<String> firstLine(String text) {
            return text.lines()
                    .map(String::strip)
                    .filter(line -> !line.isEmpty())
                    .findFirst();
        }

        /** Ollama's parameters: the few that say how to sample. Source: ollama, docs/modelfile, "PARAMETER". */
        private static Parameters parameters(String text) {
            JsonNode json = Json.object(text.getBytes(StandardCharsets.UTF_8), "list of parameters");
            return new Parameters(
                    number(json, "temperature"),
                    number(json, "top_p"),
                    whole(json, "top_k"),
                    number(json, "min_p"),
                    whole(json, "seed"));
        }

        private static @Nullable Double number(JsonNode json, String name) {
            JsonNode value = json.path(name);
            return value.isNumber() ? value.asDouble() : null;
        }

        private static @Nullable Long whole(JsonNode json, String name) {
            JsonNode value = json.path(name);
            return value.isIntegralNumber() ? value.asLong() : null;
        }
    }
}
