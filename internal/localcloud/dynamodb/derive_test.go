package dynamodb

import (
	"maps"
	"net/http"
	"net/http/httptest"
	"slices"
	"strings"
	"testing"

	"github.com/tenantstack/tenantstack/internal/localcloud/gate"
)

// unconnected is a service whose engine has no tables, and that knows the tables cats and dogs.
func unconnected(t testing.TB) *Service {
	t.Helper()
	g, err := gate.New(gate.Options{})
	if err != nil {
		t.Fatal(err)
	}
	empty := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
		w.WriteHeader(http.StatusBadRequest)
		_, _ = w.Write([]byte(`{"__type":"com.amazonaws.dynamodb.v20120810#ResourceNotFoundException"}`))
	}))
	t.Cleanup(empty.Close)
	s := New(Options{Gate: g, Engine: empty.URL})
	t.Cleanup(s.Close)
	know := func(name string, sc *schema) {
		s.reserve(tableID{home{accountA, region}, name}).schema.Store(sc)
	}
	know("cats", &schema{keys: keys{"account", "id"}, types: map[string]string{"account": "S", "id": "S", "name": "S"},
		indexes: map[string]keys{"byName": {"name", "id"}}, stream: true, label: "2026-01-01T00:00:00.000"})
	know("dogs", &schema{keys: keys{partition: "number"}, types: map[string]string{"number": "N"}, indexes: map[string]keys{}})
	know("bins", &schema{keys: keys{partition: "bin"}, types: map[string]string{"bin": "B"}, indexes: map[string]keys{}})
	return s
}

// derived reads a request without doing it.
func derived(s *Service, operation, body string) *request {
	derive, target := operations[operation], dataTarget+operation
	if derive == nil {
		derive, target = streamOperations[operation], streamsTarget+operation
	}
	call := gate.NewCall(s.gate, httptest.NewRequest("POST", "/", nil), []byte(body), &gate.Caller{Account: accountA, ARN: "arn:aws:iam::" + accountA + ":role/R"}, region)
	in, problem := readRequest(call.Body)
	r := &request{service: s, call: call, target: target, operation: operation, in: in, problem: problem}
	if problem == nil {
		derive(r)
	}
	return r
}

// written are accesses as text: action, what follows the table's ARN prefix, and condition keys.
func written(accesses []gate.Access) string {
	var out []string
	for _, a := range accesses {
		text := strings.TrimPrefix(a.Action, "dynamodb:") + " " + strings.TrimPrefix(a.Resource, "arn:aws:dynamodb:eu-central-1:111111111111:")
		for _, key := range slices.Sorted(maps.Keys(a.Context)) {
			if key != keyFirst {
				text += " " + strings.TrimPrefix(key, "dynamodb:") + "=" + strings.Join(a.Context[key], ",")
			}
		}
		out = append(out, text)
	}
	slices.Sort(out)
	return strings.Join(out, "; ")
}

