package omni.runtime;

import java.io.BufferedReader;
import java.io.IOException;
import java.io.InputStreamReader;
import java.net.HttpURLConnection;
import java.net.URI;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;
import java.util.regex.Pattern;

/** The request that the printed line asks curl to send, taken from the line itself. */
record Request(String url, String key, String body) {
    private static final Pattern LINE = Pattern.compile(
            "curl -sSN (\\S+) -H 'Authorization: Bearer (\\S+)' -H 'Content-Type: application/json' -d '(.*)'");

    static Request of(String line) {
        var match = LINE.matcher(line);
        if (!match.matches()) {
            throw new IllegalArgumentException("Not the line that was expected");
        }
        return new Request(match.group(1), match.group(2), match.group(3));
    }

    /** The same request with another question. */
    Request asking(String question) {
        return new Request(url, key, body.replace("What is 7 plus 5?", question));
    }

    /** An answer as it came: its status and the events of its stream. */
    record Answer(int status, List<String> events) {
        /** The text that the events' deltas add up to. */
        String text() {
            var text = new StringBuilder();
            for (var event : events) {
                if (event.startsWith("{")) {
                    text.append(
                            Product.json(event).at("/choices/0/delta/content").asString(""));
                }
            }
            return text.toString();
        }
    }

    Answer send() throws IOException {
        var connection = (HttpURLConnection) URI.create(url).toURL().openConnection();
        connection.setRequestMethod("POST");
        connection.setDoOutput(true);
        connection.setReadTimeout(120_000);
        connection.setRequestProperty("Authorization", "Bearer " + key);
        connection.setRequestProperty("Content-Type", "application/json");
        connection.getOutputStream().write(body.getBytes(StandardCharsets.UTF_8));
        var status = connection.getResponseCode();
        var stream = status < 400 ? connection.getInputStream() : connection.getErrorStream();
        List<String> events = new ArrayList<>();
        try (var lines = new BufferedReader(new InputStreamReader(stream, StandardCharsets.UTF_8))) {
            lines.lines()
                    .filter(l -> l.startsWith("data: "))
                    .map(l -> l.substring(6))
                    .forEach(events::add);
        }
        return new Answer(status, events);
    }
}
