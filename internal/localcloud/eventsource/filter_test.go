package eventsource

import (
	"strings"
	"testing"
)

// ddbEvent is the example of AWS's guide ("Using event filtering with a DynamoDB event source").
const ddbEvent = `{"eventID":"1","eventName":"INSERT","eventVersion":"1.0","eventSource":"aws:dynamodb","dynamodb":{
	"ApproximateCreationDateTime":1678831218,"Keys":{"CustomerName":{"S":"AnyCompany Industries"}},
	"NewImage":{"AccountManager":{"S":"Pat Candella"},"PaymentTerms":{"S":"60 days"},"CustomerName":{"S":"AnyCompany Industries"},
		"Credit":{"N":"42"},"Tags":{"SS":["gold","eu"]},"Closed":{"BOOL":false},"Note":{"NULL":true}},
	"SequenceNumber":"111","SizeBytes":26,"StreamViewType":"NEW_IMAGE"}}`

func TestFilters(t *testing.T) {
	tests := []struct {
		pattern string
		want    bool
	}{
		// of AWS's guide
		{`{"dynamodb":{"Keys":{"CustomerName":{"S":["AnyCompany Industries"]}}}}`, true},
		{`{"dynamodb":{"NewImage":{"AccountManager":{"S":["Pat Candella","Shirley Rodriguez"]}}}}`, true},
		{`{"dynamodb":{"$or":[{"NewImage":{"PaymentTerms":{"S":["30 days"]}}},{"Keys":{"CustomerName":{"S":["AnyCompany Industries"]}}}]}}`, true},
		{`{"dynamodb":{"NewImage":{"PaymentTerms":{"S":["30 days"]}}}}`, false},
		// operators
		{`{"eventName":["INSERT"]}`, true},
		{`{"eventName":["insert"]}`, false},
		{`{"eventName":[{"equals-ignore-case":"insert"}]}`, true},
		{`{"eventName":["INSERT"],"eventSource":["aws:kinesis"]}`, false},
		{`{"eventName":[{"prefix":"INS"}]}`, true},
		{`{"eventName":[{"prefix":"ins"}]}`, false},
		{`{"eventName":[{"prefix":{"equals-ignore-case":"ins"}}]}`, true},
		{`{"eventName":[{"suffix":"ERT"}]}`, true},
		{`{"eventName":[{"suffix":{"equals-ignore-case":"ert"}}]}`, true},
		{`{"eventName":[{"anything-but":"REMOVE"}]}`, true},
		{`{"eventName":[{"anything-but":["REMOVE","INSERT"]}]}`, false},
		{`{"nothing":[{"anything-but":["a"]}]}`, false},
		{`{"dynamodb":{"SizeBytes":[{"anything-but":[26,27]}]}}`, false},
		{`{"dynamodb":{"SizeBytes":[26]}}`, true},
		{`{"dynamodb":{"SizeBytes":[26.0]}}`, true},
		{`{"dynamodb":{"SizeBytes":["26"]}}`, false},
		{`{"dynamodb":{"SizeBytes":[{"numeric":["=",26]}]}}`, true},
		{`{"dynamodb":{"SizeBytes":[{"numeric":[">",10,"<=",26]}]}}`, true},
		{`{"dynamodb":{"SizeBytes":[{"numeric":[">=",10,"<",26]}]}}`, false},
		{`{"dynamodb":{"ApproximateCreationDateTime":[{"numeric":[">",0]}]}}`, true},
		{`{"dynamodb":{"NewImage":{"Credit":{"N":["42"]}}}}`, true},
		// numbers of attributes are strings, which numeric does not match
		{`{"dynamodb":{"NewImage":{"Credit":{"N":[{"numeric":[">",1]}]}}}}`, false},
		{`{"dynamodb":{"NewImage":{"Credit":{"N":[42]}}}}`, false},
		{`{"dynamodb":{"NewImage":{"Credit":{"N":[{"numeric":[">",100]},{"anything-but":"101"}]}}}}`, true},
		{`{"dynamodb":{"NewImage":{"Tags":{"SS":["eu"]}}}}`, true},
		{`{"dynamodb":{"NewImage":{"Tags":{"SS":["us"]}}}}`, false},
		{`{"dynamodb":{"NewImage":{"Tags":{"SS":[{"anything-but":"eu"}]}}}}`, true},
		{`{"dynamodb":{"NewImage":{"Closed":{"BOOL":[false]}}}}`, true},
		{`{"dynamodb":{"NewImage":{"Closed":{"BOOL":["false"]}}}}`, false},
		{`{"dynamodb":{"NewImage":{"Note":{"NULL":[true]}}}}`, true},
		{`{"dynamodb":{"NewImage":{"Note":{"NULL":[null]}}}}`, false},
		// presence: an object is no value
		{`{"dynamodb":{"NewImage":{"PaymentTerms":{"S":[{"exists":true}]}}}}`, true},
		{`{"dynamodb":{"NewImage":{"PaymentTerms":[{"exists":true}]}}}`, false},
		{`{"dynamodb":{"NewImage":{"PaymentTerms":[{"exists":false}]}}}`, true},
		{`{"dynamodb":{"NewImage":{"Missing":{"S":[{"exists":false}]}}}}`, true},
		{`{"dynamodb":{"OldImage":{"PaymentTerms":{"S":[{"exists":false}]}}}}`, true},
		{`{"dynamodb":{"OldImage":{"PaymentTerms":{"S":[{"exists":true}]}}}}`, false},
		{`{"eventName":{"deeper":[{"exists":false}]}}`, true},
		{`{"dynamodb":{"NewImage":{"PaymentTerms":["60 days"]}}}`, false},
		{`{"$or":[{"eventName":["MODIFY"]},{"eventName":["REMOVE"]}]}`, false},
	}
	for _, test := range tests {
		f, err := parseFilters([]string{test.pattern})
		if err != nil {
			t.Errorf("%s: %v", test.pattern, err)
			continue
		}
		if got := f.matchEvent([]byte(ddbEvent)); got != test.want {
			t.Errorf("%s matches: %t, want %t", test.pattern, got, test.want)
		}
	}
}

