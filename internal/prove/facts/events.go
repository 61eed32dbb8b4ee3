package facts

import (
	"cmp"
	"encoding/json"
	"fmt"
	"slices"

	"github.com/tenantstack/tenantstack/iam"
)

// EventRule is a rule of EventBridge that takes events from a bus.
type EventRule struct {
	Place Place
	// Pattern of the events.
	Pattern map[string]any
	// Bus by its name or ARN, BusArn by its ARN, and Mark the value that it consists of; nil if there is none.
	Bus, BusArn string
	Mark        *Mark
}

// defaultBus is the bus that every account has (Amazon EventBridge User Guide, "Event buses").
const defaultBus = "default"

// eventRule is one of EventBridge. The pattern may be given as text.
func (t *reader) eventRule(id string, properties map[string]any) {
	place := t.place(id, "Properties.EventPattern")
	value := properties["EventPattern"]
	if s, ok := value.(string); ok {
		var decoded any
		if err := json.Unmarshal([]byte(s), &decoded); err != nil {
			t.unknown(
				"AWS::Events::Rule",
				place,
				"the event pattern is a text that is no JSON document",
				"give it as an object",
			)
			return
		}
		value = decoded
	}
	if value == nil {
		return // a schedule
	}
	bus := cmp.Or(text(properties["EventBusName"]), defaultBus)
	t.EventRules = append(
		t.EventRules,
		EventRule{Place: place, Pattern: object(value), Bus: bus, BusArn: t.namedArn("event-bus", bus), Mark: only(bus)},
	)
}

// busStatement reads a statement of a bus's policy, as an object or as text. The name of the bus stands beside it; the
// account's own is meant if none does (CloudFormation Template Reference, "AWS::Events::EventBusPolicy").
func (w *walk) busStatement(value any) {
	if s, ok := value.(string); ok {
		var decoded any
		if err := json.Unmarshal([]byte(s), &decoded); err != nil {
			w.notUnderstood("is a text that is no JSON document", "give it as an object")
			return
		}
		value = decoded
	}
	bus := cmp.Or(text(w.parent["EventBusName"]), defaultBus)
	w.resourcePolicy(
		"event-bus",
		map[string]any{"Version": iam.Version, "Statement": []any{value}},
		w.namedArn("event-bus", bus),
	)
}

// processorTypes change records; what they do beside, their parameters say (Amazon Data Firehose API Reference,
// "Processor").
var processorTypes = []string{
	"AppendDelimiterToRecord",
	"CloudWatchLogProcessing",
	"Decompression",
	"Lambda",
	"MetadataExtraction",
	"RecordDeAggregation",
}

// processors read what a delivery stream does with records: one may be a function (Amazon Data Firehose API Reference,
// "ProcessorParameter").
func (w *walk) processors(value any) {
	for _, item := range items(value) {
		if kind := text(object(item)["Type"]); !slices.Contains(processorTypes, kind) {
			w.notUnderstood(
				fmt.Sprintf("has a processor of type %q, which the proof does not know", kind),
				"remove it, or accept it with a reason",
			)
		}
		for _, parameter := range items(object(item)["Parameters"]) {
			p := object(parameter)
			switch name := text(p["ParameterName"]); name {
			case "LambdaArn":
				w.refer("function", text(p["ParameterValue"]), false, false)
			case "RoleArn":
				w.Roles = append(w.Roles, RoleUse{Place: w.place(), Account: w.stack.Account, Role: text(p["ParameterValue"])})
			case "BufferIntervalInSeconds",
				"BufferSizeInMBs",
				"CompressionFormat",
				"DataMessageExtraction",
				"Delimiter",
				"JsonParsingEngine",
				"MetadataExtractionQuery",
				"NumberOfRetries",
				"SubRecordType":
			default:
				w.notUnderstood(
					"has the parameter "+name+", which the proof does not know",
					"remove it, or accept it with a reason",
				)
			}
		}
	}
}
