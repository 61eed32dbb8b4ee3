package release

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"strings"
	"sync"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	awshttp "github.com/aws/aws-sdk-go-v2/aws/transport/http"
	"github.com/aws/aws-sdk-go-v2/service/s3"
)

// What keeps two releases apart are conditional writes. Not every S3 has them, and those that do answer differently:
//
//	412 PreconditionFailed           Amazon S3 and most others, where the condition does not hold
//	404 NoSuchKey                    Amazon S3, where If-Match names an object that is gone (others: 412)
//	409 ConditionalRequestConflict   Amazon S3, where the object changes right now: to be sent again
//	304 Not Modified                 some versions of MinIO, in the place of 412 (minio/minio#19442)
//	501 Not Implemented              without conditional writes, as Amazon S3 before August 2024 (ceph/s3-tests#218)
//	200 OK                           without conditional writes, where the header is ignored (chimera-nas/chimera#471)
//
// (S3 User Guide, "How to prevent object overwrites with conditional writes"; S3 API Reference, "PutObject".) So an answer is not
// taken at its word: after a refusal the object is looked at, and before the first page is put at an endpoint that is not that of
// AWS, two writes whose conditions do not hold have to be refused.

// refusal is what an answer to a conditional write says.
type refusal int

const (
	// otherwise failed: nothing that has to do with the condition.
	otherwise refusal = iota
	// unmet conditions do not hold, so the answer says.
	unmet
	// conflicting writes go on at the same time.
	conflicting
	// unsupported says that there are no conditional writes.
	unsupported
)

func refusalOf(err error) refusal {
	status := statusOf(err)
	switch {
	case isCode(err, "NoSuchBucket"):
		return otherwise
	case isCode(err, "PreconditionFailed", "NoSuchKey", "NotModified"), status == http.StatusPreconditionFailed,
		status == http.StatusNotModified, status == http.StatusNotFound:
		return unmet
	case isCode(err, "ConditionalRequestConflict", "OperationAborted"), status == http.StatusConflict:
		return conflicting
	case isCode(err, "NotImplemented"), status == http.StatusNotImplemented:
		return unsupported
	}
	return otherwise
}

// statusOf is the HTTP status of an answer that is an error; 0 if there was no answer.
func statusOf(err error) int {
	var answer *awshttp.ResponseError
	if errors.As(err, &answer) {
		return answer.HTTPStatusCode()
	}
	return 0
}

// unconditional is the error of an S3 without conditional writes. It says the same for all buckets.
type unconditional struct{ endpoint, what string }

func (u *unconditional) Error() string {
	where := "S3"
	if u.endpoint != "" {
		where = "the S3 at " + u.endpoint
	}
	return fmt.Sprintf("%s does not honour conditional writes: %s. Two releases at the same time could break a page there, "+
		"so no page was put: use an S3 that has them", where, u.what)
}

// onCondition sets the condition of a write: that the object has an ETag, or, without one, that there is no object.
func onCondition(etag string) func(*s3.PutObjectInput) {
	return func(in *s3.PutObjectInput) {
		if etag == "" {
			in.IfNoneMatch = aws.String("*")
		} else {
			in.IfMatch = aws.String(etag)
		}
	}
}

// conditionText is a condition for messages.
func conditionText(etag string) string {
	if etag == "" {
		return `"If-None-Match: *"`
	}
	return `"If-Match: ` + bareETag(etag) + `"`
}

const (
	// conflicts is how often a write is sent again that was refused for another one at the same time.
	conflicts = 5
	// conflictWait is how long before.
	conflictWait = 200 * time.Millisecond
)

// putIf puts a file on a condition, as onCondition has it, and reports whether it was put. It was not if the condition does not
// hold; whether it does is seen at the object, not from the answer.
func (u *run) putIf(ctx context.Context, f File, etag string, options ...func(*s3.PutObjectInput)) (bool, error) {
	options = append(options, onCondition(etag))
	var err error
	for n := range conflicts {
		if err = u.put(ctx, f, options...); err == nil {
			return true, nil
		}
		kind := refusalOf(err)
		if kind == otherwise {
			return false, err
		}
		if kind == unsupported {
			return false, u.unconditional("PutObject with %s was answered %s", conditionText(etag), answerText(err))
		}
		head, headErr := u.head(ctx, f.Path)
		if headErr != nil {
			return false, headErr
		}
		if !holdsCondition(head, etag) {
			return false, nil
		}
		if kind == unmet && n > 0 {
			// Once it may have been another object meanwhile, which is gone again.
			return false, u.unconditional("PutObject with %s was answered %s although the condition holds", conditionText(etag), answerText(err))
		}
		if err := u.o.Sleep(ctx, conflictWait); err != nil {
			return false, err
		}
	}
	return false, err
}

func holdsCondition(head *s3.HeadObjectOutput, etag string) bool {
	if head == nil {
		return etag == ""
	}
	return etag != "" && bareETag(aws.ToString(head.ETag)) == bareETag(etag)
}

// bareETag is an ETag without quotes, which some leave out, and without the mark of a weak one.
func bareETag(etag string) string { return strings.Trim(strings.TrimPrefix(etag, "W/"), `"`) }

// answerText is an answer for messages: status and code.
func answerText(err error) string {
	var parts []string
	if status := statusOf(err); status != 0 {
		parts = append(parts, fmt.Sprint(status, " ", http.StatusText(status)))
	}
	if code := codeOf(err); code != "" && len(parts) == 0 {
		parts = append(parts, code)
	}
	return strings.Join(parts, " ")
}

func (u *run) unconditional(format string, args ...any) error {
	return &unconditional{endpointOf(u.s3), fmt.Sprintf(format, args...)}
}

// endpointOf is the endpoint that a client was given in the place of that of AWS; empty if there is none.
func endpointOf(c S3) string {
	if client, ok := c.(*s3.Client); ok {
		return aws.ToString(client.Options().BaseEndpoint)
	}
	return ""
}

// probes remember which clients' endpoints were tried.
type probes struct {
	mu   sync.Mutex
	done map[*s3.Client]error
}

// noETag is one that no object has.
const noETag = `"00000000000000000000000000000000"`

// checkConditions makes sure that an endpoint which is not that of AWS honours conditions, once for each client. The object is
// there, and as the file: where it does not, it is replaced by its equal.
func (u *run) checkConditions(ctx context.Context, f File) error {
	client, ok := u.s3.(*s3.Client)
	if !ok || endpointOf(client) == "" {
		return nil
	}
	u.probes.mu.Lock()
	defer u.probes.mu.Unlock()
	if err, done := u.probes.done[client]; done {
		return err
	}
	for _, etag := range []string{"", noETag} {
		err := u.put(ctx, f, onCondition(etag))
		switch kind := refusalOf(err); {
		case err == nil:
			err = u.unconditional("PutObject with %s of an object that has another ETag was answered 200 OK", conditionText(etag))
			if etag == "" {
				err = u.unconditional("PutObject with %s of an object that is there was answered 200 OK", conditionText(etag))
			}
		case kind == unsupported:
			err = u.unconditional("PutObject with %s was answered %s", conditionText(etag), answerText(err))
		case kind != otherwise:
			continue
		default:
			return err
		}
		u.probes.done[client] = err
		return err
	}
	head, err := u.head(ctx, f.Path)
	if err == nil && (head == nil || aws.ToString(head.ETag) == "") {
		err = u.unconditional("HeadObject gives no ETag")
		u.probes.done[client] = err
	}
	if err == nil {
		u.probes.done[client] = nil
	}
	return err
}
