package dynamodb

// operations derive what the operations of the API do (DynamoDB API Reference, "Actions"). Every
// other name is that of no operation, even where it is that of an action, such as PartiQLSelect.
var operations = map[string]func(*request){
	"GetItem":               items(single(getItem)),
	"PutItem":               items(single(putItem)),
	"UpdateItem":            items(single(updateItem)),
	"DeleteItem":            items(single(deleteItem)),
	"Query":                 items(query),
	"Scan":                  items(scan),
	"BatchGetItem":          items(batchGet),
	"BatchWriteItem":        items(batchWrite),
	"TransactGetItems":      items(transact(map[string]itemAction{"Get": getItem})),
	"TransactWriteItems":    items(transact(map[string]itemAction{"Put": putItem, "Update": updateItem, "Delete": deleteItem, "ConditionCheck": conditionCheck})),
	"ExecuteStatement":      items(executeStatement),
	"BatchExecuteStatement": items(executeStatements("Statements")),
	"ExecuteTransaction":    items(executeStatements("TransactStatements")),

	"CreateTable":   control(ofTable, createTable),
	"UpdateTable":   control(ofTable, changeTable),
	"DeleteTable":   control(ofTable, deleteTable),
	"DescribeTable": control(ofTable, forwarded),

	"ListTables":        control(ofAccount, forwarded),
	"DescribeLimits":    control(ofAccount, forwarded),
	"DescribeEndpoints": control(ofAccount, (*request).describeEndpoints),

	"DescribeTimeToLive":        control(ofTable, (*request).describeTimeToLive),
	"UpdateTimeToLive":          control(ofTable, (*request).updateTimeToLive),
	"DescribeContinuousBackups": control(ofTable, (*request).describeContinuousBackups),
	"UpdateContinuousBackups":   control(ofTable, (*request).updateContinuousBackups),
	"TagResource":               control(ofResource, (*request).tagResource),
	"UntagResource":             control(ofResource, (*request).untagResource),
	"ListTagsOfResource":        control(ofResource, (*request).listTagsOfResource),
	"PutResourcePolicy":         control(ofResource, (*request).putResourcePolicy),
	"GetResourcePolicy":         control(ofResource, (*request).getResourcePolicy),
	"DeleteResourcePolicy":      control(ofResource, (*request).deleteResourcePolicy),

	"CreateBackup":                        control(ofTable, notRun),
	"DescribeBackup":                      control(ofBackup, notRun),
	"DeleteBackup":                        control(ofBackup, notRun),
	"ListBackups":                         control(ofAccount, notRun),
	"RestoreTableFromBackup":              control(ofRestore, notRun),
	"RestoreTableToPointInTime":           control(ofRestore, notRun),
	"ExportTableToPointInTime":            control(ofResource, notRun),
	"DescribeExport":                      control(ofExport, notRun),
	"ListExports":                         control(ofAccount, notRun),
	"ImportTable":                         control(ofImport, notRun),
	"DescribeImport":                      control(ofImport, notRun),
	"ListImports":                         control(ofAccount, notRun),
	"CreateGlobalTable":                   control(ofGlobalTable, notRun),
	"UpdateGlobalTable":                   control(ofGlobalTable, notRun),
	"DescribeGlobalTable":                 control(ofGlobalTable, notRun),
	"DescribeGlobalTableSettings":         control(ofGlobalTable, notRun),
	"UpdateGlobalTableSettings":           control(ofGlobalTable, notRun),
	"ListGlobalTables":                    control(ofAccount, notRun),
	"DescribeContributorInsights":         control(ofTable, notRun),
	"UpdateContributorInsights":           control(ofTable, notRun),
	"ListContributorInsights":             control(ofAccount, notRun),
	"DescribeKinesisStreamingDestination": control(ofTable, notRun),
	"EnableKinesisStreamingDestination":   control(ofTable, notRun),
	"DisableKinesisStreamingDestination":  control(ofTable, notRun),
	"UpdateKinesisStreamingDestination":   control(ofTable, notRun),
	"DescribeTableReplicaAutoScaling":     control(ofTable, notRun),
	"UpdateTableReplicaAutoScaling":       control(ofTable, notRun),
}

// items derives an operation on items.
func items(derive func(*request)) func(*request) {
	return func(r *request) {
		r.data = true
		r.readNumbers()
		derive(r)
	}
}