func TestDerive(t *testing.T) {
	s := unconnected(t)
	for _, tt := range []struct{ operation, body, want string }{
		{"GetItem", `{"TableName":"cats","Key":{"account":{"S":"a"},"id":{"S":"1"}}}`, "GetItem table/cats Attributes=account,id LeadingKeys=a Select=ALL_ATTRIBUTES"},
		{"GetItem", `{"TableName":"arn:aws:dynamodb:eu-central-1:111111111111:table/cats","Key":{"account":{"S":"a"},"id":{"S":"1"}}}`, "GetItem table/cats Attributes=account,id LeadingKeys=a Select=ALL_ATTRIBUTES"},
		{"GetItem", `{"TableName":"arn:aws:dynamodb:eu-central-1:222222222222:table/cats","Key":{"account":{"S":"a"},"id":{"S":"1"}}}`,
			"GetItem arn:aws:dynamodb:eu-central-1:222222222222:table/cats Attributes=account,id Select=ALL_ATTRIBUTES"},
		{"GetItem", `{"TableName":"cats","Key":{"acc\u006funt":{"S":"\u0061"},"id":{"S":"1"}},"ProjectionExpression":"#n, tags[0].x","ExpressionAttributeNames":{"#n":"name"},"ReturnConsumedCapacity":"TOTAL"}`,
			"GetItem table/cats Attributes=account,id,name,tags LeadingKeys=a ReturnConsumedCapacity=TOTAL Select=SPECIFIC_ATTRIBUTES"},
		{"GetItem", `{"TableName":"none","Key":{"account":{"S":"a"}}}`, "GetItem table/none Attributes=account Select=ALL_ATTRIBUTES"},
		{"GetItem", `{"TableName":"dogs","Key":{"number":{"N":"+01.50e1"}}}`, "GetItem table/dogs Attributes=number LeadingKeys=15 Select=ALL_ATTRIBUTES"},
		{"GetItem", `{"TableName":"bins","Key":{"bin":{"B":"/+8="}}}`, "GetItem table/bins Attributes=bin LeadingKeys=/+8= Select=ALL_ATTRIBUTES"},
		{"GetItem", `{"TableName":"cats","Key":{"id":{"S":"1"}}}`, "GetItem table/cats Attributes=id Select=ALL_ATTRIBUTES"},
		{"PutItem", `{"TableName":"cats","Item":{"account":{"S":"a"},"id":{"S":"1"},"x":{"N":"1"}},"ConditionExpression":"attribute_not_exists(y)","ReturnValues":"ALL_OLD"}`,
			"PutItem table/cats Attributes=account,id,x,y LeadingKeys=a ReturnValues=ALL_OLD"},
		{"UpdateItem", `{"TableName":"cats","Key":{"account":{"S":"a"},"id":{"S":"1"}},"UpdateExpression":"SET #x = if_not_exists(c.d, :v) + :v REMOVE e ADD f :v DELETE g :v","ExpressionAttributeNames":{"#x":"b"}}`,
			"UpdateItem table/cats Attributes=account,b,c,e,f,g,id LeadingKeys=a"},
		{"UpdateItem", `{"TableName":"cats","Key":{"account":{"S":"a"},"id":{"S":"1"}},"AttributeUpdates":{"x":{}},"Expected":{"y":{}}}`, "UpdateItem table/cats Attributes=account,id,x,y LeadingKeys=a"},
		{"DeleteItem", `{"TableName":"cats","Key":{"account":{"S":"a"},"id":{"S":"1"}}}`, "DeleteItem table/cats Attributes=account,id LeadingKeys=a"},
		{"BatchGetItem", `{"RequestItems":{"cats":{"Keys":[{"account":{"S":"a"},"id":{"S":"1"}},{"account":{"S":"b"},"id":{"S":"1"}}],"AttributesToGet":["z"]},"dogs":{"Keys":[{"number":{"N":"1"}}]}}}`,
			"BatchGetItem table/cats Attributes=account,id,z LeadingKeys=a,b Select=SPECIFIC_ATTRIBUTES; BatchGetItem table/dogs Attributes=number LeadingKeys=1 Select=ALL_ATTRIBUTES"},
		{"BatchWriteItem", `{"RequestItems":{"cats":[{"PutRequest":{"Item":{"account":{"S":"a"},"id":{"S":"1"},"x":{"S":""}}}},{"DeleteRequest":{"Key":{"account":{"S":"b"},"id":{"S":"1"}}},"PutRequest":null}]}}`,
			"BatchWriteItem table/cats Attributes=account,id,x LeadingKeys=a,b"},
		{"TransactGetItems", `{"TransactItems":[{"Get":{"TableName":"cats","Key":{"account":{"S":"a"},"id":{"S":"1"}}}},{"Get":{"TableName":"dogs","Key":{"number":{"N":"1"}}}}]}`,
			"GetItem table/cats Attributes=account,id EnclosingOperation=TransactGetItems LeadingKeys=a Select=ALL_ATTRIBUTES; GetItem table/dogs Attributes=number EnclosingOperation=TransactGetItems LeadingKeys=1 Select=ALL_ATTRIBUTES"},
		{"TransactWriteItems", `{"TransactItems":[{"Put":{"TableName":"cats","Item":{"account":{"S":"a"},"id":{"S":"1"}},"ReturnValuesOnConditionCheckFailure":"ALL_OLD"}},
			{"Update":{"TableName":"cats","Key":{"account":{"S":"b"},"id":{"S":"1"}},"UpdateExpression":"SET x = :x"}},{"Delete":{"TableName":"cats","Key":{"account":{"S":"c"},"id":{"S":"1"}}}},
			{"ConditionCheck":{"TableName":"cats","Key":{"account":{"S":"d"},"id":{"S":"1"}},"ConditionExpression":"y = :x"}}]}`,
			"ConditionCheckItem table/cats Attributes=account,id,y EnclosingOperation=TransactWriteItems LeadingKeys=d; DeleteItem table/cats Attributes=account,id EnclosingOperation=TransactWriteItems LeadingKeys=c; " +
				"PutItem table/cats Attributes=account,id EnclosingOperation=TransactWriteItems LeadingKeys=a ReturnValues=ALL_OLD; UpdateItem table/cats Attributes=account,id,x EnclosingOperation=TransactWriteItems LeadingKeys=b"},
		{"Query", `{"TableName":"cats","KeyConditionExpression":"account = :a AND begins_with(id, :b)","ExpressionAttributeValues":{":a":{"S":"a"},":b":{"S":"b"}}}`,
			"Query table/cats Attributes=account,id LeadingKeys=a Select=ALL_ATTRIBUTES"},
		{"Query", `{"TableName":"cats","IndexName":"byName","KeyConditionExpression":"#n = :a","ExpressionAttributeNames":{"#n":"name"},"ExpressionAttributeValues":{":a":{"S":"tom"}},"Select":"COUNT"}`,
			"Query table/cats/index/byName Attributes=name LeadingKeys=tom Select=COUNT"},
		{"Query", `{"TableName":"cats","KeyConditions":{"account":{"ComparisonOperator":"EQ","AttributeValueList":[{"S":"a"}]}},"KeyConditionExpression":null,"QueryFilter":{"f":{}}}`,
			"Query table/cats Attributes=account,f LeadingKeys=a Select=ALL_ATTRIBUTES"},
		{"Query", `{"TableName":"cats","IndexName":"other","KeyConditionExpression":"account = :a","ExpressionAttributeValues":{":a":{"S":"a"}}}`, "Query table/cats/index/other Attributes=account Select=ALL_PROJECTED_ATTRIBUTES"},
		{"Scan", `{"TableName":"cats","FilterExpression":"account = :a","ExpressionAttributeValues":{":a":{"S":"a"}}}`, "Scan table/cats Attributes=account Select=ALL_ATTRIBUTES"},
		{"Scan", `{"TableName":"cats","IndexName":"byName"}`, "Scan table/cats/index/byName Select=ALL_PROJECTED_ATTRIBUTES"},
		{"ExecuteStatement", `{"Statement":"SELECT id FROM cats WHERE account = ?","Parameters":[{"S":"a"}]}`, "PartiQLSelect table/cats Attributes=account,id FullTableScan=false LeadingKeys=a Select=SPECIFIC_ATTRIBUTES"},
		{"ExecuteStatement", `{"Statement":"SELECT * FROM \"cats\".\"byName\" WHERE name IN ['x', 'y']"}`, "PartiQLSelect table/cats/index/byName Attributes=name FullTableScan=false LeadingKeys=x,y Select=ALL_ATTRIBUTES"},
		{"ExecuteStatement", `{"Statement":"SELECT * FROM cats WHERE id = '1'"}`, "PartiQLSelect table/cats Attributes=id FullTableScan=true Select=ALL_ATTRIBUTES"},
		{"ExecuteStatement", `{"Statement":"DELETE FROM cats WHERE account = 'a' AND id = '1' RETURNING ALL OLD *"}`, "PartiQLDelete table/cats Attributes=account,id LeadingKeys=a ReturnValues=ALL_OLD"},
		{"BatchExecuteStatement", `{"Statements":[{"Statement":"INSERT INTO cats VALUE {'account': ?, 'id': '1'}","Parameters":[{"S":"a"}]},{"Statement":"UPDATE dogs SET x=1 WHERE number = 1.0"}]}`,
			"PartiQLInsert table/cats Attributes=account,id EnclosingOperation=BatchExecuteStatement LeadingKeys=a; PartiQLUpdate table/dogs Attributes=number,x EnclosingOperation=BatchExecuteStatement LeadingKeys=1"},
		{"ExecuteTransaction", `{"TransactStatements":[{"Statement":"EXISTS(SELECT * FROM cats WHERE account = 'a' AND id = '1' AND x = 1)"}]}`,
			"PartiQLSelect table/cats Attributes=account,id,x EnclosingOperation=ExecuteTransaction FullTableScan=false LeadingKeys=a Select=ALL_ATTRIBUTES"},
		{"CreateTable", `{"TableName":"new","Tags":[{"Key":"k","Value":"v"}]}`, "CreateTable table/new aws:RequestTag/k=v aws:TagKeys=k; TagResource table/new aws:RequestTag/k=v aws:TagKeys=k"},
		{"UpdateTable", `{"TableName":"cats"}`, "UpdateTable table/cats"},
		{"DescribeTable", `{"TableName":"arn:aws:dynamodb:eu-central-1:111111111111:table/cats"}`, "DescribeTable table/cats"},
		{"ListTables", `{}`, "ListTables *"},
		{"DescribeLimits", `{}`, "DescribeLimits *"},
		{"UpdateTimeToLive", `{"TableName":"cats","TimeToLiveSpecification":{"AttributeName":"t","Enabled":true}}`, "UpdateTimeToLive table/cats"},
		{"UntagResource", `{"ResourceArn":"arn:aws:dynamodb:eu-central-1:111111111111:table/cats","TagKeys":["k"]}`, "UntagResource table/cats aws:TagKeys=k"},
		{"PutResourcePolicy", `{"ResourceArn":"arn:aws:dynamodb:eu-central-1:111111111111:table/cats/stream/2026-01-01T00:00:00.000","Policy":"x"}`, "PutResourcePolicy table/cats/stream/2026-01-01T00:00:00.000"},
		{"RestoreTableFromBackup", `{"TargetTableName":"new","BackupArn":"arn:aws:dynamodb:eu-central-1:111111111111:table/cats/backup/01"}`, "RestoreTableFromBackup table/cats/backup/01; RestoreTableFromBackup table/new"},
		{"RestoreTableToPointInTime", `{"TargetTableName":"new","SourceTableName":"cats"}`, "RestoreTableToPointInTime table/cats; RestoreTableToPointInTime table/new"},
		{"ExportTableToPointInTime", `{"TableArn":"arn:aws:dynamodb:eu-central-1:111111111111:table/cats"}`, "ExportTableToPointInTime table/cats"},
		{"DescribeGlobalTable", `{"GlobalTableName":"cats"}`, "DescribeGlobalTable arn:aws:dynamodb::111111111111:global-table/cats"},
		{"UpdateContributorInsights", `{"TableName":"cats","IndexName":"byName"}`, "UpdateContributorInsights table/cats/index/byName"},
		{"ListStreams", `{"TableName":"cats"}`, "ListStreams table/cats/stream/*"},
		{"ListStreams", `{}`, "ListStreams *"},
		{"DescribeStream", `{"StreamArn":"arn:aws:dynamodb:eu-central-1:111111111111:table/cats/stream/2026-01-01T00:00:00.000"}`, "DescribeStream table/cats/stream/2026-01-01T00:00:00.000"},
	} {
		r := derived(s, tt.operation, tt.body)
		if r.problem != nil {
			t.Errorf("%s %s: %v", tt.operation, tt.body, r.problem)
			continue
		}
		if got := written(r.accesses); got != tt.want {
			t.Errorf("%s %s:\n got %s\nwant %s", tt.operation, tt.body, got, tt.want)
		}
	}
}

