package lambda

import (
	"context"
	"encoding/base64"
	"errors"
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/credentials"
	awslambda "github.com/aws/aws-sdk-go-v2/service/lambda"
	"github.com/aws/aws-sdk-go-v2/service/lambda/types"
	"github.com/aws/smithy-go"

	"github.com/tenantstack/tenantstack/internal/localcloud/gate"
	"github.com/tenantstack/tenantstack/internal/localcloud/resource"
)

func (w *world) client(c gate.Credentials, region string) *awslambda.Client {
	return awslambda.New(awslambda.Options{Region: region, BaseEndpoint: aws.String(w.front.URL),
		Credentials: credentials.NewStaticCredentialsProvider(c.AccessKeyID, c.SecretAccessKey, c.SessionToken), RetryMaxAttempts: 1})
}

// session is one of the probe's role.
func (w *world) session(t testing.TB) gate.Credentials {
	t.Helper()
	c, _, err := w.gate.ServiceSession("lambda.amazonaws.com", roleARN, "test", time.Hour)
	if err != nil {
		t.Fatal(err)
	}
	return c
}

func TestInvokeAPI(t *testing.T) {
	w := newWorld(t, nil)
	w.put(t, nil)
	ctx := context.Background()
	client := w.client(w.session(t), testRegion)
	for _, name := range []string{"probe", probeARN, testAccount + ":function:probe", "function:probe"} {
		out, err := client.Invoke(ctx, &awslambda.InvokeInput{FunctionName: &name, Payload: []byte(`{"do":"print","text":"hello"}`), LogType: types.LogTypeTail})
		if err != nil {
			t.Fatalf("%s: %v", name, err)
		}
		tail, err := base64.StdEncoding.DecodeString(aws.ToString(out.LogResult))
		if err != nil || out.StatusCode != 200 || string(out.Payload) != `"printed"` || aws.ToString(out.ExecutedVersion) != "$LATEST" || !strings.Contains(string(tail), "hello\n") {
			t.Errorf("%s: %+v, log %q, %v", name, out, tail, err)
		}
	}
	out, err := client.Invoke(ctx, &awslambda.InvokeInput{FunctionName: aws.String("probe"), Payload: []byte(`{"do":"error"}`)})
	if err != nil || aws.ToString(out.FunctionError) != "Unhandled" || out.LogResult != nil {
		t.Errorf("error of the function: %+v, %v", out, err)
	}
	out, err = client.Invoke(ctx, &awslambda.InvokeInput{FunctionName: aws.String("probe"), InvocationType: types.InvocationTypeDryRun})
	if err != nil || out.StatusCode != 204 {
		t.Errorf("dry run: %+v, %v", out, err)
	}
	out, err = client.Invoke(ctx, &awslambda.InvokeInput{FunctionName: aws.String("probe"), InvocationType: types.InvocationTypeEvent})
	if err != nil || out.StatusCode != 202 || len(out.Payload) != 0 {
		t.Errorf("event: %+v, %v", out, err)
	}
}

