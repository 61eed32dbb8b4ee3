package iam

import (
	"compress/gzip"
	"encoding/json"
	"flag"
	"fmt"
	"maps"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"
)

var update = flag.Bool("update", false, "write the derived files")

// model is a service model of botocore, as far as it says what requests have in them.
type model struct {
	Metadata   map[string]any `json:"metadata"`
	Operations map[string]struct {
		Input *struct {
			Shape string `json:"shape"`
		} `json:"input"`
	} `json:"operations"`
	Shapes map[string]shape `json:"shapes"`
}

type shape struct {
	Type    string            `json:"type"`
	Members map[string]member `json:"members"`
	Member  member            `json:"member"`
	Key     member            `json:"key"`
	Value   member            `json:"value"`
	Enum    []string          `json:"enum"`
}

type member struct {
	Shape string `json:"shape"`
}

// otherModels have operations of a service under another name than its prefix.
var otherModels = map[string][]string{
	"aoss": {
		"opensearchserverless",
	}, "cloudwatch": {"monitoring"}, "elasticfilesystem": {"efs"}, "elasticloadbalancing": {"elbv2", "elb"},
	"elasticmapreduce": {
		"emr",
	}, "es": {"opensearch"}, "events": {"eventbridge"}, "kinesisanalytics": {"kinesisanalyticsv2"},
	"mobiletargeting": {
		"pinpoint",
	}, "s3": {"s3control"}, "ses": {"sesv2", "email"}, "sms-voice": {"pinpoint-sms-voice-v2"},
	"states": {"stepfunctions"}, "tag": {"resourcegroupstaggingapi"},
}

// otherOperations are those of actions that are called otherwise (Service Authorization Reference, the pages of the
// services).
var otherOperations = map[string]string{
	"lambda:InvokeFunction": "Invoke", "s3:DeleteObjectVersion": "DeleteObject", "s3:PutObjectVersionTagging": "PutObjectTagging",
	"s3:DeleteObjectVersionTagging": "DeleteObjectTagging", "s3:PutReplicationConfiguration": "PutBucketReplication",
	"s3:PutLifecycleConfiguration": "PutBucketLifecycleConfiguration", "s3:PutEncryptionConfiguration": "PutBucketEncryption",
	"s3:PutAccelerateConfiguration": "PutBucketAccelerateConfiguration", "s3:PutBucketPublicAccessBlock": "PutPublicAccessBlock",
	"s3:PutMetricsConfiguration": "PutBucketMetricsConfiguration", "dynamodb:ConditionCheckItem": "GetItem",
}

// withoutOperation are writing actions that have no operation in the models, or one that says too much, and name
// nothing all the same.
var withoutOperation = map[string]string{
	"execute-api:Invoke":            "it is a request to the API itself",
	"execute-api:InvalidateCache":   "it is a header of a request to the API itself",
	"es:ESHttpDelete":               "it is a request to the domain itself, which is judged by its path",
	"es:ESHttpPatch":                "it is a request to the domain itself, which is judged by its path",
	"es:ESHttpPost":                 "it is a request to the domain itself, which is judged by its path",
	"es:ESHttpPut":                  "it is a request to the domain itself, which is judged by its path",
	"lambda:InvokeFunctionUrl":      "it is a request to the function itself",
	"lambda:InvokeAsync":            "it is a request to the function itself",
	"events:PutEvents":              "an endpoint passes events to the buses that it has (Amazon EventBridge API Reference, \"PutEvents\")",
	"sns:Publish":                   "TargetArn and TopicArn are what is authorized (Amazon SNS API Reference, \"Publish\")",
	"dynamodb:PartiQLInsert":        "a statement is authorized for each table that it names",
	"dynamodb:PartiQLUpdate":        "a statement is authorized for each table that it names",
	"dynamodb:PartiQLDelete":        "a statement is authorized for each table that it names",
	"s3:PutObject":                  "where a website redirects to tells browsers (Amazon S3 API Reference, \"PutObject\")",
	"states:StartExecution":         "the input is for the own definition",
	"states:StartSyncExecution":     "the input is for the own definition",
	"cloudfront:CreateInvalidation": "paths of the distribution itself",
	"sqs:ChangeMessageVisibility":   "a receipt of the queue itself",
	"ssm:PutParameter":              "a value is stored (AWS Systems Manager API Reference, \"PutParameter\")",
}

