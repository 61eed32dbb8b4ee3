package constructs

import (
	"encoding/json"
	"fmt"
	"maps"
	"slices"
	"strings"

	"github.com/aws/aws-cdk-go/awscdk/v2"
	"github.com/aws/jsii-runtime-go"
	"github.com/tenantstack/tenantstack/iam"
	"github.com/tenantstack/tenantstack/plan"
)

// str is the string itself, or nothing when it is empty.
func str(s string) *string {
	if s == "" {
		return nil
	}
	return jsii.String(s)
}

func num(n int) *float64 { return jsii.Number(float64(n)) }

func strs(values ...string) *[]*string { return jsii.Strings(values...) }

// sub is Fn::Sub of a plan's value that refers to the template's own resources.
func sub(s string) *string {
	if strings.Contains(s, "${") {
		return awscdk.Fn_Sub(jsii.String(s), nil)
	}
	return jsii.String(s)
}

// document is a policy document as plain JSON.
func document(d iam.Document) any {
	var plain any
	if err := json.Unmarshal([]byte(compact(d)), &plain); err != nil {
		panic(fmt.Sprintf("decode policy document: %v", err))
	}
	return plain
}

// named gives a resource the logical id of the plan, so that moving it between constructs
// never replaces it.
func named[R awscdk.CfnResource](r R, logicalID string) R {
	r.OverrideLogicalId(jsii.String(logicalID))
	return r
}

// retained keeps a resource that holds data when it leaves the template. One that was made by a deployment that
// failed holds none yet and is removed again, so that its name is free for the next (decision 43).
func retained[R awscdk.CfnResource](r R, logicalID string) R {
	r.ApplyRemovalPolicy(awscdk.RemovalPolicy_RETAIN_ON_UPDATE_OR_DELETE, nil)
	return named(r, logicalID)
}

// protected keeps a resource that is protected from deletion when it leaves the template, in every case: removing it
// after a deployment that failed would fail too, and leave a stack that can be neither deployed nor rolled back.
func protected[R awscdk.CfnResource](r R, logicalID string) R {
	r.ApplyRemovalPolicy(awscdk.RemovalPolicy_RETAIN, nil)
	return named(r, logicalID)
}

// stackProps are what the plan says of a stack itself.
type stackProps struct {
	name, description     string
	environment           plan.Environment
	tags                  map[string]string
	terminationProtection bool
}

// newStack is a stack of the plan. Its templates are written without indentation, since
// CloudFormation takes 1 MB at most, and without a check of the bootstrap version, which
// the CDK CLI makes before it deploys.
func newStack(scope Scope, id string, props stackProps) awscdk.Stack {
	env := props.environment
	tags := map[string]*string{}
	for key, value := range props.tags {
		tags[key] = jsii.String(value)
	}
	stack := awscdk.NewStack(scope, jsii.String(id), &awscdk.StackProps{
		StackName:                   jsii.String(props.name),
		Description:                 jsii.String(props.description),
		Env:                         &awscdk.Environment{Account: jsii.String(env.Account), Region: jsii.String(env.Region)},
		TerminationProtection:       jsii.Bool(props.terminationProtection),
		Tags:                        &tags,
		SuppressTemplateIndentation: jsii.Bool(true),
		AnalyticsReporting:          jsii.Bool(false),
		Synthesizer: awscdk.NewDefaultStackSynthesizer(&awscdk.DefaultStackSynthesizerProps{
			GenerateBootstrapVersionRule: jsii.Bool(false),
		}),
	})
	// The tags of a stack are not those of its resources (feature flag @aws-cdk/core:explicitStackTags).
	for _, key := range slices.Sorted(maps.Keys(tags)) {
		awscdk.Tags_Of(stack).Add(jsii.String(key), tags[key], nil)
	}
	return stack
}

// compact is a policy document as a string.
func compact(d iam.Document) string {
	encoded, err := json.Marshal(d)
	if err != nil {
		panic(fmt.Sprintf("encode policy document: %v", err)) // it holds strings only
	}
	return string(encoded)
}

// substituted replaces strings that refer to the template's resources by Fn::Sub.
func substituted(v any) any {
	switch v := v.(type) {
	case string:
		return sub(v)
	case []any:
		for i := range v {
			v[i] = substituted(v[i])
		}
	case map[string]any:
		for key := range v {
			v[key] = substituted(v[key])
		}
	}
	return v
}