func TestAPIErrors(t *testing.T) {
	w := newWorld(t, nil)
	w.put(t, map[string]any{"ReservedConcurrentExecutions": "0"})
	session, operator := w.session(t), w.gate.Operator(testAccount)
	tests := []struct {
		name        string
		credentials gate.Credentials
		region      string
		in          awslambda.InvokeInput
		code        string
		status      int
	}{
		{"denied function", session, testRegion, awslambda.InvokeInput{FunctionName: aws.String("other")}, "AccessDeniedException", 403},
		{"denied qualifier", session, testRegion, awslambda.InvokeInput{FunctionName: aws.String("probe"), Qualifier: aws.String("live")}, "AccessDeniedException", 403},
		{"denied qualifier of the name", session, testRegion, awslambda.InvokeInput{FunctionName: aws.String("probe:$LATEST")}, "AccessDeniedException", 403},
		{"denied region", session, "us-east-1", awslambda.InvokeInput{FunctionName: aws.String("probe")}, "AccessDeniedException", 403},
		{"denied account", session, testRegion, awslambda.InvokeInput{FunctionName: aws.String("222222222222:function:probe")}, "AccessDeniedException", 403},
		{"another region", operator, "us-east-1", awslambda.InvokeInput{FunctionName: aws.String(probeARN)}, ResourceNotFound, 404},
		{"unknown", operator, testRegion, awslambda.InvokeInput{FunctionName: aws.String("other")}, ResourceNotFound, 404},
		{"unknown qualifier", operator, testRegion, awslambda.InvokeInput{FunctionName: aws.String("probe"), Qualifier: aws.String("live")}, ResourceNotFound, 404},
		{"two qualifiers", operator, testRegion, awslambda.InvokeInput{FunctionName: aws.String("probe:1"), Qualifier: aws.String("2")}, InvalidParameterValue, 400},
		{"path", operator, testRegion, awslambda.InvokeInput{FunctionName: aws.String("../probe")}, "ValidationException", 400},
		{"wildcard", operator, testRegion, awslambda.InvokeInput{FunctionName: aws.String("*")}, "ValidationException", 400},
		{"no JSON", operator, testRegion, awslambda.InvokeInput{FunctionName: aws.String("probe"), Payload: []byte("{")}, "InvalidRequestContentException", 400},
		{"throttled", operator, testRegion, awslambda.InvokeInput{FunctionName: aws.String("probe")}, TooManyRequests, 429},
		{"too large", operator, testRegion, awslambda.InvokeInput{FunctionName: aws.String("probe"), Payload: []byte(`"` + strings.Repeat("x", maxRequest) + `"`)}, RequestTooLarge, 413},
		{"invocation type", operator, testRegion, awslambda.InvokeInput{FunctionName: aws.String("probe"), InvocationType: "Later"}, "ValidationException", 400},
		{"log type", operator, testRegion, awslambda.InvokeInput{FunctionName: aws.String("probe"), LogType: "All"}, "ValidationException", 400},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			_, err := w.client(test.credentials, test.region).Invoke(context.Background(), &test.in)
			var api smithy.APIError
			var response interface{ HTTPStatusCode() int }
			if !errors.As(err, &api) || api.ErrorCode() != test.code || !errors.As(err, &response) || response.HTTPStatusCode() != test.status {
				t.Errorf("error %v, want %d %s", err, test.status, test.code)
			}
		})
	}
	_, err := w.client(operator, testRegion).Invoke(context.Background(), &awslambda.InvokeInput{FunctionName: aws.String("probe")})
	var throttled *types.TooManyRequestsException
	if !errors.As(err, &throttled) || throttled.Reason != types.ThrottleReasonReservedFunctionConcurrentInvocationLimitExceeded {
		t.Errorf("error %v, want one with a reason", err)
	}
	unsigned, err := http.Post(w.front.URL+"/2015-03-31/functions/probe/invocations", "application/json", strings.NewReader("{}"))
	if err != nil {
		t.Fatal(err)
	}
	unsigned.Body.Close()
	if unsigned.StatusCode != 403 {
		t.Errorf("unsigned request: status %d, want 403", unsigned.StatusCode)
	}
}

func TestDescriptions(t *testing.T) {
	w := newWorld(t, nil)
	p := variables("SHADE", "b")
	p["Tags"] = []any{map[string]any{"Key": "tenant", "Value": "acme"}}
	w.put(t, p)
	ctx := context.Background()
	client := w.client(w.gate.Operator(testAccount), testRegion)
	f, err := client.GetFunction(ctx, &awslambda.GetFunctionInput{FunctionName: aws.String("probe")})
	if err != nil || aws.ToString(f.Configuration.FunctionArn) != probeARN || f.Tags["tenant"] != "acme" || f.Configuration.CodeSize == 0 {
		t.Errorf("GetFunction: %+v, %v", f, err)
	}
	c, err := client.GetFunctionConfiguration(ctx, &awslambda.GetFunctionConfigurationInput{FunctionName: aws.String("probe"), Qualifier: aws.String("$LATEST")})
	if err != nil || aws.ToString(c.FunctionArn) != probeARN+":$LATEST" || c.Environment.Variables["SHADE"] != "b" || aws.ToInt32(c.Timeout) != 20 {
		t.Errorf("GetFunctionConfiguration: %+v, %v", c, err)
	}
	l, err := client.ListFunctions(ctx, &awslambda.ListFunctionsInput{})
	if err != nil || len(l.Functions) != 1 || l.NextMarker != nil {
		t.Errorf("ListFunctions: %+v, %v", l, err)
	}
	if _, err := client.GetPolicy(ctx, &awslambda.GetPolicyInput{FunctionName: aws.String("probe")}); err == nil {
		t.Error("GetPolicy: there is none, and no error")
	}
	var api smithy.APIError
	if _, err := client.DeleteFunction(ctx, &awslambda.DeleteFunctionInput{FunctionName: aws.String("probe")}); !errors.As(err, &api) || api.ErrorCode() != "NotImplementedException" {
		t.Errorf("DeleteFunction: %v, want NotImplementedException", err)
	}
	session := w.client(w.session(t), testRegion)
	if _, err := session.DeleteFunction(ctx, &awslambda.DeleteFunctionInput{FunctionName: aws.String("probe")}); !errors.As(err, &api) || api.ErrorCode() != "AccessDeniedException" {
		t.Errorf("DeleteFunction by a function: %v, want AccessDeniedException", err)
	}
	if _, err := session.ListFunctions(ctx, &awslambda.ListFunctionsInput{}); !errors.As(err, &api) || api.ErrorCode() != "AccessDeniedException" {
		t.Errorf("ListFunctions by a function: %v, want AccessDeniedException", err)
	}
	if _, err := client.ListCapacityProviders(ctx, &awslambda.ListCapacityProvidersInput{}); !errors.As(err, &api) || api.ErrorCode() != "UnknownOperationException" {
		t.Errorf("ListCapacityProviders: %v, want UnknownOperationException", err)
	}
}

