// Package bench measures the local cloud: requests through everything, and what its gate adds to the
// engines, beside moto as a reference. All are measured in one run.
package bench

import (
	"context"
	"encoding/json"
	"fmt"
	"net"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/credentials"
	"github.com/aws/aws-sdk-go-v2/service/dynamodb"
	"github.com/aws/aws-sdk-go-v2/service/dynamodb/types"

	"github.com/tenantstack/tenantstack/internal/localcloud"
	"github.com/tenantstack/tenantstack/internal/localcloud/engine"
	"github.com/tenantstack/tenantstack/internal/localcloud/resource"
	"github.com/tenantstack/tenantstack/test/localtest"
)

const tenant = "purrfect-bank"

// unthrottled is the shipped assembly with stages that let everything through.
func unthrottled(b *testing.B) string {
	b.Helper()
	assembly := localtest.Copy(b, localtest.Assembly(b))
	name := filepath.Join(assembly, "kittens-tenant-"+tenant+".template.json")
	data, err := os.ReadFile(name)
	if err != nil {
		b.Fatal(err)
	}
	var template struct {
		Resources map[string]map[string]any
	}
	if err := json.Unmarshal(data, &template); err != nil {
		b.Fatal(err)
	}
	for _, r := range template.Resources {
		if r["Type"] == "AWS::ApiGateway::Stage" {
			delete(r["Properties"].(map[string]any), "MethodSettings")
		}
	}
	if data, err = json.Marshal(map[string]any{"Resources": template.Resources}); err == nil {
		err = os.WriteFile(name, data, 0o644)
	}
	if err != nil {
		b.Fatal(err)
	}
	return assembly
}

// latencies measures do from several workers at once and reports requests a second and percentiles.
func latencies(b *testing.B, workers int, do func() error) {
	b.Helper()
	for range 20 {
		if err := do(); err != nil {
			b.Fatal(err)
		}
	}
	var mu sync.Mutex
	var all []time.Duration
	var group sync.WaitGroup
	work := make(chan struct{}, b.N)
	for range b.N {
		work <- struct{}{}
	}
	close(work)
	b.ResetTimer()
	start := time.Now()
	for range workers {
		group.Go(func() {
			var own []time.Duration
			for range work {
				began := time.Now()
				if err := do(); err != nil {
					b.Error(err)
					return
				}
				own = append(own, time.Since(began))
			}
			mu.Lock()
			all = append(all, own...)
			mu.Unlock()
		})
	}
	group.Wait()
	b.StopTimer()
	slices.Sort(all)
	if len(all) == 0 {
		return
	}
	at := func(q float64) float64 {
		return float64(all[min(len(all)-1, int(q*float64(len(all))))].Microseconds()) / 1000
	}
	b.ReportMetric(float64(len(all))/time.Since(start).Seconds(), "req/s")
	b.ReportMetric(at(0.5), "p50-ms")
	b.ReportMetric(at(0.99), "p99-ms")
}

// BenchmarkAPI sends requests through distribution, API, authorizer, function, gate and engine.
func BenchmarkAPI(b *testing.B) {
	c := localtest.Start(b, localcloud.Options{Assembly: unthrottled(b), Tenants: []string{tenant}})
	api, token := c.Tenant(tenant).API, c.Token(tenant, "admin")
	request := func(method string, body any, status int) func() error {
		return func() error {
			a := c.Do(localtest.Request{Method: method, URL: api + "/kittens", Token: token, Body: body})
			if a.Status != status {
				return fmt.Errorf("%s /kittens: %d %s", method, a.Status, a.Body)
			}
			return nil
		}
	}
	kitten := map[string]any{"name": "Bench", "breed": "maine-coon", "birthDate": "2024-01-01", "description": "quick"}
	for _, workers := range []int{1, 8} {
		b.Run(fmt.Sprintf("GET-kittens/clients=%d", workers), func(b *testing.B) {
			latencies(b, workers, request("GET", nil, http.StatusOK))
		})
	}
	for _, workers := range []int{1, 8} {
		b.Run(fmt.Sprintf("POST-kittens/clients=%d", workers), func(b *testing.B) {
			latencies(b, workers, request("POST", kitten, http.StatusCreated))
		})
	}
}

type item = map[string]types.AttributeValue

