package opensearch

import (
	"bytes"
	"compress/gzip"
	"io"
	"mime"
	"net/http"
	"strings"

	"github.com/tenantstack/tenantstack/internal/localcloud/gate"
)

// outgoing is a request as the node gets it.
type outgoing struct {
	method, path, query string
	body                []byte
	contentType, accept string
	// handles says that the answer may hold handles of scrolls or points in time.
	handles bool
}

// prepare rewrites a request that was allowed.
func (d *domain) prepare(r *http.Request, t target, found *route, body []byte) (*outgoing, *gate.Error) {
	out := &outgoing{method: r.Method, handles: found.handles, accept: acceptOf(r)}
	var problem *gate.Error
	if out.body, problem = plainBody(r, body); problem != nil {
		return nil, problem
	}
	if problem := out.takeSource(&t); problem != nil {
		return nil, problem
	}
	if problem := out.readContentType(r); problem != nil {
		return nil, problem
	}
	pit, problem := d.rewriteFor(found, out)
	if problem != nil {
		return nil, problem
	}
	out.handles = out.handles || pit
	if out.path, problem = d.forwardPath(found, t.segments, pit); problem != nil {
		return nil, problem
	}
	if problem := d.rewriteQuery(t, found, out); problem != nil {
		return nil, problem
	}
	return out, nil
}

func (d *domain) rewriteFor(found *route, out *outgoing) (pit bool, problem *gate.Error) {
	if found.body == nil || len(bytes.TrimSpace(out.body)) == 0 {
		return false, nil
	}
	var err error
	if found.lines {
		out.body, err = d.rewriteLines(out.body, found.body)
	} else {
		out.body, pit, err = d.rewriteBody(out.body, found.body)
	}
	if err != nil {
		return false, malformed("reading the body: %v", err)
	}
	return pit, nil
}

// forwardPath is the path on the node. A search with a point in time names no index.
func (d *domain) forwardPath(found *route, segments []string, pit bool) (string, *gate.Error) {
	var b strings.Builder
	i := 0
	for _, p := range found.parts {
		if p.kind == scope {
			if !pit {
				b.WriteString("/" + d.everything())
			}
			continue
		}
		segment := segments[i]
		i++
		var err error
		switch p.kind {
		case names:
			segment, err = d.renameList(segment)
		case handle:
			segment, err = d.openHandles(segment)
		}
		if err != nil {
			return "", malformed("reading the path: %v", err)
		}
		b.WriteString("/" + encodeSegment(segment))
	}
	if b.Len() == 0 {
		return "/", nil
	}
	return b.String(), nil
}

// reserved parameters are those that the node reads from the path; it would also take them from the
// query, where IAM does not see them.
var reserved = map[string]bool{
	"index": true, "id": true, "name": true, "type": true, "target": true, "alias": true, "metric": true, "block": true,
	"index_metric": true, "node_id": true, "nodeId": true, "task_id": true, "taskId": true, "new_index": true,
	"repository": true, "snapshot": true, "context": true, "uuid": true, "index_uuid": true,
}

// rewriteQuery checks and renames the parameters. Those that are not named here cannot lead out of the
// domain: the node refuses what it does not know.
func (d *domain) rewriteQuery(t target, found *route, out *outgoing) *gate.Error {
	kept := t.query[:0:0]
	for _, p := range t.query {
		var err error
		switch {
		case strings.HasPrefix(p.name, "X-Amz-"):
			continue // of a presigned request
		case reserved[p.name]:
			return malformed("parameter %q is not supported in the query; name it in the path", p.name)
		case p.name == "pipeline", p.name == "search_pipeline":
			p.value, err = d.renamePipeline(p.value)
		case p.name == "scroll_id":
			p.value, err = d.openHandles(p.value)
		case p.name == "scroll":
			out.handles = true
		case p.name == "wait_for_completion" && p.value == "false":
			return malformed("wait_for_completion=false is not supported: tasks are not kept apart by domain")
		case p.name == "format" && p.value != "json" && p.value != "text":
			return malformed("format %q is not supported: want json or text", p.value)
		}
		if err != nil {
			return malformed("reading parameter %s: %v", p.name, err)
		}
		kept = append(kept, p)
	}
	out.query = encodeQuery(kept)
	return nil
}

