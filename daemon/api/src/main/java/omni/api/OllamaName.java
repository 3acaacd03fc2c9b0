package omni.api;

import java.util.regex.Pattern;

/**
 * A model as Ollama's clients name it: {@code [host/][namespace/]model[:tag]}. Taken are names of Ollama's own registry and repositories
 * of Hugging Face: whoever has a key names no host of its own choice. Source: Ollama, docs/api.md, "Model names", and docs/import.md.
 *
 * @param source what is asked for, as the role that fetches takes it
 * @param stored what the model is called here: names of the store have no slash, so that one becomes a dash
 */
record OllamaName(String source, String stored) {
    /** As many as a name in the store has. */
    static final int CHARACTERS_MAX = 64;

    private static final String LATEST = "latest";
    private static final String PART = "[A-Za-z0-9][A-Za-z0-9._-]*";
    private static final Pattern FORM =
            Pattern.compile("(" + PART + "(?:/" + PART + "){0,2})(?::([A-Za-z0-9_][A-Za-z0-9._-]*))?");

    /**
     * Takes a name apart.
     *
     * @throws ApiError INVALID_VALUE where it is of another form, of another registry, or longer than a name here
     */
    static OllamaName of(String text) {
        var matcher = FORM.matcher(text);
        if (text.length() > CHARACTERS_MAX || !matcher.matches()) {
            throw wrong();
        }
        var path = matcher.group(1);
        var tag = matcher.group(2) == null ? LATEST : matcher.group(2);
        var stored = stored(tag.equals(LATEST) ? path : path + ":" + tag);
        if (stored.equals("default")) {
            throw wrong(); // which is whatever model is that
        }
        return new OllamaName(source(path.split("/"), tag), stored);
    }

    /** What a model of that name is called in the store. */
    static String stored(String name) {
        return name.replace('/', '-');
    }

    private static String source(String[] path, String tag) {
        return switch (path.length) {
            case 1 -> "ollama:" + path[0] + ":" + tag;
            case 2 -> "ollama:" + user(path[0]) + "/" + path[1] + ":" + tag;
            default ->
                switch (path[0]) {
                    case "registry.ollama.ai" -> "ollama:" + user(path[1]) + "/" + path[2] + ":" + tag;
                    case "hf.co", "huggingface.co" -> path[1] + "/" + path[2] + (tag.equals(LATEST) ? "" : ":" + tag);
                    default -> throw wrong();
                };
        };
    }

    /** No user of Ollama's has a dot in his name: it is a host. */
    private static String user(String part) {
        if (part.contains(".")) {
            throw wrong();
        }
        return part;
    }

    private static ApiError wrong() {
        return ApiError.at(
                "model",
                ErrorCode.INVALID_VALUE,
                "Write the model as name[:tag] or user/name[:tag] of Ollama's registry, or as hf.co/owner/repo[:QUANT], in at most "
                        + CHARACTERS_MAX
                        + " characters. From elsewhere, or under a shorter name, it is brought at the box: omni models"
                        + " pull SOURCE --name NAME.");
    }
}
