import com.amazonaws.services.dynamodbv2.local.server.LocalDynamoDBRequestHandler;
import com.amazonaws.services.dynamodbv2.local.server.LocalDynamoDBServerHandler;
import java.net.InetSocketAddress;
import java.util.Timer;
import java.util.TimerTask;
import org.eclipse.jetty.server.Server;
import org.eclipse.jetty.server.ServerConnector;
import org.eclipse.jetty.server.handler.ContextHandler;

/**
 * Serves DynamoDB Local on a free port of 127.0.0.1 until standard input ends.
 * Its own main class listens on every interface and outlives its parent.
 * Arguments: the data directory, empty to keep data in memory; and whether access keys and
 * regions have databases of their own.
 */
public final class Launcher {
    public static void main(String[] args) throws Exception {
        String path = args[0].isEmpty() ? null : args[0];
        LocalDynamoDBServerHandler handler = new LocalDynamoDBServerHandler(
            new LocalDynamoDBRequestHandler(0, path == null, path, !Boolean.parseBoolean(args[1]), false), null);
        Server server = new Server(new InetSocketAddress("127.0.0.1", 0));
        server.setHandler(new ContextHandler(handler, "/"));
        server.start();
        System.out.println("engine listening on " + ((ServerConnector) server.getConnectors()[0]).getLocalPort());
        while (System.in.read() >= 0) { }
        new Timer(true).schedule(new TimerTask() {
            @Override public void run() {
                Runtime.getRuntime().halt(1); // nobody is left to kill a shutdown that hangs
            }
        }, 10_000);
        server.stop();
        handler.close();
        System.exit(0);
    }
}
