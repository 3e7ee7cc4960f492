import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.nio.file.Files;
import java.nio.file.Path;

/**
 * Asks as Java programs do by default: the JDK's HttpClient offers HTTP/2 with its first request.
 * Run as `java AskByJdk.java URL BODY_FILE`; prints version, status and body of each answer, a line each.
 */
class AskByJdk {
    public static void main(String[] arguments) throws Exception {
        HttpClient client = HttpClient.newHttpClient();
        HttpRequest.BodyPublisher known = HttpRequest.BodyPublishers.ofFile(Path.of(arguments[1]));
        byte[] body = Files.readAllBytes(Path.of(arguments[1]));
        HttpRequest.BodyPublisher chunked =
                HttpRequest.BodyPublishers.ofInputStream(() -> new java.io.ByteArrayInputStream(body));
        for (HttpRequest.BodyPublisher publisher : new HttpRequest.BodyPublisher[] {known, chunked, known}) {
            HttpRequest request = HttpRequest.newBuilder(URI.create(arguments[0])).POST(publisher).build();
            HttpResponse<String> answer = client.send(request, HttpResponse.BodyHandlers.ofString());
            System.out.println(answer.version() + " " + answer.statusCode() + " " + answer.body());
        }
    }
}
