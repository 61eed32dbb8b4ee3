package logs

import (
	"cmp"
	"fmt"
	"slices"
	"strings"

	"github.com/tenantstack/tenantstack/internal/localcloud/gate"
)

type streamInput struct{ LogGroupName, LogStreamName string }

func (s *Service) createLogStream(c *gate.Call, in streamInput) (any, *gate.Error) {
	if problem := checkStreamName(in.LogStreamName); problem != nil {
		return nil, problem
	}
	g, problem := s.existing(c, "CreateLogStream", in.LogGroupName, "", in.LogStreamName)
	if problem != nil {
		return nil, problem
	}
	isNew, err := g.createStream(in.LogStreamName, s.now())
	if err != nil {
		return nil, failed(err)
	}
	if !isNew {
		return nil, alreadyExists("log stream")
	}
	return empty{}, nil
}

func (s *Service) deleteLogStream(c *gate.Call, in streamInput) (any, *gate.Error) {
	if problem := checkStreamName(in.LogStreamName); problem != nil {
		return nil, problem
	}
	g, problem := s.existing(c, "DeleteLogStream", in.LogGroupName, "", in.LogStreamName)
	if problem != nil {
		return nil, problem
	}
	was, err := g.deleteStream(in.LogStreamName, s.now())
	if err != nil {
		return nil, failed(err)
	}
	if !was {
		return nil, notFound("log stream")
	}
	return empty{}, nil
}

type describeLogStreamsInput struct {
	LogGroupName, LogGroupIdentifier, LogStreamNamePrefix, OrderBy, NextToken string
	Descending                                                                bool
	Limit                                                                     *int
}

type describedStream struct {
	Arn                 string `json:"arn"`
	CreationTime        int64  `json:"creationTime"`
	FirstEventTimestamp int64  `json:"firstEventTimestamp,omitempty"`
	LastEventTimestamp  int64  `json:"lastEventTimestamp,omitempty"`
	LastIngestionTime   int64  `json:"lastIngestionTime,omitempty"`
	LogStreamName       string `json:"logStreamName"`
	StoredBytes         int64  `json:"storedBytes"` // always 0 since 2019 (CloudWatch Logs API Reference, "LogStream")
	UploadSequenceToken string `json:"uploadSequenceToken"`
}

func (s *Service) describeLogStreams(c *gate.Call, in describeLogStreamsInput) (any, *gate.Error) {
	byTime := in.OrderBy == "LastEventTime"
	switch {
	case in.OrderBy != "" && in.OrderBy != "LogStreamName" && !byTime:
		return nil, invalid("1 validation error detected: Value '%s' at 'orderBy' failed to satisfy constraint: Member must satisfy enum value set: [LogStreamName, LastEventTime]", in.OrderBy)
	case byTime && in.LogStreamNamePrefix != "":
		return nil, invalid("Cannot order by LastEventTime with a logStreamNamePrefix.")
	}
	g, problem := s.existing(c, "DescribeLogStreams", in.LogGroupName, in.LogGroupIdentifier, "")
	if problem != nil {
		return nil, problem
	}
	streams, err := g.listStreams(s.now())
	if err != nil {
		return nil, failed(err)
	}
	streams = slices.DeleteFunc(streams, func(st stream) bool { return !strings.HasPrefix(st.name, in.LogStreamNamePrefix) })
	if byTime {
		slices.SortStableFunc(streams, func(a, b stream) int { return cmp.Compare(a.last, b.last) })
	}
	if in.Descending {
		slices.Reverse(streams)
	}
	// The key of a page is the place in the order that was asked for.
	place := map[string]string{}
	for i, st := range streams {
		place[st.name] = fmt.Sprintf("%09d", i)
	}
	page, next, problem := paginate(streams, func(st stream) string { return place[st.name] }, in.Limit, 50, in.NextToken)
	if problem != nil {
		return nil, problem
	}
	out := struct {
		LogStreams []describedStream `json:"logStreams"`
		NextToken  string            `json:"nextToken,omitempty"`
	}{[]describedStream{}, next}
	for _, st := range page {
		out.LogStreams = append(out.LogStreams, describedStream{
			Arn: g.id.arn() + ":log-stream:" + st.name, CreationTime: st.created, FirstEventTimestamp: st.first, LastEventTimestamp: st.last,
			LastIngestionTime: st.ingested, LogStreamName: st.name, UploadSequenceToken: sequenceToken,
		})
	}
	return out, nil
}
