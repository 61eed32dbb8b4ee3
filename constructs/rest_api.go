package constructs

import (
	"github.com/aws/aws-cdk-go/awscdk/v2/awsapigateway"
	cdk "github.com/aws/constructs-go/constructs/v10"
	"github.com/aws/jsii-runtime-go"
	"github.com/tenantstack/tenantstack/plan"
)

// RestAPIProps is the API to make.
type RestAPIProps struct {
	// API of the plan.
	API plan.API
	// Roles has the role that API Gateway calls functions with.
	Roles Roles
	// LogGroups has the access log.
	LogGroups LogGroups
}

// RestAPI is a regional REST API made of one OpenAPI document, with one deployment and one stage.
type RestAPI struct {
	cdk.Construct
	// ID of the API.
	ID *string
	// Stage is the stage's name.
	Stage string
}

// NewRestAPI makes a REST API. The deployment's logical id has the body's hash, so that a
// changed document is deployed and an unchanged one is not.
func NewRestAPI(scope Scope, id string, props *RestAPIProps) RestAPI {
	a := props.API
	c := cdk.NewConstruct(scope, jsii.String(id))
	rest := named(awsapigateway.NewCfnRestApi(c, jsii.String("RestApi"), &awsapigateway.CfnRestApiProps{
		Name: jsii.String(a.Name), Body: a.Body,
		// Without it, what left the document would stay in the API (aws-differences.md, 92).
		Mode:                  jsii.String("overwrite"),
		EndpointConfiguration: &awsapigateway.CfnRestApi_EndpointConfigurationProperty{Types: strs("REGIONAL")},
	}), "RestApi")
	restID := rest.Ref()
	// The body names the role by its ARN, which says nothing of the order of creation.
	rest.AddOverride(jsii.String("DependsOn"), []any{a.Role})
	deploymentID := "Deployment" + a.Hash
	deployment := named(awsapigateway.NewCfnDeployment(c, jsii.String(deploymentID), &awsapigateway.CfnDeploymentProps{
		RestApiId: restID, Description: jsii.String("OpenAPI document " + a.Hash),
	}), deploymentID)
	named(awsapigateway.NewCfnStage(c, jsii.String("Stage"), &awsapigateway.CfnStageProps{
		RestApiId: restID, DeploymentId: deployment.Ref(), StageName: jsii.String(a.Stage),
		Variables: a.Variables, TracingEnabled: true,
		AccessLogSetting: &awsapigateway.CfnStage_AccessLogSettingProperty{
			DestinationArn: props.LogGroups.Arn(a.AccessLog), Format: jsii.String(a.AccessLogFormat),
		},
		MethodSettings: []any{&awsapigateway.CfnStage_MethodSettingProperty{
			HttpMethod: jsii.String("*"), ResourcePath: jsii.String("/*"),
			ThrottlingRateLimit: num(a.Rate), ThrottlingBurstLimit: num(a.Burst),
			MetricsEnabled: true, LoggingLevel: jsii.String("ERROR"), DataTraceEnabled: false,
		}},
	}), "Stage")
	return RestAPI{Construct: c, ID: restID, Stage: a.Stage}
}
