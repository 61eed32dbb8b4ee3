package opensearch

import (
	"bytes"
	"errors"
	"fmt"
	"strings"
)

// rewriter renames what bodies of one request name.
type rewriter struct {
	d *domain
	edits
	// pit says that the body of a search names a point in time.
	pit bool
}

// bodyRule renames what a body names. Its error is what is wrong with the body.
type bodyRule func(*rewriter, *node) error

// rewriteBody applies a rule. A body in which nothing is to be renamed comes back as it is.
func (d *domain) rewriteBody(body []byte, rule bodyRule) (out []byte, pit bool, err error) {
	n, err := parseJSON(body)
	if err != nil {
		return nil, false, err
	}
	w := &rewriter{d: d, edits: edits{src: body}}
	if err := rule(w, n); err != nil {
		return nil, false, err
	}
	return w.apply(), w.pit, nil
}

// rewriteLines applies a rule to each line of a body of _msearch. The node refuses headers that name an
// index (OpenSearch, "Multi-search": rest.action.multi.allow_explicit_index).
func (d *domain) rewriteLines(body []byte, rule bodyRule) ([]byte, error) {
	var out []byte
	for line := range bytes.Lines(body) {
		if len(bytes.TrimSpace(line)) == 0 {
			out = append(out, line...)
			continue
		}
		rewritten, pit, err := d.rewriteBody(line, rule)
		switch {
		case err != nil:
			return nil, err
		case pit:
			return nil, errors.New("a point in time is not supported in _msearch")
		}
		out = append(out, rewritten...)
	}
	return out, nil
}

// names renames a string or an array of strings.
func (w *rewriter) names(n *node, rename func(string) (string, error)) error {
	if n == nil {
		return nil
	}
	list, ok := n.strings()
	if !ok {
		return fmt.Errorf("a name or a list of names is neither a string nor an array of strings: %.40q", w.src[n.start:n.end])
	}
	for _, name := range list {
		renamed, err := rename(name.text)
		if err != nil {
			return err
		}
		w.set(name, renamed)
	}
	return nil
}

// keys renames the keys of an object.
func (w *rewriter) keys(n *node) error {
	for _, key := range n.keys {
		renamed, err := w.d.rename(key.text)
		if err != nil {
			return err
		}
		w.set(key, renamed)
	}
	return nil
}

// searchBody is the rule of searches: queries, and the handle of a point in time.
func searchBody(w *rewriter, n *node) error {
	for i, key := range n.keys {
		if key.text != "pit" {
			continue
		}
		w.pit = true
		id := n.values[i].member("id")
		if id == nil || id.kind != '"' {
			return errors.New("pit has no id")
		}
		if err := w.open(id); err != nil {
			return err
		}
	}
	return w.query(n, "", "")
}

// queryBody is the rule of everything else that holds queries. Some of it is read as a search.
func queryBody(w *rewriter, n *node) error {
	if n.member("pit") != nil {
		return errors.New("a point in time is for searches alone")
	}
	return w.query(n, "", "")
}

// query renames the indices that queries name, wherever they are: terms lookups, indexed shapes,
// percolated documents, documents that others are to be like, and the metadata field _index. parent
// is the key of n, and grand that of the object with that key.
func (w *rewriter) query(n *node, parent, grand string) error {
	if n.kind == '[' {
		for _, v := range n.values {
			if err := w.query(v, parent, grand); err != nil {
				return err
			}
		}
		return nil
	}
	for i, key := range n.keys {
		v := n.values[i]
		var err error
		switch {
		case key.text == "params", parent == "percolate" && strings.HasPrefix(key.text, "document"):
			// Values of the caller's own.
		case key.text == "index" && v.kind == '"' && (parent == "indexed_shape" || parent == "percolate" || grand == "terms" && n.member("path") != nil),
			key.text == "_index" && v.kind == '"' && (parent == "like" || parent == "unlike"):
			err = w.names(v, w.d.renameList)
		case key.text == "_index" && termQueries[parent]:
			err = w.metadata(v)
		case key.text == "indices_boost" && parent == "":
			err = w.boosts(v)
		default:
			err = w.query(v, key.text, parent)
		}
		if err != nil {
			return err
		}
	}
	return nil
}

// termQueries take the metadata field _index.
var termQueries = map[string]bool{"term": true, "terms": true, "prefix": true, "wildcard": true, "match": true}

// metadata renames the values of the field _index.
func (w *rewriter) metadata(v *node) error {
	if v.kind == '{' {
		for _, key := range []string{"value", "wildcard", "query"} {
			if m := v.member(key); m != nil {
				return w.names(m, w.d.rename)
			}
		}
		return nil
	}
	return w.names(v, w.d.rename)
}

// boosts are {"index": 1.3} or [{"index": 1.3}].
func (w *rewriter) boosts(n *node) error {
	if n.kind == '[' {
		for _, v := range n.values {
			if err := w.keys(v); err != nil {
				return err
			}
		}
		return nil
	}
	return w.keys(n)
}

