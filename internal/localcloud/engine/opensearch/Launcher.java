import java.io.PrintStream;
import java.util.Timer;
import java.util.TimerTask;
import org.codelibs.opensearch.runner.OpenSearchRunner;
import org.opensearch.http.HttpServerTransport;

/**
 * Serves OpenSearch on a free port of 127.0.0.1 until standard input ends.
 * Argument: the data directory.
 */
public final class Launcher {
    public static void main(String[] args) throws Exception {
        PrintStream out = System.out; // the runner replaces System.out by a logger
        OpenSearchRunner runner = new OpenSearchRunner();
        runner.onBuild((number, settings) -> {
            settings.put("discovery.type", "single-node");
            settings.put("http.host", "127.0.0.1");
            settings.put("http.port", "0");
            settings.put("transport.host", "127.0.0.1");
            settings.put("transport.port", "0");
            settings.put("cluster.routing.allocation.disk.threshold_enabled", false);
            settings.put("rest.action.multi.allow_explicit_index", false); // as on the domains
        });
        runner.build(OpenSearchRunner.newConfigs().basePath(args[0]).clusterName("local").numOfNode(1));
        out.println("engine listening on "
            + runner.getInstance(HttpServerTransport.class).boundAddress().publishAddress().getPort());
        while (System.in.read() >= 0) { }
        new Timer(true).schedule(new TimerTask() {
            @Override public void run() {
                Runtime.getRuntime().halt(1); // nobody is left to kill a shutdown that hangs
            }
        }, 10_000);
        runner.close();
        System.exit(0);
    }
}
