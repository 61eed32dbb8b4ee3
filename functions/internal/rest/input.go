package rest

import (
	"fmt"
	"maps"
	"math"
	"net/http"
	"slices"
	"strconv"
	"strings"
)

// Input reads a request's parameters and body and collects every fault, so that the
// caller learns of all of them at once. API Gateway's validator has seen the request
// before; what it does not check, or was not configured to check, is checked here.
type Input struct {
	request *Request
	// faults of parameters, as sentences, and of the body.
	faults []string
	errors []Violation
	// problem with reading the body at all.
	problem *Problem
	body    *Object
}

// Input begins to read a request.
func (r *Request) Input() *Input { return &Input{request: r} }

// Err is the problem with status 400 that lists the faults, another problem if the
// body could not be read at all, or nil. It is called once, after everything was read:
// members of the body that were not asked for are faults, because the contract does not know them.
func (in *Input) Err() error {
	if in.body != nil {
		in.body.unknown()
	}
	faults := in.faults
	switch {
	case in.problem != nil:
		return in.problem
	case len(in.errors) > 0:
		faults = append(faults, "The body does not fit the contract.")
	case len(faults) == 0:
		return nil
	}
	problem := NewProblem(http.StatusBadRequest, "%s", strings.Join(faults, " "))
	problem.Errors = in.errors
	return problem
}

// Fail records a fault of the body. Pointer is as in Violation.
func (in *Input) Fail(pointer, format string, args ...any) {
	in.errors = append(in.errors, Violation{Pointer: pointer, Detail: fmt.Sprintf(format, args...)})
}

// FailParameter records a fault of a parameter; what is its kind: query parameter, path
// parameter or header.
func (in *Input) FailParameter(what, name, format string, args ...any) {
	in.faults = append(in.faults, fmt.Sprintf("The %s %s %s.", what, name, fmt.Sprintf(format, args...)))
}

// broken is the first rule that text breaks, or empty.
func broken(text string, rules []Rule) string {
	for _, rule := range rules {
		if fault := rule(text); fault != "" {
			return fault
		}
	}
	return ""
}

// parameter checks the value of a parameter.
func (in *Input) parameter(what, name, value string, rules []Rule) {
	if fault := broken(value, rules); fault != "" {
		in.FailParameter(what, name, "%s", fault)
	}
}

// Path is a path parameter.
func (in *Input) Path(name string, rules ...Rule) string {
	value := in.request.path(name)
	in.parameter("path parameter", name, value, rules)
	return value
}

// Query is an optional query parameter; given says whether it is there.
func (in *Input) Query(name string, rules ...Rule) (value string, given bool) {
	values := in.request.query(name)
	switch len(values) {
	case 0:
		return "", false
	case 1:
		in.parameter("query parameter", name, values[0], rules)
		return values[0], true
	}
	in.FailParameter("query parameter", name, "is given more than once")
	return "", true
}

// QueryInt is an optional query parameter that is an integer from least to most.
func (in *Input) QueryInt(name string, least, most, fallback int) int {
	n := fallback
	in.Query(name, func(text string) string {
		number, err := strconv.Atoi(text)
		if err != nil || number < least || number > most || strings.HasPrefix(text, "+") {
			return fmt.Sprintf("must be an integer from %d to %d", least, most)
		}
		n = number
		return ""
	})
	return n
}

// Header is a header field, empty if absent or empty; rules hold for any other value.
func (in *Input) Header(name string, rules ...Rule) string {
	value := in.request.header(name)
	if value != "" {
		in.parameter("header", name, value, rules)
	}
	return value
}

// Body is the request's body, a JSON object.
func (in *Input) Body() *Object {
	in.body = &Object{in: in, broken: true}
	data, problem := in.request.body()
	if problem != nil {
		in.problem = problem
		return in.body
	}
	value, pointer, err := parse(data)
	if err != nil {
		in.Fail(pointer, "%s", err)
		return in.body
	}
	members, ok := value.(map[string]any)
	if !ok {
		in.Fail("", "must be an object")
		return in.body
	}
	in.body.members, in.body.broken = members, false
	return in.body
}

// Object reads the members of the body.
type Object struct {
	in      *Input
	members map[string]any
	known   []string
	// broken says that there are no members because of a fault that is recorded.
	broken bool
}

// take is a member; ok says that it is there. An absent one that is required is a fault.
func (o *Object) take(name string, required bool) (value any, pointer string, ok bool) {
	o.known = append(o.known, name)
	pointer = "/" + escapePointer(name)
	value, ok = o.members[name]
	if !ok && required && !o.broken {
		o.in.Fail(pointer, "is required")
	}
	return value, pointer, ok
}

// String is a required member.
func (o *Object) String(name string, rules ...Rule) string {
	value, pointer, ok := o.take(name, true)
	if !ok {
		return ""
	}
	return o.in.text(pointer, value, rules)
}

// OptionalString is a member that may be absent: then it is empty.
func (o *Object) OptionalString(name string, rules ...Rule) string {
	value, pointer, ok := o.take(name, false)
	if !ok {
		return ""
	}
	return o.in.text(pointer, value, rules)
}

// text checks a JSON value that must be a string.
func (in *Input) text(pointer string, value any, rules []Rule) string {
	text, ok := value.(string)
	if !ok {
		in.Fail(pointer, "must be a string")
		return ""
	}
	if fault := broken(text, rules); fault != "" {
		in.Fail(pointer, "%s", fault)
	}
	return text
}

// Int is a required integer from least to most.
func (o *Object) Int(name string, least, most int64) int64 {
	value, pointer, ok := o.take(name, true)
	if !ok {
		return 0
	}
	n, ok := integer(value)
	if !ok || n < least || n > most {
		o.in.Fail(pointer, "must be an integer from %d to %d", least, most)
	}
	return n
}

// unknown reports members that were not read.
func (o *Object) unknown() {
	for _, name := range slices.Sorted(maps.Keys(o.members)) {
		if !slices.Contains(o.known, name) {
			o.in.Fail("/"+escapePointer(name), "is not known")
		}
	}
}

// integer is a JSON number without a fraction: 1, 1.0 and 1e0 are the same
// (JSON Schema Validation section 6.1.1; exact below 2^53).
func integer(value any) (int64, bool) {
	number, ok := value.(interface {
		Int64() (int64, error)
		Float64() (float64, error)
	})
	if !ok {
		return 0, false
	}
	if n, err := number.Int64(); err == nil {
		return n, true
	}
	f, err := number.Float64()
	if err != nil || f != math.Trunc(f) || math.Abs(f) >= 1<<53 {
		return 0, false
	}
	return int64(f), true
}

// escapePointer escapes one reference token (RFC 6901 section 3).
func escapePointer(name string) string {
	return strings.NewReplacer("~", "~0", "/", "~1").Replace(name)
}
