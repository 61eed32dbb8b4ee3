package iam

import (
	"slices"
	"strings"
	"sync"
)

// referenceService is the section of a service in reference.txt.
type referenceService struct {
	id      string
	records string

	once    sync.Once
	actions []*ActionSpec // by name
	names   []string      // of the actions, in lower case
	types   []*ResourceType
	keys    []KeySpec
}

var referenceLevels = map[string]AccessLevel{
	"L": LevelList, "R": LevelRead, "W": LevelWrite, "T": LevelTagging, "P": LevelPermissionsManagement,
}

// parsed parses the section on first use.
func (s *referenceService) parsed() *referenceService {
	s.once.Do(func() {
		p := referenceParser{
			service: s,
			keys:    map[string]string{},
			lists:   map[string][]string{"": nil},
			uses:    map[string][]ResourceUse{"": nil},
		}
		for line := range strings.Lines(s.records) {
			p.record(strings.TrimSuffix(line, "\n"))
		}
	})
	return s
}

// referenceParser parses a section. It keeps what it parsed by its text, because actions
// share most of their keys and resource types.
type referenceParser struct {
	service *referenceService
	keys    map[string]string
	lists   map[string][]string
	uses    map[string][]ResourceUse
}

func (p *referenceParser) record(line string) {
	var fields [4]string
	for i := range fields {
		fields[i], line, _ = strings.Cut(line, "\t")
	}
	name, s := fields[1], p.service
	switch fields[0] {
	case "key":
		keyType := KeyType(fields[2])
		s.keys = append(s.keys, KeySpec{Name: p.key(name), Type: keyType, MultiValued: keyType.list()})
	case "type":
		s.types = append(s.types, &ResourceType{
			Service: s.id, Name: name, Arns: strings.Split(fields[2], " "), Keys: p.keyList(fields[3]),
		})
	default:
		level, ok := referenceLevels[fields[0]]
		if !ok {
			panic("iam: reference.txt: service " + s.id + ": unknown record " + fields[0])
		}
		s.actions = append(s.actions, &ActionSpec{
			Service: s.id, Name: name, Level: level,
			Resources: p.resources(fields[2]), Keys: p.actionKeys(fields[3]),
		})
		s.names = append(s.names, strings.ToLower(name))
	}
}

// earlier is the action that a field "=Name" refers to.
func (p *referenceParser) earlier(field string) (*ActionSpec, bool) {
	name, ok := strings.CutPrefix(field, "=")
	if !ok {
		return nil, false
	}
	i, ok := slices.BinarySearch(p.service.names, strings.ToLower(name))
	if !ok {
		panic("iam: reference.txt: service " + p.service.id + ": no earlier action " + name)
	}
	return p.service.actions[i], true
}

func (p *referenceParser) actionKeys(field string) []string {
	if a, ok := p.earlier(field); ok {
		return a.Keys
	}
	return p.keyList(field)
}

func (p *referenceParser) resources(field string) []ResourceUse {
	if a, ok := p.earlier(field); ok {
		return a.Resources
	}
	uses, ok := p.uses[field]
	if !ok {
		for text := range strings.SplitSeq(field, ",") {
			uses = append(uses, p.resourceUse(text))
		}
		p.uses[field] = uses
	}
	return uses
}

func (p *referenceParser) resourceUse(text string) ResourceUse {
	name, keys, _ := strings.Cut(strings.TrimSuffix(text, ")"), "(")
	name, required := strings.CutSuffix(name, "*")
	for _, t := range p.service.types {
		if strings.EqualFold(t.Name, name) {
			return ResourceUse{Type: t, Required: required, Keys: p.keyList(keys)}
		}
	}
	panic("iam: reference.txt: service " + p.service.id + ": unknown resource type " + name)
}

func (p *referenceParser) keyList(field string) []string {
	list, ok := p.lists[field]
	if !ok {
		for key := range strings.SplitSeq(field, " ") {
			list = append(list, p.key(key))
		}
		p.lists[field] = list
	}
	return list
}

// key puts the prefix of the service before a key that leaves it out.
func (p *referenceParser) key(short string) string {
	if short[0] != ':' {
		return short
	}
	full, ok := p.keys[short]
	if !ok {
		full = p.service.id + short
		p.keys[short] = full
	}
	return full
}