// BenchmarkGetItem compares one read of the engine itself, through the gate as a tenant's role, and of moto.
func BenchmarkGetItem(b *testing.B) {
	key := func(account string) item {
		return item{"billingAccount": &types.AttributeValueMemberS{Value: account}, "kittenId": &types.AttributeValueMemberS{Value: "1"}}
	}
	b.Run("engine", func(b *testing.B) {
		e, err := engine.StartDynamoDB(context.Background(), engine.Options{})
		if err != nil {
			b.Fatal(err)
		}
		defer e.Stop()
		readItem(b, client(e.Endpoint(), "111111111111"), "kittens", key("x"))
	})
	b.Run("local-cloud", func(b *testing.B) {
		c := localtest.Start(b, localcloud.Options{Tenants: []string{tenant}})
		bank := c.Tenant(tenant)
		table, role := find(b, c, bank.Stack, "AWS::DynamoDB::Table", "Kittens"), find(b, c, bank.Stack, "AWS::IAM::Role", "Writer")
		cfg := c.AWS("", role.ARN, bank.Region)
		read(b, dynamodb.NewFromConfig(cfg), table.Name, key(bank.BillingAccount))
	})
	b.Run("moto", func(b *testing.B) {
		readItem(b, client(moto(b), "111111111111"), "kittens", key("x"))
	})
}

func find(b *testing.B, c *localtest.Cloud, stack, resourceType, part string) resource.Resource {
	b.Helper()
	for _, r := range c.Resources() {
		if r.Stack == stack && r.Type == resourceType && strings.Contains(r.LogicalID, part) {
			return r
		}
	}
	b.Fatalf("stack %s has no %s like %s", stack, resourceType, part)
	return resource.Resource{}
}

func client(endpoint, accessKey string) *dynamodb.Client {
	return dynamodb.NewFromConfig(aws.Config{Region: "eu-central-1", BaseEndpoint: &endpoint, Credentials: credentials.NewStaticCredentialsProvider(accessKey, "x", "")})
}

// readItem makes a table and reads an item of it.
func readItem(b *testing.B, c *dynamodb.Client, table string, key item) {
	b.Helper()
	_, err := c.CreateTable(context.Background(), &dynamodb.CreateTableInput{TableName: &table, BillingMode: types.BillingModePayPerRequest,
		KeySchema:            []types.KeySchemaElement{{AttributeName: aws.String("billingAccount"), KeyType: "HASH"}, {AttributeName: aws.String("kittenId"), KeyType: "RANGE"}},
		AttributeDefinitions: []types.AttributeDefinition{{AttributeName: aws.String("billingAccount"), AttributeType: "S"}, {AttributeName: aws.String("kittenId"), AttributeType: "S"}}})
	if err != nil {
		b.Fatal(err)
	}
	read(b, c, table, key)
}

func read(b *testing.B, c *dynamodb.Client, table string, key item) {
	b.Helper()
	if _, err := c.PutItem(context.Background(), &dynamodb.PutItemInput{TableName: &table, Item: key}); err != nil {
		b.Fatal(err)
	}
	latencies(b, 1, func() error {
		_, err := c.GetItem(context.Background(), &dynamodb.GetItemInput{TableName: &table, Key: key})
		return err
	})
}

// moto starts the reference; the benchmark is skipped where it is not installed.
func moto(b *testing.B) string {
	b.Helper()
	venv := os.Getenv("TENANTSTACK_MOTO_VENV")
	if venv == "" {
		b.Skip("TENANTSTACK_MOTO_VENV is not set; make bench sets it")
	}
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		b.Fatal(err)
	}
	port := l.Addr().(*net.TCPAddr).Port
	if err := l.Close(); err != nil {
		b.Fatal(err)
	}
	cmd := exec.Command(filepath.Join(venv, "bin", "moto_server"), "-H", "127.0.0.1", "-p", fmt.Sprint(port))
	if err := cmd.Start(); err != nil {
		b.Fatal(err)
	}
	b.Cleanup(func() {
		_ = cmd.Process.Kill()
		_ = cmd.Wait()
	})
	endpoint := fmt.Sprintf("http://127.0.0.1:%d", port)
	localtest.Eventually(b, "moto answers", func() bool {
		resp, err := http.Get(endpoint + "/moto-api/")
		if err != nil {
			return false
		}
		_ = resp.Body.Close()
		return true
	})
	return endpoint
}
