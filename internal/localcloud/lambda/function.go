package lambda

import (
	"errors"
	"fmt"
	"iter"
	"regexp"
	"slices"
	"strings"
	"time"

	"github.com/tenantstack/tenantstack/internal/localcloud/resource"
)

// config is how a version of a function runs. It does not change; a change makes another.
type config struct {
	arn, name, account, region, version string
	role, handler, runtime, description string
	timeout                             time.Duration
	memory, storage                     int // MiB
	environment                         map[string]string
	architectures                       []string
	reserved                            int // -1 without
	code                                code
	logGroup                            string
	logJSON                             bool
	applicationLogLevel, systemLogLevel string
	tracing                             bool
	tags                                map[string]string
	deadLetters                         string
}

// function is a function with its versions.
type function struct {
	arn string
	// latest is the pool of $LATEST.
	latest   *pool
	versions map[string]*pool
	aliases  map[string]alias
	// old are pools that were replaced and still have processes.
	old       map[*pool]struct{}
	processes map[*process]struct{}
	modified  time.Time
	// asyncSlots bounds the asynchronous events that run at once.
	asyncSlots chan struct{}

	inFlight                                   int
	invocations, errors, throttles, coldStarts int64
}

// alias points to a version, and sends some of its events to another.
type alias struct {
	version, description string
	weights              map[string]float64
}

// pools are all that take events.
func (f *function) pools() iter.Seq[*pool] {
	return func(yield func(*pool) bool) {
		if f.latest != nil && !yield(f.latest) {
			return
		}
		for _, p := range f.versions {
			if !yield(p) {
				return
			}
		}
		for p := range f.old {
			if !yield(p) {
				return
			}
		}
	}
}

// properties of AWS::Lambda::Function (CloudFormation Template Reference).
type properties struct {
	Role, Handler, Runtime, Description, PackageType string
	Timeout, MemorySize                              int
	Environment                                      struct{ Variables map[string]string }
	Architectures                                    []string
	Layers                                           []string
	ReservedConcurrentExecutions                     *int
	EphemeralStorage                                 struct{ Size int }
	LoggingConfig                                    struct{ LogGroup, LogFormat, ApplicationLogLevel, SystemLogLevel string }
	TracingConfig                                    struct{ Mode string }
	DeadLetterConfig                                 struct{ TargetArn string }
	Tags                                             []struct{ Key, Value string }
}

// reservedVariables cannot be set by a function (AWS Lambda Developer Guide, "Working with Lambda
// environment variables": reserved environment variables).
var reservedVariables = []string{
	"_HANDLER", "_X_AMZN_TRACE_ID", "AWS_DEFAULT_REGION", "AWS_REGION", "AWS_EXECUTION_ENV",
	"AWS_LAMBDA_FUNCTION_NAME", "AWS_LAMBDA_FUNCTION_MEMORY_SIZE", "AWS_LAMBDA_FUNCTION_VERSION",
	"AWS_LAMBDA_INITIALIZATION_TYPE", "AWS_LAMBDA_LOG_GROUP_NAME", "AWS_LAMBDA_LOG_STREAM_NAME",
	"AWS_ACCESS_KEY", "AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY", "AWS_SESSION_TOKEN",
	"AWS_LAMBDA_RUNTIME_API", "AWS_LAMBDA_METADATA_API", "AWS_LAMBDA_METADATA_TOKEN",
	"AWS_LAMBDA_MAX_CONCURRENCY", "LAMBDA_TASK_ROOT", "LAMBDA_RUNTIME_DIR",
}

var (
	variableName = regexp.MustCompile(`^[a-zA-Z][a-zA-Z0-9_]+$`)
	simpleName   = regexp.MustCompile(`^[a-zA-Z0-9_-]{1,64}$`)
)

// maxEnvironment is the size of all variables in bytes (AWS Lambda Developer Guide, "Lambda quotas").
const maxEnvironment = 4 << 10

