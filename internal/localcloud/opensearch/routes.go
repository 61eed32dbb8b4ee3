package opensearch

import "strings"

// kind of a segment of a route.
type kind int

const (
	literally kind = iota
	// names of indices, aliases and the like, which are renamed; a list or a pattern where isList says so.
	names
	// whatever is forwarded as it is: ids of documents, metrics, fields.
	whatever
	// handle of a scroll.
	handle
	// scope is no segment of the request: all that the domain has.
	scope
)

type part struct {
	kind    kind
	literal string
}

// route is an API that is served.
type route struct {
	methods []string
	parts   []part
	// size is the number of the parts that are segments of the request.
	size int
	body bodyRule
	// lines says that the rule is for each line of the body.
	lines bool
	// handles says that answers hold handles even where the request asks for none in its parameters.
	handles bool
}

// declared are the routes that concern one domain and can be kept to it. {name} is a name, {name?} may be
// missing and then is all of the domain's, {*} is whatever. APIs that show or change the node as a
// whole (_nodes, _tasks, _cluster/state, _cluster/stats, changes of _cluster/settings, snapshots), and
// scripts and templates of queries, whose text is made on the node, are not among them.
var declared = []struct {
	methods, path string
	body          bodyRule
	lines         bool
	handles       bool
}{
	{methods: "GET HEAD", path: "/"},
	// Indices.
	{methods: "PUT", path: "/{name}", body: indexBody},
	{methods: "GET HEAD DELETE", path: "/{name}"},
	{methods: "GET", path: "/{name?}/_settings"},
	{methods: "GET", path: "/{name?}/_settings/{*}"},
	{methods: "PUT", path: "/{name}/_settings", body: settingsBody},
	{methods: "GET", path: "/{name?}/_mapping"},
	{methods: "GET", path: "/{name?}/_mappings"},
	{methods: "GET", path: "/{name?}/_mapping/field/{*}"},
	{methods: "PUT POST", path: "/{name}/_mapping"},
	{methods: "PUT POST", path: "/{name}/_mappings"},
	{methods: "POST", path: "/{name}/_open"},
	{methods: "POST", path: "/{name}/_close"},
	{methods: "PUT", path: "/{name}/_block/{*}"},
	{methods: "GET POST", path: "/{name?}/_refresh"},
	{methods: "GET POST", path: "/{name?}/_flush"},
	{methods: "POST", path: "/{name?}/_forcemerge"},
	{methods: "POST", path: "/{name?}/_cache/clear"},
	{methods: "GET", path: "/{name?}/_stats"},
	{methods: "GET", path: "/{name?}/_stats/{*}"},
	{methods: "GET", path: "/{name?}/_segments"},
	{methods: "GET", path: "/{name?}/_recovery"},
	{methods: "GET", path: "/{name?}/_shard_stores"},
	{methods: "PUT POST", path: "/{name}/_shrink/{name}", body: indexBody},
	{methods: "PUT POST", path: "/{name}/_split/{name}", body: indexBody},
	{methods: "PUT POST", path: "/{name}/_clone/{name}", body: indexBody},
	{methods: "POST", path: "/{name}/_rollover", body: indexBody},
	{methods: "POST", path: "/{name}/_rollover/{name}", body: indexBody},
	{methods: "GET", path: "/_resolve/index/{name}"},
	{methods: "GET POST", path: "/_analyze"},
	{methods: "GET POST", path: "/{name}/_analyze"},
	// Documents. Their bodies are data.
	{methods: "POST", path: "/{name}/_doc"},
	{methods: "GET HEAD PUT POST DELETE", path: "/{name}/_doc/{*}"},
	{methods: "PUT POST", path: "/{name}/_create/{*}"},
	{methods: "POST", path: "/{name}/_update/{*}"},
	{methods: "GET HEAD", path: "/{name}/_source/{*}"},
	{methods: "PUT POST", path: "/_bulk"},
	{methods: "PUT POST", path: "/{name}/_bulk"},
	{methods: "GET POST", path: "/_mget"},
	{methods: "GET POST", path: "/{name}/_mget"},
	{methods: "GET POST", path: "/{name}/_termvectors"},
	{methods: "GET POST", path: "/{name}/_termvectors/{*}"},
	{methods: "GET POST", path: "/_mtermvectors", body: termVectorsBody},
	{methods: "GET POST", path: "/{name}/_mtermvectors", body: termVectorsBody},
	{methods: "POST", path: "/{name}/_delete_by_query", body: queryBody},
	{methods: "POST", path: "/{name}/_update_by_query", body: queryBody},
	{methods: "POST", path: "/_reindex", body: reindexBody},
	// Searches.
	{methods: "GET POST", path: "/{name?}/_search", body: searchBody},
	{methods: "GET POST", path: "/{name?}/_msearch", body: searchBody, lines: true},
	{methods: "GET POST", path: "/{name?}/_count", body: queryBody},
	{methods: "GET POST", path: "/{name?}/_validate/query", body: queryBody},
	{methods: "GET POST", path: "/{name?}/_field_caps", body: queryBody},
	{methods: "GET POST", path: "/{name}/_explain/{*}", body: queryBody},
	{methods: "GET POST DELETE", path: "/_search/scroll", body: handlesBody, handles: true},
	{methods: "GET POST DELETE", path: "/_search/scroll/{handle}", body: handlesBody, handles: true},
	{methods: "POST", path: "/{name}/_search/point_in_time", handles: true},
	{methods: "DELETE", path: "/_search/point_in_time", body: handlesBody, handles: true},
	// Aliases, templates, pipelines and data streams.
	{methods: "POST", path: "/_aliases", body: aliasesBody},
	{methods: "GET HEAD", path: "/{name?}/_alias"},
	{methods: "GET HEAD", path: "/{name?}/_alias/{name}"},
	{methods: "PUT POST", path: "/{name}/_alias/{name}", body: aliasBody},
	{methods: "PUT POST", path: "/{name}/_aliases/{name}", body: aliasBody},
	{methods: "DELETE", path: "/{name}/_alias/{name}"},
	{methods: "DELETE", path: "/{name}/_aliases/{name}"},
	{methods: "GET HEAD", path: "/_template/{name?}"},
	{methods: "PUT POST", path: "/_template/{name}", body: templateBody},
	{methods: "DELETE", path: "/_template/{name}"},
	{methods: "GET HEAD", path: "/_index_template/{name?}"},
	{methods: "PUT POST", path: "/_index_template/{name}", body: templateBody},
	{methods: "DELETE", path: "/_index_template/{name}"},
	{methods: "GET HEAD", path: "/_component_template/{name?}"},
	{methods: "PUT POST", path: "/_component_template/{name}", body: templateBody},
	{methods: "DELETE", path: "/_component_template/{name}"},
	{methods: "GET", path: "/_ingest/pipeline/{name?}"},
	{methods: "PUT", path: "/_ingest/pipeline/{name}", body: pipelineBody},
	{methods: "DELETE", path: "/_ingest/pipeline/{name}"},
	{methods: "GET POST", path: "/_ingest/pipeline/_simulate", body: pipelineBody},
	{methods: "GET POST", path: "/_ingest/pipeline/{name}/_simulate", body: pipelineBody},
	{methods: "GET", path: "/_ingest/processor/grok"},
	{methods: "GET", path: "/_data_stream/{name?}"},
	{methods: "PUT DELETE", path: "/_data_stream/{name}"},
	{methods: "GET", path: "/_data_stream/{name?}/_stats"},
	// The cluster, as far as it is the domain's.
	{methods: "GET", path: "/_cluster/health/{name?}"},
	{methods: "GET", path: "/_cluster/settings"},
	{methods: "GET", path: "/_cat"},
	{methods: "GET", path: "/_cat/health"},
	{methods: "GET", path: "/_cat/nodes"},
	{methods: "GET", path: "/_cat/master"},
	{methods: "GET", path: "/_cat/cluster_manager"},
	{methods: "GET", path: "/_cat/plugins"},
	{methods: "GET", path: "/_cat/thread_pool"},
	{methods: "GET", path: "/_cat/indices/{name?}"},
	{methods: "GET", path: "/_cat/shards/{name?}"},
	{methods: "GET", path: "/_cat/segments/{name?}"},
	{methods: "GET", path: "/_cat/count/{name?}"},
	{methods: "GET", path: "/_cat/recovery/{name?}"},
	{methods: "GET", path: "/_cat/aliases/{name?}"},
	{methods: "GET", path: "/_cat/templates/{name?}"},
	{methods: "GET", path: "/_list/indices/{name?}"},
	{methods: "GET", path: "/_list/shards/{name?}"},
}

