package enginetest

import (
	"net/http"
	"testing"
)

func TestOneProcessForAllTests(t *testing.T) {
	if a, b := DynamoDB(t), DynamoDB(t); a != b || a == "" {
		t.Errorf("DynamoDB = %q, then %q", a, b)
	}
	if a, b := Unique("table"), Unique("table"); a == b {
		t.Errorf("Unique repeats %q", a)
	}
}

func TestOpenSearchAnswers(t *testing.T) {
	resp, err := http.Get(OpenSearch(t) + "/_cluster/health")
	if err != nil {
		t.Fatal(err)
	}
	defer resp.Body.Close()
	if resp.StatusCode != http.StatusOK {
		t.Errorf("GET /_cluster/health = %s", resp.Status)
	}
}
