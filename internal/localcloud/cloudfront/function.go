package cloudfront

import (
	"encoding/json"
	"errors"
	"fmt"
	"strings"
	"time"

	"github.com/dop251/goja"

	"github.com/tenantstack/tenantstack/internal/localcloud/resource"
)

const (
	// maxFunctionCode is the size of a function in bytes (CloudFront Developer Guide, "Quotas on CloudFront Functions").
	maxFunctionCode = 10 * 1024
	// maxFunctionTime ends a function that would not end by itself. It is time on the clock, of which a busy
	// machine may give the function little: on AWS a function has about a millisecond of processor time.
	maxFunctionTime = 2 * time.Second
	// maxFunctionBody is the largest response that a function makes, in bytes.
	maxFunctionBody = 40 * 1024
	// maxFunctionLog of one call, in bytes.
	maxFunctionLog = 10 * 1024
)

// function is a CloudFront function, compiled.
type function struct {
	arn, name string
	program   *goja.Program
	log       func(string)
}

func functionARN(r resource.Resource) string {
	for _, arn := range []string{r.Attributes["FunctionARN"], r.ARN} {
		if arn != "" {
			return arn
		}
	}
	name, _ := r.Properties["Name"].(string)
	if name == "" {
		name = r.Name
	}
	return "arn:aws:cloudfront::" + r.Account + ":function/" + name
}

func readFunction(r resource.Resource, log func(string)) (*function, error) {
	var p struct {
		Name, FunctionCode string
		FunctionConfig     struct {
			Runtime                   string
			KeyValueStoreAssociations []struct{ KeyValueStoreARN string }
		}
	}
	if err := r.Decode(&p); err != nil {
		return nil, err
	}
	switch {
	case p.FunctionConfig.Runtime != "cloudfront-js-1.0" && p.FunctionConfig.Runtime != "cloudfront-js-2.0":
		return nil, fmt.Errorf("creating function %s: Runtime is %q, want cloudfront-js-1.0 or cloudfront-js-2.0", r, p.FunctionConfig.Runtime)
	case len(p.FunctionCode) > maxFunctionCode:
		return nil, fmt.Errorf("creating function %s: FunctionCode has %d bytes, want at most %d", r, len(p.FunctionCode), maxFunctionCode)
	case len(p.FunctionConfig.KeyValueStoreAssociations) > 0:
		return nil, fmt.Errorf("creating function %s: key value stores are not run", r)
	}
	program, err := goja.Compile(p.Name, p.FunctionCode, false)
	if err != nil {
		return nil, fmt.Errorf("creating function %s: %w", r, err)
	}
	f := &function{arn: functionARN(r), name: p.Name, program: program, log: log}
	// What fails while it loads fails in every call; better now than in front of a viewer.
	vm, err := f.load(new(callLog))
	if err == nil {
		_, err = handlerOf(vm)
	}
	if err != nil {
		return nil, fmt.Errorf("creating function %s: %w", r, err)
	}
	return f, nil
}

// callLog collects what one call logs.
type callLog struct{ lines strings.Builder }

// load makes a runtime with the function in it. Every call has its own, since nothing of one viewer's
// request may be left for the next: on AWS too a function keeps no state.
func (f *function) load(log *callLog) (*goja.Runtime, error) {
	vm := goja.New()
	vm.SetMaxCallStackSize(512)
	if err := defineGlobals(vm, log); err != nil {
		return nil, err
	}
	timer := time.AfterFunc(maxFunctionTime, func() { vm.Interrupt(errFunctionTime) })
	defer timer.Stop()
	if _, err := vm.RunProgram(f.program); err != nil {
		return nil, err
	}
	return vm, nil
}

// handlerName finds the handler however it was declared: const is no property of the global object.
var handlerName = goja.MustCompile("handler", "typeof handler === 'function' ? handler : undefined", false)

func handlerOf(vm *goja.Runtime) (goja.Callable, error) {
	v, err := vm.RunProgram(handlerName)
	if err != nil {
		return nil, err
	}
	handler, ok := goja.AssertFunction(v)
	if !ok {
		return nil, errors.New("it has no function handler(event)")
	}
	return handler, nil
}

var errFunctionTime = errors.New("it ran longer than a function may")

// call runs the function with an event and reads what it returns into out.
func (f *function) call(event *functionEvent, out any) error {
	log := new(callLog)
	defer func() {
		if log.lines.Len() > 0 {
			f.log(fmt.Sprintf("%s %s: %s", f.name, event.Context.RequestID, strings.TrimSuffix(log.lines.String(), "\n")))
		}
	}()
	vm, err := f.load(log)
	if err != nil {
		return err
	}
	timer := time.AfterFunc(maxFunctionTime, func() { vm.Interrupt(errFunctionTime) })
	defer timer.Stop()
	data, err := json.Marshal(event)
	if err != nil {
		return err
	}
	parse, _ := goja.AssertFunction(jsonOf(vm).Get("parse"))
	stringify, _ := goja.AssertFunction(jsonOf(vm).Get("stringify"))
	argument, err := parse(goja.Undefined(), vm.ToValue(string(data)))
	if err != nil {
		return err
	}
	handler, err := handlerOf(vm)
	if err != nil {
		return err
	}
	result, err := handler(goja.Undefined(), argument)
	if err != nil {
		return err
	}
	if result, err = await(result); err != nil {
		return err
	}
	text, err := stringify(goja.Undefined(), result)
	if err != nil {
		return err
	}
	if goja.IsUndefined(text) || goja.IsNull(result) {
		return invalidResult{"it returned neither a request nor a response"}
	}
	if err := json.Unmarshal([]byte(text.String()), out); err != nil {
		return invalidResult{err.Error()}
	}
	return nil
}

// jsonOf is the JSON object that the runtime began with: the function may have replaced the global.
func jsonOf(vm *goja.Runtime) *goja.Object {
	return vm.GlobalObject().GetSymbol(jsonSymbol).(*goja.Object)
}

var jsonSymbol = goja.NewSymbol("JSON")

// await is the value of a promise, which an async handler returns.
func await(v goja.Value) (goja.Value, error) {
	p, ok := v.Export().(*goja.Promise)
	if !ok {
		return v, nil
	}
	switch p.State() {
	case goja.PromiseStateFulfilled:
		return p.Result(), nil
	case goja.PromiseStateRejected:
		return nil, fmt.Errorf("its promise was rejected: %s", p.Result())
	}
	return nil, errors.New("its promise is never fulfilled")
}

// invalidResult says that a function ran but returned what it may not.
type invalidResult struct{ message string }

func (e invalidResult) Error() string { return e.message }
