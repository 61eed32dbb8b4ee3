// Package control is how a command talks to a running local cloud: where it is found, what it
// tells of itself, and what it can be asked to do.
package control

import (
	"encoding/json"
	"time"
)

// State of a part of the local cloud.
type State string

const (
	// Starting parts are not usable yet.
	Starting State = "starting"
	// Ready parts are.
	Ready State = "ready"
	// Failed parts are not, and say why.
	Failed State = "failed"
)

// Status is what a local cloud tells of itself.
type Status struct {
	// State of the whole: ready when every tenant is.
	State State `json:"state"`
	// URL of the console, and of the endpoint of all AWS services (AWS_ENDPOINT_URL).
	URL      string `json:"url"`
	Endpoint string `json:"endpoint"`
	// Issuer of tokens.
	Issuer string `json:"issuer"`
	// PID of the process, when it started, and the folder with its data.
	PID     int       `json:"pid"`
	Started time.Time `json:"started"`
	Data    string    `json:"data"`
	// MemoryBytes is the resident memory of the local cloud, its engines and its functions.
	MemoryBytes int64 `json:"memoryBytes"`
	// Tenants sorted by id.
	Tenants []Tenant `json:"tenants"`
	// Engines that run as processes.
	Engines []Engine `json:"engines"`
	// Functions that have been invoked.
	Functions []Function `json:"functions"`
	// Streams that feed functions.
	Streams []Stream `json:"streams"`
	// Queues with their depth.
	Queues []Queue `json:"queues"`
	// NotRun are what the templates have and the local cloud does not run, with the consequence.
	NotRun []string `json:"notRun"`
	// Requests and Denials since the start.
	Requests int64 `json:"requests"`
	Denials  int64 `json:"denials"`
}

// Tenant is a stack with an API or a site.
type Tenant struct {
	// ID is the tag tenant, or else the name of the stack.
	ID string `json:"id"`
	// BillingAccount of the tenant.
	BillingAccount string `json:"billingAccount,omitempty"`
	// Stack, and the AWS account and region it is for.
	Stack   string `json:"stack"`
	Account string `json:"account"`
	Region  string `json:"region"`
	// URL of the site and API of the tenant through its distribution; ExecuteAPI is the API's own address.
	URL        string `json:"url,omitempty"`
	API        string `json:"api,omitempty"`
	ExecuteAPI string `json:"executeApi,omitempty"`
	// MachineClient gets tokens by client_credentials (RFC 6749 section 4.4). The console does not show it.
	MachineClient *MachineClient `json:"machineClient,omitempty"`
	// State of the tenant, and the problem if it failed.
	State   State  `json:"state"`
	Problem string `json:"problem,omitempty"`
}

// MachineClient is an OAuth 2.0 client of a program.
type MachineClient struct {
	ID     string `json:"clientId"`
	Secret string `json:"clientSecret"`
}

// Engine is a process that stands in for a service.
type Engine struct {
	Name        string `json:"name"`
	State       State  `json:"state"`
	PID         int    `json:"pid,omitempty"`
	MemoryBytes int64  `json:"memoryBytes,omitempty"`
	Restarts    int    `json:"restarts,omitempty"`
}

// Function is a Lambda function.
type Function struct {
	Name        string `json:"name"`
	Tenant      string `json:"tenant,omitempty"`
	Processes   int    `json:"processes"`
	Invocations int64  `json:"invocations"`
	Errors      int64  `json:"errors"`
	ColdStarts  int64  `json:"coldStarts"`
	MemoryBytes int64  `json:"memoryBytes,omitempty"`
}

// Stream is an event source mapping.
type Stream struct {
	Function   string `json:"function"`
	Source     string `json:"source"`
	State      string `json:"state"`
	Problem    string `json:"problem,omitempty"`
	LagRecords int    `json:"lagRecords"`
	LagMillis  int64  `json:"lagMillis"`
}

// Queue is an SQS queue.
type Queue struct {
	Name     string `json:"name"`
	Visible  int    `json:"visible"`
	InFlight int    `json:"inFlight"`
}

// TokenRequest asks for an access token.
type TokenRequest struct {
	// Tenant whose account the token is for.
	Tenant string `json:"tenant"`
	// User is reader, editor, admin or machine.
	User string `json:"user"`
	// Scopes wanted; all of the user if empty.
	Scopes []string `json:"scopes,omitempty"`
	// Seconds of validity.
	Seconds int `json:"seconds,omitempty"`
}

// Token is an access token.
type Token struct {
	AccessToken string   `json:"access_token"`
	TokenType   string   `json:"token_type"`
	ExpiresIn   int      `json:"expires_in"`
	Scopes      []string `json:"scopes"`
}

// Credentials sign requests to the endpoint; the form is that of credential_process (AWS SDKs and
// Tools Reference Guide, "Process credential provider").
type Credentials struct {
	Version         int    `json:"Version"`
	AccessKeyID     string `json:"AccessKeyId"`
	SecretAccessKey string `json:"SecretAccessKey"`
	SessionToken    string `json:"SessionToken,omitempty"`
	Expiration      string `json:"Expiration,omitempty"`
	// Region and Endpoint complete the settings.
	Region   string `json:"Region,omitempty"`
	Endpoint string `json:"Endpoint,omitempty"`
}

// LogQuery selects log lines.
type LogQuery struct {
	// Tenant, Function and Text are all optional: a tenant's id, a part of a function's name, and a text that
	// the line holds.
	Tenant, Function, Text string
	// Since is the earliest time.
	Since time.Time
	// Limit is the number of lines, the latest.
	Limit int
	// Follow goes on with what is logged from now on.
	Follow bool
}

// LogLine is a line of a log group.
type LogLine struct {
	Time   time.Time `json:"time"`
	Group  string    `json:"group"`
	Stream string    `json:"stream"`
	Text   string    `json:"text"`
}

// Problem is the body of a failed request.
type Problem struct {
	Error string `json:"error"`
}

func encode(v any) []byte {
	data, err := json.Marshal(v)
	if err != nil {
		panic(err) // strings and numbers always encode
	}
	return data
}
