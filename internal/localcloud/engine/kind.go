package engine

import (
	"context"
	"embed"
	"fmt"
	"io"
	"net/http"
	"runtime"
	"strings"
)

// files holds, for each engine, its pom.xml, its Launcher.java and the checksums of its jars.
//
//go:embed dynamodb opensearch
var files embed.FS

// kind is what tells one engine from another.
type kind struct {
	name, version, title string
	// dir of files.
	dir string
	// inMemory says that an empty data directory keeps data in memory.
	inMemory bool
	// platforms that the engine's native libraries exist for; nil means any.
	platforms []string
	// ready is nil once the engine answers.
	ready func(ctx context.Context, endpoint string) error
}

var dynamoDB = kind{
	name: "dynamodb-local", version: "2.6.1", title: "DynamoDB Local", dir: "dynamodb", inMemory: true,
	platforms: []string{"linux/amd64", "darwin/amd64", "darwin/arm64"},
	ready:     listTables,
}

var openSearch = kind{
	name: "opensearch", version: "2.19.6", title: "OpenSearch", dir: "opensearch",
	ready: clusterHealth,
}

func (k kind) supported() error {
	if k.platforms == nil {
		return nil
	}
	here := runtime.GOOS + "/" + runtime.GOARCH
	for _, p := range k.platforms {
		if p == here {
			return nil
		}
	}
	return fmt.Errorf("%s is not supported: its native library exists for %s", here, strings.Join(k.platforms, ", "))
}

func listTables(ctx context.Context, endpoint string) error {
	req, err := http.NewRequestWithContext(ctx, http.MethodPost, endpoint, strings.NewReader("{}"))
	if err != nil {
		return err
	}
	req.Header.Set("Content-Type", "application/x-amz-json-1.0")
	req.Header.Set("X-Amz-Target", "DynamoDB_20120810.ListTables")
	// The engine reads the access key and the region from here and checks no signature.
	req.Header.Set("Authorization", "AWS4-HMAC-SHA256 Credential=local/20200101/us-east-1/dynamodb/aws4_request, SignedHeaders=host, Signature=0")
	return expectOK(req)
}

func clusterHealth(ctx context.Context, endpoint string) error {
	req, err := http.NewRequestWithContext(ctx, http.MethodGet, endpoint+"/_cluster/health?wait_for_status=yellow&timeout=30s", nil)
	if err != nil {
		return err
	}
	return expectOK(req)
}

func expectOK(req *http.Request) error {
	resp, err := http.DefaultClient.Do(req)
	if err != nil {
		return err
	}
	defer resp.Body.Close()
	if resp.StatusCode != http.StatusOK {
		body, _ := io.ReadAll(io.LimitReader(resp.Body, 200))
		return fmt.Errorf("%s %s: %s: %s", req.Method, req.URL, resp.Status, body)
	}
	return nil
}
