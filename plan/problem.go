package plan

import (
	"errors"
	"fmt"
	"slices"
	"strings"

	"github.com/tenantstack/tenantstack/api"
	"github.com/tenantstack/tenantstack/tenant"
)

// Problem is what synthesis or AWS would refuse, although the contract and tenants.yaml are
// each well formed. Build knows the places by name; Load adds where they are in the files.
type Problem struct {
	// Contract is the place in the contract: the tokens of its JSON Pointer (RFC 6901). Nil
	// if the contract has no part in it.
	Contract []string
	// Tenants is the place in tenants.yaml, such as platform.accountSources, of a problem in
	// which the contract has no part.
	Tenants string
	// Of names the tenants or cells that have it; empty for all of them.
	Of []string
	// Message says what is wrong and names the value, Fix what to do.
	Message, Fix string
	// kind is the same for what is one problem, whatever the numbers in it.
	kind string
}

// Error is the problem in one line, with its place by name.
func (p Problem) Error() string {
	where := p.Tenants
	if len(p.Contract) > 0 {
		where = strings.Join(p.Contract, "/")
		if p.Contract[0] == "paths" && len(p.Contract) > 2 {
			where = strings.ToUpper(p.Contract[2]) + " " + p.Contract[1]
		}
	}
	return "plan " + where + ": " + p.message() + ": " + p.Fix
}

// message says of whom the problem is. Many have the same one, since they share the contract.
func (p Problem) message() string {
	switch n := len(p.Of); {
	case n == 0:
		return p.Message
	case n == 1:
		return p.Of[0] + ": " + p.Message
	default:
		return fmt.Sprintf("%s, and %d more: %s", p.Of[0], n-1, p.Message)
	}
}

// Problems are all that were found, in the order of their places.
type Problems []Problem

// Error has a line for every problem.
func (ps Problems) Error() string {
	texts := make([]string, len(ps))
	for i, p := range ps {
		texts[i] = p.Error()
	}
	return strings.Join(texts, "\n")
}

// Unwrap lets errors.As find a Problem.
func (ps Problems) Unwrap() []error {
	out := make([]error, len(ps))
	for i, p := range ps {
		out[i] = p
	}
	return out
}

// problemList collects problems; what many have in common is one.
type problemList struct {
	list  Problems
	index map[string]int
}

func (l *problemList) add(of string, problems ...Problem) {
	for _, p := range problems {
		key := strings.Join(append([]string{p.kind, p.Tenants}, p.Contract...), "\x00")
		if p.kind == "" {
			key += "\x00" + p.Message
		}
		if i, known := l.index[key]; known {
			if of != "" {
				l.list[i].Of = append(l.list[i].Of, of)
			}
			continue
		}
		if l.index == nil {
			l.index = map[string]int{}
		}
		l.index[key] = len(l.list)
		if of != "" {
			p.Of = []string{of}
		}
		l.list = append(l.list, p)
	}
}

func (l *problemList) err() error {
	if len(l.list) == 0 {
		return nil
	}
	slices.SortStableFunc(l.list, func(a, b Problem) int {
		return strings.Compare(strings.Join(a.Contract, "\x00")+a.Tenants, strings.Join(b.Contract, "\x00")+b.Tenants)
	})
	return l.list
}

// located replaces the problems of a plan by those of the files, with line and column.
func located(err error, tenants *tenant.Source, contract *api.Source) error {
	var problems Problems
	if !errors.As(err, &problems) {
		return err
	}
	var ofTenants tenant.Problems
	var ofContract api.Problems
	for _, p := range problems {
		if p.Contract != nil {
			ofContract = append(ofContract, contract.Problem(p.Contract, p.Fix, p.message()))
		} else {
			ofTenants = append(ofTenants, tenants.Problem(p.Tenants, p.message(), p.Fix))
		}
	}
	var all []error
	if len(ofTenants) > 0 {
		all = append(all, ofTenants)
	}
	if len(ofContract) > 0 {
		all = append(all, ofContract)
	}
	return errors.Join(all...)
}
