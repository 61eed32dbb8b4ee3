package dynamodb

import (
	"context"
	"net/http"
	"strings"

	"github.com/tenantstack/tenantstack/iam"
	"github.com/tenantstack/tenantstack/internal/localcloud/gate"
)

// place finds what an operation of the control plane is about and adds its accesses: the action has the
// name of the operation. It returns the table; the name is empty if it is about none.
type place func(*request) tableID

// control makes the derivation of an operation of the control plane.
func control(where place, do func(*request, tableID)) func(*request) {
	return func(r *request) {
		if !r.members(r.in, r.operation) {
			return
		}
		r.finish = r.outer
		if id := where(r); r.problem == nil {
			do(r, id)
		}
	}
}

// ofAccount operations are about no resource (Service Authorization Reference: they have no resource
// types, so that only the resource * allows them).
func ofAccount(r *request) tableID {
	r.home = home{r.call.Caller.Account, r.call.Region}
	r.accesses = append(r.accesses, gate.Access{Action: "dynamodb:" + r.operation, Resource: "*", ResourceAccount: r.home.account})
	return tableID{home: r.home}
}

// ofTable operations name a table by TableName, and those about an index by IndexName too.
func ofTable(r *request) tableID {
	id, ok := r.tableName(r.in)
	if !ok {
		return id
	}
	rest := ""
	if strings.HasSuffix(r.operation, "ContributorInsights") {
		rest = indexPart(r.index())
	}
	r.about(id, rest)
	return id
}

// ofResource operations name a table, or its stream, by an ARN.
func ofResource(r *request) tableID {
	member := "ResourceArn"
	if r.in.get(member) == nil {
		member = "TableArn"
	}
	return r.byARN(member, "", "/stream/")
}

func ofBackup(r *request) tableID { return r.byARN("BackupArn", "/backup/") }
func ofExport(r *request) tableID { return r.byARN("ExportArn", "/export/") }

// ofImport is about the import, or the table that it makes.
func ofImport(r *request) tableID {
	if r.in.get("ImportArn") != nil {
		return r.byARN("ImportArn", "/import/")
	}
	id, ok := r.tableName(r.object(r.in, "TableCreationParameters"))
	if ok {
		r.about(id, "")
	}
	return id
}

// ofRestore operations read a table or a backup and make another table: both count.
func ofRestore(r *request) tableID {
	switch {
	case r.in.get("BackupArn") != nil:
		r.byARN("BackupArn", "/backup/")
	case r.in.get("SourceTableArn") != nil:
		r.byARN("SourceTableArn", "")
	default:
		if id, ok := r.tableMember(r.in, "SourceTableName"); ok {
			r.about(id, "")
		}
	}
	id, ok := r.tableMember(r.in, "TargetTableName")
	if ok {
		r.about(id, "")
	}
	return id
}

// ofGlobalTable operations are those of version 2017 of global tables.
func ofGlobalTable(r *request) tableID {
	id, ok := r.tableMember(r.in, "GlobalTableName")
	if ok {
		r.accesses = append(r.accesses, gate.Access{Action: "dynamodb:" + r.operation, ResourceAccount: id.account,
			Resource: "arn:" + partition(id.region) + ":dynamodb::" + id.account + ":global-table/" + id.name})
	}
	return id
}

// byARN reads an ARN of a table or of what belongs to it: one of the forms begins what follows the
// table's name, and the empty one stands for the table itself.
func (r *request) byARN(member string, forms ...string) tableID {
	text := r.text(r.in, member)
	id, rest, ok := arnOf(text)
	known := false
	for _, form := range forms {
		known = known || rest == form || form != "" && strings.HasPrefix(rest, form) && !strings.Contains(rest[len(form):], "/")
	}
	if !ok || !known {
		r.fail(invalid("Invalid %s: %q", member, text))
		return id
	}
	if r.inHome(id) {
		r.about(id, rest)
	}
	return id
}

// about adds the access to a table or to what belongs to it.
func (r *request) about(id tableID, rest string) {
	t, err := r.service.table(r.call.HTTP.Context(), id)
	if err != nil {
		r.fail(engineDown(err))
		return
	}
	r.access(r.operation, id, rest, t, r.tagContext())
}

// tagContext has the tags of the request (IAM User Guide, "Controlling access during AWS requests").
func (r *request) tagContext() iam.Context {
	c := iam.Context{}
	var names []string
	for _, t := range r.tags() {
		names = append(names, t.key)
		c["aws:RequestTag/"+t.key] = []string{t.value}
	}
	names = append(names, r.tagKeys()...)
	if len(names) > 0 {
		c["aws:TagKeys"] = names
	}
	return c
}

// forwarded operations are the engine's to do, as they are.
func forwarded(r *request, id tableID) { r.home = id.home }

// notRun operations are decided like all others before it is said that the local cloud has none of them.
func notRun(r *request, _ tableID) {
	r.refuse(failed("UnknownOperationException", "The local cloud does not run %s", r.operation))
}

// createTable also decides what comes with the table: tags and a resource policy (DynamoDB Developer
// Guide, "Resource-based policy considerations": CreateTable with a policy needs PutResourcePolicy).
func createTable(r *request, id tableID) {
	text := r.text(r.in, "ResourcePolicy")
	p, err := parsePolicy(text)
	if err != nil {
		r.fail(invalid("Invalid ResourcePolicy: %v", err))
		return
	}
	if r.in.get("Tags") != nil {
		r.access("TagResource", id, "", nil, r.tagContext())
	}
	if text != "" {
		r.access("PutResourcePolicy", id, "", nil, iam.Context{})
	}
	tags := r.tags()
	changing(r, id, func(t *table) error {
		return r.service.set(t, func(s *settings) {
			*s = settings{policy: p, tags: map[string]string{}}
			for _, tag := range tags {
				s.tags[tag.key] = tag.value
			}
		})
	})
}

// changeTable has the engine change a table.
func changeTable(r *request, id tableID) {
	changing(r, id, func(*table) error { return nil })
}

// deleteTable has the engine delete a table, whose settings go with it.
func deleteTable(r *request, id tableID) {
	changing(r, id, func(t *table) error {
		t.expiries.clear()
		return r.service.set(t, func(s *settings) { *s = settings{} })
	})
}

// changing keeps everyone else from a table while it is created, changed or deleted, and reads its schema
// again afterwards. then is called if the engine did it.
func changing(r *request, id tableID, then func(*table) error) {
	r.answer = func() (answer, *gate.Error) {
		// Only now, when it was allowed: an entry stays for good.
		t := r.service.reserve(id)
		t.mu.Lock()
		defer t.mu.Unlock()
		r.finish = nil
		out, problem := r.forward()
		// Even if the caller has gone: what the engine did is to be known.
		ctx, cancel := context.WithTimeout(context.WithoutCancel(r.call.HTTP.Context()), writeTimeout)
		defer cancel()
		err := r.service.reload(ctx, t)
		if err == nil && out.status == http.StatusOK {
			err = then(t)
		}
		switch {
		case problem != nil:
			return answer{}, problem
		case err != nil:
			return answer{}, engineDown(err)
		}
		return r.outer(out), nil
	}
}
