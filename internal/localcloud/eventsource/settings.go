package eventsource

import (
	"fmt"
	"reflect"
	"regexp"
	"slices"
	"strings"
	"time"

	"github.com/tenantstack/tenantstack/internal/localcloud/resource"
)

// settings of a mapping, checked, with Lambda's defaults.
type settings struct {
	uuid string
	// source is the ARN of a stream, or of a queue if isQueue.
	source, region, function string
	isQueue, enabled         bool

	batchSize    int
	window       time.Duration
	latest       bool
	lanes        int
	maxAge       time.Duration // 0: none
	maxRetries   int           // -1: no limit
	bisect       bool
	partial      bool
	patterns     []string
	filters      filters // of the patterns
	destination  string  // ARN of a queue; empty: none
	maxInvokes   int     // of a queue's mapping at the same time
	fifo         bool
	qualifier    string
	functionName string
}

// properties as a template has them (CloudFormation User Guide, "AWS::Lambda::EventSourceMapping").
type properties struct {
	EventSourceArn, FunctionName, StartingPosition string
	Enabled                                        *bool
	BatchSize, ParallelizationFactor               *int
	MaximumBatchingWindowInSeconds                 int
	MaximumRecordAgeInSeconds                      *int
	MaximumRetryAttempts                           *int
	BisectBatchOnFunctionError                     bool
	TumblingWindowInSeconds                        int
	FunctionResponseTypes                          []string
	FilterCriteria                                 struct{ Filters []struct{ Pattern string } }
	DestinationConfig                              map[string]map[string]any
	ScalingConfig                                  struct{ MaximumConcurrency *int }
}

// understood are the properties that are carried out; ignored change nothing on one machine. Any
// other would silently not happen, so it is an error.
var (
	understood = []string{
		"EventSourceArn", "FunctionName", "StartingPosition", "Enabled", "BatchSize", "ParallelizationFactor",
		"MaximumBatchingWindowInSeconds", "MaximumRecordAgeInSeconds", "MaximumRetryAttempts", "BisectBatchOnFunctionError",
		"TumblingWindowInSeconds", "FunctionResponseTypes", "FilterCriteria", "DestinationConfig", "ScalingConfig",
	}
	ignored = []string{"Tags", "KmsKeyArn", "MetricsConfig", "LoggingConfig"}
)

var (
	streamForm = regexp.MustCompile(`^arn:(aws[a-z-]*):dynamodb:([a-z0-9-]+):\d{12}:table/[A-Za-z0-9_.-]{3,255}/stream/[0-9T:.-]+$`)
	queueForm  = regexp.MustCompile(`^arn:(aws[a-z-]*):sqs:([a-z0-9-]+):(\d{12}):([A-Za-z0-9_-]{1,80}(?:\.fifo)?)$`)
	uuidForm   = regexp.MustCompile(`^[A-Za-z0-9][A-Za-z0-9_-]{0,99}$`)
	// functionForm takes a name, a partial ARN or an ARN, each with or without a qualifier.
	functionForm = regexp.MustCompile(`^(?:(?:arn:(aws[a-z-]*):lambda:([a-z0-9-]+):)?(\d{12}):function:)?([A-Za-z0-9_-]{1,64})(?::(\$LATEST|[A-Za-z0-9_-]{1,128}))?$`)
)

func readSettings(r resource.Resource) (settings, error) {
	for name := range r.Properties {
		if !slices.Contains(understood, name) && !slices.Contains(ignored, name) {
			return settings{}, fmt.Errorf("property %s is not supported by the local cloud", name)
		}
	}
	var p properties
	if err := r.Decode(&p); err != nil {
		return settings{}, err
	}
	s := settings{
		uuid: r.Name, source: p.EventSourceArn, enabled: p.Enabled == nil || *p.Enabled,
		window: time.Duration(p.MaximumBatchingWindowInSeconds) * time.Second,
	}
	if !uuidForm.MatchString(s.uuid) {
		return settings{}, fmt.Errorf("its id is %q, want letters, digits, - and _", s.uuid)
	}
	if err := s.readFunction(p.FunctionName, r); err != nil {
		return settings{}, err
	}
	if n := p.MaximumBatchingWindowInSeconds; n < 0 || n > 300 {
		return settings{}, fmt.Errorf("MaximumBatchingWindowInSeconds is %d, want 0 to 300", n)
	}
	if err := s.readResponses(p.FunctionResponseTypes); err != nil {
		return settings{}, err
	}
	for _, f := range p.FilterCriteria.Filters {
		s.patterns = append(s.patterns, f.Pattern)
	}
	var err error
	if s.filters, err = parseFilters(s.patterns); err != nil {
		return settings{}, err
	}
	switch {
	case streamForm.MatchString(s.source):
		s.region = streamForm.FindStringSubmatch(s.source)[2]
		return s, s.readStream(p, r)
	case queueForm.MatchString(s.source):
		s.isQueue = true
		s.region = queueForm.FindStringSubmatch(s.source)[2]
		return s, s.readQueue(p, r)
	}
	return settings{}, fmt.Errorf("EventSourceArn is %q, want the ARN of a DynamoDB stream or of an SQS queue", s.source)
}

