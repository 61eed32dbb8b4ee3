package roles

import (
	"context"
	"strings"
	"testing"
	"time"

	"github.com/tenantstack/tenantstack/internal/localcloud/gate"
	"github.com/tenantstack/tenantstack/internal/localcloud/resource"
)

type object = map[string]any

func allow(action, on string) object {
	return object{"Version": "2012-10-17", "Statement": []any{object{"Effect": "Allow", "Action": action, "Resource": on}}}
}

func roleResource(properties object) resource.Resource {
	properties["AssumeRolePolicyDocument"] = object{"Version": "2012-10-17", "Statement": []any{
		object{"Effect": "Allow", "Action": "sts:AssumeRole", "Principal": object{"Service": "lambda.amazonaws.com"}}}}
	return resource.Resource{Stack: "s", LogicalID: "Role", Type: "AWS::IAM::Role", Account: "111111111111", Name: "R",
		ARN: "arn:aws:iam::111111111111:role/R", Properties: properties}
}

func TestPut(t *testing.T) {
	const bucket = "arn:aws:s3:::b/"
	inline := object{"Policies": []any{object{"PolicyName": "p", "PolicyDocument": allow("s3:GetObject", bucket+"inline")}}}
	attached := resource.Resource{Stack: "s", LogicalID: "P", Type: "AWS::IAM::Policy", Account: "111111111111",
		Properties: object{"Roles": []any{"R"}, "PolicyDocument": allow("s3:GetObject", bucket+"attached")}}
	managed := resource.Resource{Stack: "s", LogicalID: "M", Type: "AWS::IAM::ManagedPolicy", Account: "111111111111", ARN: "arn:aws:iam::111111111111:policy/M",
		Properties: object{"PolicyDocument": allow("s3:GetObject", bucket+"managed")}}
	tests := []struct {
		name      string
		resources []resource.Resource
		allowed   string // of inline, attached, managed
	}{
		{"inline", []resource.Resource{roleResource(inline)}, "inline"},
		{"policy of the role", []resource.Resource{attached, roleResource(object{})}, "attached"},
		{"managed policy", []resource.Resource{roleResource(object{"ManagedPolicyArns": []any{managed.ARN}}), managed}, "managed"},
		{"managed policy of nobody", []resource.Resource{roleResource(object{}), managed}, ""},
		{"boundary", []resource.Resource{attached, managed, roleResource(object{"Policies": inline["Policies"], "PermissionsBoundary": managed.ARN})}, ""},
		{"boundary that is not known", []resource.Resource{roleResource(object{"Policies": inline["Policies"], "PermissionsBoundary": "arn:aws:iam::aws:policy/ReadOnlyAccess"})}, ""},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			g, err := gate.New(gate.Options{})
			if err != nil {
				t.Fatal(err)
			}
			var told []string
			s := New(g, func(line string) { told = append(told, line) })
			for _, r := range tt.resources {
				for range 2 {
					if err := s.Put(context.Background(), r); err != nil {
						t.Fatal(err)
					}
				}
			}
			_, caller, err := g.ServiceSession("lambda.amazonaws.com", "arn:aws:iam::111111111111:role/R", "x1", time.Hour)
			if err != nil {
				t.Fatal(err)
			}
			for _, key := range []string{"inline", "attached", "managed"} {
				denied := g.Authorize(caller, nil, gate.Access{Action: "s3:GetObject", Resource: bucket + key, ResourceAccount: "111111111111"})
				if (denied == nil) != (key == tt.allowed) {
					t.Errorf("%s: %v", key, denied)
				}
			}
			if strings.Contains(tt.name, "not known") && len(told) != 1 {
				t.Errorf("told %q", told)
			}
			for _, r := range tt.resources {
				if err := s.Delete(context.Background(), r); err != nil {
					t.Fatal(err)
				}
			}
			if left := g.Roles(); len(left) > 0 {
				t.Errorf("left: %q", left)
			}
		})
	}
}

func TestPutRefuses(t *testing.T) {
	g, err := gate.New(gate.Options{})
	if err != nil {
		t.Fatal(err)
	}
	bad := roleResource(object{"Policies": []any{
		object{"PolicyName": "p", "PolicyDocument": object{"Version": "2012-10-17", "Statement": []any{object{"Effect": "Allow", "Actions": "s3:*", "Resource": "*"}}}},
		object{"PolicyName": "q", "PolicyDocument": object{}},
	}})
	err = New(g, func(string) {}).Put(context.Background(), bad)
	if err == nil || !strings.Contains(err.Error(), "policy p") || !strings.Contains(err.Error(), "policy q") || !strings.Contains(err.Error(), "s/Role") {
		t.Errorf("Put = %v", err)
	}
}
