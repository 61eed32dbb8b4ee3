package logs

import (
	"cmp"
	"slices"
	"strings"
	"time"

	"github.com/tenantstack/tenantstack/internal/localcloud/gate"
)

// The limits of PutLogEvents (CloudWatch Logs API Reference, "PutLogEvents").
const (
	maxBatchEvents = 10_000
	maxBatchBytes  = 1_048_576
	eventOverhead  = 26
)

// sequenceToken is accepted and not needed any more.
const sequenceToken = "49039859592194018379213456789012345678901234567890123456"

type putLogEventsInput struct {
	LogGroupName, LogStreamName, SequenceToken string
	LogEvents                                  []inputEvent
}

type rejectedEvents struct {
	TooOldLogEventEndIndex   *int `json:"tooOldLogEventEndIndex,omitempty"`
	TooNewLogEventStartIndex *int `json:"tooNewLogEventStartIndex,omitempty"`
	ExpiredLogEventEndIndex  *int `json:"expiredLogEventEndIndex,omitempty"`
}

func (s *Service) putLogEvents(c *gate.Call, in putLogEventsInput) (any, *gate.Error) {
	if problem := checkStreamName(in.LogStreamName); problem != nil {
		return nil, problem
	}
	g, problem := s.existing(c, "PutLogEvents", in.LogGroupName, "", in.LogStreamName)
	if problem == nil {
		problem = checkBatch(in.LogEvents)
	}
	if problem != nil {
		return nil, problem
	}
	if !g.hasStream(in.LogStreamName) {
		return nil, notFound("log stream")
	}
	accepted, rejected := s.acceptable(g, in.LogEvents)
	if len(accepted) > 0 {
		if !s.append(g, in.LogStreamName, accepted) {
			return nil, notFound("log group")
		}
		if err := g.flush(s.now()); err != nil {
			return nil, failed(err)
		}
	}
	out := struct {
		NextSequenceToken     string          `json:"nextSequenceToken"`
		RejectedLogEventsInfo *rejectedEvents `json:"rejectedLogEventsInfo,omitempty"`
	}{sequenceToken, rejected}
	return out, nil
}

func checkBatch(events []inputEvent) *gate.Error {
	if len(events) == 0 || len(events) > maxBatchEvents {
		return invalid("1 validation error detected: a batch of %d log events, want 1 to %d", len(events), maxBatchEvents)
	}
	size := 0
	for i, e := range events {
		size += len(e.Message) + eventOverhead
		switch {
		case e.Message == "" || e.Timestamp < 0:
			return invalid("1 validation error detected: the log event %d has no message or a negative timestamp", i)
		case i > 0 && e.Timestamp < events[i-1].Timestamp:
			return invalid("Log events in a single PutLogEvents request must be in chronological order.")
		}
	}
	if size > maxBatchBytes {
		return invalid("Upload too large: %d bytes exceeds limit of %d", size, maxBatchBytes)
	}
	if span := events[len(events)-1].Timestamp - events[0].Timestamp; span > (24 * time.Hour).Milliseconds() {
		return invalid("The batch of log events in a single PutLogEvents request cannot span more than 24 hours.")
	}
	return nil
}

// acceptable leaves out what is older than 14 days or the retention, or more than 2 hours in the future.
func (s *Service) acceptable(g *group, events []inputEvent) ([]inputEvent, *rejectedEvents) {
	now := s.now()
	oldest, newest := now.AddDate(0, 0, -14).UnixMilli(), now.Add(2*time.Hour).UnixMilli()
	expired := int64(0)
	if days := g.describe().Retention; days > 0 {
		expired = now.AddDate(0, 0, -days).UnixMilli()
	}
	after := func(limit int64) int {
		i, _ := slices.BinarySearchFunc(events, limit, func(e inputEvent, t int64) int { return cmp.Compare(e.Timestamp, t) })
		return i
	}
	var rejected rejectedEvents
	start, end := 0, len(events)
	if i := after(oldest); i > 0 {
		start, rejected.TooOldLogEventEndIndex = i, &i
	}
	if i := after(expired); i > 0 {
		start, rejected.ExpiredLogEventEndIndex = max(start, i), &i
	}
	if i := after(newest + 1); i < end {
		end, rejected.TooNewLogEventStartIndex = i, &i
	}
	if rejected == (rejectedEvents{}) {
		return events, nil
	}
	return events[min(start, end):end], &rejected
}

