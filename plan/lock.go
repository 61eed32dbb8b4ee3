package plan

import (
	"errors"
	"fmt"
	"io/fs"
	"strings"

	"github.com/tenantstack/tenantstack/plan/layout"
)

// LockFile is the name of the lock beside a tenants.yaml: tenants.lock.yaml.
func LockFile(tenants string) string {
	for _, ending := range []string{".yaml", ".yml", ".json"} {
		if name, ok := strings.CutSuffix(tenants, ending); ok {
			return name + ".lock.yaml"
		}
	}
	return tenants + ".lock.yaml"
}

// LockMode says what becomes of layouts that the lock does not have yet.
type LockMode string

const (
	// LockAdd adds new tenants to the lock, and what only grew: for people.
	LockAdd LockMode = ""
	// LockLocked refuses whatever the lock does not have: for CI.
	LockLocked LockMode = "locked"
	// LockNone does without a lock.
	LockNone LockMode = "none"
)

// Lock is the comparison of a plan with a lock file.
type Lock struct {
	file   string
	result layout.Result
	none   bool
}

// Lock holds the plan's layouts against the lock file. Edits that would move, hide or delete data are an error,
// all of them at once (layout.Changes). A file that is not there is empty for a plan of all stacks. Nothing is
// written: Save does that.
func (p *Plan) Lock(file string, mode LockMode) (*Lock, error) {
	switch mode {
	case LockNone:
		p.locked = true
		return &Lock{none: true}, nil
	case LockAdd, LockLocked:
	default:
		return nil, fmt.Errorf("check lock: the mode %q is not known: use locked or none, or leave it out", mode)
	}
	l := &Lock{file: file}
	was, err := layout.Read(file)
	if errors.Is(err, fs.ErrNotExist) {
		if mode == LockLocked {
			return nil, fmt.Errorf("check lock: there is no %s: run make synth on your machine and commit the file", file)
		}
		if !p.selection.all() {
			return nil, fmt.Errorf("check lock: there is no %s, and only some stacks are selected: run make synth once "+
				"without a selection and commit the file, or do without a lock by -c lock=none", file)
		}
		was, err = layout.New(), nil
	}
	if err != nil {
		return nil, err
	}
	l.result = was.Compare(p.wanted())
	if len(l.result.Changes) > 0 {
		return nil, l.result.Changes
	}
	if mode == LockLocked && !l.result.Current() {
		return nil, fmt.Errorf("check lock: %s is not up to date (%s): run make synth on your machine and commit the file",
			file, l.result.Summary())
	}
	p.locked = true
	return l, nil
}

// wanted is what the plan has to be compared with.
func (p *Plan) wanted() layout.Wanted {
	w := layout.Wanted{Platform: p.Platform, Accounts: map[string]string{}, Layouts: map[string]layout.Layout{}}
	for _, t := range p.file.Tenants {
		w.Accounts[t.ID] = t.BillingAccount
	}
	for _, t := range p.Tenants {
		w.Layouts[t.ID] = t.Layout
	}
	return w
}

// Locked reports whether the plan was held against a lock, or somebody said that it needs none.
func (p *Plan) Locked() bool { return p.locked }

// Save writes new and grown layouts into the lock file. It returns what it did in a line for people, empty for nothing.
func (l *Lock) Save() (string, error) {
	if l.none || l.result.Current() {
		return "", nil
	}
	if err := l.result.Lock.Write(l.file); err != nil {
		return "", err
	}
	return fmt.Sprintf("%s: %s; commit the file", l.file, l.result.Summary()), nil
}

// EditLock changes the lock file of a plan of all stacks by what edit makes of it.
func (p *Plan) EditLock(file string, edit func(*layout.Lock, layout.Wanted) (*layout.Lock, error)) error {
	was, err := layout.Read(file)
	if err != nil {
		return err
	}
	next, err := edit(was, p.wanted())
	if err != nil {
		return err
	}
	return next.Write(file)
}
