package dynamodb

import (
	"encoding/json"
	"strings"

	"github.com/tenantstack/tenantstack/iam"
	"github.com/tenantstack/tenantstack/internal/localcloud/gate"
)

// unsupported operations are decided like all others and then refused: the engine has none of them.
var unsupported = map[string]bool{
	"PutResourcePolicy": true, "GetResourcePolicy": true, "DeleteResourcePolicy": true,
	"ExportTableToPointInTime": true, "DescribeExport": true, "ListExports": true, "ImportTable": true, "DescribeImport": true, "ListImports": true,
	"CreateBackup": true, "DeleteBackup": true, "DescribeBackup": true, "ListBackups": true, "RestoreTableFromBackup": true, "RestoreTableToPointInTime": true,
	"DescribeContinuousBackups": true, "UpdateContinuousBackups": true, "CreateGlobalTable": true, "UpdateGlobalTable": true, "DescribeGlobalTable": true,
	"ListGlobalTables": true, "EnableKinesisStreamingDestination": true, "DisableKinesisStreamingDestination": true, "DescribeKinesisStreamingDestination": true,
	"UpdateKinesisStreamingDestination": true, "DescribeContributorInsights": true, "UpdateContributorInsights": true, "ListContributorInsights": true,
	"DescribeTableReplicaAutoScaling": true, "UpdateTableReplicaAutoScaling": true, "DescribeGlobalTableSettings": true, "UpdateGlobalTableSettings": true,
	"TagResource": true, "UntagResource": true, "ListTagsOfResource": true,
}

// account-wide operations name no table.
var accountWide = map[string]bool{
	"ListTables": true, "DescribeLimits": true, "DescribeEndpoints": true, "ListBackups": true, "ListExports": true, "ListImports": true,
	"ListGlobalTables": true, "ListContributorInsights": true,
}

// other derives an operation on tables themselves: its action has its name, its resource is what
// TableName or an ARN of the request names.
func (r *request) other() *gate.Error {
	if _, known := iam.LookupAction("dynamodb:" + r.operation); !known && !unsupported[r.operation] || strings.Contains(r.operation, "PartiQL") || r.operation == "ConditionCheckItem" {
		return unknownOperation(r.operation)
	}
	r.control = true
	if accountWide[r.operation] {
		r.accesses = append(r.accesses, gate.Access{Action: "dynamodb:" + r.operation, Resource: "*"})
		return r.supported()
	}
	for _, member := range []string{"TableName", "ResourceArn", "TableArn", "SourceTableName", "SourceTableArn", "TargetTableName", "BackupArn", "ExportArn", "ImportArn"} {
		name := r.in.text(member)
		if name == "" {
			continue
		}
		if i := strings.Index(name, ":table/"); i > 0 {
			name, _, _ = strings.Cut(name, "/backup/")
			name, _, _ = strings.Cut(name, "/export/")
			name, _, _ = strings.Cut(name, "/import/")
		}
		id, ok := r.table(name)
		if !ok {
			return r.problem
		}
		r.access(r.operation, id, "", iam.Context{})
		switch r.operation {
		case "CreateTable", "UpdateTable", "DeleteTable", "UpdateTimeToLive":
			r.wrote(id, nil)
		}
	}
	return r.supported()
}

// supported decides what the engine does not have before it says so.
func (r *request) supported() *gate.Error {
	if !unsupported[r.operation] || len(r.accesses) == 0 {
		return nil
	}
	if denied := r.call.Authorize(r.accesses...); denied != nil {
		return denied
	}
	return &gate.Error{Status: 400, Code: "UnknownOperationException", Message: "DynamoDB Local has no operation " + r.operation}
}

// after follows what a successful request changed.
func (s *Service) after(r *request) {
	for id, keys := range r.written {
		switch r.operation {
		case "CreateTable", "UpdateTable", "DeleteTable", "UpdateTimeToLive":
			s.forget(id)
		default:
			s.touched(id, keys)
		}
	}
}

// touched tells readers of the table's stream, and remembers keys whose time to live may have changed.
func (s *Service) touched(id tableID, keys []json.RawMessage) {
	s.mu.Lock()
	defer s.mu.Unlock()
	t := s.tables[id]
	if t == nil {
		return
	}
	if t.ttl != "" {
		for _, k := range keys {
			t.dirty(k)
		}
	}
	if t.stream {
		arn := streamARN(id)
		if c := s.changed[arn]; c != nil {
			close(c)
			delete(s.changed, arn)
		}
	}
}
