package plan

import (
	"cmp"
	"maps"
	"slices"

	"github.com/tenantstack/tenantstack/api"
	"github.com/tenantstack/tenantstack/iam"
)

// roleID is the logical id of the role a function runs with: the shared one, or its own
// when it asks for more.
func roleID(u unit) string {
	if isEmpty(u.function.Extra) {
		return roleLogicalID(u.function.Role)
	}
	return u.functionID + "Role"
}

func isEmpty(g api.Grants) bool {
	return len(g.Tables) == 0 && g.Search == api.None && len(g.Uploads) == 0 && !g.InvokeSelf
}

func roleLogicalID(role string) string { return logicalID(role) + "Role" }

// functionPattern matches the tenant's functions and no other's.
func (b *tenantBuilder) functionPattern() string {
	return b.scope.arn("lambda", "function:"+b.scope.prefix()+"*")
}

// roles are the x-roles in use, those of operations that ask for more, API Gateway's,
// the authorizer's and, when rows are shared, the index writer's.
func (b *tenantBuilder) roles() []Role {
	out := []Role{
		b.scope.role(apiGatewayRole, "Calls the functions", trust("apigateway.amazonaws.com"),
			allow("InvokeFunctions", []string{"lambda:InvokeFunction"}, []string{b.functionPattern()})),
		b.scope.role("AuthorizerRole", "Runs the authorizer", trust("lambda.amazonaws.com"),
			runtime(b.packageLogGroup(authorizerPackage))...),
	}
	out = append(out, b.operationRoles()...)
	if !b.dedicatedData() && b.searched() {
		out = append(out, b.indexWriterRole())
	}
	slices.SortFunc(out, func(a, b Role) int { return cmp.Compare(a.LogicalID, b.LogicalID) })
	return out
}

func (b *tenantBuilder) operationRoles() []Role {
	groups := map[string][]LogGroup{}
	grants := map[string]api.Grants{}
	for _, u := range units(b.contract) {
		id := roleID(u)
		groups[id] = append(groups[id], b.packageLogGroup(u.function.Package))
		grants[id] = allGrants(b.contract, u.function)
	}
	var out []Role
	for _, id := range slices.Sorted(maps.Keys(groups)) {
		statements := append(b.grants(grants[id]), runtime(groups[id]...)...)
		if grants[id].InvokeSelf {
			statements = append(statements, b.invokeSelf(id)...)
		}
		out = append(out, b.scope.role(id, "Runs operations", trust("lambda.amazonaws.com"), statements...))
	}
	return out
}

// invokeSelf lets the functions of a role invoke themselves.
func (b *tenantBuilder) invokeSelf(role string) []iam.Statement {
	var arns []string
	for _, u := range units(b.contract) {
		if roleID(u) == role {
			arns = append(arns, b.scope.functionArn(u.functionID))
		}
	}
	return []iam.Statement{allow("InvokeSelf", []string{"lambda:InvokeFunction"}, arns)}
}

// apiGatewayRole is the logical id of the role that API Gateway calls functions with.
const apiGatewayRole = "ApiGatewayRole"

// role has the name of its logical id, without "Role".
func (s scope) role(id, description string, trust iam.Document, statements ...iam.Statement) Role {
	return Role{
		LogicalID: id, Name: s.roleName(id), Path: s.rolePath(), Arn: s.roleArn(id),
		Description: description, Trust: trust, Policy: iam.NewDocument(statements...),
	}
}
