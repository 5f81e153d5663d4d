import java.net.HttpURLConnection;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import okhttp3.OkHttpClient;
import okhttp3.Request;
import okhttp3.RequestBody;

/** One request with the client that is named, to the URL that is given; prints the status that the client got. */
public class Client {
  public static void main(String[] args) throws Exception {
    String url = args[1] + "/v1/messages";
    System.out.println("status=" + status(args[0], url));
    System.exit(0);
  }

  private static int status(String name, String url) throws Exception {
    switch (name) {
      case "HttpClient":
        HttpRequest request =
            HttpRequest.newBuilder(URI.create(url)).POST(HttpRequest.BodyPublishers.ofString("{}")).build();
        return HttpClient.newHttpClient().send(request, HttpResponse.BodyHandlers.ofString()).statusCode();
      case "HttpURLConnection":
        HttpURLConnection connection = (HttpURLConnection) new URI(url).toURL().openConnection();
        connection.setDoOutput(true);
        connection.getOutputStream().write("{}".getBytes());
        return connection.getResponseCode();
      case "OkHttp":
        Request post = new Request.Builder().url(url).post(RequestBody.create("{}".getBytes())).build();
        return new OkHttpClient().newCall(post).execute().code();
      default:
        throw new IllegalArgumentException(name);
    }
  }
}
