package facts

import (
	"cmp"
	"fmt"
	"strconv"
	"strings"
)

// dimensionKinds are what the dimensions of AWS's namespaces name; a setting names nothing of its own. What is not
// here is not understood (Amazon CloudWatch User Guide, "AWS services that publish CloudWatch metrics", and the
// pages of the services that it leads to).
var dimensionKinds = map[string]map[string]string{
	"AWS/ApiGateway": {
		"ApiName":  "api-name",
		"ApiId":    "api",
		"Stage":    setting,
		"Method":   setting,
		"Resource": setting,
		"Route":    setting,
	},
	"AWS/CloudFront": {"DistributionId": "distribution", "Region": setting},
	"AWS/Cognito":    {"UserPool": "user-pool", "UserPoolClient": setting},
	"AWS/DynamoDB": {
		"TableName": "table", "GlobalSecondaryIndexName": setting, "Operation": setting, "ReceivingRegion": setting, "StreamLabel": setting, "Verb": setting,
	},
	"AWS/ES":       {"DomainName": "domain", "ClientId": setting, "NodeId": setting},
	"AWS/Events":   {"RuleName": "rule", "EventBusName": "event-bus"},
	"AWS/Firehose": {"DeliveryStreamName": "delivery-stream"},
	"AWS/Kinesis":  {"StreamName": "stream", "ShardId": setting, "ConsumerName": setting},
	"AWS/KMS":      {"KeyId": "key"},
	"AWS/Lambda":   {"FunctionName": "function", "Resource": "function", "ExecutedVersion": setting},
	"AWS/Logs": {
		"LogGroupName":    "log-group",
		"DestinationType": setting,
		"FilterName":      setting,
		"PolicyLevel":     setting,
	},
	"AWS/Pipes":              {"PipeName": "pipe"},
	"AWS/Route53":            {"HostedZoneId": "zone", "HealthCheckId": "id"},
	"AWS/S3":                 {"BucketName": "bucket", "StorageType": setting, "FilterId": setting},
	"AWS/Scheduler":          {"ScheduleGroup": "schedule-group"},
	"AWS/SNS":                {"TopicName": "topic", "Country": setting, "SMSType": setting},
	"AWS/SQS":                {"QueueName": "queue"},
	"AWS/States":             {"StateMachineArn": "state-machine", "ActivityArn": "arn", "LambdaFunctionArn": "function"},
	"AWS/NATGateway":         {"NatGatewayId": "id"},
	"AWS/ApplicationELB":     {"LoadBalancer": "id", "TargetGroup": "id", "AvailabilityZone": setting},
	"AWS/EC2":                {"InstanceId": "id", "AutoScalingGroupName": "auto-scaling-group"},
	"AWS/CertificateManager": {"CertificateArn": "certificate"},
}

const setting = "setting"

// dimensions reads a list of names and values; their namespace stands beside it.
func (w *walk) dimensions(value any) {
	if len(items(value)) == 0 {
		return // judged with the name of the metric
	}
	pairs := map[string]any{}
	for i, item := range items(value) {
		dimension := object(item)
		w.below("["+strconv.Itoa(i)+"]", func() {
			for _, name := range sortedKeys(dimension) {
				if name != "Name" && name != "Value" {
					w.notUnderstood("has "+name+", which no dimension has", "remove it")
				}
			}
			if text(dimension["Name"]) == "" {
				w.notUnderstood("is a dimension without a name", "give it as an object with Name and Value")
			}
		})
		pairs[text(dimension["Name"])] = dimension["Value"]
	}
	w.metric(text(w.parent["Namespace"]), pairs)
}

// metric is one of a namespace with its dimensions. One of AWS's without a dimension that names a resource is of
// everything in the account.
func (w *walk) metric(namespace string, dimensions map[string]any) {
	if len(marks(namespace)) > 0 {
		w.notUnderstood("is about a metric of a namespace that the template does not say", "name the namespace")
		return
	}
	if !strings.HasPrefix(namespace, "AWS/") {
		for _, name := range sortedKeys(dimensions) {
			w.mentionValue(name)
			w.told(name, scalarText(dimensions[name]))
		}
		return
	}
	bound := false
	for name := range dimensions {
		kind := dimensionKinds[namespace][name]
		bound = bound || kind != "" && kind != setting
	}
	named := false
	for _, name := range sortedKeys(dimensions) {
		kind := dimensionKinds[namespace][name]
		switch kind {
		case "":
			if bound {
				w.told(name, scalarText(dimensions[name]))
				continue
			}
			w.notUnderstood(
				fmt.Sprintf("has the dimension %s of %s, which the proof does not know", name, namespace),
				"use a metric of a resource of the stack, or accept it with a reason",
			)
			return
		case setting:
			continue
		}
		named = true
		w.refer(kind, scalarText(dimensions[name]), false, false)
	}
	if !named {
		w.notUnderstood(
			fmt.Sprintf("is about a metric of %s for everything in the account", namespace),
			"name a resource of the stack as a dimension",
		)
	}
}

