package logs

import (
	"context"
	"fmt"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/cloudwatchlogs"
	"github.com/aws/aws-sdk-go-v2/service/cloudwatchlogs/types"
)

func event(at time.Time, message string) types.InputLogEvent {
	return types.InputLogEvent{Timestamp: aws.Int64(at.UnixMilli()), Message: &message}
}

func TestAuthorization(t *testing.T) {
	c := newCloud(t, t.TempDir())
	defer c.Close()
	ctx := context.Background()
	for _, name := range []string{"/app/a", "/app/ab", "/app/b"} {
		if _, err := c.operator().CreateLogGroup(ctx, &cloudwatchlogs.CreateLogGroupInput{LogGroupName: &name}); err != nil {
			t.Fatal(err)
		}
	}
	w := c.writer(t)
	now := c.clock.read()
	calls := map[string]func(group string) error{
		"CreateLogStream": func(group string) error {
			_, err := w.CreateLogStream(ctx, &cloudwatchlogs.CreateLogStreamInput{LogGroupName: &group, LogStreamName: aws.String("s")})
			return err
		},
		"PutLogEvents": func(group string) error {
			_, err := w.PutLogEvents(ctx, &cloudwatchlogs.PutLogEventsInput{LogGroupName: &group, LogStreamName: aws.String("s"), LogEvents: []types.InputLogEvent{event(now, "x")}})
			return err
		},
		"FilterLogEvents": func(group string) error {
			_, err := w.FilterLogEvents(ctx, &cloudwatchlogs.FilterLogEventsInput{LogGroupName: &group})
			return err
		},
		"GetLogEvents": func(group string) error {
			_, err := w.GetLogEvents(ctx, &cloudwatchlogs.GetLogEventsInput{LogGroupName: &group, LogStreamName: aws.String("s")})
			return err
		},
		"DescribeLogGroups": func(group string) error {
			_, err := w.DescribeLogGroups(ctx, &cloudwatchlogs.DescribeLogGroupsInput{LogGroupNamePrefix: &group})
			return err
		},
		"DeleteLogGroup": func(group string) error {
			_, err := w.DeleteLogGroup(ctx, &cloudwatchlogs.DeleteLogGroupInput{LogGroupName: &group})
			return err
		},
		"TagResource": func(group string) error {
			_, err := w.TagResource(ctx, &cloudwatchlogs.TagResourceInput{ResourceArn: aws.String("arn:aws:logs:eu-central-1:111111111111:log-group:" + group), Tags: map[string]string{"a": "b"}})
			return err
		},
	}
	const denied = "AccessDeniedException"
	for _, test := range []struct{ call, group, want string }{
		{"CreateLogStream", "/app/a", "<nil>"}, {"CreateLogStream", "/app/b", denied}, {"CreateLogStream", "/app/ab", denied}, {"CreateLogStream", "/app/none", denied},
		{"PutLogEvents", "/app/a", "<nil>"}, {"PutLogEvents", "/app/b", denied},
		{"FilterLogEvents", "/app/a", "<nil>"}, {"FilterLogEvents", "/app/b", denied},
		// A policy that names the ARN without what follows it gives the operations of tags only.
		{"GetLogEvents", "/app/a", denied}, {"TagResource", "/app/a", "<nil>"}, {"TagResource", "/app/b", denied},
		{"DescribeLogGroups", "/app/a", denied}, {"DeleteLogGroup", "/app/a", denied},
		{"FilterLogEvents", "/app/a:x", "InvalidParameterException"}, {"FilterLogEvents", "*", "InvalidParameterException"},
	} {
		if got := code(calls[test.call](test.group)); got != test.want {
			t.Errorf("%s of %s: got %s, want %s", test.call, test.group, got, test.want)
		}
	}
}