func permissionResource(properties map[string]any) resource.Resource {
	return resource.Resource{Stack: "stack", LogicalID: "Permission", Type: permissionType, Account: testAccount, Region: testRegion, Properties: properties}
}

func TestPermissions(t *testing.T) {
	const stranger = "222222222222"
	tests := []struct {
		name       string
		properties map[string]any
		qualifier  string
		caller     *gate.Caller
		context    map[string][]string
		allowed    bool
	}{
		{"none", nil, "", &gate.Caller{ARN: "apigateway.amazonaws.com"}, nil, false},
		{"service", map[string]any{"Principal": "apigateway.amazonaws.com"}, "", &gate.Caller{ARN: "apigateway.amazonaws.com"}, nil, true},
		{"another service", map[string]any{"Principal": "apigateway.amazonaws.com"}, "", &gate.Caller{ARN: "s3.amazonaws.com"}, nil, false},
		{"source", map[string]any{"Principal": "s3.amazonaws.com", "SourceArn": "arn:aws:s3:::b", "SourceAccount": testAccount}, "", &gate.Caller{ARN: "s3.amazonaws.com"},
			map[string][]string{"aws:SourceArn": {"arn:aws:s3:::b"}, "aws:SourceAccount": {testAccount}}, true},
		{"another source", map[string]any{"Principal": "s3.amazonaws.com", "SourceArn": "arn:aws:s3:::b"}, "", &gate.Caller{ARN: "s3.amazonaws.com"},
			map[string][]string{"aws:SourceArn": {"arn:aws:s3:::c"}}, false},
		{"no source", map[string]any{"Principal": "s3.amazonaws.com", "SourceArn": "arn:aws:s3:::b"}, "", &gate.Caller{ARN: "s3.amazonaws.com"}, nil, false},
		{"alias only", map[string]any{"Principal": "s3.amazonaws.com", "FunctionName": probeARN + ":live"}, "", &gate.Caller{ARN: "s3.amazonaws.com"}, nil, false},
		{"alias", map[string]any{"Principal": "s3.amazonaws.com", "FunctionName": "probe:live"}, ":live", &gate.Caller{ARN: "s3.amazonaws.com"}, nil, true},
		{"another action", map[string]any{"Principal": "s3.amazonaws.com", "Action": "lambda:GetFunction"}, "", &gate.Caller{ARN: "s3.amazonaws.com"}, nil, false},
		{"anybody", map[string]any{"Principal": "*"}, "", nil, nil, true},
		{"account without its own policy", map[string]any{"Principal": stranger}, "", &gate.Caller{ARN: "arn:aws:iam::" + stranger + ":role/x", Account: stranger}, nil, false},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			w := newWorld(t, nil)
			w.put(t, nil)
			if test.properties != nil {
				p := map[string]any{"FunctionName": "probe", "Action": "lambda:InvokeFunction"}
				for k, v := range test.properties {
					p[k] = v
				}
				if err := w.Put(context.Background(), permissionResource(p)); err != nil {
					t.Fatal(err)
				}
			}
			access := w.InvokeAccess(probeARN + test.qualifier)
			access.Context = test.context
			if denied := w.gate.Authorize(test.caller, nil, access); (denied == nil) != test.allowed {
				t.Errorf("decision %v, want allowed: %t", denied, test.allowed)
			}
		})
	}
	w := newWorld(t, nil)
	for _, p := range []map[string]any{
		{"FunctionName": "a b", "Action": "lambda:InvokeFunction", "Principal": "*"},
		{"FunctionName": "probe", "Action": "s3:GetObject", "Principal": "*"},
		{"FunctionName": "probe", "Action": "lambda:InvokeFunction", "Principal": "someone"},
	} {
		if err := w.Put(context.Background(), permissionResource(p)); err == nil {
			t.Errorf("permission %v was taken", p)
		}
	}
}

