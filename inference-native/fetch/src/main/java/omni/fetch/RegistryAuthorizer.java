package omni.fetch;

import java.io.IOException;
import java.net.URI;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.Base64;
import java.util.HashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import omni.fetch.FetchProtocol.Reason;
import tools.jackson.databind.JsonNode;

/**
 * A registry's way to say who may read: a 401 with {@code WWW-Authenticate: Bearer realm=…,service=…,scope=…}, a token
 * from the realm, the request again (distribution.github.io/distribution/spec/auth/token; RFC 9110, 11.6.1). A token that
 * has expired brings a 401 and so the next one. What the owner has given for a host goes to that host only: a realm
 * elsewhere gets what was given for it.
 */
final class RegistryAuthorizer implements Authorizer {
    static final int TOKEN_BYTES_MAX = 64 << 10;
    private static final Pattern SCHEME = Pattern.compile("(?i)\\s*(Bearer|Basic)\\s+(.*)");
    private static final Pattern PARAMETER =
            Pattern.compile("([A-Za-z_]{1,32})\\s*=\\s*(?:\"([^\"]{0,1024})\"|([^\\s,]{1,1024}))");

    private final Http http;
    private final Tokens tokens;
    private final URI registry;
    private final String scope;
    private Optional<String> header = Optional.empty();

    /** For one repository of a registry. */
    RegistryAuthorizer(Http http, Tokens tokens, URI registry, String repository) {
        this.http = http;
        this.tokens = tokens;
        this.registry = registry;
        this.scope = "repository:" + repository + ":pull";
    }

    @Override
    public synchronized Optional<String> header() {
        return header;
    }

    @Override
    public synchronized boolean answer(Answer unauthorized, Optional<String> used, Cancellation cancellation)
            throws Again {
        if (!header.equals(used)) {
            return true; // another part has asked meanwhile
        }
        if (!Address.sameServer(unauthorized.uri(), registry)) {
            return false;
        }
        for (String challenge : unauthorized.headers("WWW-Authenticate")) {
            Matcher scheme = SCHEME.matcher(challenge);
            if (!scheme.matches()) {
                continue;
            }
            if (scheme.group(1).toLowerCase(Locale.ROOT).equals("basic")) {
                Optional<String> basic = basic(registry);
                boolean fresh = basic.isPresent() && !basic.equals(used);
                header = fresh ? basic : header;
                return fresh;
            }
            Optional<String> token = token(parameters(scheme.group(2)), cancellation);
            if (token.isPresent()) {
                header = token.map(text -> "Bearer " + text);
                return true;
            }
        }
        return false;
    }

    private static Map<String, String> parameters(String text) {
        Map<String, String> parameters = new HashMap<>();
        Matcher matcher = PARAMETER.matcher(text);
        while (matcher.find()) {
            String quoted = matcher.group(2);
            parameters.put(
                    matcher.group(1).toLowerCase(Locale.ROOT),
                    quoted != null ? quoted : String.valueOf(matcher.group(3)));
        }
        return parameters;
    }

    private Optional<String> token(Map<String, String> challenge, Cancellation cancellation) throws Again {
        String realm = challenge.getOrDefault("realm", "");
        if (realm.isEmpty()) {
            return Optional.empty();
        }
        URI where = Address.redirect(registry, realm);
        List<String> query = new ArrayList<>();
        Optional.ofNullable(where.getRawQuery()).ifPresent(query::add);
        Optional.ofNullable(challenge.get("service")).ifPresent(s -> query.add("service=" + Address.encoded(s)));
        query.add("scope=" + Address.encoded(challenge.getOrDefault("scope", scope)));
        URI ask = Address.of(where.getScheme() + "://" + where.getRawAuthority()
                + Optional.ofNullable(where.getRawPath()).orElse("") + "?" + String.join("&", query));
        Optional<String> basic = basic(where);
        try (Answer answer = http.get(ask, Map.of(), basic, cancellation)) {
            if (answer.status() == 401 || answer.status() == 403) {
                throw FetchException.unauthorized(
                        Address.host(where),
                        Address.host(where) + " gives no token to read " + scope + ": omni models login "
                                + Address.host(where) + ".");
            }
            if (answer.status() != 200) {
                throw answer.refusal("token", http.clock());
            }
            JsonNode json = Json.object(answer.all(TOKEN_BYTES_MAX, "token"), "token");
            String token = json.path("token").asString(json.path("access_token").asString(""));
            if (token.isEmpty() || !token.chars().allMatch(c -> c > 32 && c < 127)) {
                throw new FetchException(Reason.REFUSED, Address.host(where) + " sent no usable token.");
            }
            return Optional.of(token);
        } catch (IOException e) {
            throw Patience.again(e);
        }
    }

    private Optional<String> basic(URI where) {
        return tokens.find(Address.host(where))
                .map(secret -> "Basic "
                        + Base64.getEncoder()
                                .encodeToString(
                                        (secret.user() + ":" + secret.text()).getBytes(StandardCharsets.UTF_8)));
    }
}
