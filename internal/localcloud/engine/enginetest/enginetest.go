// Package enginetest gives tests the real engines: one process of each engine for a test binary,
// started by the first test that asks and ended with the binary.
package enginetest

import (
	"context"
	"fmt"
	"os"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"

	"github.com/tenantstack/tenantstack/internal/localcloud/engine"
)

// startTimeout leaves time for a first download.
const startTimeout = 10 * time.Minute

// shared is an engine that is started once. It is never stopped: it ends with the binary.
type shared struct {
	once   sync.Once
	engine *engine.Engine
	err    error
	start  func(context.Context, engine.Options) (*engine.Engine, error)
}

var (
	dynamoDB   = shared{start: engine.StartDynamoDB}
	openSearch = shared{start: engine.StartOpenSearch}
)

func (s *shared) endpoint(t testing.TB) string {
	t.Helper()
	s.once.Do(func() {
		ctx, cancel := context.WithTimeout(context.Background(), startTimeout)
		defer cancel()
		s.engine, s.err = s.start(ctx, engine.Options{Progress: func(line string) {
			fmt.Fprintln(os.Stderr, "engine:", line)
		}})
	})
	if s.err != nil {
		t.Fatal(s.err)
	}
	return s.engine.Endpoint()
}

// DynamoDB returns the endpoint of the test binary's DynamoDB Local. Tables of all tests
// are in one database: see Unique. Where the engine cannot be started the test fails with what to install.
func DynamoDB(t testing.TB) string {
	t.Helper()
	return dynamoDB.endpoint(t)
}

// OpenSearch returns the endpoint of the test binary's OpenSearch. Indices of all tests
// are in one node: see Unique. Where the engine cannot be started the test fails with what to install.
func OpenSearch(t testing.TB) string {
	t.Helper()
	return openSearch.endpoint(t)
}

var counter atomic.Int64

// Unique returns <prefix>-<number>, another one at each call: a name for a table or an index that no
// other test of the binary uses.
func Unique(prefix string) string {
	return fmt.Sprintf("%s-%d", prefix, counter.Add(1))
}

// Config is for SDK clients of the engines: a region and credentials that they accept. Each client
// sets its BaseEndpoint.
func Config() aws.Config {
	return aws.Config{
		Region: "eu-central-1",
		Credentials: aws.CredentialsProviderFunc(func(context.Context) (aws.Credentials, error) {
			return aws.Credentials{AccessKeyID: "AKIDLOCAL", SecretAccessKey: "local"}, nil
		}),
	}
}
