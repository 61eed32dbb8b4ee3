package cloudfront

import (
	"encoding/xml"
	"fmt"
	"net/http"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/tenantstack/tenantstack/internal/localcloud/gate"
)

const (
	namespace  = "http://cloudfront.amazonaws.com/doc/2020-05-31/"
	apiVersion = "/2020-05-31/"
)

// Invalidate forgets the objects of a distribution under paths such as /index.html or /assets/*.
func (s *Service) Invalidate(distributionID string, paths []string) {
	s.cache.invalidate(distributionID, paths)
}

type invalidationPaths struct {
	Quantity int
	Items    []string `xml:"Items>Path"`
}

type invalidationBatch struct {
	Paths           invalidationPaths
	CallerReference string
}

// invalidation is one that was made. It is complete as soon as it is.
type invalidation struct {
	XMLName           xml.Name `xml:"Invalidation"`
	Namespace         string   `xml:"xmlns,attr,omitempty"`
	Id                string
	Status            string
	CreateTime        string
	InvalidationBatch invalidationBatch
}

var distributionPath = regexp.MustCompile(`^/2020-05-31/distribution/([A-Za-z0-9]+)/invalidation(?:/([A-Za-z0-9]+))?$`)

// Serve answers CreateInvalidation, GetInvalidation and ListInvalidations.
func (s *Service) Serve(w http.ResponseWriter, c *gate.Call) {
	m := distributionPath.FindStringSubmatch(c.HTTP.URL.EscapedPath())
	action := ""
	switch {
	case m == nil:
	case c.HTTP.Method == http.MethodPost && m[2] == "":
		action = "CreateInvalidation"
	case c.HTTP.Method == http.MethodGet && m[2] == "":
		action = "ListInvalidations"
	case c.HTTP.Method == http.MethodGet:
		action = "GetInvalidation"
	}
	if action == "" {
		s.WriteError(w, c.HTTP, &gate.Error{Status: 404, Code: "InvalidAction", Message: "The local cloud has only invalidations of CloudFront's API, not " + c.HTTP.Method + " " + c.HTTP.URL.EscapedPath()}, c.RequestID)
		return
	}
	id := m[1]
	arn := "arn:aws:cloudfront::" + c.Caller.Account + ":distribution/" + id
	if denied := c.Authorize(gate.Access{Action: "cloudfront:" + action, Resource: arn, ResourceAccount: c.Caller.Account}); denied != nil {
		s.WriteError(w, c.HTTP, denied, c.RequestID)
		return
	}
	if d := s.find(id); d == nil || d.account != c.Caller.Account {
		s.WriteError(w, c.HTTP, &gate.Error{Status: 404, Code: "NoSuchDistribution", Message: "The specified distribution does not exist."}, c.RequestID)
		return
	}
	var problem *gate.Error
	switch action {
	case "CreateInvalidation":
		problem = s.createInvalidation(w, c, id)
	case "GetInvalidation":
		problem = s.getInvalidation(w, c, id, m[2])
	default:
		problem = s.listInvalidations(w, c, id)
	}
	if problem != nil {
		s.WriteError(w, c.HTTP, problem, c.RequestID)
	}
}

// WriteError answers an error in XML.
func (s *Service) WriteError(w http.ResponseWriter, _ *http.Request, e *gate.Error, requestID string) {
	e.WriteQuery(w, namespace, requestID)
}

func writeXML(w http.ResponseWriter, c *gate.Call, status int, v any) *gate.Error {
	w.Header().Set("Content-Type", "text/xml")
	w.Header().Set("x-amzn-RequestId", c.RequestID)
	w.WriteHeader(status)
	_, _ = w.Write([]byte(xml.Header))
	_ = xml.NewEncoder(w).Encode(v)
	return nil
}

// maxInvalidationPaths of one invalidation.
const maxInvalidationPaths = 3000

func invalid(format string, args ...any) *gate.Error {
	return &gate.Error{Status: 400, Code: "InvalidArgument", Message: fmt.Sprintf(format, args...)}
}