// routes are the declared ones by their first literal segment; those without one are under "".
var routes = func() map[string][]*route {
	out := map[string][]*route{}
	for _, d := range declared {
		for _, missing := range []bool{false, true} {
			if missing && !strings.Contains(d.path, "{name?}") {
				continue
			}
			r := &route{methods: strings.Fields(d.methods), body: d.body, lines: d.lines, handles: d.handles}
			r.parts, r.size = parseRoute(d.path, missing)
			out[r.api()] = append(out[r.api()], r)
		}
	}
	return out
}()

func parseRoute(path string, missing bool) (parts []part, size int) {
	for segment := range strings.SplitSeq(strings.TrimPrefix(path, "/"), "/") {
		p := part{literal: segment}
		switch segment {
		case "":
			continue
		case "{name}":
			p.kind = names
		case "{name?}":
			p.kind = names
			if missing {
				p.kind = scope
			}
		case "{*}":
			p.kind = whatever
		case "{handle}":
			p.kind = handle
		}
		if p.kind != scope {
			size++
		}
		parts = append(parts, p)
	}
	return parts, size
}

func (r *route) api() string {
	for _, p := range r.parts {
		if p.kind == literally {
			return p.literal
		}
	}
	return ""
}

// find finds the route of a request. known says whether there is one with another method.
func find(method string, segments []string) (found *route, known bool) {
	for _, r := range routes[apiOf(segments)] {
		if !r.matches(segments) {
			continue
		}
		known = true
		for _, m := range r.methods {
			if m == method {
				return r, true
			}
		}
	}
	return nil, known
}

// apiOf is the first segment that is no name of an index.
func apiOf(segments []string) string {
	for i, s := range segments {
		if i < 2 && strings.HasPrefix(s, "_") && s != allNames {
			return s
		}
	}
	return ""
}

func (r *route) matches(segments []string) bool {
	if len(segments) != r.size {
		return false
	}
	i := 0
	for _, p := range r.parts {
		if p.kind == scope {
			continue
		}
		s := segments[i]
		i++
		reserved := strings.HasPrefix(s, "_") && s != allNames
		if p.kind == literally && s != p.literal || p.kind == names && reserved {
			return false
		}
	}
	return true
}