var (
	// naming are ends of names of members that hold names of resources, or documents with such in them.
	naming = regexp.MustCompile(
		`(arns?|roles?|rolename|uris?|urls?|endpoints?|hosts?|hostname|domainname|buckets?(names?)?|queues?|topics?|streams?|polic(y|ies)|policytext|policydocument|definition|template|templatebody|document|targets?|targetid|destinations?|principals?|grantee|grantread|grantwrite|grantfullcontrol|accountids?|eventpattern|statement|query|querystring|image|imageuri|openapi|swagger|accesscontrolpolicy|locations?|actions|destinationconfigs?)$`,
	)
	// free are ends of names of maps with keys that no enumeration tells, of which one may hold any of these.
	free = regexp.MustCompile(`(attributes|parameters|details|properties|configurations?|settings|options)$`)
	// generic are ends after which the rest is the name of what is named.
	generic = regexp.MustCompile(`(arn|name|id|identifier|url)s?$`)
	// harmless are members that name no resource that AWS acts on: keys, which are authorized for the caller,
	// what tells requests, versions and messages apart, and whom telemetry is about.
	harmlessMember = regexp.MustCompile(
		`kms|ssecustomer|encryptionkey|clienttoken|idempotency|expectedbucketowner|uploadid|receipthandle|description|comment|metadata|entity\.`,
	)
	// people are stems that are types of resources elsewhere and mean people or parts of the own resource here.
	people = []string{
		"user",
		"group",
		"message",
		"item",
		"key",
		"table",
		"index",
		"version",
		"execution",
		"session",
		"member",
		"device",
		"job",
		"task",
		"tag",
		"alias",
		"namespace",
		"instance",
		"resource",
		"durableexecution",
		"tenant",
		"filter",
	}
	letters = regexp.MustCompile(`[^a-z0-9]`)
	dated   = regexp.MustCompile(`[0-9]{4}_[0-9]{2}_[0-9]{2}$`)
)

func plain(s string) string { return letters.ReplaceAllString(strings.ToLower(s), "") }

// models reads those of botocore, by the names of their folders, signing names and endpoints.
func models(t *testing.T) (all map[string][]*model, version string) {
	t.Helper()
	venv := os.Getenv("TENANTSTACK_AWS_VENV")
	if venv == "" {
		t.Skip("TENANTSTACK_AWS_VENV is not set: make test installs botocore and sets it")
	}
	data, err := filepath.Glob(filepath.Join(venv, "lib", "python*", "site-packages", "botocore", "data"))
	if err != nil || len(data) != 1 {
		t.Fatalf("looking for the models of botocore in %s: found %d folders, want 1", venv, len(data))
	}
	packages, _ := filepath.Glob(filepath.Join(filepath.Dir(filepath.Dir(data[0])), "botocore-*.dist-info"))
	if len(packages) == 1 {
		version = strings.TrimSuffix(filepath.Base(packages[0]), ".dist-info")
	}
	all = map[string][]*model{}
	folders, err := os.ReadDir(data[0])
	if err != nil {
		t.Fatal(err)
	}
	for _, folder := range folders {
		versions, _ := filepath.Glob(filepath.Join(data[0], folder.Name(), "*", "service-2.json.gz"))
		if len(versions) == 0 {
			continue
		}
		m := readModel(t, versions[len(versions)-1])
		names := map[string]bool{folder.Name(): true}
		for _, field := range []string{"signingName", "endpointPrefix"} {
			if name, ok := m.Metadata[field].(string); ok {
				names[name] = true
			}
		}
		for name := range names {
			all[name] = append(all[name], m)
		}
	}
	return all, version
}

func readModel(t *testing.T, path string) *model {
	t.Helper()
	f, err := os.Open(path)
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	z, err := gzip.NewReader(f)
	if err != nil {
		t.Fatal(err)
	}
	m := &model{}
	if err := json.NewDecoder(z).Decode(m); err != nil {
		t.Fatalf("%s: %v", path, err)
	}
	return m
}

