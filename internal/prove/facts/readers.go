package facts

import (
	"net/url"
	"strings"
)

// readers read the values of properties that have a logic of their own, by the names in the declarations.
var readers map[string]func(w *walk, value any)

func init() {
	readers = map[string]func(w *walk, value any){
		"rest-api":    (*walk).restAPI,
		"redirect":    (*walk).redirect,
		"templates":   (*walk).templates,
		"endpoint":    (*walk).endpoint,
		"records":     (*walk).records,
		"edge-code":   (*walk).edgeCode,
		"domain-name": (*walk).domainName,
		// What is read with the whole resource, by the type's reader.
		"resource":        func(*walk, any) {},
		"environment":     (*walk).environment,
		"state-machine":   (*walk).stateMachine,
		"metric":          (*walk).metricName,
		"expression":      (*walk).expression,
		"rows":            (*walk).rows,
		"alarm-rule":      (*walk).alarmRule,
		"query":           (*walk).query,
		"value":           (*walk).tellingValue,
		"bus-statement":   (*walk).busStatement,
		"processors":      (*walk).processors,
		"event-pattern":   func(*walk, any) {},
		"stage-variables": func(*walk, any) {},
		"dimensions":      (*walk).dimensions,
	}
}

// Readers are the names of all readers.
func Readers() []string { return sortedKeys(readers) }

// templates are those of a request, by content type or as one text.
func (w *walk) templates(value any) {
	if strings.Contains(scalarText(value), "requestOverride") {
		w.notUnderstood("overrides what is requested", "remove requestOverride")
	} else if _, isText := value.(string); !isText {
		w.notUnderstood("is no text", "give the template as a text")
	}
	w.mention(value)
}

// endpoint is where a topic delivers messages: a resource by its ARN, a server, or people (Amazon SNS API
// Reference, "Subscribe").
func (w *walk) endpoint(value any) {
	endpoint, isText := value.(string)
	switch {
	case !isText:
		w.notUnderstood("is no text", "give the endpoint as a text")
	case strings.Contains(endpoint, "://"):
		w.notUnderstood(
			"is a server, and whose it is, the templates do not tell",
			"deliver to a resource of the stack, or accept it with a reason",
		)
	case strings.HasPrefix(endpoint, "arn:") || marks(endpoint) != nil:
		w.References = append(w.References, Reference{
			Place: w.place(), Kind: "arn", Text: endpoint, Arn: w.namedArn("arn", endpoint), Account: w.stack.Account, Marks: marks(endpoint),
		})
	}
}

// redirect reads addresses that people are sent to with what lets them in (RFC 6749, section 3.1.2).
func (w *walk) redirect(value any) {
	for _, item := range items(value) {
		address, isText := item.(string)
		if !isText {
			w.notUnderstood("is no text", "give the addresses as texts")
			continue
		}
		u, err := url.Parse(address)
		if err != nil || u.Scheme != "https" && u.Scheme != "http" || u.User != nil || strings.ContainsAny(address, "\\") {
			w.notUnderstood(
				"is no address of a server that the proof understands",
				"give it with https, and without a user, or accept it with a reason",
			)
			continue
		}
		if host := lower(u.Hostname()); host != "localhost" && host != "127.0.0.1" && host != "" {
			w.Redirects = append(w.Redirects, Host{Place: w.place(), Name: host})
		}
	}
}
