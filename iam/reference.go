package iam

import (
	_ "embed"
	"slices"
	"sort"
	"strings"
	"sync"
)

// reference.txt holds what the Service Authorization Reference says of the services that a
// serverless application uses, one record a line, tabs between the fields:
//
//	other    a service of which only the name is known
//	service  the service that the records after it belong to
//	key      a condition key, its type
//	type     a resource type, its ARNs, its condition keys
//	L        an action, its resource types, its condition keys
//
// An action begins with the letter of its access level: List, Read, Write, Tagging, or
// Permissions management. Trailing empty fields are left out. A key that begins with a colon
// has the prefix of the service. An asterisk marks a resource type as required, parentheses
// hold the keys that come with it. A field "=Name" is that of the earlier action Name.
//
//go:embed reference.txt
var referenceText string

// AccessLevel classifies what an action does (IAM User Guide, "Understanding access level
// summaries within policy summaries").
type AccessLevel string

const (
	// LevelList actions list resources.
	LevelList AccessLevel = "List"
	// LevelRead actions read what resources hold.
	LevelRead AccessLevel = "Read"
	// LevelWrite actions create, delete or modify resources.
	LevelWrite AccessLevel = "Write"
	// LevelTagging actions change nothing but the tags of resources.
	LevelTagging AccessLevel = "Tagging"
	// LevelPermissionsManagement actions grant or modify permissions.
	LevelPermissionsManagement AccessLevel = "Permissions management"
)

// ActionSpec is one action of the Service Authorization Reference, "The actions table". What
// this package returns is shared: it is not to be modified.
type ActionSpec struct {
	// Service is the prefix, such as dynamodb.
	Service string
	// Name of the action, such as GetItem.
	Name string
	// Level of access that the action gives.
	Level AccessLevel
	// Resources are the types that a Resource element may name for the action. An action
	// without any is granted by the resource * alone.
	Resources []ResourceUse
	// Keys are the condition keys of the action itself; Carries knows all.
	Keys []string
}

// String is the action as a policy names it, such as dynamodb:GetItem.
func (a *ActionSpec) String() string { return a.Service + ":" + a.Name }

// ResourceUse is a resource type as an action uses it.
type ResourceUse struct {
	// Type of the resource.
	Type *ResourceType
	// Required says that a policy that names resources must name one of this type.
	Required bool
	// Keys are the condition keys that the action carries with this type. Those of the type
	// itself come in addition.
	Keys []string
}

// ResourceType is a resource type of the Service Authorization Reference, "The resource
// types table".
type ResourceType struct {
	// Service is the prefix of the service that lists the type, which need not be that of
	// its ARNs.
	Service string
	// Name of the type, such as table.
	Name string
	// Arns are the forms of its ARN, such as
	// arn:${Partition}:dynamodb:${Region}:${Account}:table/${TableName}.
	Arns []string
	// Keys are condition keys of every action that uses the type.
	Keys []string
}

// LookupAction finds an action, such as dynamodb:GetItem, whatever its case.
func LookupAction(action string) (*ActionSpec, bool) {
	prefix, name, _ := strings.Cut(strings.ToLower(action), ":")
	service, ok := referenceServices().described[prefix]
	if !ok {
		return nil, false
	}
	i, ok := slices.BinarySearch(service.parsed().names, name)
	if !ok {
		return nil, false
	}
	return service.actions[i], true
}

// ExpandAction lists the actions that a pattern of an Action element covers, whatever its
// case, by service and name. It knows those of Services alone.
func ExpandAction(pattern string) []*ActionSpec {
	prefix, name, ok := strings.Cut(strings.ToLower(pattern), ":")
	if !ok {
		if pattern != "*" {
			return nil
		}
		name = "*"
	}
	var actions []*ActionSpec
	for _, id := range referenceServices().names {
		if !glob(prefix, id) {
			continue
		}
		service := referenceServices().described[id].parsed()
		for i, candidate := range service.names {
			if glob(name, candidate) {
				actions = append(actions, service.actions[i])
			}
		}
	}
	return actions
}

// KnownService says whether AWS has a service of that prefix, whatever its case. The actions
// of some known services are not in Services.
func KnownService(prefix string) bool {
	index, id := referenceServices(), strings.ToLower(prefix)
	return index.described[id] != nil || index.others[id]
}

// Services lists the prefixes of the services whose actions this package knows.
func Services() []string { return slices.Clone(referenceServices().names) }

// ServiceResourceTypes lists the resource types of a service of Services by name.
func ServiceResourceTypes(service string) []*ResourceType {
	s, ok := referenceServices().described[strings.ToLower(service)]
	if !ok {
		return nil
	}
	return slices.Clone(s.parsed().types)
}

// referenceIndex says where the services are in referenceText.
type referenceIndex struct {
	names     []string
	described map[string]*referenceService
	others    map[string]bool
}

// referenceServices is the index of reference.txt, made on first use. Each service is parsed
// only when something asks for it: most programs meet a few of them.
var referenceServices = sync.OnceValue(func() *referenceIndex { return indexReference(referenceText) })

// indexReference cuts the text into services.
func indexReference(text string) *referenceIndex {
	index := &referenceIndex{described: map[string]*referenceService{}, others: map[string]bool{}}
	sections := strings.Split(text, "\nservice\t")
	for line := range strings.Lines(sections[0]) {
		if id, ok := strings.CutPrefix(line, "other\t"); ok {
			index.others[strings.TrimSpace(id)] = true
		}
	}
	for _, section := range sections[1:] {
		id, records, _ := strings.Cut(section, "\n")
		index.names = append(index.names, id)
		index.described[id] = &referenceService{id: id, records: records}
	}
	sort.Strings(index.names)
	return index
}
