package facts

import (
	"encoding/json"
	"strings"

	"github.com/tenantstack/tenantstack/iam"
)

// Function is a Lambda function.
type Function struct {
	Place Place
	// Arn of the function, Role it runs with, and its Handler.
	Arn, Role, Handler string
	// Code as the template gives it, and Package what the assembly calls the file of it. Unlisted says that the assembly
	// has the names of the stack's files, and that this is none of them.
	Code     map[string]any
	Package  string
	Unlisted bool
	// Environment variables as they are resolved, and Given as the template gives them: a text, or the text that
	// Fn::Sub works on.
	Environment, Given map[string]string
	// Layers by their ARNs.
	Layers []string
	// Beside are properties that bring further code along, by their names.
	Beside []string
}

// codeBeside are the properties that bring code along beside Code and Layers (AWS Lambda Developer Guide, "Configuring file
// system access for Lambda functions", "Create a Lambda function using a container image").
var codeBeside = []string{"FileSystemConfigs", "ImageConfig", "Layers"}

func (t *reader) function(id string, properties map[string]any) {
	f := &Function{
		Place: t.place(
			id,
			"Properties",
		), Role: text(properties["Role"]), Handler: text(properties["Handler"]), Code: object(properties["Code"]),
		Environment: textMap(
			object(properties["Environment"])["Variables"],
		), Given: t.given(), Layers: texts(properties["Layers"]),
	}
	f.Arn, _ = t.resolver.Arn(id)
	name, listed := t.assets[text(f.Code["S3Key"])]
	f.Package, f.Unlisted = name, t.assets != nil && !listed
	for _, name := range codeBeside {
		if properties[name] != nil {
			f.Beside = append(f.Beside, name)
		}
	}
	if text(properties["PackageType"]) == "Image" {
		f.Beside = append(f.Beside, "PackageType")
	}
	t.Functions[f.Place.Resource()] = f
}

// given are the variables of the function that is being read as its template gives them.
func (t *reader) given() map[string]string {
	var properties struct {
		Environment struct{ Variables map[string]json.RawMessage }
	}
	if json.Unmarshal(t.raw, &properties) != nil {
		return nil // they are made by a function of CloudFormation
	}
	out := map[string]string{}
	for name, raw := range properties.Environment.Variables {
		var plain string
		var sub map[string]string
		switch {
		case json.Unmarshal(raw, &plain) == nil:
			out[name] = plain
		case json.Unmarshal(raw, &sub) == nil && len(sub) == 1 && sub["Fn::Sub"] != "":
			out[name] = sub["Fn::Sub"]
		}
	}
	return out
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
		Policy: w.readPolicy(
			value,
			iam.Resource,
			w.place(),
		), Kind: iam.Resource, Arn: arn, Account: w.stack.Account, AssetKind: kind,
	})
}
