package main

import (
	"fmt"
	"net/http"
	"strings"
	"testing"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/dynamodb"
	"github.com/aws/aws-sdk-go-v2/service/dynamodb/types"

	"github.com/tenantstack/tenantstack/functions/internal/rest"
	"github.com/tenantstack/tenantstack/functions/internal/rest/resttest"
	"github.com/tenantstack/tenantstack/functions/internal/store/storetest"
	"github.com/tenantstack/tenantstack/internal/localcloud/engine/enginetest"
)

// start starts breedsGet on an empty table; put adds rows to it.
func start(t *testing.T) (w *resttest.World, f *rest.Function, put func(account, id string, attributes map[string]string)) {
	t.Helper()
	endpoint := enginetest.DynamoDB(t)
	t.Setenv("AWS_ENDPOINT_URL_DYNAMODB", endpoint)
	client := storetest.Client(enginetest.Config(), endpoint)
	name := enginetest.Unique("breeds")
	storetest.Table(t, client, name, "breedId")
	w = resttest.New(t, "12345")
	w.Env["TABLE_BREEDS"], w.Env["LAYOUT_BREEDS"] = name, "01aa442658bd:read"
	put = func(account, id string, attributes map[string]string) {
		item := map[string]types.AttributeValue{
			"billingAccount": &types.AttributeValueMemberS{Value: account},
			"breedId":        &types.AttributeValueMemberS{Value: id},
		}
		for attribute, value := range attributes {
			item[attribute] = &types.AttributeValueMemberS{Value: value}
		}
		if _, err := client.PutItem(t.Context(), &dynamodb.PutItemInput{TableName: aws.String(name), Item: item}); err != nil {
			t.Fatal(err)
		}
	}
	return w, w.Start(t, "breedsGet"), put
}

// The table is not sharded: the account itself is the partition key, without KEY_SHARDS.
func TestBreedsGet(t *testing.T) {
	w, f, put := start(t)
	event := resttest.Load(t, "testdata/breedsGet.json")
	if r := resttest.Invoke(t, f, event).Want(t, http.StatusOK); r.Body != `{"items":[]}` {
		t.Errorf("without rows: %s, want an empty list", r.Body)
	}
	put("12345", "maine-coon", map[string]string{"name": "Maine Coon", "origin": "United States", "description": "Large and sociable.", "secret": "x"})
	put("12345", "british-shorthair", map[string]string{"name": "British <b>Shorthair"})
	put("12346", "siam", map[string]string{"name": "Siam"})
	put("12345#0", "birman", map[string]string{"name": "Birman"})
	r := resttest.Invoke(t, f, event).Want(t, http.StatusOK)
	want := `{"items":[{"breedId":"british-shorthair","name":"British \u003cb\u003eShorthair"},` +
		`{"breedId":"maine-coon","name":"Maine Coon","origin":"United States","description":"Large and sociable."}]}`
	if r.Body != want {
		t.Errorf("body %s, want %s", r.Body, want)
	}
	if log := w.Log.String(); strings.Contains(log, "Bearer") || strings.Contains(log, "Maine") || !strings.Contains(log, `"operation":"breedsGet"`) {
		t.Errorf("log has data, or not the operation:\n%s", log)
	}
}

func TestBreedsGetReadsAllPages(t *testing.T) {
	_, f, put := start(t)
	for i := range 300 {
		put("12345", fmt.Sprintf("breed-%03d", i), map[string]string{"name": "x", "description": strings.Repeat("x", 4000)})
	}
	var all list
	resttest.Invoke(t, f, resttest.Load(t, "testdata/breedsGet.json")).Want(t, http.StatusOK).Decode(t, &all)
	if len(all.Items) != 300 || all.Items[299].ID != "breed-299" {
		t.Errorf("%d breeds, want 300", len(all.Items))
	}
}

// A function that finds another layout than its own refuses to serve, and says why, instead of showing an empty list.
func TestBreedsGetOfAnotherLayout(t *testing.T) {
	w, f, put := start(t)
	event := resttest.Load(t, "testdata/breedsGet.json")
	put("12345#layout", "layout", map[string]string{"layout": "ffffffffffff"})
	p := resttest.Invoke(t, f, event).Problem(t, http.StatusServiceUnavailable)
	if p.Detail != "The tenant's data is being moved." {
		t.Errorf("detail %q", p.Detail)
	}
	if log := w.Log.String(); !strings.Contains(log, "table breeds: layout differs: its rows are keyed as ffffffffffff says, the function was deployed for 01aa442658bd") {
		t.Errorf("the log does not say why:\n%s", log)
	}
	put("12345#layout", "layout", map[string]string{"layout": "01aa442658bd"})
	resttest.Invoke(t, f, event).Want(t, http.StatusOK)
}

func TestBreedsGetWithoutTable(t *testing.T) {
	w := resttest.New(t, "12345")
	if _, err := rest.New("breedsGet", w.Outside()); err == nil || !strings.Contains(err.Error(), "TABLE_BREEDS is not set") {
		t.Errorf("without a table: %v, want it to say so", err)
	}
}