func TestOneOfTheFiltersIsEnough(t *testing.T) {
	f, err := parseFilters([]string{`{"eventName":["REMOVE"]}`, `{"eventName":["INSERT"]}`})
	if err != nil || !f.matchEvent([]byte(ddbEvent)) {
		t.Errorf("the second filter does not match: %v", err)
	}
	if f, _ := parseFilters(nil); !f.matchEvent([]byte(ddbEvent)) {
		t.Error("no filters hold back an event")
	}
}

func TestInvalidFilters(t *testing.T) {
	for _, pattern := range []string{
		"", "single-string", `"a"`, `[]`, `{}`, `{"a":{}}`, `{"a":[]}`, `{"a":"b"}`, `{"a":1}`, `{"a":null}`, `{"a":[[]]}`, `{"a":["b"]} x`,
		`[{"eventName": ["INSERT"=123}]`, `{"a":[{}]}`, `{"a":[{"prefix":"b","suffix":"c"}]}`, `{"a":[{"prefix":1}]}`, `{"a":[{"prefix":""}]}`,
		`{"a":[{"wildcard":"*"}]}`, `{"a":[{"cidr":"10.0.0.0/8"}]}`, `{"a":[{"exists":"yes"}]}`, `{"a":[{"anything-but":[]}]}`,
		`{"a":[{"anything-but":["b",1]}]}`, `{"a":[{"anything-but":{"prefix":"b"}}]}`, `{"a":[{"anything-but":[null]}]}`,
		`{"a":[{"numeric":[]}]}`, `{"a":[{"numeric":[">"]}]}`, `{"a":[{"numeric":["!",1]}]}`, `{"a":[{"numeric":[">","1"]}]}`,
		`{"a":[{"numeric":[">",1e999999999]}]}`, `{"a":[{"equals-ignore-case":1}]}`, `{"$or":[]}`, `{"$or":[{"a":["b"]}]}`, `{"$or":["a","b"]}`,
		`{"$or":{"a":["b"]},"b":{}}`, `{"a":["` + strings.Repeat("x", maxPattern) + `"]}`,
	} {
		if _, err := parseFilters([]string{pattern}); err == nil {
			t.Errorf("%.60s is taken", pattern)
		}
	}
	if _, err := parseFilters(make([]string, maxFilters+1)); err == nil {
		t.Error("too many filters are taken")
	}
}