// resourceStems are the names of all resource types of the reference.
func resourceStems() map[string]bool {
	out := map[string]bool{}
	for _, service := range Services() {
		for _, kind := range ServiceResourceTypes(service) {
			out[plain(kind.Name)] = true
		}
	}
	for _, stem := range people {
		delete(out, stem)
	}
	return out
}

// identity are the plain names by which a request says which resource it is authorized on.
func identity(a *ActionSpec) map[string]bool {
	out := map[string]bool{"": true, "resource": true, "accountid": true}
	for _, use := range a.Resources {
		out[plain(use.Type.Name)] = true
		for _, arn := range use.Type.Arns {
			for _, match := range regexp.MustCompile(`\$\{([^}]+)\}`).FindAllStringSubmatch(arn, -1) {
				out[plain(match[1])], out[generic.ReplaceAllString(plain(match[1]), "")] = true, true
			}
		}
	}
	return out
}

// members visits the texts in a request, with the names on the way.
func (m *model) members(name string, path, seen []string, visit func(path []string, s shape)) {
	s, known := m.Shapes[name]
	if !known || slices.Contains(seen, name) {
		return
	}
	seen = append(slices.Clone(seen), name)
	switch s.Type {
	case "structure":
		for _, field := range slices.Sorted(maps.Keys(s.Members)) {
			m.members(s.Members[field].Shape, append(slices.Clone(path), field), seen, visit)
		}
	case "list":
		m.members(s.Member.Shape, path, seen, visit)
	case "map":
		if key := m.Shapes[s.Key.Shape]; m.Shapes[s.Value.Shape].Type == "string" {
			// Attributes that are set by name: which, the enumeration says, or nothing does.
			visit(append(slices.Clone(path), "*"), shape{Type: "attributes", Enum: key.Enum})
			return
		}
		m.members(s.Value.Shape, path, seen, visit)
	case "string":
		visit(path, s)
	}
}

// otherNamed is the first member of a request that can name another resource, empty if there is none.
func (m *model) otherNamed(input string, own, stems map[string]bool, setsAttributes bool) string {
	found := ""
	m.members(input, nil, nil, func(path []string, s shape) {
		last := plain(path[len(path)-1])
		stem := generic.ReplaceAllString(last, "")
		switch {
		case found != "" || len(s.Enum) > 0 && s.Type != "attributes" || harmlessMember.MatchString(strings.ToLower(strings.Join(path, "."))):
		case s.Type == "attributes":
			named := slices.ContainsFunc(s.Enum, func(v string) bool { return naming.MatchString(plain(v)) })
			if named || len(s.Enum) == 0 && len(path) > 1 && free.MatchString(plain(path[len(path)-2])) {
				found = strings.Join(path, ".")
			}
		case last == "attributename" && setsAttributes:
			found = strings.Join(path, ".") // SetTopicAttributes and its like set policies by name
		case own[last] || own[stem]:
		case naming.MatchString(last) || stem != last && stems[stem]:
			found = strings.Join(path, ".")
		}
	})
	return found
}

// operations of an action in the models.
func operations(a *ActionSpec, all map[string][]*model) map[*model]string {
	out := map[*model]string{}
	want := a.Name
	if other := otherOperations[a.String()]; other != "" {
		want = other
	}
	for _, name := range append([]string{a.Service}, otherModels[a.Service]...) {
		for _, m := range all[name] {
			for operation, o := range m.Operations {
				if strings.EqualFold(dated.ReplaceAllString(operation, ""), want) {
					if out[m] = ""; o.Input != nil {
						out[m] = o.Input.Shape
					}
				}
			}
		}
	}
	return out
}

// namesOthers derives what ActionSpec.NamesOthers says, with what decided it.
func namesOthers(a *ActionSpec, all map[string][]*model, stems map[string]bool) (bool, string) {
	if reason := withoutOperation[a.String()]; reason != "" {
		return false, reason
	}
	of := operations(a, all)
	if len(of) == 0 {
		return true, "no operation is known"
	}
	for m, input := range of {
		if input == "" {
			continue
		}
		if member := m.otherNamed(input, identity(a), stems, strings.HasPrefix(a.Name, "Set")); member != "" {
			return true, member
		}
	}
	return false, ""
}

