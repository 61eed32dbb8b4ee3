package localcloud

import (
	"github.com/tenantstack/tenantstack/internal/localcloud/apigateway"
	"github.com/tenantstack/tenantstack/internal/localcloud/resource"
)

// refusal is what the local cloud does not run although it could: an API whose authorizer lets callers in that it
// never saw.
type refusal struct {
	// problems by the place of the resource that has them.
	problems map[string]error
	// apis that are not served.
	apis map[string]bool
}

// refuse finds what is refused among the resources.
func refuse(resources []resource.Resource) refusal {
	f := refusal{problems: map[string]error{}, apis: map[string]bool{}}
	for _, r := range resources {
		if err := apigateway.CheckCaching(r); err != nil {
			f.problems[r.String()] = err
			f.apis[apiOf(r)] = true
		}
	}
	return f
}

// of reports whether r is refused, or belongs to an API that is. The problem is that of r itself; it is nil
// where another resource has it.
func (f refusal) of(r resource.Resource) (refused bool, problem error) {
	problem = f.problems[r.String()]
	return problem != nil || f.apis[apiOf(r)], problem
}

// apiOf is the id of the API that a resource is or belongs to; empty of all others.
func apiOf(r resource.Resource) string {
	if r.Type == "AWS::ApiGateway::RestApi" {
		return r.Name
	}
	id, _ := r.Properties["RestApiId"].(string)
	return id
}