// page size of events in bytes.
const maxPageBytes = 1 << 20

type getLogEventsInput struct {
	LogGroupName, LogGroupIdentifier, LogStreamName, NextToken string
	StartTime, EndTime                                         *int64
	Limit                                                      *int
	StartFromHead                                              bool
}

type outputEvent struct {
	Timestamp     int64  `json:"timestamp"`
	Message       string `json:"message"`
	IngestionTime int64  `json:"ingestionTime"`
}

// getLogEvents reads a stream. A token is the place of an event: f/… reads what comes after it, b/… what
// comes before it, and at the end the same token comes back (CloudWatch Logs API Reference, "GetLogEvents").
func (s *Service) getLogEvents(c *gate.Call, in getLogEventsInput) (any, *gate.Error) {
	limit, problem := eventLimit(in.Limit)
	if problem == nil {
		problem = checkStreamName(in.LogStreamName)
	}
	if problem != nil {
		return nil, problem
	}
	g, problem := s.existing(c, "GetLogEvents", in.LogGroupName, in.LogGroupIdentifier, in.LogStreamName)
	if problem != nil {
		return nil, problem
	}
	if !g.hasStream(in.LogStreamName) {
		return nil, notFound("log stream")
	}
	forward, place := in.StartFromHead, ""
	if in.NextToken != "" {
		if forward, place, problem = readPlace(in.NextToken); problem != nil {
			return nil, problem
		}
	}
	var records []record
	err := g.scan(s.now(), nil, func(r record) {
		id := eventID(r)
		inTime := (in.StartTime == nil || r.T >= *in.StartTime) && (in.EndTime == nil || r.T < *in.EndTime)
		if r.S == in.LogStreamName && inTime && (place == "" || forward && id > place || !forward && id < place) {
			records = append(records, r)
		}
	}, all)
	if err != nil {
		return nil, failed(err)
	}
	sortRecords(records)
	return pageOfStream(records, limit, forward, place), nil
}

func sortRecords(records []record) {
	slices.SortFunc(records, func(a, b record) int { return cmp.Or(cmp.Compare(a.T, b.T), cmp.Compare(a.N, b.N)) })
}

func pageOfStream(records []record, limit int, forward bool, place string) any {
	bytes, start, end := 0, 0, len(records)
	if forward {
		for end = 0; end < len(records) && end < limit && bytes <= maxPageBytes; end++ {
			bytes += len(records[end].M) + eventOverhead
		}
	} else {
		for start = end; start > 0 && end-start < limit && bytes <= maxPageBytes; start-- {
			bytes += len(records[start-1].M) + eventOverhead
		}
	}
	records = records[start:end]
	out := struct {
		Events            []outputEvent `json:"events"`
		NextForwardToken  string        `json:"nextForwardToken"`
		NextBackwardToken string        `json:"nextBackwardToken"`
	}{Events: []outputEvent{}}
	first, last := place, place
	if len(records) > 0 {
		first, last = eventID(records[0]), eventID(records[len(records)-1])
	}
	if first == "" {
		first = eventID(record{})
		last = first
	}
	out.NextForwardToken, out.NextBackwardToken = "f/"+last+"/s", "b/"+first+"/s"
	for _, r := range records {
		out.Events = append(out.Events, outputEvent{r.T, r.M, r.I})
	}
	return out
}

func readPlace(t string) (forward bool, place string, problem *gate.Error) {
	direction, rest, _ := strings.Cut(t, "/")
	place, ok := strings.CutSuffix(rest, "/s")
	if !ok || direction != "f" && direction != "b" || len(place) != len(eventID(record{})) || strings.Trim(place, "0123456789") != "" {
		return false, "", invalid("The specified nextToken is invalid.")
	}
	return direction == "f", place, nil
}

