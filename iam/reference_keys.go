package iam

import (
	"strings"
	"sync"
)

// KeyType is the type of a condition key's values, which decides the operators that suit it
// (Service Authorization Reference, "The condition keys table"). The types that begin with
// ArrayOf are multivalued.
type KeyType string

const (
	// KeyString suits the string operators.
	KeyString KeyType = "String"
	// KeyArrayOfString suits the string operators with a set operator.
	KeyArrayOfString KeyType = "ArrayOfString"
	// KeyBool suits the operator Bool.
	KeyBool KeyType = "Bool"
	// KeyArrayOfBool suits the operator Bool with a set operator.
	KeyArrayOfBool KeyType = "ArrayOfBool"
	// KeyNumeric suits the numeric operators.
	KeyNumeric KeyType = "Numeric"
	// KeyDate suits the date operators.
	KeyDate KeyType = "Date"
	// KeyARN suits the ARN operators, and the string operators too.
	KeyARN KeyType = "ARN"
	// KeyArrayOfARN suits the ARN operators with a set operator.
	KeyArrayOfARN KeyType = "ArrayOfARN"
	// KeyIPAddress suits the operators IpAddress and NotIpAddress.
	KeyIPAddress KeyType = "IPAddress"
)

func (t KeyType) list() bool { return strings.HasPrefix(string(t), "ArrayOf") }

// KeySpec is one condition key.
type KeySpec struct {
	// Name as its documentation spells it, such as aws:RequestTag/${TagKey}. What stands
	// between ${ and } differs from key to key of that name.
	Name string
	// Type of its values.
	Type KeyType
	// Global says that the key depends on the principal, its session, the network or the
	// resource rather than on the action (IAM User Guide, "AWS global condition context keys").
	Global bool
	// MultiValued says that a request can carry several values, which takes ForAllValues or
	// ForAnyValue to compare (IAM User Guide, "Set operators for multivalued context keys").
	MultiValued bool
	// Always says that every request carries the key, anonymous ones included.
	Always bool
	// Signed says that every signed request carries the key, anonymous ones not counted. It
	// holds for the keys that are Always there.
	Signed bool
}

// LookupKey finds a condition key, whatever its case: a global one, or one of a service of
// Services. A key such as aws:RequestTag/Owner is that of its pattern.
func LookupKey(key string) (KeySpec, bool) {
	if spec, ok := referenceGlobalKey(key); ok {
		return spec, true
	}
	prefix, _, _ := strings.Cut(strings.ToLower(key), ":")
	if service, ok := referenceServices().described[prefix]; ok {
		if spec, ok := referenceFindKey(service.parsed().keys, key); ok {
			return spec, true
		}
	}
	return referenceFindKey(referenceForeignKeys(), key)
}

// Carries says whether a request of this action can carry a condition key, whatever the
// case of the key. It can carry the keys that the Service Authorization Reference lists for
// the action and for its resource types, and any global key. The global keys that are about
// tags count as those of the action (aws:RequestTag/${TagKey}, aws:TagKeys) and of its
// resource types (aws:ResourceTag/${TagKey}), for that is how the reference lists them.
func (a *ActionSpec) Carries(key string) bool {
	if spec, ok := referenceGlobalKey(key); ok && !referenceTagKeys[spec.Name] {
		return true
	}
	if referenceListsKey(a.Keys, key) {
		return true
	}
	for _, use := range a.Resources {
		if referenceListsKey(use.Keys, key) || referenceListsKey(use.Type.Keys, key) {
			return true
		}
	}
	return false
}

// referenceTagKeys are the global keys that not every action can carry.
var referenceTagKeys = map[string]bool{
	"aws:RequestTag/${TagKey}": true, "aws:ResourceTag/${TagKey}": true, "aws:TagKeys": true,
}

func referenceListsKey(keys []string, key string) bool {
	for _, candidate := range keys {
		if referenceMatchesKey(candidate, key) {
			return true
		}
	}
	return false
}

// referenceMatchesKey says whether a key is the one of that name, where a ${placeholder} of
// the name stands for at least one character.
func referenceMatchesKey(name, key string) bool {
	start := strings.Index(name, "${")
	if start < 0 {
		return strings.EqualFold(name, key)
	}
	// Only the keys of identity providers begin with a placeholder. A host has no colon.
	if start == 0 && strings.Count(key, ":") > 1 {
		return false
	}
	if len(key) <= start || !strings.EqualFold(name[:start], key[:start]) {
		return false
	}
	pattern := name[:start]
	for rest := name[start:]; rest != ""; {
		literal, after, found := strings.Cut(rest, "${")
		pattern += literal
		if !found {
			break
		}
		pattern += "?*"
		_, rest, _ = strings.Cut(after, "}")
	}
	return glob(strings.ToLower(pattern), strings.ToLower(key))
}

// referenceFindKey finds the key of that very name, else that whose name has the most
// letters outside placeholders.
func referenceFindKey(keys []KeySpec, key string) (found KeySpec, ok bool) {
	most := -1
	for _, spec := range keys {
		if strings.EqualFold(spec.Name, key) {
			return spec, true
		}
		if letters := referenceLiteral(spec.Name); letters > most && referenceMatchesKey(spec.Name, key) {
			found, ok, most = spec, true, letters
		}
	}
	return found, ok
}

// referenceLiteral counts the characters of a key's name outside placeholders.
func referenceLiteral(name string) int {
	n := len(name)
	for rest := name; ; {
		_, after, found := strings.Cut(rest, "${")
		if !found {
			return n
		}
		var inside string
		inside, rest, _ = strings.Cut(after, "}")
		n -= len("${") + len(inside) + len("}")
	}
}

// referenceForeignKeys are the keys whose prefix is not that of the service that lists them,
// such as saml:aud of sts.
var referenceForeignKeys = sync.OnceValue(func() []KeySpec {
	var keys []KeySpec
	for _, id := range referenceServices().names {
		for _, spec := range referenceServices().described[id].parsed().keys {
			if !strings.HasPrefix(spec.Name, id+":") {
				keys = append(keys, spec)
			}
		}
	}
	return keys
})

// referenceGlobalKey finds a global key.
func referenceGlobalKey(key string) (KeySpec, bool) {
	index := referenceGlobalKeys()
	spec, ok := index.exact[strings.ToLower(key)]
	if prefix, _, _ := strings.Cut(key, ":"); !ok && (strings.EqualFold(prefix, "aws") || strings.Contains(prefix, ".")) {
		spec, ok = referenceFindKey(index.patterns, key)
	}
	return spec, ok
}

type referenceGlobals struct {
	exact    map[string]KeySpec
	patterns []KeySpec
}

var referenceGlobalKeys = sync.OnceValue(func() referenceGlobals {
	g := referenceGlobals{exact: make(map[string]KeySpec, len(globalKeys))}
	for _, spec := range globalKeys {
		spec.Global = true
		spec.MultiValued = spec.Type.list()
		spec.Signed = spec.Signed || spec.Always
		if strings.Contains(spec.Name, "${") {
			g.patterns = append(g.patterns, spec)
		}
		g.exact[strings.ToLower(spec.Name)] = spec
	}
	return g
})
