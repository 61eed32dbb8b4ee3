package facts

import (
	"strings"

	"github.com/tenantstack/tenantstack/iam"
)

// Function is a Lambda function.
type Function struct {
	Place Place
	// Arn of the function, Role it runs with, and its Handler.
	Arn, Role, Handler string
	// Code as the template gives it.
	Code map[string]any
	// Environment variables as they are resolved.
	Environment map[string]string
	// Layers by their ARNs.
	Layers []string
}

func (t *reader) function(id string, properties map[string]any) {
	f := &Function{
		Place: t.place(id, "Properties"), Role: text(properties["Role"]), Handler: text(properties["Handler"]), Code: object(properties["Code"]),
		Environment: map[string]string{}, Layers: texts(properties["Layers"]),
	}
	f.Arn, _ = t.resolver.Arn(id)
	for name, value := range object(object(properties["Environment"])["Variables"]) {
		f.Environment[name] = scalarText(value)
	}
	t.Functions[f.Place.Resource()] = f
}

// permission is a statement of a function's resource policy (AWS Lambda API Reference,
// "AddPermission").
func (t *reader) permission(id string, properties map[string]any) {
	who := text(properties["Principal"])
	arn := t.functionArn(text(properties["FunctionName"]))
	s := map[string]any{"Effect": "Allow", "Action": properties["Action"], "Resource": arn}
	switch {
	case strings.HasSuffix(who, ".amazonaws.com") || strings.HasSuffix(who, ".amazonaws.com.cn"):
		s["Principal"] = map[string]any{"Service": who}
	case who == "*":
		s["Principal"] = "*"
	default:
		s["Principal"] = map[string]any{"AWS": who}
	}
	condition := map[string]any{}
	if v := text(properties["SourceArn"]); v != "" {
		condition["ArnLike"] = map[string]any{"aws:SourceArn": v}
	}
	if v := text(properties["SourceAccount"]); v != "" {
		condition["StringEquals"] = map[string]any{"aws:SourceAccount": v}
	}
	if len(condition) > 0 {
		s["Condition"] = condition
	}
	w := &walk{reader: t, id: id, path: []string{"Properties", "Principal"}}
	w.resourcePolicy("function", map[string]any{"Version": iam.Version, "Statement": []any{s}}, arn)
}

// AccountPolicy is the kind of a policy that is attached to the account and not to one
// resource.
const AccountPolicy = "log-groups"

func (w *walk) resourcePolicy(kind string, value any, arn string) {
	w.Policies = append(w.Policies, &ResourcePolicy{
		Policy: w.readPolicy(value, iam.Resource, w.place()), Kind: iam.Resource, Arn: arn, Account: w.stack.Account, AssetKind: kind,
	})
}
