package plan

// metrics are counted from the access log, so that they have the tenant as a dimension
// and say what API Gateway's own metrics do not: how many requests were throttled.
func (b *tenantBuilder) metrics() []Metric {
	namespace := b.file.Platform.Name
	return []Metric{
		{LogicalID: "RequestsMetric", Name: "Requests", Namespace: namespace, Pattern: "{ $.status = * }", Value: "1", Unit: "Count"},
		{LogicalID: "ThrottledMetric", Name: "Throttled", Namespace: namespace, Pattern: "{ $.status = 429 }", Value: "1", Unit: "Count"},
		// A token that is no good is an error of the authorizer to Lambda, but not to API Gateway.
		{LogicalID: "AuthorizerErrorsMetric", Name: "AuthorizerErrors", Namespace: namespace, Value: "1", Unit: "Count",
			Pattern: `{ $.error = "AUTHORIZER_FAILURE" || $.error = "AUTHORIZER_CONFIGURATION_ERROR" }`},
		{LogicalID: "LatencyMetric", Name: "Latency", Namespace: namespace, Pattern: "{ $.latency = * }", Value: "$.latency", Unit: "Milliseconds"},
	}
}

const fiveMinutes = 300

func (b *tenantBuilder) alarms(t *Tenant) []Alarm {
	stage := map[string]string{"ApiName": t.API.Name, "Stage": t.API.Stage}
	byTenant := map[string]string{"Tenant": b.tenant.ID}
	out := []Alarm{
		{LogicalID: "ServerErrorsAlarm", Description: "The API answered with 5xx. See the access log and the function's log.",
			Namespace: "AWS/ApiGateway", Metric: "5XXError", Dimensions: stage, Statistic: "Sum", Period: fiveMinutes, Periods: 1, Threshold: 5},
		{LogicalID: "AuthorizerErrorsAlarm", Description: "The authorizer failed, so requests were refused. See its log; is the identity provider reachable?",
			Namespace: b.file.Platform.Name, Metric: "AuthorizerErrors", Dimensions: byTenant, Statistic: "Sum", Period: fiveMinutes, Periods: 1, Threshold: 1},
		{LogicalID: "ThrottledAlarm", Description: "Requests went over the tenant's throttle. Raise it in tenants.yaml, or talk to the customer.",
			Namespace: b.file.Platform.Name, Metric: "Throttled", Dimensions: byTenant, Statistic: "Sum", Period: fiveMinutes, Periods: 3, Threshold: 50},
	}
	for _, n := range t.Uploads.Notifications {
		out = append(out, b.eventAlarm(n.Function))
	}
	if t.Indexer != nil {
		out = append(out, indexerAlarms(t.Indexer)...)
	}
	return named(b.scope, out)
}

// eventAlarm watches a function that no caller waits for. Lambda tries an event three times and
// then drops it (Lambda Developer Guide, "How Lambda handles errors and retries with asynchronous invocation").
func (b *tenantBuilder) eventAlarm(function string) Alarm {
	return Alarm{
		LogicalID: function + "ErrorsAlarm", Description: "A function that works on uploaded files failed. See its log; a file that failed three times is not looked at again.",
		Namespace: "AWS/Lambda", Metric: "Errors", Dimensions: map[string]string{"FunctionName": b.scope.functionName(function)},
		Statistic: "Sum", Period: fiveMinutes, Periods: 1, Threshold: 1,
	}
}

// indexerAlarms watch that indices keep up with their tables.
func indexerAlarms(i *Indexer) []Alarm {
	function := map[string]string{"FunctionName": i.Function.Name}
	return []Alarm{
		{LogicalID: "IndexerAgeAlarm", Description: "Search is behind the tables by more than five minutes. See the indexer's log; is the domain healthy?",
			Namespace: "AWS/Lambda", Metric: "IteratorAge", Dimensions: function, Statistic: "Maximum", Period: fiveMinutes, Periods: 1, Threshold: fiveMinutes * 1000},
		{LogicalID: "IndexerThrottlesAlarm", Description: "The indexer was throttled. Raise the account's concurrency.",
			Namespace: "AWS/Lambda", Metric: "Throttles", Dimensions: function, Statistic: "Sum", Period: fiveMinutes, Periods: 3, Threshold: 1},
		{LogicalID: "DeadLettersAlarm", Description: "Changes did not reach search. Mend the cause, then invoke the indexer with {\"replay\":{\"max\":100}}.",
			Namespace: "AWS/SQS", Metric: "ApproximateNumberOfMessagesVisible", Dimensions: map[string]string{"QueueName": i.DeadLetterQueue}, Statistic: "Maximum", Period: fiveMinutes, Periods: 1, Threshold: 1},
	}
}

// named gives alarms names that tell their scope.
func named(s scope, alarms []Alarm) []Alarm {
	for i := range alarms {
		alarms[i].Name = s.prefix() + alarms[i].LogicalID
	}
	return alarms
}