func readBatch(body []byte) (invalidationBatch, *gate.Error) {
	var batch struct {
		XMLName xml.Name `xml:"InvalidationBatch"`
		invalidationBatch
	}
	if len(body) == 0 {
		return batch.invalidationBatch, &gate.Error{Status: 400, Code: "MissingBody", Message: "This operation requires a body. Ensure that the body is present and the Content-Type header is set."}
	}
	if err := xml.Unmarshal(body, &batch); err != nil {
		return batch.invalidationBatch, &gate.Error{Status: 400, Code: "MalformedInput", Message: "Could not parse the invalidation batch: " + err.Error()}
	}
	paths := batch.Paths
	switch {
	case paths.Quantity != len(paths.Items):
		return batch.invalidationBatch, &gate.Error{Status: 400, Code: "InconsistentQuantities", Message: fmt.Sprintf("The value of Quantity, %d, and the number of Items, %d, don't match.", paths.Quantity, len(paths.Items))}
	case len(paths.Items) == 0 || batch.CallerReference == "":
		return batch.invalidationBatch, invalid("Your request needs paths and a CallerReference.")
	case len(paths.Items) > maxInvalidationPaths:
		return batch.invalidationBatch, &gate.Error{Status: 413, Code: "BatchTooLarge", Message: fmt.Sprintf("The number of paths, %d, is larger than %d.", len(paths.Items), maxInvalidationPaths)}
	}
	for _, p := range paths.Items {
		if !strings.HasPrefix(p, "/") || strings.Contains(strings.TrimSuffix(p, "*"), "*") {
			return batch.invalidationBatch, invalid("Your request contains one or more invalid invalidation paths: %s", p)
		}
	}
	return batch.invalidationBatch, nil
}

func (s *Service) createInvalidation(w http.ResponseWriter, c *gate.Call, id string) *gate.Error {
	batch, problem := readBatch(c.Body)
	if problem != nil {
		return problem
	}
	s.mu.Lock()
	var made *invalidation
	for _, old := range s.invalidations[id] {
		if old.InvalidationBatch.CallerReference != batch.CallerReference {
			continue
		}
		// The same reference is the same request again (CloudFront API Reference, "InvalidationBatch").
		if !slices.Equal(old.InvalidationBatch.Paths.Items, batch.Paths.Items) {
			s.mu.Unlock()
			return invalid("The caller reference %s was used for other paths.", batch.CallerReference)
		}
		made = &old
	}
	if made == nil {
		made = &invalidation{
			Id: "I" + strings.ToUpper(strings.ReplaceAll(gate.NewRequestID(), "-", ""))[:20], Status: "Completed",
			CreateTime: s.o.Now().UTC().Format(time.RFC3339), InvalidationBatch: batch,
		}
		list := append(s.invalidations[id], *made)
		s.invalidations[id] = list[max(0, len(list)-maxInvalidations):]
	}
	s.mu.Unlock()
	s.Invalidate(id, batch.Paths.Items)
	answer := *made
	answer.Namespace = namespace
	w.Header().Set("Location", "https://cloudfront.amazonaws.com"+apiVersion+"distribution/"+id+"/invalidation/"+made.Id)
	return writeXML(w, c, http.StatusCreated, answer)
}

// maxInvalidations of a distribution are remembered.
const maxInvalidations = 1000

func (s *Service) made(id string) []invalidation {
	s.mu.RLock()
	defer s.mu.RUnlock()
	return slices.Clone(s.invalidations[id])
}

func (s *Service) getInvalidation(w http.ResponseWriter, c *gate.Call, id, name string) *gate.Error {
	for _, i := range s.made(id) {
		if i.Id == name {
			i.Namespace = namespace
			return writeXML(w, c, http.StatusOK, i)
		}
	}
	return &gate.Error{Status: 404, Code: "NoSuchInvalidation", Message: "The specified invalidation does not exist."}
}

type invalidationSummary struct{ Id, Status, CreateTime string }

type invalidationList struct {
	XMLName     xml.Name `xml:"InvalidationList"`
	Namespace   string   `xml:"xmlns,attr"`
	Marker      string
	NextMarker  string `xml:",omitempty"`
	MaxItems    int
	IsTruncated bool
	Quantity    int
	Items       []invalidationSummary `xml:"Items>InvalidationSummary"`
}

// listInvalidations lists the latest first.
func (s *Service) listInvalidations(w http.ResponseWriter, c *gate.Call, id string) *gate.Error {
	query := c.HTTP.URL.Query()
	list := invalidationList{Namespace: namespace, Marker: query.Get("Marker"), MaxItems: 100}
	if text := query.Get("MaxItems"); text != "" {
		n, err := strconv.Atoi(text)
		if err != nil || n < 1 {
			return invalid("MaxItems is %q, want a positive number", text)
		}
		list.MaxItems = min(n, 100)
	}
	made := s.made(id)
	slices.Reverse(made)
	if list.Marker != "" {
		i := slices.IndexFunc(made, func(i invalidation) bool { return i.Id == list.Marker })
		if i < 0 {
			return invalid("The marker %s is not known", list.Marker)
		}
		made = made[i+1:]
	}
	if list.IsTruncated = len(made) > list.MaxItems; list.IsTruncated {
		made = made[:list.MaxItems]
		list.NextMarker = made[len(made)-1].Id
	}
	for _, i := range made {
		list.Items = append(list.Items, invalidationSummary{i.Id, i.Status, i.CreateTime})
	}
	list.Quantity = len(list.Items)
	return writeXML(w, c, http.StatusOK, list)
}