// same says whether two settings are, whose filters cannot be compared but by their patterns.
func (s settings) same(o settings) bool {
	s.filters, o.filters = nil, nil
	return reflect.DeepEqual(s, o)
}

// readFunction makes the ARN of the function (Lambda API Reference, "CreateEventSourceMapping",
// FunctionName).
func (s *settings) readFunction(name string, r resource.Resource) error {
	m := functionForm.FindStringSubmatch(name)
	if m == nil {
		return fmt.Errorf("FunctionName is %q, want the name or the ARN of a function", name)
	}
	partition, region, account := m[1], m[2], m[3]
	if partition == "" {
		partition, region = partitionOf(r.Properties), r.Region
	}
	if account == "" {
		account = r.Account
	}
	s.functionName, s.qualifier = m[4], m[5]
	s.function = "arn:" + partition + ":lambda:" + region + ":" + account + ":function:" + m[4]
	if m[5] != "" {
		s.function += ":" + m[5]
	}
	return nil
}

// partitionOf a mapping is that of its source: aws, aws-cn or aws-us-gov.
func partitionOf(properties map[string]any) string {
	source, _ := properties["EventSourceArn"].(string)
	if parts := strings.SplitN(source, ":", 3); len(parts) == 3 {
		return parts[1]
	}
	return "aws"
}

func (s *settings) readResponses(types []string) error {
	for _, t := range types {
		if t != "ReportBatchItemFailures" {
			return fmt.Errorf("FunctionResponseTypes holds %q, want ReportBatchItemFailures", t)
		}
		s.partial = true
	}
	return nil
}

// readStream reads what is of a stream alone (Lambda API Reference, "CreateEventSourceMapping").
func (s *settings) readStream(p properties, r resource.Resource) error {
	switch p.StartingPosition {
	case "TRIM_HORIZON":
	case "LATEST":
		s.latest = true
	case "AT_TIMESTAMP":
		return fmt.Errorf("StartingPosition is AT_TIMESTAMP, which Lambda does not take for a DynamoDB stream: want TRIM_HORIZON or LATEST")
	default:
		return fmt.Errorf("StartingPosition is %q, want TRIM_HORIZON or LATEST", p.StartingPosition)
	}
	if p.TumblingWindowInSeconds != 0 {
		return fmt.Errorf("TumblingWindowInSeconds is %d: the local cloud has no tumbling windows", p.TumblingWindowInSeconds)
	}
	if _, ok := r.Properties["ScalingConfig"]; ok {
		return fmt.Errorf("ScalingConfig is for queues, the source is %s", s.source)
	}
	var err error
	if s.batchSize, err = within("BatchSize", p.BatchSize, 100, 1, 10_000); err != nil {
		return err
	}
	if s.lanes, err = within("ParallelizationFactor", p.ParallelizationFactor, 1, 1, 10); err != nil {
		return err
	}
	if s.maxRetries, err = within("MaximumRetryAttempts", p.MaximumRetryAttempts, -1, -1, 10_000); err != nil {
		return err
	}
	age, err := within("MaximumRecordAgeInSeconds", p.MaximumRecordAgeInSeconds, -1, -1, 604_800)
	if err != nil {
		return err
	}
	// Values from 0 to 59 are in the range that the API states, yet refused.
	if age >= 0 && age < 60 {
		return fmt.Errorf("MaximumRecordAgeInSeconds is %d, want -1 or 60 to 604800", age)
	}
	s.maxAge = max(0, time.Duration(age)*time.Second)
	s.bisect = p.BisectBatchOnFunctionError
	return s.readDestination(p.DestinationConfig)
}

// readDestination takes a standard queue. Topics and buckets, which Lambda also takes, are not
// in the local cloud.
func (s *settings) readDestination(config map[string]map[string]any) error {
	for name, c := range config {
		if name != "OnFailure" && len(c) > 0 {
			return fmt.Errorf("DestinationConfig has %s, want OnFailure alone for a stream", name)
		}
	}
	destination, _ := config["OnFailure"]["Destination"].(string)
	switch {
	case len(config["OnFailure"]) == 0:
		return nil
	case strings.Contains(destination, ":sns:"), strings.HasPrefix(destination, "arn:aws:s3:"):
		return fmt.Errorf("DestinationConfig.OnFailure is %q: the local cloud sends failed batches to SQS queues alone", destination)
	case !queueForm.MatchString(destination) || strings.HasSuffix(destination, ".fifo"):
		return fmt.Errorf("DestinationConfig.OnFailure is %q, want the ARN of a standard SQS queue", destination)
	}
	s.destination = destination
	return nil
}

// within is a number or its default, inside of bounds.
func within(name string, v *int, standard, least, most int) (int, error) {
	if v == nil {
		return standard, nil
	}
	if *v < least || *v > most {
		return 0, fmt.Errorf("%s is %d, want %d to %d", name, *v, least, most)
	}
	return *v, nil
}

// queueURL is the URL of a queue as AWS forms it.
func queueURL(arn string) string {
	m := queueForm.FindStringSubmatch(arn)
	if m == nil {
		return ""
	}
	suffix := "amazonaws.com"
	if m[1] == "aws-cn" {
		suffix += ".cn"
	}
	return "https://sqs." + m[2] + "." + suffix + "/" + m[3] + "/" + m[4]
}
