package facts

import (
	"encoding/json"
	"fmt"
	"regexp"
	"strconv"
	"strings"
)

// stateFields are the fields of states, and what is below them: fields that a reader judges, texts that are acted on
// with the role of the state machine, or states (Amazon States Language, and AWS Step Functions Developer Guide,
// "Discovering workflow states to use in Step Functions").
var stateFields = map[string]string{
	"Resource": "resource", "Credentials": "credentials", "Parameters": "arguments", "Arguments": "arguments", "ItemSelector": "arguments",
	"ItemReader": "task", "ResultWriter": "task", "ItemBatcher": "arguments", "Iterator": "states", "ItemProcessor": "states", "Branches": "states",
	"Result": "arguments", "ResultSelector": "arguments", "Output": "arguments", "Assign": "arguments", "Items": "arguments", "Choices": "arguments",
	"Catch": "arguments", "Retry": "arguments", "Condition": "arguments",
	"Type": "", "Comment": "", "Next": "", "End": "", "Default": "", "InputPath": "", "OutputPath": "", "ResultPath": "", "ItemsPath": "",
	"QueryLanguage": "", "TimeoutSeconds": "", "TimeoutSecondsPath": "", "HeartbeatSeconds": "", "HeartbeatSecondsPath": "",
	"Seconds": "", "SecondsPath": "", "Timestamp": "", "TimestampPath": "", "Error": "", "ErrorPath": "", "Cause": "", "CausePath": "",
	"MaxConcurrency": "", "MaxConcurrencyPath": "", "ToleratedFailureCount": "", "ToleratedFailureCountPath": "",
	"ToleratedFailurePercentage": "", "ToleratedFailurePercentagePath": "", "Label": "",
}

// machineFields are those of a state machine, or of the states within a state.
var machineFields = map[string]bool{
	"Comment": true, "StartAt": true, "States": true, "TimeoutSeconds": true, "Version": true, "QueryLanguage": true, "ProcessorConfig": true,
}

// integrated is an action that a task calls with the role of the state machine, whose policies say what it may act on
// (AWS Step Functions Developer Guide, "Integrating services with Step Functions").
var integrated = regexp.MustCompile(`^arn:[^:]+:states:::[A-Za-z0-9:-]+(\.(sync|sync:2|waitForTaskToken))?$`)

// stateMachine reads a definition, as an object or as text. What DefinitionSubstitutions say is put into it (CloudFormation
// Template Reference, "AWS::StepFunctions::StateMachine").
func (w *walk) stateMachine(value any) {
	substitutions := object(w.parent["DefinitionSubstitutions"])
	for _, name := range sortedKeys(substitutions) {
		// An object is made a text before they are put into it.
		if strings.ContainsAny(scalarText(substitutions[name]), `"\\`) {
			w.notUnderstood(
				fmt.Sprintf("has %s put into it, whose quotes can change what it says", name),
				"leave out quotes and backslashes in DefinitionSubstitutions",
			)
			return
		}
	}
	if definition, isText := value.(string); isText {
		for _, name := range sortedKeys(substitutions) {
			definition = strings.ReplaceAll(definition, "${"+name+"}", scalarText(substitutions[name]))
		}
		decoder := json.NewDecoder(strings.NewReader(definition))
		decoder.UseNumber()
		if err := decoder.Decode(&value); err != nil || decoder.More() {
			w.notUnderstood("is a text that is no JSON document", "give it as an object")
			return
		}
		substitutions = nil
	}
	w.machine(value, substitutions)
}

func (w *walk) machine(value any, substitutions map[string]any) {
	definition := object(value)
	if definition == nil {
		w.notUnderstood("is no object with States", "write it in the Amazon States Language")
		return
	}
	for _, name := range sortedKeys(definition) {
		if !machineFields[name] {
			w.below(stepOf(name), func() {
				w.notUnderstood(
					"is not a field of a state machine that the proof understands",
					"remove it, or accept it with a reason",
				)
			})
		}
	}
	states := object(definition["States"])
	for _, name := range sortedKeys(states) {
		w.below("States", func() {
			w.below(stepOf(name), func() { w.state(object(states[name]), substitutions) })
		})
	}
}