// takeSource makes the parameter source, which stands for a body, the body.
func (out *outgoing) takeSource(t *target) *gate.Error {
	kept := t.query[:0:0]
	source, contentType := "", ""
	for _, p := range t.query {
		switch p.name {
		case "source":
			source = p.value
		case "source_content_type":
			contentType = p.value
		default:
			kept = append(kept, p)
		}
	}
	t.query = kept
	switch {
	case source == "" && contentType == "":
		return nil
	case source == "" || len(out.body) > 0:
		return malformed("the parameters source and source_content_type stand for a body: want both, and no body")
	}
	out.body, out.contentType = []byte(source), contentType
	return nil
}

// readContentType refuses bodies that the node would read in another way than they are read here.
func (out *outgoing) readContentType(r *http.Request) *gate.Error {
	if len(out.body) == 0 {
		return nil
	}
	declared := out.contentType
	if declared == "" {
		if len(r.Header.Values("Content-Type")) > 1 {
			return unsupportedType(strings.Join(r.Header.Values("Content-Type"), ", "))
		}
		declared = r.Header.Get("Content-Type")
	}
	mediaType, parameters, err := mime.ParseMediaType(declared)
	charset := parameters["charset"]
	if err != nil || charset != "" && !strings.EqualFold(charset, "utf-8") {
		return unsupportedType(declared)
	}
	switch mediaType {
	case "application/json", "application/x-ndjson":
		out.contentType = mediaType
		return nil
	}
	return unsupportedType(declared)
}

// unsupportedType is what OpenSearch says.
func unsupportedType(declared string) *gate.Error {
	return &gate.Error{Status: http.StatusNotAcceptable, Code: "NotAcceptable", Message: "Content-Type header [" + declared + "] is not supported"}
}

// maxPlain is the limit of a body in bytes after decompression, that of the largest instances
// (OpenSearch Service Developer Guide, "Quotas": maximum size of HTTP request payloads).
const maxPlain = 100 << 20

func plainBody(r *http.Request, body []byte) ([]byte, *gate.Error) {
	encodings := r.Header.Values("Content-Encoding")
	switch {
	case len(encodings) == 0, len(encodings) == 1 && (encodings[0] == "" || encodings[0] == "identity"):
		return body, nil
	case len(encodings) > 1 || encodings[0] != "gzip":
		return nil, &gate.Error{Status: http.StatusUnsupportedMediaType, Code: "UnsupportedMediaType", Message: "Content-Encoding " + strings.Join(encodings, ", ") + " is not supported: want gzip"}
	}
	z, err := gzip.NewReader(bytes.NewReader(body))
	if err != nil {
		return nil, malformed("decompressing the body: %v", err)
	}
	plain, err := io.ReadAll(io.LimitReader(z, maxPlain+1))
	if err != nil {
		return nil, malformed("decompressing the body: %v", err)
	}
	if len(plain) > maxPlain {
		return nil, &gate.Error{Status: http.StatusRequestEntityTooLarge, Code: "RequestEntityTooLarge", Message: "Request size exceeded 104857600 bytes"}
	}
	return plain, nil
}

// acceptOf is what of the accepted types the node is told: text forms alone, since names are taken
// out of answers as text.
func acceptOf(r *http.Request) string {
	accept := strings.ToLower(r.Header.Get("Accept"))
	for _, mediaType := range []string{"application/json", "text/plain"} {
		if strings.Contains(accept, mediaType) {
			return mediaType
		}
	}
	return ""
}