func TestEvents(t *testing.T) {
	c := newCloud(t, t.TempDir())
	defer c.Close()
	ctx := context.Background()
	client := c.operator()
	group, stream := "/g", "s"
	if _, err := client.CreateLogGroup(ctx, &cloudwatchlogs.CreateLogGroupInput{LogGroupName: &group, Tags: map[string]string{"k": "v"}}); err != nil {
		t.Fatal(err)
	}
	if _, err := client.CreateLogGroup(ctx, &cloudwatchlogs.CreateLogGroupInput{LogGroupName: &group}); code(err) != "ResourceAlreadyExistsException" {
		t.Errorf("got %v", err)
	}
	put := func(events ...types.InputLogEvent) (*cloudwatchlogs.PutLogEventsOutput, error) {
		return client.PutLogEvents(ctx, &cloudwatchlogs.PutLogEventsInput{LogGroupName: &group, LogStreamName: &stream, LogEvents: events})
	}
	now := c.clock.read()
	if _, err := put(event(now, "x")); code(err) != "ResourceNotFoundException" {
		t.Errorf("without a stream: got %v", err)
	}
	if _, err := client.CreateLogStream(ctx, &cloudwatchlogs.CreateLogStreamInput{LogGroupName: &group, LogStreamName: &stream}); err != nil {
		t.Fatal(err)
	}
	if _, err := put(event(now, "b"), event(now.Add(-time.Second), "a")); code(err) != "InvalidParameterException" {
		t.Errorf("not in order: got %v", err)
	}
	out, err := put(event(now.AddDate(0, 0, -15), "old"))
	if err != nil || out.RejectedLogEventsInfo == nil || aws.ToInt32(out.RejectedLogEventsInfo.TooOldLogEventEndIndex) != 1 {
		t.Errorf("too old: got %+v, %v", out, err)
	}
	var events []types.InputLogEvent
	for i := range 25 {
		events = append(events, event(now.Add(time.Duration(i)*time.Millisecond), fmt.Sprintf(`{"level":"%s","n":%d}`, []string{"info", "error"}[i%2], i)))
	}
	if _, err := put(events...); err != nil {
		t.Fatal(err)
	}

	t.Run("forward", func(t *testing.T) {
		var got []string
		in := &cloudwatchlogs.GetLogEventsInput{LogGroupName: &group, LogStreamName: &stream, StartFromHead: aws.Bool(true), Limit: aws.Int32(10)}
		for {
			out, err := client.GetLogEvents(ctx, in)
			if err != nil {
				t.Fatal(err)
			}
			for _, e := range out.Events {
				got = append(got, *e.Message)
			}
			if in.NextToken != nil && *in.NextToken == *out.NextForwardToken {
				break
			}
			in.NextToken = out.NextForwardToken
		}
		if len(got) != 25 || got[24] != *events[24].Message {
			t.Errorf("got %d events: %v", len(got), got)
		}
	})
	t.Run("latest and back", func(t *testing.T) {
		out, err := client.GetLogEvents(ctx, &cloudwatchlogs.GetLogEventsInput{LogGroupName: &group, LogStreamName: &stream, Limit: aws.Int32(10)})
		if err != nil || len(out.Events) != 10 || *out.Events[9].Message != *events[24].Message {
			t.Fatalf("got %+v, %v", out, err)
		}
		out, err = client.GetLogEvents(ctx, &cloudwatchlogs.GetLogEventsInput{LogGroupName: &group, LogStreamName: &stream, Limit: aws.Int32(10), NextToken: out.NextBackwardToken})
		if err != nil || len(out.Events) != 10 || *out.Events[9].Message != *events[14].Message {
			t.Errorf("got %+v, %v", out, err)
		}
		_, err = client.GetLogEvents(ctx, &cloudwatchlogs.GetLogEventsInput{LogGroupName: &group, LogStreamName: &stream, NextToken: aws.String("f/../s")})
		if code(err) != "InvalidParameterException" {
			t.Errorf("a wrong token: got %v", err)
		}
	})
	t.Run("filter", func(t *testing.T) {
		pages := cloudwatchlogs.NewFilterLogEventsPaginator(client, &cloudwatchlogs.FilterLogEventsInput{LogGroupName: &group, FilterPattern: aws.String(`{ $.level = "error" && $.n > 4 }`), Limit: aws.Int32(4)})
		n := 0
		for pages.HasMorePages() {
			out, err := pages.NextPage(ctx)
			if err != nil {
				t.Fatal(err)
			}
			n += len(out.Events)
		}
		if n != 10 {
			t.Errorf("got %d events, want 10", n)
		}
		_, err := client.FilterLogEvents(ctx, &cloudwatchlogs.FilterLogEventsInput{LogGroupName: &group, FilterPattern: aws.String(`{ $.level = `)})
		if code(err) != "InvalidParameterException" {
			t.Errorf("got %v", err)
		}
	})
	t.Run("describe", func(t *testing.T) {
		streams, err := client.DescribeLogStreams(ctx, &cloudwatchlogs.DescribeLogStreamsInput{LogGroupName: &group})
		if err != nil || len(streams.LogStreams) != 1 || *streams.LogStreams[0].LastEventTimestamp != *events[24].Timestamp {
			t.Errorf("got %+v, %v", streams, err)
		}
		groups, err := client.DescribeLogGroups(ctx, &cloudwatchlogs.DescribeLogGroupsInput{LogGroupNamePrefix: aws.String("/g")})
		if err != nil || len(groups.LogGroups) != 1 || *groups.LogGroups[0].Arn != "arn:aws:logs:eu-central-1:111111111111:log-group:/g:*" || *groups.LogGroups[0].StoredBytes == 0 {
			t.Errorf("got %+v, %v", groups, err)
		}
		tags, err := client.ListTagsForResource(ctx, &cloudwatchlogs.ListTagsForResourceInput{ResourceArn: groups.LogGroups[0].LogGroupArn})
		if err != nil || tags.Tags["k"] != "v" {
			t.Errorf("got %+v, %v", tags, err)
		}
	})
	t.Run("retention", func(t *testing.T) {
		if _, err := client.PutRetentionPolicy(ctx, &cloudwatchlogs.PutRetentionPolicyInput{LogGroupName: &group, RetentionInDays: aws.Int32(2)}); code(err) != "InvalidParameterException" {
			t.Errorf("got %v", err)
		}
		if _, err := client.PutRetentionPolicy(ctx, &cloudwatchlogs.PutRetentionPolicyInput{LogGroupName: &group, RetentionInDays: aws.Int32(1)}); err != nil {
			t.Fatal(err)
		}
		c.clock.move(48 * time.Hour)
		found, err := c.Search(Query{Groups: []string{group}})
		if err != nil || len(found) != 0 {
			t.Errorf("after the retention: got %d events, %v", len(found), err)
		}
		c.clock.move(-48 * time.Hour)
	})
	t.Run("deleted stream", func(t *testing.T) {
		if _, err := client.DeleteLogStream(ctx, &cloudwatchlogs.DeleteLogStreamInput{LogGroupName: &group, LogStreamName: &stream}); err != nil {
			t.Fatal(err)
		}
		if _, err := client.CreateLogStream(ctx, &cloudwatchlogs.CreateLogStreamInput{LogGroupName: &group, LogStreamName: &stream}); err != nil {
			t.Fatal(err)
		}
		out, err := client.GetLogEvents(ctx, &cloudwatchlogs.GetLogEventsInput{LogGroupName: &group, LogStreamName: &stream})
		if err != nil || len(out.Events) != 0 {
			t.Errorf("a new stream has the events of the deleted one: %+v, %v", out, err)
		}
	})
	if _, err := client.StartQuery(ctx, &cloudwatchlogs.StartQueryInput{LogGroupName: &group, QueryString: aws.String("x"), StartTime: aws.Int64(0), EndTime: aws.Int64(1)}); code(err) != "InvalidParameterException" {
		t.Errorf("StartQuery: got %v", err)
	}
	if _, err := client.DeleteLogGroup(ctx, &cloudwatchlogs.DeleteLogGroupInput{LogGroupName: &group}); err != nil {
		t.Fatal(err)
	}
	if _, err := client.FilterLogEvents(ctx, &cloudwatchlogs.FilterLogEventsInput{LogGroupName: &group}); code(err) != "ResourceNotFoundException" {
		t.Errorf("got %v", err)
	}
}