// readConfig reads a function's properties; the code is still to be set. The error lists all
// problems.
func readConfig(r resource.Resource) (*config, error) {
	p := properties{Timeout: 3, MemorySize: 128}
	if err := r.Decode(&p); err != nil {
		return nil, err
	}
	c := &config{
		arn: r.ARN, name: r.Name, account: r.Account, region: r.Region, version: latestVersion,
		role: p.Role, handler: p.Handler, runtime: p.Runtime, description: p.Description,
		timeout: time.Duration(p.Timeout) * time.Second, memory: p.MemorySize, storage: p.EphemeralStorage.Size,
		environment: p.Environment.Variables, architectures: p.Architectures, reserved: -1,
		logGroup: p.LoggingConfig.LogGroup, logJSON: p.LoggingConfig.LogFormat == "JSON",
		applicationLogLevel: p.LoggingConfig.ApplicationLogLevel, systemLogLevel: p.LoggingConfig.SystemLogLevel,
		tracing: p.TracingConfig.Mode == "Active", deadLetters: p.DeadLetterConfig.TargetArn,
	}
	if p.ReservedConcurrentExecutions != nil {
		c.reserved = *p.ReservedConcurrentExecutions
	}
	if c.storage == 0 {
		c.storage = 512
	}
	if c.logGroup == "" {
		c.logGroup = "/aws/lambda/" + r.Name
	}
	if len(c.architectures) == 0 {
		c.architectures = []string{"x86_64"}
	}
	if len(p.Tags) > 0 {
		c.tags = make(map[string]string, len(p.Tags))
		for _, t := range p.Tags {
			c.tags[t.Key] = t.Value
		}
	}
	return c, errors.Join(p.check(r), checkEnvironment(c.environment))
}

func (p properties) check(r resource.Resource) error {
	var problems []error
	fail := func(format string, values ...any) { problems = append(problems, fmt.Errorf(format, values...)) }
	if function, _ := splitARN(r.ARN); function != r.ARN || !simpleName.MatchString(r.Name) {
		fail("name %q and ARN %q: not those of a function", r.Name, r.ARN)
	}
	if p.PackageType != "" && p.PackageType != "Zip" {
		fail("PackageType %q: the local cloud runs zip archives only", p.PackageType)
	}
	if !strings.HasPrefix(p.Runtime, "provided") {
		fail("Runtime %q: the local cloud runs the runtimes provided.al2 and provided.al2023 only, whose code is an executable named bootstrap", p.Runtime)
	}
	if len(p.Layers) > 0 {
		fail("Layers %q: the local cloud has no layers; put the files into the function's archive", p.Layers)
	}
	if p.Timeout < 1 || p.Timeout > 900 {
		fail("Timeout %d: want 1 to 900 seconds", p.Timeout)
	}
	if p.MemorySize < 128 || p.MemorySize > 10240 {
		fail("MemorySize %d: want 128 to 10240 MB", p.MemorySize)
	}
	if p.ReservedConcurrentExecutions != nil && *p.ReservedConcurrentExecutions < 0 {
		fail("ReservedConcurrentExecutions %d: want 0 or more", *p.ReservedConcurrentExecutions)
	}
	if p.Role == "" {
		fail("Role: there is none")
	}
	if r.Asset == "" {
		fail("Code: it is no file asset of the cloud assembly")
	}
	return errors.Join(problems...)
}

func checkEnvironment(variables map[string]string) error {
	var problems []error
	size := 0
	for name, value := range variables {
		size += len(name) + len(value)
		switch {
		case slices.Contains(reservedVariables, name):
			problems = append(problems, fmt.Errorf("environment variable %s: it is reserved", name))
		case !variableName.MatchString(name):
			problems = append(problems, fmt.Errorf("environment variable %q: want a name of letters, digits and underscores, a letter first", name))
		case strings.ContainsRune(value, 0):
			problems = append(problems, fmt.Errorf("environment variable %s: its value holds a zero byte", name))
		}
	}
	if size > maxEnvironment {
		problems = append(problems, fmt.Errorf("environment variables of %d bytes: want at most %d", size, maxEnvironment))
	}
	slices.SortFunc(problems, func(a, b error) int { return strings.Compare(a.Error(), b.Error()) })
	return errors.Join(problems...)
}
