package iam

import (
	_ "embed"
	"strings"
	"sync"
)

// selfContainedText lists, by service, the writing actions whose requests name no resource but the one
// that they are authorized on. A test derives it from the service models of botocore.
//
//go:embed selfcontained.txt
var selfContainedText string

// selfContained has those actions in lower case, such as dynamodb:putitem.
var selfContained = sync.OnceValue(func() map[string]bool {
	out := map[string]bool{}
	for line := range strings.Lines(selfContainedText) {
		fields := strings.Fields(line)
		if len(fields) == 0 || strings.HasPrefix(line, "#") {
			continue
		}
		for _, name := range fields[1:] {
			out[fields[0]+":"+strings.ToLower(name)] = true
		}
	}
	return out
})

// NamesOthers says whether a request for the action can name other resources than the one that it is authorized on,
// on which AWS then acts with rights that are not the caller's: the target of a rule, the origin of a
// distribution, whom a policy lets in. Whoever may do it to a resource of their own can turn the
// resource on those of others.
//
// The rule is about the input of the action's API operation in the service models of botocore (the version is
// in selfcontained.txt): a member that can hold the name of a resource (an ARN, a URL, a host, a role,
// a policy, a definition, the name or id of a resource type of the reference), beside those that identify the
// authorized resource and the keys of AWS KMS, which are authorized for the caller. An action that only reads
// or lists names nothing. A writing action that has no such operation does, unless
// selfcontained_test.go gives a reason.
func (a *ActionSpec) NamesOthers() bool {
	if a.Level != LevelWrite && a.Level != LevelPermissionsManagement {
		return false
	}
	return !selfContained()[a.Service+":"+strings.ToLower(a.Name)]
}
