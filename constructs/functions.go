package constructs

import (
	"github.com/aws/aws-cdk-go/awscdk/v2/awslambda"
	cdk "github.com/aws/constructs-go/constructs/v10"
	"github.com/aws/jsii-runtime-go"
	"github.com/tenantstack/tenantstack/plan"
)

// FunctionsProps are the functions to make.
type FunctionsProps struct {
	// Functions of the plan.
	Functions []plan.Function
	// Roles that the functions run with.
	Roles Roles
	// LogGroups that the functions write to.
	LogGroups LogGroups
	// Code of the functions' packages.
	Code Assets
}

// Functions are Lambda functions. They need no permissions of their own: API Gateway calls
// them with a role, an event source mapping reads for them.
type Functions struct {
	cdk.Construct
	made map[string]awslambda.CfnFunction
}

// NewFunctions makes Lambda functions on provided.al2023 and arm64, with active tracing.
func NewFunctions(scope Scope, id string, props *FunctionsProps) Functions {
	f := Functions{cdk.NewConstruct(scope, jsii.String(id)), map[string]awslambda.CfnFunction{}}
	values := map[string]*string{}
	for _, function := range props.Functions {
		fnProps := &awslambda.CfnFunctionProps{
			FunctionName:  jsii.String(function.Name),
			Description:   jsii.String(function.Description),
			Architectures: strs("arm64"),
			Runtime:       jsii.String("provided.al2023"),
			Handler:       jsii.String(function.Handler),
			Code:          props.Code.Code(function.Package),
			Role:          props.Roles.Arn(function.Role),
			MemorySize:    num(function.Memory),
			Timeout:       num(function.Timeout),
			Environment:   &awslambda.CfnFunction_EnvironmentProperty{Variables: variables(function.Environment, values)},
			LoggingConfig: &awslambda.CfnFunction_LoggingConfigProperty{LogGroup: props.LogGroups.Name(function.LogGroup)},
			TracingConfig: &awslambda.CfnFunction_TracingConfigProperty{Mode: jsii.String("Active")},
		}
		if function.RecursiveLoop {
			fnProps.RecursiveLoop = jsii.String("Allow")
		}
		f.made[function.LogicalID] = named(awslambda.NewCfnFunction(f.Construct, jsii.String(function.LogicalID), fnProps), function.LogicalID)
	}
	return f
}

// variables of a function. Each Fn::Sub is made once and kept in seen: it costs a call into the CDK.
func variables(env map[string]string, seen map[string]*string) map[string]*string {
	out := map[string]*string{}
	for name, value := range env {
		v, ok := seen[value]
		if !ok {
			v = sub(value)
			seen[value] = v
		}
		out[name] = v
	}
	return out
}