func TestVersionsAndAliases(t *testing.T) {
	w := newWorld(t, nil)
	ctx := context.Background()
	w.put(t, variables("RELEASE", "1"))
	version := resource.Resource{Stack: "stack", LogicalID: "V1", Type: versionType, Account: testAccount, Region: testRegion, Name: probeARN + ":1", ARN: probeARN + ":1"}
	alias := resource.Resource{Stack: "stack", LogicalID: "Live", Type: aliasType, Account: testAccount, Region: testRegion, Name: probeARN + ":live", ARN: probeARN + ":live",
		Properties: map[string]any{"FunctionName": "probe", "FunctionVersion": "1", "Name": "live"}}
	if err := w.Put(ctx, alias); err == nil {
		t.Error("an alias of an unknown version was taken")
	}
	for _, r := range []resource.Resource{version, alias} {
		if err := w.Put(ctx, r); err != nil {
			t.Fatal(err)
		}
	}
	w.put(t, variables("RELEASE", "2"))
	for arn, release := range map[string]string{probeARN: "2", probeARN + ":$LATEST": "2", probeARN + ":1": "1", probeARN + ":live": "1"} {
		out, err := w.Invoke(ctx, Input{FunctionARN: arn, Payload: []byte(`{"do":"env"}`)})
		if err != nil || !strings.Contains(string(out.Payload), `"RELEASE=`+release+`"`) {
			t.Errorf("%s: %s, %v; want release %s", arn, out.Payload, err, release)
		}
		out, err = w.Invoke(ctx, Input{FunctionARN: arn})
		if err != nil || echo(t, out).ARN != arn {
			t.Errorf("%s: %s, %v; want that ARN", arn, out.Payload, err)
		}
	}
	if out, err := w.Invoke(ctx, Input{FunctionARN: probeARN + ":live"}); err != nil || out.ExecutedVersion != "1" {
		t.Errorf("version %q, %v; want 1", out.ExecutedVersion, err)
	}
	for _, r := range []resource.Resource{alias, version} {
		if err := w.Delete(ctx, r); err != nil {
			t.Fatal(err)
		}
		if _, err := w.Invoke(ctx, Input{FunctionARN: r.ARN}); err == nil {
			t.Errorf("%s ran although it was deleted", r.ARN)
		}
	}
}

func TestAsync(t *testing.T) {
	w := newWorld(t, func(o *Options) { o.RetryDelays = []time.Duration{time.Millisecond} })
	w.put(t, nil)
	ids := func() (ids []string) {
		w.mu.Lock()
		defer w.mu.Unlock()
		for _, i := range w.invokes {
			ids = append(ids, i.RequestID)
		}
		return ids
	}
	out, err := w.Invoke(context.Background(), Input{FunctionARN: probeARN, Payload: []byte(`{"do":"error"}`), Async: true})
	if err != nil || out.StatusCode != 202 {
		t.Fatalf("output %+v, %v; want 202", out, err)
	}
	await(t, "three attempts", func() bool { return len(ids()) == 3 && w.Stats()[0].InFlight == 0 })
	for _, id := range ids() {
		if id != out.RequestID {
			t.Errorf("request id %s, want %s every time", id, out.RequestID)
		}
	}
	event := resource.Resource{Stack: "stack", LogicalID: "Retries", Type: eventInvokeType, Account: testAccount, Region: testRegion,
		Properties: map[string]any{"FunctionName": "probe", "Qualifier": "$LATEST", "MaximumRetryAttempts": "0"}}
	if err := w.Put(context.Background(), event); err != nil {
		t.Fatal(err)
	}
	if _, err = w.Invoke(context.Background(), Input{FunctionARN: probeARN, Payload: []byte(`{"do":"error"}`), Async: true}); err != nil {
		t.Fatal(err)
	}
	await(t, "the end of the event", func() bool {
		w.Service.mu.Lock()
		defer w.Service.mu.Unlock()
		return w.queued.events == 0
	})
	if len(ids()) != 4 {
		t.Errorf("%d attempts in all, want 4", len(ids()))
	}
	if _, err := w.Invoke(context.Background(), Input{FunctionARN: probeARN + "x", Async: true}); err == nil {
		t.Error("an event for an unknown function was taken")
	}
}
