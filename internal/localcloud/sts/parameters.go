package sts

import (
	"maps"
	"net/http"
	"net/url"
	"slices"
	"strconv"
	"strings"

	"github.com/tenantstack/tenantstack/internal/localcloud/gate"
)

// parameters are those of a request in the Query protocol. What is read is taken out, so that
// what is left is known to be unread.
type parameters struct {
	values map[string]string
}

// parseParameters reads the form of a POST, or the query of a GET, where presigned requests have them.
func parseParameters(c *gate.Call) (*parameters, *gate.Error) {
	query := c.HTTP.URL.RawQuery
	switch c.HTTP.Method {
	case http.MethodPost:
		// Parameters in the URL of a POST would be signed but not seen in the form, so both count.
		if len(c.Body) > 0 {
			query += "&" + string(c.Body)
		}
	case http.MethodGet:
	default:
		return nil, &gate.Error{Status: 405, Code: "MethodNotAllowed", Message: "STS takes GET and POST, not " + c.HTTP.Method}
	}
	form, err := url.ParseQuery(query)
	if err != nil {
		return nil, &gate.Error{Status: 400, Code: "MalformedQueryString", Message: "reading the parameters: " + err.Error()}
	}
	p := &parameters{values: make(map[string]string, len(form))}
	for name, values := range form {
		if strings.HasPrefix(name, "X-Amz-") {
			continue // the signature of a presigned request
		}
		if len(values) > 1 {
			return nil, &gate.Error{Status: 400, Code: "MalformedQueryString", Message: "The parameter " + name + " is given more than once"}
		}
		p.values[name] = values[0]
	}
	return p, nil
}

func (p *parameters) take(name string) string {
	v := p.values[name]
	delete(p.values, name)
	return v
}

// done refuses what no operation of ours knows: a parameter that is ignored might have
// been meant to restrict the session.
func (p *parameters) done() *gate.Error {
	if len(p.values) == 0 {
		return nil
	}
	names := slices.Sorted(maps.Keys(p.values))
	return validation("The local cloud does not know the parameters " + strings.Join(names, ", "))
}

// takeList takes NAME.member.N with the fields of each member, in the order of N.
func (p *parameters) takeList(name string) ([]map[string]string, *gate.Error) {
	members := map[int]map[string]string{}
	for key, value := range p.values {
		rest, ok := strings.CutPrefix(key, name+".member.")
		if !ok {
			continue
		}
		delete(p.values, key)
		number, field, _ := strings.Cut(rest, ".")
		n, err := strconv.Atoi(number)
		if err != nil || n < 1 || strconv.Itoa(n) != number {
			return nil, &gate.Error{Status: 400, Code: "MalformedInput", Message: "The key " + key + " is not a list member"}
		}
		if members[n] == nil {
			members[n] = map[string]string{}
		}
		members[n][field] = value
	}
	var list []map[string]string
	for _, n := range slices.Sorted(maps.Keys(members)) {
		list = append(list, members[n])
	}
	if p.values[name] == "" {
		delete(p.values, name) // how an empty list is sent
	}
	return list, nil
}
