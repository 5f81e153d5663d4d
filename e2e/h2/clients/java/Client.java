// Asks for each path, and says in a line of JSON what came of it: `Client http|grpc BASE PATH…`. HttpClient and grpc-java.

import io.grpc.CallOptions;
import io.grpc.ClientCall;
import io.grpc.ManagedChannel;
import io.grpc.MethodDescriptor;
import io.grpc.StatusRuntimeException;
import io.grpc.netty.shaded.io.grpc.netty.GrpcSslContexts;
import io.grpc.netty.shaded.io.grpc.netty.NettyChannelBuilder;
import io.grpc.stub.ClientCalls;
import java.io.ByteArrayInputStream;
import java.io.File;
import java.io.FileInputStream;
import java.io.InputStream;
import java.net.ProxySelector;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.security.KeyStore;
import java.security.cert.CertificateFactory;
import java.time.Duration;
import java.util.Iterator;
import java.util.concurrent.TimeUnit;
import javax.net.ssl.SSLContext;
import javax.net.ssl.TrustManagerFactory;

class Client {
  static final String ca = System.getenv("H2_CA");

  static void say(String path, String version, int status, int bytes, String error) {
    String words = error.replaceAll("[\"\\\\\n]", " ");
    System.out.println(
        "{\"path\":\"" + path + "\",\"version\":\"" + version + "\",\"status\":" + status
            + ",\"bytes\":" + bytes + ",\"error\":\"" + words + "\"}");
  }

  static SSLContext trusting() throws Exception {
    KeyStore store = KeyStore.getInstance(KeyStore.getDefaultType());
    store.load(null, null);
    try (InputStream file = new FileInputStream(ca)) {
      store.setCertificateEntry("ca", CertificateFactory.getInstance("X.509").generateCertificate(file));
    }
    TrustManagerFactory managers = TrustManagerFactory.getInstance(TrustManagerFactory.getDefaultAlgorithm());
    managers.init(store);
    SSLContext context = SSLContext.getInstance("TLS");
    context.init(null, managers.getTrustManagers(), null);
    return context;
  }

  static void overHttp(String base, String[] paths) throws Exception {
    HttpClient.Builder builder = HttpClient.newBuilder().version(HttpClient.Version.HTTP_2);
    if (base.startsWith("https:")) builder.sslContext(trusting()).proxy(ProxySelector.getDefault());
    HttpClient client = builder.build();
    for (String path : paths) {
      int bytes = 0;
      int status = 0;
      String version = "";
      String error = "";
      try {
        HttpRequest request = HttpRequest.newBuilder(URI.create(base + path)).timeout(Duration.ofSeconds(20)).build();
        HttpResponse<InputStream> response = client.send(request, HttpResponse.BodyHandlers.ofInputStream());
        status = response.statusCode();
        version = response.version().toString();
        byte[] chunk = new byte[65536];
        for (int got; (got = response.body().read(chunk)) >= 0; ) bytes += got;
      } catch (Exception failure) {
        Throwable inner = failure;
        while (inner.getCause() != null) inner = inner.getCause();
        error = inner.getClass().getSimpleName() + ": " + inner.getMessage();
      }
      say(path, version, status, bytes, error);
    }
  }

  /** Messages are bytes, as they are. */
  static final MethodDescriptor.Marshaller<byte[]> asIs =
      new MethodDescriptor.Marshaller<byte[]>() {
        @Override
        public InputStream stream(byte[] value) {
          return new ByteArrayInputStream(value);
        }

        @Override
        public byte[] parse(InputStream stream) {
          try {
            return stream.readAllBytes();
          } catch (java.io.IOException failure) {
            throw new IllegalStateException(failure);
          }
        }
      };

  static void overGrpc(String base, String[] paths) throws Exception {
    NettyChannelBuilder builder;
    if (base.startsWith("https:"))
      builder =
          NettyChannelBuilder.forAddress(URI.create(base).getHost(), 443)
              .sslContext(GrpcSslContexts.forClient().trustManager(new File(ca)).build());
    else builder = NettyChannelBuilder.forTarget(URI.create(base).getAuthority()).usePlaintext();
    ManagedChannel channel = builder.build();
    for (String path : paths) {
      MethodDescriptor<byte[], byte[]> method =
          MethodDescriptor.<byte[], byte[]>newBuilder()
              .setType(MethodDescriptor.MethodType.SERVER_STREAMING)
              .setFullMethodName(path.substring(1))
              .setRequestMarshaller(asIs)
              .setResponseMarshaller(asIs)
              .build();
      ClientCall<byte[], byte[]> call =
          channel.newCall(method, CallOptions.DEFAULT.withDeadlineAfter(20, TimeUnit.SECONDS));
      int bytes = 0;
      String error = "OK";
      try {
        Iterator<byte[]> messages = ClientCalls.blockingServerStreamingCall(call, "hi".getBytes());
        while (messages.hasNext()) bytes += messages.next().length;
      } catch (StatusRuntimeException failure) {
        error = failure.getStatus().getCode() + ": " + failure.getStatus().getDescription();
      }
      say(path, "grpc-java " + System.getProperty("grpc.version"), 0, bytes, error);
    }
    channel.shutdownNow();
  }

  public static void main(String[] args) throws Exception {
    String[] paths = java.util.Arrays.copyOfRange(args, 2, args.length);
    if (args[0].equals("http")) overHttp(args[1], paths);
    else overGrpc(args[1], paths);
    System.exit(0);
  }
}