// state reads one state, or a part of one that is made like a task.
func (w *walk) state(state, substitutions map[string]any) {
	if kind := text(state["Type"]); kind != "" &&
		!strings.Contains(" Task Pass Choice Wait Succeed Fail Parallel Map ", " "+kind+" ") {
		w.notUnderstood(
			fmt.Sprintf("is a state of type %s, which the proof does not know", kind),
			"remove it, or accept it with a reason",
		)
		return
	}
	for _, name := range sortedKeys(state) {
		w.below(stepOf(name), func() {
			field, known := stateFields[name]
			switch {
			case !known && name != "ReaderConfig" && name != "WriterConfig":
				w.notUnderstood("is not a field of a state that the proof understands", "remove it, or accept it with a reason")
			case field == "resource":
				w.taskResource(substituted(text(state[name]), substitutions))
			case field == "task":
				w.state(object(state[name]), substitutions)
			case field == "credentials":
				w.credentials(object(state[name]), substitutions)
			case field == "states":
				for i, item := range items(state[name]) {
					w.below("["+strconv.Itoa(i)+"]", func() { w.machine(item, substitutions) })
				}
			case field == "arguments":
				w.arguments(state[name], substitutions)
			}
		})
	}
}

func substituted(text string, substitutions map[string]any) string {
	for _, name := range sortedKeys(substitutions) {
		text = strings.ReplaceAll(text, "${"+name+"}", scalarText(substitutions[name]))
	}
	return text
}

// taskResource is an action, or a function or activity by its ARN.
func (w *walk) taskResource(resource string) {
	switch {
	case integrated.MatchString(resource):
	case strings.HasPrefix(resource, "arn:") && ServiceOf(resource) == "lambda":
		w.refer("function", resource, false, false)
	case strings.HasPrefix(resource, "arn:") && !strings.Contains(resource, "${") && !strings.Contains(resource, "{%"):
		w.refer("arn", resource, false, false)
	case len(marks(resource)) == 1 && only(resource) != nil:
		w.refer("id", resource, false, false)
	default:
		w.notUnderstood(
			fmt.Sprintf("is %q, and what that is is not known", resource),
			"name a function or an activity of the stack, or an action of a service",
		)
	}
}

// credentials are a role that the task takes on: the role of the state machine has to be allowed to.
func (w *walk) credentials(credentials, substitutions map[string]any) {
	for _, name := range sortedKeys(credentials) {
		role := substituted(text(credentials[name]), substitutions)
		switch {
		case name == "RoleArn" && strings.HasPrefix(role, "arn:"):
			w.Roles = append(w.Roles, RoleUse{Place: w.place(), Account: w.stack.Account, Role: role})
		case strings.HasPrefix(name, "RoleArn"):
			w.mentionText(role) // the input says which, and the policies of the state machine's role which it may be
		default:
			w.notUnderstood("has "+name+", which the proof does not know", "give RoleArn alone")
		}
	}
}

// arguments are what a task is called with. An ARN names a resource; other texts may be made while the state machine runs.
func (w *walk) arguments(value any, substitutions map[string]any) {
	switch v := value.(type) {
	case map[string]any:
		for _, name := range sortedKeys(v) {
			w.below(stepOf(name), func() { w.arguments(v[name], substitutions) })
		}
	case []any:
		for i, item := range v {
			w.below("["+strconv.Itoa(i)+"]", func() { w.arguments(item, substitutions) })
		}
	case string:
		argument := substituted(v, substitutions)
		if strings.HasPrefix(argument, "arn:") && !strings.Contains(argument, "${") {
			w.refer("arn", argument, false, false)
			return
		}
		w.mentionText(argument)
	}
}
