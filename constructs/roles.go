package constructs

import (
	"fmt"

	"github.com/aws/aws-cdk-go/awscdk/v2/awsiam"
	cdk "github.com/aws/constructs-go/constructs/v10"
	"github.com/aws/jsii-runtime-go"
	"github.com/tenantstack/tenantstack/plan"
)

// RolesProps are the roles to make.
type RolesProps struct {
	// Roles of the plan.
	Roles []plan.Role
}

// Roles are IAM roles, each with one inline policy.
type Roles struct {
	cdk.Construct
	arns map[string]*string
}

// NewRoles makes IAM roles.
func NewRoles(scope Scope, id string, props *RolesProps) Roles {
	r := Roles{cdk.NewConstruct(scope, jsii.String(id)), map[string]*string{}}
	for _, role := range props.Roles {
		made := named(awsiam.NewCfnRole(r.Construct, jsii.String(role.LogicalID), &awsiam.CfnRoleProps{
			RoleName:                 jsii.String(role.Name),
			Path:                     jsii.String(role.Path),
			Description:              jsii.String(role.Description),
			AssumeRolePolicyDocument: document(role.Trust),
			Policies: []any{&awsiam.CfnRole_PolicyProperty{
				PolicyName: jsii.String(role.LogicalID), PolicyDocument: document(role.Policy),
			}},
		}), role.LogicalID)
		r.arns[role.LogicalID] = made.AttrArn()
	}
	return r
}

// Arn of a role by its logical id. It panics when there is no such role.
func (r Roles) Arn(logicalID string) *string {
	arn, ok := r.arns[logicalID]
	if !ok {
		panic(fmt.Sprintf("no role with the logical id %q", logicalID))
	}
	return arn
}