// TestSelfContained derives the file anew where botocore is at hand.
func TestSelfContained(t *testing.T) {
	all, version := models(t)
	stems := resourceStems()
	var out strings.Builder
	fmt.Fprintf(
		&out,
		"# Writing actions whose requests name no resource but the one that they are authorized on; see selfcontained.go.\n",
	)
	fmt.Fprintf(
		&out,
		"# Derived by selfcontained_test.go from the service models of %s; not to be edited: go test ./iam -run SelfContained -update\n",
		version,
	)
	counts := map[AccessLevel][2]int{}
	for _, service := range Services() {
		var names []string
		for _, a := range ExpandAction(service + ":*") {
			if a.Level != LevelWrite && a.Level != LevelPermissionsManagement {
				continue
			}
			others, why := namesOthers(a, all, stems)
			n := counts[a.Level]
			if others {
				n[0]++
			} else {
				n[1]++
				names = append(names, a.Name)
			}
			counts[a.Level] = n
			if testing.Verbose() && os.Getenv("EXPLAIN") == service {
				t.Logf("%s: %v %s", a, others, why)
			}
		}
		if len(names) > 0 {
			fmt.Fprintf(&out, "%s %s\n", service, strings.Join(names, " "))
		}
	}
	t.Logf("names others, and does not: %v", counts)
	if *update {
		if err := os.WriteFile("selfcontained.txt", []byte(out.String()), 0o644); err != nil {
			t.Fatal(err)
		}
		return
	}
	if out.String() != selfContainedText {
		t.Error("selfcontained.txt is not what botocore says; if this is meant, run with -update")
	}
}

// TestNamesOthers has actions of which the documentation leaves no doubt.
func TestNamesOthers(t *testing.T) {
	for list, want := range map[string]bool{
		`events:PutRule events:PutTargets cloudfront:UpdateDistribution lambda:CreateEventSourceMapping lambda:UpdateFunctionConfiguration
		 s3:PutBucketNotification s3:PutReplicationConfiguration s3:PutBucketPolicy s3:PutBucketLogging s3:PutInventoryConfiguration s3:PutBucketAcl
		 sqs:SetQueueAttributes sqs:AddPermission sns:Subscribe sns:SetTopicAttributes logs:PutSubscriptionFilter logs:PutResourcePolicy
		 apigateway:PATCH apigateway:PUT apigateway:POST states:UpdateStateMachine scheduler:UpdateSchedule pipes:UpdatePipe
		 firehose:UpdateDestination kms:PutKeyPolicy kms:CreateGrant dynamodb:UpdateTable dynamodb:EnableKinesisStreamingDestination
		 dynamodb:PutResourcePolicy route53:ChangeResourceRecordSets cognito-idp:UpdateUserPool secretsmanager:PutResourcePolicy
		 secretsmanager:RotateSecret lambda:AddPermission events:PutPermission es:UpdateDomainConfig`: true,
		`dynamodb:PutItem dynamodb:UpdateItem dynamodb:DeleteItem dynamodb:BatchWriteItem dynamodb:GetItem dynamodb:Query s3:GetObject s3:PutObject
		 s3:DeleteObject s3:AbortMultipartUpload s3:ListBucket sqs:SendMessage sqs:ReceiveMessage sqs:DeleteMessage sqs:PurgeQueue sns:Publish
		 lambda:InvokeFunction logs:PutLogEvents logs:CreateLogStream kms:Encrypt kms:Decrypt kms:GenerateDataKey ssm:PutParameter
		 secretsmanager:GetSecretValue secretsmanager:PutSecretValue states:StartExecution states:SendTaskSuccess events:PutEvents kinesis:PutRecord
		 kinesis:PutRecords firehose:PutRecord firehose:PutRecordBatch execute-api:Invoke es:ESHttpPost cloudfront:CreateInvalidation
		 dynamodb:GetRecords cognito-idp:AdminCreateUser cognito-idp:AdminDeleteUser xray:PutTraceSegments dynamodb:DeleteTable`: false,
	} {
		for _, name := range strings.Fields(list) {
			a, known := LookupAction(name)
			if !known {
				t.Errorf("%s is no action", name)
			} else if got := a.NamesOthers(); got != want {
				t.Errorf("%s names others: %v, want %v", name, got, want)
			}
		}
	}
}