// TestRefused holds requests that are refused whoever sends them: some before they are decided, the
// others instead of being done.
func TestRefused(t *testing.T) {
	s := unconnected(t)
	const a = `{"account":{"S":"a"},"id":{"S":"1"}}`
	for _, tt := range []struct{ operation, body, want string }{
		{"GetItem", ``, "SerializationException"},
		{"GetItem", `[]`, "SerializationException"},
		{"GetItem", `{"TableName":"cats","Key":` + a + `} {}`, "SerializationException"},
		{"GetItem", `{"TableName":"dogs","TableName":"cats","Key":` + a + `}`, "SerializationException"},
		{"GetItem", `{"TableName":"cats","tableName":"dogs","Key":` + a + `}`, "SerializationException"},
		{"GetItem", `{"TableName":["cats"],"Key":` + a + `}`, "SerializationException"},
		{"GetItem", `{"TableName":"cats","Key":{"account":{"S":"\ud800"},"id":{"S":"1"}}}`, "SerializationException"},
		{"GetItem", "\xff\xfe{\x00}\x00", "SerializationException"},
		{"GetItem", `{"TableName":"cats","Key":` + strings.Repeat(`{"x":`, 200) + `1` + strings.Repeat(`}`, 200) + `}`, "SerializationException"},
		{"GetItem", `{"TableName":"cats","Key":{"account":{"S":1},"id":{"S":"1"}}}`, "ValidationException"},
		{"GetItem", `{"TableName":"cats","Key":{"account":{"S":"a","N":null},"id":{"S":"1"}}}`, "ValidationException"},
		{"GetItem", `{"TableName":"cats","Key":{"account":{"N":"1"},"id":{"S":"1"}}}`, "ValidationException"},
		{"GetItem", `{"TableName":"cats","Key":{"account":null,"id":{"S":"1"}}}`, "ValidationException"},
		{"GetItem", `{"TableName":"dogs","Key":{"number":{"N":"١"}}}`, "ValidationException"},
		{"GetItem", `{"TableName":"dogs","Key":{"number":{"N":"1e999999999999"}}}`, "ValidationException"},
		{"GetItem", `{"TableName":"bins","Key":{"bin":{"B":"YR=="}}}`, "ValidationException"},
		{"GetItem", `{"TableName":"bins","Key":{"bin":{"B":"Y Q=="}}}`, "ValidationException"},
		{"GetItem", `{"TableName":"cats","Key":` + a + `,"ExpressionAttributeNames":{"#a":1}}`, "SerializationException"},
		{"GetItem", `{"TableName":"cats","Key":` + a + `,"ProjectionExpression":5}`, "SerializationException"},
		{"GetItem", `{"TableName":"arn:aws:dynamodb:us-east-1:111111111111:table/cats","Key":` + a + `}`, "ValidationException"},
		{"GetItem", `{"TableName":"arn:aws:dynamodb:eu-central-1:111111111111:table/cats/index/byName","Key":` + a + `}`, "ValidationException"},
		{"GetItem", `{"TableName":"arn:aws:dynamodb:eu-central-1:../../x:table/cats","Key":` + a + `}`, "ValidationException"},
		{"GetItem", `{"TableName":"arn:aws-cn:dynamodb:eu-central-1:111111111111:table/cats","Key":` + a + `}`, "ValidationException"},
		{"GetItem", `{"TableName":"c*s","Key":` + a + `}`, "ValidationException"},
		{"GetItem", `{"TableName":"none","Key":` + a + `}`, "ResourceNotFoundException"},
		{"Query", `{"TableName":"cats","KeyConditionExpression":"account = :a OR account = :b"}`, "ValidationException"},
		{"Query", `{"TableName":"cats","KeyConditionExpression":"account = :a"}`, "ValidationException"},
		{"Query", `{"TableName":"cats","IndexName":"other","KeyConditionExpression":"account = :a","ExpressionAttributeValues":{":a":{"S":"a"}}}`, "ValidationException"},
		{"Query", `{"TableName":"cats","IndexName":"../x","KeyConditionExpression":"account = :a","ExpressionAttributeValues":{":a":{"S":"a"}}}`, "ValidationException"},
		{"Query", `{"TableName":"cats","KeyConditions":{"account":{"ComparisonOperator":"IN","AttributeValueList":[{"S":"a"}]}}}`, "ValidationException"},
		{"BatchGetItem", `{"RequestItems":{"cats":{"Keys":[` + a + `]},"arn:aws:dynamodb:eu-central-1:111111111111:table/cats":{"Keys":[` + a + `]}}}`, "ValidationException"},
		{"BatchGetItem", `{"RequestItems":{"cats":{"Keys":[` + a + `]},"arn:aws:dynamodb:eu-central-1:222222222222:table/cats":{"Keys":[` + a + `]}}}`, "ValidationException"},
		{"BatchGetItem", `{"RequestItems":{"cats":{"Keys":[` + a + strings.Repeat(`,`+a, 100) + `]}}}`, "ValidationException"},
		{"BatchWriteItem", `{"RequestItems":{"cats":[{"PutRequest":{"Item":` + a + `},"DeleteRequest":{"Key":` + a + `}}]}}`, "ValidationException"},
		{"BatchWriteItem", `{"RequestItems":{"cats":[{"PutRequest":{"item":` + a + `}}]}}`, "SerializationException"},
		{"TransactWriteItems", `{"TransactItems":[{"Put":{"TableName":"cats","Item":` + a + `},"Delete":{"TableName":"cats","Key":` + a + `}}]}`, "ValidationException"},
		{"ExecuteStatement", `{"Statement":"SELECT * FROM cats WHERE account = ?","Parameters":[{"S":"a"},{"S":"b"}]}`, "ValidationException"},
		{"ExecuteStatement", `{"Statement":"SELECT * FROM cats WHERE account = ?"}`, "ValidationException"},
		{"ExecuteStatement", `{"Statement":"SELECT * FROM cats WHERE account = ?","Parameters":[{"S":1}]}`, "ValidationException"},
		{"ExecuteStatement", `{"Statement":"SELECT * FROM cats WHERE account = 1"}`, "ValidationException"},
		{"ExecuteStatement", `{"Statement":"EXISTS(SELECT * FROM cats WHERE account = 'a')"}`, "ValidationException"},
		{"ExecuteStatement", `{"Statement":"UPDATE cats.byName SET x = 1 WHERE name = 'x'"}`, "ValidationException"},
		{"ExecuteStatement", `{"Statement":"INSERT INTO cats VALUE {'id': 'x'}"}`, "ValidationException"},
		{"DescribeBackup", `{"BackupArn":"arn:aws:dynamodb:eu-central-1:111111111111:table/cats/stream/1"}`, "ValidationException"},
		{"DescribeBackup", `{"BackupArn":"arn:aws:dynamodb:eu-central-1:111111111111:table/cats/backup/1"}`, "UnknownOperationException"},
		{"ListTagsOfResource", `{"ResourceArn":"arn:aws:dynamodb:eu-central-1:111111111111:table/none"}`, "ResourceNotFoundException"},
		{"PutResourcePolicy", `{"ResourceArn":"arn:aws:dynamodb:eu-central-1:111111111111:table/cats","Policy":"{}"}`, "ValidationException"},
		{"UpdateTimeToLive", `{"TableName":"cats","TimeToLiveSpecification":{"AttributeName":"t","Enabled":"true"}}`, "ValidationException"},
		{"DescribeStream", `{"StreamArn":"arn:aws:dynamodb:eu-central-1:111111111111:table/cats"}`, "ValidationException"},
		{"DescribeStream", `{"StreamArn":"arn:aws:dynamodb:eu-central-1:111111111111:table/cats/stream/*"}`, "ValidationException"},
		{"GetRecords", `{"ShardIterator":"arn:aws:dynamodb:ddblocal:000000000000:table/cats/stream/2026-01-01T00:00:00.000|001|x"}`, "ValidationException"},
		{"GetRecords", `{}`, "ValidationException"},
	} {
		r := derived(s, tt.operation, tt.body)
		got := r.problem
		if got == nil {
			got = r.refused
		}
		if got == nil || got.Code != tt.want {
			t.Errorf("%s %.200s: %v, want %s", tt.operation, tt.body, got, tt.want)
		}
	}
}