func eventLimit(limit *int) (int, *gate.Error) {
	if limit == nil {
		return 10_000, nil
	}
	if *limit < 1 || *limit > 10_000 {
		return 0, invalid("1 validation error detected: Value '%d' at 'limit' failed to satisfy constraint: Member must be between 1 and 10000", *limit)
	}
	return *limit, nil
}

type filterLogEventsInput struct {
	LogGroupName, LogGroupIdentifier, LogStreamNamePrefix, FilterPattern, NextToken string
	LogStreamNames                                                                  []string
	StartTime, EndTime                                                              *int64
	Limit                                                                           *int
	Unmask                                                                          bool
}

type filteredEvent struct {
	EventID       string `json:"eventId"`
	IngestionTime int64  `json:"ingestionTime"`
	LogStreamName string `json:"logStreamName"`
	Message       string `json:"message"`
	Timestamp     int64  `json:"timestamp"`
}

func (s *Service) filterLogEvents(c *gate.Call, in filterLogEventsInput) (any, *gate.Error) {
	limit, problem := eventLimit(in.Limit)
	if problem != nil {
		return nil, problem
	}
	if len(in.LogStreamNames) > 0 && in.LogStreamNamePrefix != "" {
		return nil, invalid("logStreamNames and logStreamNamePrefix are mutually exclusive parameters.")
	}
	takes, err := compilePattern(in.FilterPattern)
	if err != nil {
		return nil, invalid("Invalid filter pattern: %s", err.Error())
	}
	after := ""
	if in.NextToken != "" {
		if after, problem = decodeToken(in.NextToken); problem != nil {
			return nil, problem
		}
	}
	g, problem := s.existing(c, "FilterLogEvents", in.LogGroupName, in.LogGroupIdentifier, "")
	if problem != nil {
		return nil, problem
	}
	for _, name := range in.LogStreamNames {
		if !g.hasStream(name) {
			return nil, notFound("log stream")
		}
	}
	var records []record
	scanErr := g.scan(s.now(), nil, func(r record) {
		if (in.StartTime == nil || r.T >= *in.StartTime) && (in.EndTime == nil || r.T <= *in.EndTime) &&
			(len(in.LogStreamNames) == 0 || slices.Contains(in.LogStreamNames, r.S)) && strings.HasPrefix(r.S, in.LogStreamNamePrefix) &&
			(after == "" || eventID(r) > after) && takes(r.M) {
			records = append(records, r)
		}
	}, all)
	if scanErr != nil {
		return nil, failed(scanErr)
	}
	sortRecords(records)
	out := struct {
		Events             []filteredEvent `json:"events"`
		NextToken          string          `json:"nextToken,omitempty"`
		SearchedLogStreams []any           `json:"searchedLogStreams"`
	}{Events: []filteredEvent{}, SearchedLogStreams: []any{}}
	bytes := 0
	for i, r := range records {
		if i == limit || bytes > maxPageBytes {
			out.NextToken = token(eventID(records[i-1]))
			break
		}
		bytes += len(r.M) + eventOverhead
		out.Events = append(out.Events, filteredEvent{eventID(r), r.I, r.S, r.M, r.T})
	}
	return out, nil
}

type startQueryInput struct {
	LogGroupName        string
	LogGroupNames       []string
	LogGroupIdentifiers []string
}

// startQuery refuses: there is no Logs Insights here.
func (s *Service) startQuery(c *gate.Call, in startQueryInput) (any, *gate.Error) {
	names := append(append([]string{in.LogGroupName}, in.LogGroupNames...), in.LogGroupIdentifiers...)
	for _, name := range names {
		if name == "" {
			continue
		}
		id, problem := s.resolve(c, "", name)
		if problem != nil {
			return nil, problem
		}
		if denied := s.authorize(c, s.access("StartQuery", id, "", nil)); denied != nil {
			return nil, denied
		}
	}
	return nil, invalid("The local cloud has no Logs Insights: use FilterLogEvents, or tenantctl logs")
}
