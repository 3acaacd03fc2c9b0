package omni.runtime;

import java.io.IOException;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.time.Duration;

/** Calls the API with the key that the start has printed, each time over a connection of its own. */
record Client(Request printed) {
    HttpRequest request(String method, String path, String type, String body) {
        var request = HttpRequest.newBuilder(URI.create(printed.url()).resolve(path))
                .timeout(Duration.ofMinutes(1))
                .header("Authorization", "Bearer " + printed.key());
        if (!body.isEmpty()) {
            request.header("Content-Type", type);
        }
        return request.method(
                        method,
                        body.isEmpty()
                                ? HttpRequest.BodyPublishers.noBody()
                                : HttpRequest.BodyPublishers.ofString(body))
                .build();
    }

    /** JSON, or nothing. */
    HttpResponse<String> send(String method, String path, String body) throws IOException, InterruptedException {
        return send(request(method, path, "application/json", body));
    }

    /** The password, as its bytes. */
    HttpResponse<String> prove(String path, String password) throws IOException, InterruptedException {
        return send(request("POST", path, "application/octet-stream", password));
    }

    private static HttpResponse<String> send(HttpRequest request) throws IOException, InterruptedException {
        try (var http = HttpClient.newHttpClient()) {
            return http.send(request, HttpResponse.BodyHandlers.ofString());
        }
    }
}