// told is the value of a dimension: a text, or a value of a stack.
func (w *walk) told(name, value string) {
	w.mentionValue(value)
	for _, m := range marks(value) {
		if m.Stack == "" {
			w.notUnderstood(
				fmt.Sprintf("is about a metric whose %s no template tells", name),
				"give the value, or that of a resource of the stack",
			)
		}
	}
}

// metricName reads the name of a metric that stands beside its namespace. Without dimensions, one of AWS's is of
// everything in the account.
func (w *walk) metricName(value any) {
	w.mentionValue(scalarText(value))
	if namespace := text(w.parent["Namespace"]); len(items(w.parent["Dimensions"])) == 0 {
		w.metric(namespace, nil)
	}
}

// value reads one that can tell whose something is.
func (w *walk) tellingValue(value any) {
	switch v := value.(type) {
	case map[string]any:
		for _, name := range sortedKeys(v) {
			w.below(stepOf(name), func() {
				w.mentionValue(name)
				w.tellingValue(v[name])
			})
		}
	case []any:
		for i, item := range v {
			w.below("["+strconv.Itoa(i)+"]", func() { w.tellingValue(item) })
		}
	case nil:
	default:
		w.mentionValue(scalarText(v))
		w.escaped(scalarText(v), w.tellingValue)
	}
}

// environment reads variables, whose values are what counts.
func (w *walk) environment(value any) {
	if variables := object(value); variables != nil {
		for _, name := range sortedKeys(variables) {
			w.below(stepOf(name), func() { w.environment(variables[name]) })
		}
		return
	}
	w.tellingValue(value)
}

// rows reads the metrics of a dashboard's widget: each a list of a namespace, a metric, and names and values of
// dimensions, or an object with an expression at its end. A period stands for what the row above has there, and
// three for all of it (Amazon CloudWatch API Reference, "Dashboard Body Structure and Syntax").
func (w *walk) rows(value any) {
	var above []string
	for i, item := range items(value) {
		w.below("["+strconv.Itoa(i)+"]", func() {
			row, isList := item.([]any)
			if !isList {
				w.notUnderstood("is no list", "give a list of the namespace, the metric and its dimensions")
				return
			}
			if n := len(row); n > 0 {
				if options, is := row[n-1].(map[string]any); is {
					row = row[:n-1]
					w.rowOptions(options)
				}
			}
			if len(row) > 0 {
				above = w.row(row, above)
			}
		})
	}
}

func (w *walk) row(row []any, above []string) []string {
	var now []string
	for _, item := range row {
		cell := scalarText(item)
		switch {
		case cell == "..." && len(row) <= len(above)+1:
			now = append(now, above[:len(above)-(len(row)-1-len(now))]...)
		case cell == "." && len(now) < len(above):
			now = append(now, above[len(now)])
		case cell == "." || cell == "...":
			w.notUnderstood("repeats what no row above has", "write out the namespace, the metric and its dimensions")
			return nil
		default:
			now = append(now, cell)
		}
	}
	if len(now) < 2 || len(now)%2 != 0 {
		w.notUnderstood("is not a namespace, a metric and pairs of a dimension and its value", "write them out")
		return nil
	}
	w.mentionValue(now[0])
	w.mentionValue(now[1])
	dimensions := map[string]any{}
	for i := 2; i < len(now); i += 2 {
		dimensions[now[i]] = now[i+1]
	}
	w.metric(now[0], dimensions)
	return now
}

// rowOptions are how a metric is drawn, and an expression instead of one.
func (w *walk) rowOptions(options map[string]any) {
	for _, name := range sortedKeys(options) {
		w.below(stepOf(name), func() {
			switch name {
			case "expression":
				w.expression(options[name])
			case "id", "label", "color", "period", "stat", "region", "yAxis", "visible":
			default:
				w.notUnderstood(
					"is not among what the proof understands of a metric in a dashboard",
					"remove it, or accept it with a reason",
				)
			}
		})
	}
}

// APIName is the name of an API, which AWS does not keep apart from that of another.
type APIName struct {
	Place Place
	Name  string
}

func (t *reader) apiName(id string, properties map[string]any) {
	name := cmp.Or(text(properties["Name"]), text(object(object(properties["Body"])["info"])["title"]))
	if name != "" {
		t.APINames = append(t.APINames, APIName{Place: t.place(id, ""), Name: name})
	}
}
