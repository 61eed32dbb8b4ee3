package tenant

import (
	"strconv"
	"strings"
)

// Source is the text of a file without problems, for those that show later.
type Source struct{ decoder *decoder }

// Problem is about the value at a path, such as tenants[3].keyShards or cells.eu-1.region. A
// value that is not in the file has the place of what is around it.
func (s *Source) Problem(path, message, fix string) Problem {
	r := &report{file: s.decoder.file, lines: s.decoder.lines}
	r.add(s.at(path), path, message, fix)
	return r.problems[0]
}

// at is the place of the value at a path, or of what is around it.
func (s *Source) at(path string) span {
	at, found := s.decoder.at[path]
	for around := path; !found && around != ""; at, found = s.decoder.at[around] {
		around = around[:max(strings.LastIndexAny(around, ".["), 0)]
	}
	return at
}

// Where is the place of the value at a path, as file:line:column. That of a value which is not in the file is the place
// of what is around it.
func (s *Source) Where(path string) string {
	at := s.at(path)
	return s.decoder.file + ":" + strconv.Itoa(at.line) + ":" + strconv.Itoa(at.column)
}

// TenantPath is the path of a tenant's field for [Source.Problem]; with no field, the tenant's own.
func (f *File) TenantPath(id, field string) string {
	for i, t := range f.Tenants {
		if t.ID != id {
			continue
		}
		if field == "" {
			return entryPath("tenants", i)
		}
		return entryPath("tenants", i) + "." + field
	}
	return "tenants"
}
