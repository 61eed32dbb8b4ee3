package eventsource

import (
	"encoding/json"
	"reflect"
	"strings"
	"testing"
	"time"

	"github.com/aws/aws-lambda-go/events"
	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/dynamodbstreams/types"
)

// TestEvent has an attribute of each type, in the form of dynamodb-event.json of aws-lambda-go.
func TestEvent(t *testing.T) {
	m := &mapping{settings: settings{source: fakeStream, region: "eu-central-1"}}
	image := map[string]types.AttributeValue{
		"s": &types.AttributeValueMemberS{Value: "a \"b\" <c> \\ \n é \u2028 🐱"}, "empty": &types.AttributeValueMemberS{},
		"n": &types.AttributeValueMemberN{Value: "123.450000000000000000000000000000000001"}, "b": &types.AttributeValueMemberB{Value: []byte{0, 1, 42, 65}},
		"bool": &types.AttributeValueMemberBOOL{Value: true}, "null": &types.AttributeValueMemberNULL{Value: true},
		"l":  &types.AttributeValueMemberL{Value: []types.AttributeValue{&types.AttributeValueMemberS{Value: "x"}, &types.AttributeValueMemberL{}}},
		"m":  &types.AttributeValueMemberM{Value: map[string]types.AttributeValue{"k": &types.AttributeValueMemberN{Value: "1"}}},
		"ss": &types.AttributeValueMemberSS{Value: []string{"z", "a"}}, "ns": &types.AttributeValueMemberNS{Value: []string{"1", "2"}},
		"bs": &types.AttributeValueMemberBS{Value: [][]byte{{1}, {2}}},
	}
	record := &types.Record{
		EventID: aws.String("240524a2-1c03-4b4d-b04e-a1576b3e942e"), EventName: types.OperationTypeRemove, EventVersion: aws.String("1.1"),
		AwsRegion: aws.String("ddblocal"), UserIdentity: &types.Identity{Type: aws.String("Service"), PrincipalId: aws.String("dynamodb.amazonaws.com")},
		Dynamodb: &types.StreamRecord{
			ApproximateCreationDateTime: aws.Time(time.Unix(1480642020, 0)), SequenceNumber: aws.String("000000000000000000001"), SizeBytes: aws.Int64(54),
			StreamViewType: types.StreamViewTypeNewAndOldImages, Keys: map[string]types.AttributeValue{"s": image["s"]}, OldImage: image,
		},
	}
	const want = `{"eventID":"240524a21c034b4db04ea1576b3e942e","eventName":"REMOVE","eventVersion":"1.1","eventSource":"aws:dynamodb","awsRegion":"eu-central-1",` +
		`"userIdentity":{"type":"Service","principalId":"dynamodb.amazonaws.com"},` +
		`"dynamodb":{"ApproximateCreationDateTime":1480642020,"Keys":{"s":{"S":"a \"b\" <c> \\ \n é \u2028 🐱"}},"OldImage":{` +
		`"b":{"B":"AAEqQQ=="},"bool":{"BOOL":true},"bs":{"BS":["AQ==","Ag=="]},"empty":{"S":""},"l":{"L":[{"S":"x"},{"L":[]}]},"m":{"M":{"k":{"N":"1"}}},` +
		`"n":{"N":"123.450000000000000000000000000000000001"},"ns":{"NS":["1","2"]},"null":{"NULL":true},"s":{"S":"a \"b\" <c> \\ \n é \u2028 🐱"},"ss":{"SS":["z","a"]}},` +
		`"SequenceNumber":"000000000000000000001","SizeBytes":54,"StreamViewType":"NEW_AND_OLD_IMAGES"},"eventSourceARN":"` + fakeStream + `"}`
	got := m.event(record)
	if string(got) != want {
		t.Errorf("event =\n%s\nwant\n%s", got, want)
	}
	var e events.DynamoDBEventRecord
	if err := json.Unmarshal(got, &e); err != nil {
		t.Fatal(err)
	}
	if e.UserIdentity.PrincipalID != "dynamodb.amazonaws.com" || e.Change.OldImage["m"].Map()["k"].Number() != "1" || e.Change.ApproximateCreationDateTime.Unix() != 1480642020 {
		t.Errorf("read by aws-lambda-go: %+v", e)
	}
	if e := m.event(&types.Record{}); !json.Valid(e) {
		t.Errorf("the event of an empty record is %s", e)
	}
}

func TestPayload(t *testing.T) {
	got := string(payload([]*record{{event: []byte(`{"a":1}`)}, {event: []byte(`{"b":2}`)}}))
	if want := `{"Records":[{"a":1},{"b":2}]}`; got != want {
		t.Errorf("payload = %s, want %s", got, want)
	}
}

func TestSeconds(t *testing.T) {
	for at, want := range map[time.Time]string{time.Unix(1480642020, 0): "1480642020", time.UnixMilli(1480642020500): "1480642020.5"} {
		if got := string(appendSeconds(nil, at)); got != want {
			t.Errorf("%s = %s, want %s", at, got, want)
		}
	}
}

// TestFailureRecord is the example of AWS's guide ("Retain discarded records for a DynamoDB event
// source in Lambda"), and what AWS sends where the function reported the failure.
func TestFailureRecord(t *testing.T) {
	service := &Service{options: Options{Now: func() time.Time { return time.Date(2019, 11, 14, 0, 13, 49, 717e6, time.UTC) }}}
	m := &mapping{service: service, settings: settings{source: fakeStream, function: testFunction}}
	at := time.Date(2019, 11, 14, 0, 13, 19, 0, time.UTC)
	records := []*record{{sequence: "800000000003126276362", created: at}}
	const form = `{"requestContext":{"requestId":"ID","functionArn":"` + testFunction + `","condition":"RetryAttemptsExhausted","approximateInvokeCount":1},` +
		`"responseContext":{"statusCode":200,"executedVersion":"$LATEST","functionError":ERROR},"version":"1.0","timestamp":"2019-11-14T00:13:49.717Z",` +
		`"DDBStreamBatchInfo":{"shardId":"shardId-1","startSequenceNumber":"800000000003126276362","endSequenceNumber":"800000000003126276362",` +
		`"approximateArrivalOfFirstRecord":"2019-11-14T00:13:19Z","approximateArrivalOfLastRecord":"2019-11-14T00:13:19Z","batchSize":1,"streamArn":"` + fakeStream + `"}}`
	for functionError, text := range map[string]string{"Unhandled": `"Unhandled"`, "": "null"} {
		got := asMap(t, m.failureRecord("shardId-1", &part{invokes: 1, answered: true, last: functionError}, records, attemptsExhausted))
		want := asMap(t, strings.ReplaceAll(form, "ERROR", text))
		if id, _ := got["requestContext"].(map[string]any)["requestId"].(string); len(id) != 36 {
			t.Errorf("requestId = %q", id)
		}
		got["requestContext"].(map[string]any)["requestId"] = "ID"
		if !reflect.DeepEqual(got, want) {
			t.Errorf("failure record = %v, want %v", got, want)
		}
	}
}

func asMap(t *testing.T, text string) map[string]any {
	t.Helper()
	var m map[string]any
	if err := json.Unmarshal([]byte(text), &m); err != nil {
		t.Fatal(err)
	}
	return m
}
