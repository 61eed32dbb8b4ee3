package localcloud

import (
	"net"
	"net/http"
	"slices"
	"strings"
	"sync/atomic"
)

// hosts says what answers at which host name. All share one port.
type hosts struct {
	console, idp, front http.Handler
	// site finds the distribution of a name; api finds an API by its id.
	site, api func(string) (http.Handler, bool)

	names atomic.Pointer[siteNames]
}

// siteNames are the names of sites below localhost.
type siteNames struct {
	// canonical is the name that the templates have, by the name below localhost.
	canonical map[string]string
	// local is the name below localhost, by the name that the templates have.
	local map[string]string
}

const (
	localhost = "localhost"
	idpHost   = "id." + localhost
	awsHost   = "aws." + localhost
	apiSuffix = ".execute-api." + localhost
)

// setSites tells the names of all sites.
func (h *hosts) setSites(names []string) { h.names.Store(newSiteNames(names)) }

// newSiteNames gives every site a name below localhost (docs/aws-differences.md, 79): its first label, or the whole name where two
// sites have the same first label or where the label is taken.
func newSiteNames(names []string) *siteNames {
	n := &siteNames{canonical: map[string]string{}, local: map[string]string{}}
	count := map[string]int{"id": 1, "aws": 1}
	for _, name := range names {
		count[firstLabel(name)]++
	}
	slices.Sort(names)
	for _, name := range names {
		short := firstLabel(name) + "." + localhost
		if count[firstLabel(name)] > 1 {
			short = name + "." + localhost
		}
		n.canonical[short], n.local[name] = name, short
		n.canonical[name+"."+localhost], n.canonical[name] = name, name
	}
	return n
}

func firstLabel(name string) string {
	label, _, _ := strings.Cut(name, ".")
	return label
}

// localName is the name below localhost of a site, empty if there is no such site.
func (h *hosts) localName(site string) string {
	if n := h.names.Load(); n != nil {
		return n.local[site]
	}
	return ""
}

// locals maps the names that the templates have to those below localhost.
func (h *hosts) locals() map[string]string {
	if n := h.names.Load(); n != nil {
		return n.local
	}
	return nil
}

// canonicalName is the name that the templates have for a host.
func (h *hosts) canonicalName(host string) (string, bool) {
	n := h.names.Load()
	if n == nil {
		return "", false
	}
	name, ok := n.canonical[host]
	return name, ok
}

// canonicalOrigin maps the origin of a page, http://acme.localhost:4566, to the one that the templates
// know, https://acme.example.com (docs/aws-differences.md, 67). Other origins stay as they are.
func (h *hosts) canonicalOrigin(origin string) string {
	rest, ok := strings.CutPrefix(origin, "http://")
	if !ok {
		return origin
	}
	if name, ok := h.canonicalName(hostOnly(rest)); ok {
		return "https://" + name
	}
	return origin
}

// hostOnly is a Host header without port and final dot, in lower case.
func hostOnly(host string) string {
	if name, _, err := net.SplitHostPort(host); err == nil {
		host = name
	}
	return strings.ToLower(strings.TrimSuffix(host, "."))
}

func (h *hosts) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	host := hostOnly(r.Host)
	if name, ok := h.canonicalName(host); ok {
		if site, ok := h.site(name); ok {
			site.ServeHTTP(w, r)
			return
		}
	}
	switch {
	case host == localhost:
		h.console.ServeHTTP(w, r)
	case host == idpHost:
		h.idp.ServeHTTP(w, r)
	case isAPIHost(host):
		if api, ok := h.api(firstLabel(host)); ok {
			api.ServeHTTP(w, r)
			return
		}
		// AWS answers so for an API that does not exist, since its name is still resolved.
		http.Error(w, `{"message":"Forbidden"}`, http.StatusForbidden)
	case host == awsHost, strings.HasSuffix(host, "."+awsHost), strings.HasSuffix(host, ".amazonaws.com"), net.ParseIP(strings.Trim(host, "[]")) != nil:
		h.front.ServeHTTP(w, r)
	default:
		if site, ok := h.site(host); ok { // a distribution's own name
			site.ServeHTTP(w, r)
			return
		}
		http.Error(w, "The local cloud has no host "+host+". The console at http://"+localhost+" lists all.", http.StatusMisdirectedRequest)
	}
}

// isAPIHost recognizes <id>.execute-api.localhost and <id>.execute-api.<region>.amazonaws.com.
func isAPIHost(host string) bool {
	_, rest, _ := strings.Cut(host, ".")
	return strings.HasSuffix(host, apiSuffix) || strings.HasPrefix(rest, "execute-api.") && strings.HasSuffix(rest, ".amazonaws.com")
}
