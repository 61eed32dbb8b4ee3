package api

import (
	"cmp"
	"fmt"
	"slices"
)

// maxExpireDays bounds what a folder of uploads may keep: ten years.
const maxExpireDays = 3650

// maxEvents is how many event notification configurations S3 takes of a bucket (Amazon S3 User Guide, "Amazon S3 Event
// Notifications": https://docs.aws.amazon.com/AmazonS3/latest/userguide/EventNotifications.html).
const maxEvents = 100

// Fields of x-uploads and x-events. An event's function has the fields of x-function too.
var (
	folderFields = []string{"expireDays"}
	eventFields  = append([]string{"objectCreated"}, functionFields...)
)

// readFolders reads x-uploads.
func (r *reader) readFolders() {
	folders := r.root.get("x-uploads")
	if folders == nil || !r.entries(folders, "folder") {
		return
	}
	for _, item := range folders.items {
		folder := Folder{Name: item.token}
		if r.fields(item, folderFields...) {
			folder.ExpireDays = r.number(item, "expireDays", "days", 1, maxExpireDays, 0)
		}
		r.contract.Uploads = append(r.contract.Uploads, folder)
	}
	slices.SortFunc(r.contract.Uploads, func(a, b Folder) int { return cmp.Compare(a.Name, b.Name) })
}

// readEvents reads x-events. Their names are checked with the operationIds, which make
// functions too.
func (r *reader) readEvents() {
	events := r.root.get("x-events")
	if events == nil {
		return
	}
	if !events.isObject() {
		r.report(events, "write an object with a function by the name of its event", "x-events must be an object, not %s", events.describe())
		return
	}
	if n := len(events.items); n > maxEvents {
		r.report(events, "work on several things in one function", "there are %d events; a bucket has at most %d notifications", n, maxEvents)
	}
	folders := map[string]string{}
	for _, item := range events.items {
		event := Event{ID: item.token, Function: Function{Timeout: DefaultTimeout, Memory: DefaultMemory}}
		if r.fields(item, eventFields...) {
			event.ObjectCreated = r.createdIn(item, folders)
			event.Function = r.functionOf(item)
			r.checkEventAccess(item, event)
		}
		r.contract.Events = append(r.contract.Events, event)
	}
	slices.SortFunc(r.contract.Events, func(a, b Event) int { return cmp.Compare(a.ID, b.ID) })
}

// createdIn reads the folder whose objects an event is about. S3 refuses two notifications
// that overlap (Amazon S3 User Guide, "Configuring event notifications using object key name filtering").
func (r *reader) createdIn(event *node, folders map[string]string) string {
	name, at := r.text(event, "objectCreated")
	switch {
	case event.get("objectCreated") == nil:
		r.report(event, "add objectCreated: a name of x-uploads", "the event %s does not say what happened", event.token)
	case name == "":
	case !r.isFolder(at, name):
	case folders[name] != "":
		r.report(at, "do both in one function", "the event %s is about the folder %s already", folders[name], quoted(name))
	default:
		folders[name] = event.token
		return name
	}
	return ""
}

// checkEventAccess reports an event whose function cannot read what it is told of, and one whose function could start
// itself again and again by what it writes.
func (r *reader) checkEventAccess(item *node, event Event) {
	folder, role := event.ObjectCreated, event.Function.Role
	if folder == "" || role == "" {
		return
	}
	var reads, writes bool
	for _, grants := range []Grants{r.role(role).Grants, event.Function.Extra} {
		for _, access := range []Access{grants.Uploads[folder], grants.Uploads[AllUploads]} {
			reads, writes = reads || access.Reads(), writes || access.Writes()
		}
	}
	fix := fmt.Sprintf("grant the role %s uploads: {%s: %s}, which removes what is done", role, folder, ReadDelete)
	if !reads {
		r.report(item.get("objectCreated"), fix, "the event %s cannot read the folder %s", quoted(event.ID), quoted(folder))
	}
	if writes {
		r.report(item.get("objectCreated"), fix, "the event %s may write to the folder %s, which would start it again", quoted(event.ID), quoted(folder))
	}
}

// role is an entry of x-roles; an empty one if there is none of that name.
func (r *reader) role(name string) Role {
	if i := slices.IndexFunc(r.contract.Roles, func(role Role) bool { return role.Name == name }); i >= 0 {
		return r.contract.Roles[i]
	}
	return Role{}
}

// isFolder reports a folder that x-uploads does not have.
func (r *reader) isFolder(at *node, name string) bool {
	folders := r.root.get("x-uploads")
	if folders.get(name) != nil {
		return true
	}
	r.report(at, cmp.Or(choose(name, tokens(folders)), "add it to x-uploads"), "there is no folder %s in x-uploads", quoted(name))
	return false
}

// uploadGrants reads the accesses to uploads: one to all of them, or one by folder.
func (r *reader) uploadGrants(n *node) map[string]Access {
	if !n.isObject() {
		return map[string]Access{AllUploads: r.access(n, Read, Write, ReadDelete, ReadWrite)}
	}
	grants := map[string]Access{}
	for _, item := range n.items {
		r.isFolder(item, item.token)
		grants[item.token] = r.access(item, Read, Write, ReadDelete, ReadWrite)
	}
	if len(grants) == 0 {
		return nil
	}
	return grants
}

// tokens are the names of an object's members.
func tokens(n *node) []string {
	if !n.isObject() {
		return nil
	}
	names := make([]string, len(n.items))
	for i, item := range n.items {
		names[i] = item.token
	}
	return names
}
