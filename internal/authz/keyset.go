package authz

import (
	"errors"
	"fmt"
)

// maxKeys bounds the keys of a set.
const maxKeys = 100

// keySet is the usable part of a JWK Set (RFC 7517 section 5).
type keySet struct {
	// byID has the usable keys that have an id.
	byID map[string]verificationKey
	// listed has every id of the set, usable or not: asking for the set again
	// would not make a refused key usable.
	listed map[string]bool
	// sole is the one usable key of the set, for tokens without a kid.
	sole *verificationKey
	// refused says why keys are not used.
	refused []error
}

// parseKeySet reads the keys one by one: a key that cannot be used is refused
// alone. Keys that share an id and differ are all refused, since nothing says
// which of them a token means.
func parseKeySet(data []byte) (*keySet, error) {
	v, err := parseJSON(data, maxDepth)
	if err != nil {
		return nil, fmt.Errorf("reading a key set: %w", err)
	}
	keys, err := keysMember(v)
	if err != nil {
		return nil, err
	}
	if len(keys.items) > maxKeys {
		return nil, fmt.Errorf("reading a key set: %d keys, more than %d", len(keys.items), maxKeys)
	}
	set := &keySet{byID: map[string]verificationKey{}, listed: map[string]bool{}}
	ambiguous := map[string]bool{}
	var anonymous []verificationKey
	for i := range keys.items {
		if kid, _ := keys.items[i].member("kid"); kid.kind == jsonString {
			set.listed[kid.text] = true
		}
		key, err := parseKey(keys.items[i])
		if err != nil {
			set.refused = append(set.refused, fmt.Errorf("reading key %d of the key set: %w", i, err))
			continue
		}
		if key.id == "" {
			anonymous = append(anonymous, key)
			continue
		}
		if other, exists := set.byID[key.id]; exists && !key.same(other) {
			ambiguous[key.id] = true
		}
		set.byID[key.id] = key
	}
	set.finish(ambiguous, anonymous)
	return set, nil
}

// keysMember finds "keys" at the top of the document. Members inside of a key may
// repeat without harm to the other keys; those around the keys may not.
func keysMember(v jsonValue) (jsonValue, error) {
	if v.kind != jsonObject || v.disguised([]string{"keys"}) {
		return jsonValue{}, errors.New("reading a key set: not an object with a member \"keys\"")
	}
	var keys jsonValue
	found := 0
	for i := range v.members {
		if v.members[i].name == "keys" {
			keys = v.members[i].value
			found++
		}
	}
	if found != 1 || keys.kind != jsonArray {
		return jsonValue{}, errors.New("reading a key set: not exactly one member \"keys\" that is an array")
	}
	return keys, nil
}

// finish drops ambiguous keys and finds out whether exactly one is left.
func (s *keySet) finish(ambiguous map[string]bool, anonymous []verificationKey) {
	for id := range ambiguous {
		delete(s.byID, id)
		s.refused = append(s.refused, fmt.Errorf("reading the key set: different keys share the kid %q", id))
	}
	if len(ambiguous) > 0 {
		return
	}
	usable := anonymous
	for _, key := range s.byID {
		usable = append(usable, key)
	}
	if len(usable) == 1 {
		s.sole = &usable[0]
	}
}