// TestMessageFilters are the cases of AWS's guide ("Using event filtering with an Amazon SQS event source").
func TestMessageFilters(t *testing.T) {
	tests := []struct {
		pattern, body string
		want          bool
	}{
		{`{"body":{"RequestCode":["BBBB"]}}`, `{"RecordNumber":1,"RequestCode":"BBBB"}`, true},
		{`{"body":{"RequestCode":["BBBB"]}}`, `{"RequestCode":"AAAA"}`, false},
		{`{"body":{"RecordNumber":[{"numeric":[">",0]}]}}`, `{"RecordNumber":1}`, true},
		{`{"body":{"RequestCode":["BBBB"]}}`, `not JSON`, false},
		{`{"body":{"RequestCode":[{"exists":false}]}}`, `"BBBB"`, false},
		{`{"body":["plain"]}`, `plain`, true},
		{`{"body":["plain"]}`, `{"plain":1}`, false},
		{`{"messageAttributes":{"kind":{"stringValue":["a"]}}}`, `anything`, true},
		{`{"messageAttributes":{"kind":{"stringValue":["b"]}}}`, `anything`, false},
	}
	for _, test := range tests {
		f, err := parseFilters([]string{test.pattern})
		if err != nil {
			t.Fatal(err)
		}
		event := appendMember(nil, `{"body":`, test.body)
		event = append(event, `,"messageAttributes":{"kind":{"stringValue":"a","dataType":"String"}}}`...)
		if got := f.matchMessage(event); got != test.want {
			t.Errorf("%s matches %s: %t, want %t", test.pattern, test.body, got, test.want)
		}
	}
}

func TestFilteredRecordsAreDone(t *testing.T) {
	streams := newFakeStreams("shard-1")
	f := newFunction(nil)
	s := newSetup(t, streams, fakeStream, f, map[string]any{
		"FilterCriteria": map[string]any{"Filters": []any{map[string]any{"Pattern": `{"dynamodb":{"NewImage":{"id":{"S":[{"prefix":"yes"}]}}}}`}}},
	})
	last := ""
	for _, id := range []string{"no-1", "yes-1", "no-2", "yes-2", "no-3"} {
		last = streams.write("shard-1", id, 1)
	}
	s.start()
	until(t, "the batch came", func() bool { return len(f.batches()) > 0 })
	if got := strings.Join(f.batches()[0], " "); got != "yes-1 yes-2" {
		t.Errorf("batch = %s", got)
	}
	until(t, "all is done", func() bool { return s.status().Checkpoints["shard-1"] == last })
}

func FuzzFilters(f *testing.F) {
	f.Add(`{"dynamodb":{"SizeBytes":[{"numeric":[">",10,"<=",26]}]}}`, ddbEvent)
	f.Add(`{"$or":[{"a":[{"prefix":"b"}]},{"a":[null,true,1e3,{"exists":false}]}]}`, `{"a":[1000,{"b":[]}]}`)
	f.Fuzz(func(t *testing.T, pattern, event string) {
		if filters, err := parseFilters([]string{pattern}); err == nil {
			filters.matchEvent([]byte(event))
			filters.matchMessage(appendMember([]byte{}, `{"body":`, event+"}"))
		}
	})
}