// indexBody is the rule of what creates an index: aliases and settings.
func indexBody(w *rewriter, n *node) error {
	for i, key := range n.keys {
		var err error
		switch v := n.values[i]; key.text {
		case "aliases":
			err = w.aliases(v)
		case "settings":
			err = settingsBody(w, v)
		}
		if err != nil {
			return err
		}
	}
	return nil
}

// aliases are {"alias": {"filter": query}}.
func (w *rewriter) aliases(n *node) error {
	if err := w.keys(n); err != nil {
		return err
	}
	return w.query(n, "", "")
}

// settingsBody is the rule of settings: those that name an ingest pipeline.
func settingsBody(w *rewriter, n *node) error {
	for i, key := range n.keys {
		v := n.values[i]
		if strings.HasSuffix(key.text, "default_pipeline") || strings.HasSuffix(key.text, "final_pipeline") {
			if v.kind != '"' {
				continue
			}
			if err := w.names(v, w.d.renamePipeline); err != nil {
				return err
			}
			continue
		}
		if v.kind == '{' {
			if err := settingsBody(w, v); err != nil {
				return err
			}
		}
	}
	return nil
}

// renamePipeline renames a pipeline; _none stands for no pipeline.
func (d *domain) renamePipeline(name string) (string, error) {
	if name == "_none" || name == "" {
		return name, nil
	}
	if isPattern(name) {
		return "", fmt.Errorf("pipeline %q is a pattern", name)
	}
	return d.rename(name)
}

// templateBody is the rule of templates of indices, composable or not, and of their components.
func templateBody(w *rewriter, n *node) error {
	for i, key := range n.keys {
		var err error
		switch v := n.values[i]; {
		case key.text == "index_patterns", key.text == "composed_of", key.text == "template" && v.kind == '"':
			err = w.names(v, w.d.rename)
		case key.text == "template":
			err = indexBody(w, v)
		}
		if err != nil {
			return err
		}
	}
	return indexBody(w, n)
}

// aliasesBody is the rule of _aliases: {"actions": [{"add": {"index": …, "alias": …, "filter": query}}]}.
func aliasesBody(w *rewriter, n *node) error {
	for i, key := range n.keys {
		if key.text != "actions" {
			return fmt.Errorf("unknown field %q", key.text)
		}
		for _, action := range n.values[i].values {
			for _, fields := range action.values {
				if err := aliasBody(w, fields); err != nil {
					return err
				}
			}
		}
	}
	return nil
}

// aliasBody is the rule of one alias.
func aliasBody(w *rewriter, n *node) error {
	for i, key := range n.keys {
		var err error
		switch v := n.values[i]; key.text {
		case "index", "indices", "alias", "aliases":
			err = w.names(v, w.d.renameList)
		case "filter":
			err = w.query(v, "", "")
		}
		if err != nil {
			return err
		}
	}
	return nil
}

// reindexBody is the rule of _reindex. Another cluster is out of reach.
func reindexBody(w *rewriter, n *node) error {
	for i, key := range n.keys {
		side := n.values[i]
		if key.text != "source" && key.text != "dest" {
			continue
		}
		for j, field := range side.keys {
			var err error
			switch v := side.values[j]; {
			case field.text == "index":
				err = w.names(v, w.d.renameList)
			case field.text == "pipeline":
				err = w.names(v, w.d.renamePipeline)
			case field.text == "remote":
				err = errors.New("reindexing from a remote cluster is not supported")
			case field.text == "pit":
				err = errors.New("reindexing from a point in time is not supported")
			default:
				err = w.query(v, field.text, "")
			}
			if err != nil {
				return err
			}
		}
	}
	return nil
}

// termVectorsBody is the rule of _mtermvectors, which the node lets name indices even where bodies of
// _mget may not.
func termVectorsBody(w *rewriter, n *node) error {
	for i, key := range n.keys {
		for _, document := range n.values[i].values {
			if key.text != "docs" {
				continue
			}
			for j, field := range document.keys {
				if field.text != "_index" {
					continue
				}
				if err := w.names(document.values[j], w.d.rename); err != nil {
					return err
				}
			}
		}
	}
	return nil
}

// pipelineBody is the rule of ingest pipelines: processors that name another pipeline or an index.
func pipelineBody(w *rewriter, n *node) error {
	for i, v := range n.values {
		key := ""
		if n.kind == '{' {
			key = n.keys[i].text
		}
		var err error
		switch field := v.member("field"); {
		case key == "pipeline" && v.member("name") != nil:
			err = w.names(v.member("name"), w.d.renamePipeline)
		case key == "date_index_name" && v.member("index_name_prefix") != nil:
			err = w.names(v.member("index_name_prefix"), w.d.rename)
		case key == "set" && field != nil && field.text == "_index" && v.member("value") != nil:
			err = w.names(v.member("value"), w.d.rename)
		}
		if err != nil {
			return err
		}
		if err := pipelineBody(w, v); err != nil {
			return err
		}
	}
	return nil
}
