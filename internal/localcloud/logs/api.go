package logs

import (
	"encoding/base64"
	"fmt"
	"net/http"
	"regexp"
	"strings"

	"github.com/tenantstack/tenantstack/iam"
	"github.com/tenantstack/tenantstack/internal/localcloud/gate"
)

var operations = map[string]gate.JSONOperation[*Service]{
	"CreateLogGroup":        gate.JSONOp((*Service).createLogGroup),
	"DeleteLogGroup":        gate.JSONOp((*Service).deleteLogGroup),
	"DescribeLogGroups":     gate.JSONOp((*Service).describeLogGroups),
	"PutRetentionPolicy":    gate.JSONOp((*Service).putRetentionPolicy),
	"DeleteRetentionPolicy": gate.JSONOp((*Service).deleteRetentionPolicy),
	"TagResource":           gate.JSONOp((*Service).tagResource),
	"UntagResource":         gate.JSONOp((*Service).untagResource),
	"ListTagsForResource":   gate.JSONOp((*Service).listTagsForResource),
	"CreateLogStream":       gate.JSONOp((*Service).createLogStream),
	"DeleteLogStream":       gate.JSONOp((*Service).deleteLogStream),
	"DescribeLogStreams":    gate.JSONOp((*Service).describeLogStreams),
	"PutLogEvents":          gate.JSONOp((*Service).putLogEvents),
	"GetLogEvents":          gate.JSONOp((*Service).getLogEvents),
	"FilterLogEvents":       gate.JSONOp((*Service).filterLogEvents),
	"StartQuery":            gate.JSONOp((*Service).startQuery),
}

// Serve answers a call in the JSON 1.1 protocol.
func (s *Service) Serve(w http.ResponseWriter, c *gate.Call) {
	gate.ServeJSON(w, c, s, "CloudWatch Logs", "Logs_20140328.", operations)
}

// WriteError answers an error in the JSON 1.1 protocol.
func (s *Service) WriteError(w http.ResponseWriter, _ *http.Request, e *gate.Error, requestID string) {
	e.WriteJSON(w, "1.1", requestID)
}

func invalid(format string, args ...any) *gate.Error {
	return &gate.Error{Status: 400, Code: "InvalidParameterException", Message: fmt.Sprintf(format, args...)}
}

func notFound(what string) *gate.Error {
	return &gate.Error{Status: 400, Code: "ResourceNotFoundException", Message: "The specified " + what + " does not exist."}
}

func failed(err error) *gate.Error {
	return &gate.Error{Status: 500, Code: "ServiceUnavailableException", Message: err.Error()}
}

var (
	groupNameText  = regexp.MustCompile(`^[.\-_/#A-Za-z0-9]{1,512}$`)
	streamNameText = regexp.MustCompile(`^[^:*]{1,512}$`)
)

func checkGroupName(name string) *gate.Error {
	if !groupNameText.MatchString(name) {
		return invalid("1 validation error detected: Value '%s' at 'logGroupName' failed to satisfy constraint: Member must satisfy regular expression pattern: [\\.\\-_/#A-Za-z0-9]+", name)
	}
	return nil
}

func checkStreamName(name string) *gate.Error {
	if !streamNameText.MatchString(name) {
		return invalid("1 validation error detected: Value '%s' at 'logStreamName' failed to satisfy constraint: Member must satisfy regular expression pattern: [^:*]*", name)
	}
	return nil
}

func partition(region string) string {
	switch {
	case strings.HasPrefix(region, "cn-"):
		return "aws-cn"
	case strings.HasPrefix(region, "us-gov-"):
		return "aws-us-gov"
	}
	return "aws"
}

func (id groupID) arn() string {
	return "arn:" + partition(id.Region) + ":logs:" + id.Region + ":" + id.Account + ":log-group:" + id.Name
}

// resolve finds out which group is meant: a name, or in its place the ARN of a group of the caller's account.
func (s *Service) resolve(c *gate.Call, name, identifier string) (groupID, *gate.Error) {
	id := groupID{c.Caller.Account, c.Region, name}
	switch {
	case name != "" && identifier != "":
		return id, invalid("LogGroupName and LogGroupIdentifier cannot both be given.")
	case strings.HasPrefix(identifier, "arn:"):
		var ok bool
		if id.Name, ok = strings.CutPrefix(identifier, groupID{id.Account, id.Region, ""}.arn()); !ok {
			return id, notFound("log group")
		}
		id.Name = strings.TrimSuffix(id.Name, ":*")
	case identifier != "":
		id.Name = identifier
	}
	return id, checkGroupName(id.Name)
}

// access is what an operation does to a group or, if there is one, a stream. A group's operations are
// decided for its ARN with what follows it, which is why a policy names log-group:NAME:*; only those of
// tags are decided for the ARN itself (CloudWatch Logs User Guide, "Overview of managing access
// permissions", Log group ARN formats).
func (s *Service) access(action string, id groupID, stream string, context iam.Context) gate.Access {
	a := gate.Access{Action: "logs:" + action, Resource: id.arn() + ":log-stream:" + stream, ResourceAccount: id.Account, Context: context}
	if strings.HasSuffix(action, "Resource") {
		a.Resource = id.arn()
	}
	if g := s.find(id); g != nil {
		a.ResourceTags = g.describe().Tags
	}
	return a
}

func (s *Service) authorize(c *gate.Call, accesses ...gate.Access) *gate.Error {
	return s.gate.Authorize(c.Caller, gate.OriginOf(c.HTTP, c.Region), accesses...)
}

// existing authorizes an operation and finds its group.
func (s *Service) existing(c *gate.Call, action, name, identifier, stream string) (*group, *gate.Error) {
	id, problem := s.resolve(c, name, identifier)
	if problem != nil {
		return nil, problem
	}
	if denied := s.authorize(c, s.access(action, id, stream, nil)); denied != nil {
		return nil, denied
	}
	g := s.find(id)
	if g == nil {
		return nil, notFound("log group")
	}
	return g, nil
}

// token is an opaque position in a list, and decode reads it.
func token(position string) string { return base64.RawURLEncoding.EncodeToString([]byte(position)) }

func decodeToken(t string) (string, *gate.Error) {
	position, err := base64.RawURLEncoding.DecodeString(t)
	if err != nil {
		return "", invalid("The specified nextToken is invalid.")
	}
	return string(position), nil
}

// paginate cuts a page out of a list that is sorted by a key, after the key that the token holds.
func paginate[T any](list []T, key func(T) string, limit *int, maxLimit int, next string) ([]T, string, *gate.Error) {
	n := maxLimit
	if limit != nil {
		if n = *limit; n < 1 || n > maxLimit {
			return nil, "", invalid("1 validation error detected: Value '%d' at 'limit' failed to satisfy constraint: Member must be between 1 and %d", n, maxLimit)
		}
	}
	if next != "" {
		after, problem := decodeToken(next)
		if problem != nil {
			return nil, "", problem
		}
		for len(list) > 0 && key(list[0]) <= after {
			list = list[1:]
		}
	}
	if len(list) <= n {
		return list, "", nil
	}
	return list[:n], token(key(list[n-1])), nil
}
