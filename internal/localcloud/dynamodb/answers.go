package dynamodb

import (
	"net/http"
	"strings"
)

// outer makes an answer of the control plane AWS's: the engine's ARNs and the labels of its streams
// appear in it as the real ones.
func (r *request) outer(out answer) answer {
	out.body = r.service.outer(r.home, out.body)
	return out
}

func (s *Service) outer(h home, body []byte) []byte {
	n, err := parseJSON(body)
	if err != nil {
		return body
	}
	return splice(body, sorted(s.outerEdits(h, n, nil)))
}

// outerEdits collects the ARNs of an answer, and with each of a stream the label beside it.
func (s *Service) outerEdits(h home, n *node, edits []edit) []edit {
	if n.kind == isString {
		text := string(n.plain)
		if arn, ok := strings.CutPrefix(text, enginePrefix); ok && !strings.Contains(arn, " ") {
			edits = append(edits, n.replace(quoteJSON(s.outerARN(h, arn))))
		} else if strings.Contains(text, enginePrefix) {
			edits = append(edits, n.replace(quoteJSON(strings.ReplaceAll(text, enginePrefix, h.prefix()))))
		}
		return edits
	}
	for i := range n.list {
		edits = s.outerEdits(h, &n.list[i], edits)
	}
	for _, pair := range [][2]string{{"StreamArn", "StreamLabel"}, {"LatestStreamArn", "LatestStreamLabel"}} {
		arn, _ := n.get(pair[0]).text()
		label := n.get(pair[1])
		if inner, ok := strings.CutPrefix(arn, enginePrefix); ok && label != nil {
			real := s.outerARN(h, inner)
			edits = append(edits, label.replace(quoteJSON(real[strings.LastIndexByte(real, '/')+1:])))
		}
	}
	return edits
}

// outerARN is AWS's form of an ARN of the engine without its prefix, such as table/<name>/stream/<label>.
func (s *Service) outerARN(h home, rest string) string {
	parts := strings.Split(rest, "/")
	if len(parts) == 4 && parts[0] == "table" && parts[2] == "stream" {
		s.mu.RLock()
		t := s.tables[tableID{h, parts[1]}]
		s.mu.RUnlock()
		if t != nil {
			parts[3] = t.outerLabel(parts[3])
		}
	}
	return h.prefix() + strings.Join(parts, "/")
}

// rename names tables in the answer to a batch as the request did.
func (r *request) rename(out answer) answer {
	if out.status != http.StatusOK {
		return out
	}
	n, err := parseJSON(out.body)
	if err != nil {
		return out
	}
	var edits []edit
	for _, member := range []string{"Responses", "UnprocessedKeys", "UnprocessedItems", "ItemCollectionMetrics"} {
		m := n.get(member)
		if m == nil {
			continue
		}
		for _, name := range m.names {
			if text, ok := r.renamed[string(name.text)]; ok {
				edits = append(edits, edit{name.at, name.end, quoteJSON(text)})
			}
		}
	}
	out.body = splice(out.body, sorted(edits))
	return out
}
