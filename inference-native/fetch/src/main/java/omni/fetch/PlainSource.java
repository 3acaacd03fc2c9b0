package omni.fetch;

import java.net.URI;
import java.net.URLDecoder;
import java.nio.charset.StandardCharsets;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalLong;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import omni.fetch.FetchProtocol.BroughtKind;
import omni.fetch.FetchProtocol.FileAssurance;
import omni.fetch.FetchProtocol.Reason;

/**
 * A file at an address. One request for its first byte tells its length, whether ranges are known, and the version
 * (RFC 9110, 14: range requests; 8.8: validators).
 */
final class PlainSource implements Source<Reference.Plain> {
    private static final Pattern TOTAL = Pattern.compile("bytes \\d{1,18}-\\d{1,18}/(\\d{1,18})");

    private final Http http;
    private final Tokens tokens;

    PlainSource(Http http, Tokens tokens) {
        this.http = http;
        this.tokens = tokens;
    }

    @Override
    public Plan resolve(Reference.Plain wanted, Question question) {
        URI uri = wanted.uri();
        Authorizer authorizer = Authorizer.fixed(tokens.find(Address.host(uri)).map(Tokens.Secret::text));
        String path = URLDecoder.decode(
                Optional.ofNullable(uri.getRawPath()).orElse("").replace("+", "%2B"), StandardCharsets.UTF_8);
        String last = path.substring(path.lastIndexOf('/') + 1);
        String name = last.isEmpty() ? "model.gguf" : Plan.fileName(last);
        Plan.Item item = http.patience().persist(question.asker(), () -> {
            try (Answer answer = http.authorized(
                    uri,
                    Map.of("Range", "bytes=0-0"),
                    authorizer,
                    question.asker().cancellation())) {
                OptionalLong length = length(answer);
                if (length.isEmpty()) {
                    if (answer.status() == 200 || answer.status() == 206) {
                        throw new FetchException(
                                Reason.REFUSED, Address.host(uri) + " does not say how long the file is.");
                    }
                    throw answer.refusal("file", http.clock());
                }
                return new Plan.Item(
                        name,
                        last,
                        uri,
                        length.getAsLong(),
                        question.sha256(),
                        question.sha256().isPresent() ? FileAssurance.CALLER : FileAssurance.COMPUTED,
                        answer.validator());
            }
        });
        return new Plan(
                BroughtKind.URL,
                wanted.text(),
                Optional.empty(),
                Plan.modelName(name),
                Optional.empty(),
                Optional.empty(),
                Optional.empty(),
                List.of(item),
                authorizer);
    }

    private static OptionalLong length(Answer answer) {
        if (answer.status() == 200) {
            return answer.length();
        }
        Matcher total = TOTAL.matcher(answer.header("Content-Range").orElse(""));
        return answer.status() == 206 && total.matches()
                ? Answer.number(String.valueOf(total.group(1)))
                : OptionalLong.empty();
    }
}
