package dynamodb

import (
	"bytes"
	"crypto/hmac"
	"crypto/sha256"
	"encoding/base64"
	"encoding/json"
	"net/http"
	"strings"
	"time"

	"github.com/tenantstack/tenantstack/internal/localcloud/gate"
)

// iteratorAge is how long a shard iterator is valid (DynamoDB Streams API Reference, "GetShardIterator").
const iteratorAge = 15 * time.Minute

// iterator is what a shard iterator holds: the engine's, and whose it is.
type iterator struct {
	Stream  string `json:"s"`
	Account string `json:"a"`
	Engine  string `json:"e"`
	Made    int64  `json:"t"`
}

// streams answers an operation of DynamoDB Streams.
func (s *Service) streams(c *gate.Call, operation string) (answered, *gate.Error) {
	in, err := strict(c.Body)
	if err != nil {
		return answered{}, &gate.Error{Status: http.StatusBadRequest, Code: "SerializationException", Message: "reading the request: " + err.Error()}
	}
	switch operation {
	case "ListStreams":
		return s.listStreams(c, in)
	case "DescribeStream", "GetShardIterator":
		return s.stream(c, operation, in)
	case "GetRecords":
		return s.getRecords(c, in)
	}
	return answered{}, unknownOperation(operation)
}

// listStreams is limited to a table by the ARN of all its streams (docs/aws-differences.md, 23).
func (s *Service) listStreams(c *gate.Call, in object) (answered, *gate.Error) {
	r := &request{in: in, call: c, service: s, homes: map[home]bool{}, written: map[tableID][]json.RawMessage{}}
	resource := "*"
	if name := in.text("TableName"); name != "" {
		id, ok := r.table(name)
		if !ok {
			return answered{}, r.problem
		}
		resource = id.arn() + "/stream/*"
		s.lookup(c.HTTP.Context(), id)
	}
	if denied := c.Authorize(gate.Access{Action: "dynamodb:ListStreams", Resource: resource}); denied != nil {
		return answered{}, denied
	}
	r.body = c.Body
	if problem := r.settle(); problem != nil {
		return answered{}, problem
	}
	out, err := s.forward(c.HTTP.Context(), r.home, streamsTarget+"ListStreams", r.body)
	if err != nil {
		return answered{}, engineDown(err)
	}
	out.body = s.realARNs(r.home, out.body)
	return out, nil
}

// stream answers operations that name a stream by its ARN.
func (s *Service) stream(c *gate.Call, operation string, in object) (answered, *gate.Error) {
	arn := in.text("StreamArn")
	id, ok := parseARN(arn)
	if !ok || !validName(id.name) || !strings.HasPrefix(arn, id.arn()+"/stream/") {
		return answered{}, invalid("Invalid StreamArn: %q", arn)
	}
	t := s.lookup(c.HTTP.Context(), id)
	if denied := c.Authorize(s.streamAccess(operation, arn, id)); denied != nil {
		return answered{}, denied
	}
	if t == nil || t.engineLabel == "" || arn != streamARN(id) {
		return answered{}, &gate.Error{Status: 400, Code: "ResourceNotFoundException", Message: "Requested resource not found: Stream: " + arn + " not found"}
	}
	own, err := json.Marshal(enginePrefix + "table/" + id.name + "/stream/" + t.engineLabel)
	if err != nil {
		return answered{}, invalid("Invalid StreamArn: %q", arn)
	}
	in["StreamArn"] = own
	body, err := json.Marshal(in)
	if err != nil {
		return answered{}, invalid("reading the request: %v", err)
	}
	h := home{id.account, id.region}
	out, err := s.forward(c.HTTP.Context(), h, streamsTarget+operation, body)
	if err != nil {
		return answered{}, engineDown(err)
	}
	if out.status == http.StatusOK && operation == "GetShardIterator" { // it has the engine's ARN in it
		return s.wrap(out, "ShardIterator", iterator{Stream: arn, Account: c.Caller.Account})
	}
	out.body = s.realARNs(h, out.body)
	return out, nil
}

func (s *Service) streamAccess(operation, arn string, id tableID) gate.Access {
	a := gate.Access{Action: "dynamodb:" + operation, Resource: arn, ResourceAccount: id.account}
	return a
}

// wrap seals the engine's iterator in an answer.
func (s *Service) wrap(out answered, member string, it iterator) (answered, *gate.Error) {
	var answer object
	if err := json.Unmarshal(out.body, &answer); err != nil {
		return answered{}, engineDown(err)
	}
	it.Engine, it.Made = answer.text(member), s.now().Unix()
	if it.Engine == "" { // the shard has been read to its end
		return out, nil
	}
	sealed, err := json.Marshal(s.sealIterator(it))
	if err != nil {
		return answered{}, engineDown(err)
	}
	answer[member] = sealed
	body, err := json.Marshal(answer)
	if err != nil {
		return answered{}, engineDown(err)
	}
	return answered{out.status, body}, nil
}

func (s *Service) sealIterator(it iterator) string {
	plain, err := json.Marshal(it)
	if err != nil {
		panic(err) // strings and numbers always encode
	}
	return base64.StdEncoding.EncodeToString(append(s.mac(plain), plain...))
}

func (s *Service) mac(plain []byte) []byte {
	h := hmac.New(sha256.New, s.iteratorKey)
	h.Write(plain)
	return h.Sum(nil)
}

func (s *Service) openIterator(text string) (iterator, bool) {
	var it iterator
	sealed, err := base64.StdEncoding.DecodeString(text)
	if err != nil || len(sealed) <= sha256.Size || !hmac.Equal(sealed[:sha256.Size], s.mac(sealed[sha256.Size:])) {
		return it, false
	}
	return it, json.Unmarshal(sealed[sha256.Size:], &it) == nil
}

// getRecords reads a stream. Its iterator says which one, and is worth nothing to another account.
func (s *Service) getRecords(c *gate.Call, in object) (answered, *gate.Error) {
	it, ok := s.openIterator(in.text("ShardIterator"))
	id, isTable := parseARN(it.Stream)
	if !ok || !isTable || it.Account != c.Caller.Account {
		return answered{}, invalid("Invalid ShardIterator")
	}
	if denied := c.Authorize(s.streamAccess("GetRecords", it.Stream, id)); denied != nil {
		return answered{}, denied
	}
	if s.now().Unix()-it.Made > int64(iteratorAge/time.Second) {
		return answered{}, &gate.Error{Status: 400, Code: "ExpiredIteratorException", Message: "Iterator expired: it is older than 15 minutes"}
	}
	inner, err := json.Marshal(it.Engine)
	if err != nil {
		return answered{}, invalid("Invalid ShardIterator")
	}
	in["ShardIterator"] = inner
	body, err := json.Marshal(in)
	if err != nil {
		return answered{}, invalid("reading the request: %v", err)
	}
	out, err := s.forward(c.HTTP.Context(), home{id.account, id.region}, streamsTarget+"GetRecords", body)
	if err != nil {
		return answered{}, engineDown(err)
	}
	if out.status != http.StatusOK {
		return out, nil
	}
	// In a string of a row every quote is escaped, so this is found nowhere else.
	out.body = bytes.ReplaceAll(out.body, []byte(`"awsRegion":"ddblocal"`), []byte(`"awsRegion":"`+id.region+`"`))
	out.body = s.markExpired(id, out.body)
	return s.wrap(out, "NextShardIterator", iterator{Stream: it.Stream, Account: it.Account})
}
