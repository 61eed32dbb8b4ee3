package facts

import (
	"cmp"
	"encoding/json"
)

// EventRule is a rule of EventBridge that takes events from a bus.
type EventRule struct {
	Place Place
	// Pattern of the events.
	Pattern map[string]any
	// Bus by its name or ARN, and Mark the value that it consists of; nil if there is none.
	Bus  string
	Mark *Mark
}

// eventRule is one of EventBridge. The pattern may be given as text.
func (t *reader) eventRule(id string, properties map[string]any) {
	place := t.place(id, "Properties.EventPattern")
	value := properties["EventPattern"]
	if s, ok := value.(string); ok {
		var decoded any
		if err := json.Unmarshal([]byte(s), &decoded); err != nil {
			t.unknown("AWS::Events::Rule", place, "the event pattern is a text that is no JSON document", "give it as an object")
			return
		}
		value = decoded
	}
	if value == nil {
		return // a schedule
	}
	bus := text(properties["EventBusName"])
	t.EventRules = append(t.EventRules, EventRule{Place: place, Pattern: object(value), Bus: cmp.Or(bus, "default"), Mark: only(bus)})
}
