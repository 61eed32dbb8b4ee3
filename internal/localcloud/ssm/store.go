package ssm

import (
	"cmp"
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"sync"
	"time"
)

// Types of parameters.
const (
	plainString  = "String"
	stringList   = "StringList"
	secureString = "SecureString"
)

// maxVersions of a parameter are kept (Systems Manager User Guide, "Working with parameter versions").
const maxVersions = 100

// version is one value that a parameter had.
type version struct {
	Version  int64
	Type     string
	Value    string
	Modified time.Time
	User     string
}

// parameter is a stored parameter. Stored ones are not modified; a change stores a new one.
type parameter struct {
	Key                         key
	Description, AllowedPattern string
	Tier, DataType              string
	Tags                        map[string]string
	Versions                    []version // the last is the present one
	Template                    *string   // value of the template that declares it; nil if none does
	ByUser                      bool      // whether a user put it, so that it is kept
}

func (p *parameter) latest() version { return p.Versions[len(p.Versions)-1] }

// version finds one by its number; the latest if the selector is empty.
func (p *parameter) version(selector string) (version, bool) {
	if selector == "" {
		return p.latest(), true
	}
	for _, v := range p.Versions {
		if strconv.FormatInt(v.Version, 10) == selector {
			return v, true
		}
	}
	return version{}, false
}

// with is a copy of the parameter with one more version.
func (p parameter) with(v version) *parameter {
	v.Version = 1
	if len(p.Versions) > 0 {
		v.Version = p.latest().Version + 1
	}
	p.Versions = append(slices.Clone(p.Versions), v)
	if extra := len(p.Versions) - maxVersions; extra > 0 {
		p.Versions = p.Versions[extra:]
	}
	return &p
}

// store holds all parameters in memory and keeps those of users in a file.
type store struct {
	path string

	mu         sync.RWMutex
	parameters map[key]*parameter
}

func openStore(dir string) (*store, error) {
	s := &store{parameters: map[key]*parameter{}}
	if dir == "" {
		return s, nil
	}
	if err := os.MkdirAll(dir, 0o700); err != nil {
		return nil, fmt.Errorf("opening the Parameter Store: %w", err)
	}
	s.path = filepath.Join(dir, "parameters.json")
	data, err := os.ReadFile(s.path)
	if errors.Is(err, fs.ErrNotExist) {
		return s, nil
	}
	if err != nil {
		return nil, fmt.Errorf("opening the Parameter Store: %w", err)
	}
	var kept []*parameter
	if err := json.Unmarshal(data, &kept); err != nil {
		return nil, fmt.Errorf("opening the Parameter Store: reading %s: %w", s.path, err)
	}
	for _, p := range kept {
		if len(p.Versions) > 0 {
			s.parameters[p.Key] = p
		}
	}
	return s, nil
}

func (s *store) get(k key) (*parameter, bool) {
	s.mu.RLock()
	defer s.mu.RUnlock()
	p, ok := s.parameters[k]
	return p, ok
}

// change replaces a parameter by what f makes of it; nil stands for none on both sides. If f
// fails nothing changes.
func (s *store) change(k key, f func(*parameter) (*parameter, error)) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	before := s.parameters[k]
	after, err := f(before)
	if err != nil || after == before {
		return err
	}
	if after == nil {
		delete(s.parameters, k)
	} else {
		s.parameters[k] = after
	}
	if err := s.save(before, after); err != nil {
		// What could not be kept is not there, so that memory and disk agree.
		delete(s.parameters, k)
		if before != nil {
			s.parameters[k] = before
		}
		return err
	}
	return nil
}

// save writes the parameters of users, if one of them changed.
func (s *store) save(before, after *parameter) error {
	changed := before != nil && before.ByUser || after != nil && after.ByUser
	if s.path == "" || !changed {
		return nil
	}
	kept := []*parameter{}
	for _, p := range s.parameters {
		if p.ByUser {
			kept = append(kept, p)
		}
	}
	slices.SortFunc(kept, func(a, b *parameter) int { return cmp.Compare(a.Key.arn(), b.Key.arn()) })
	data, err := json.MarshalIndent(kept, "", " ")
	if err != nil {
		return fmt.Errorf("keeping parameters: %w", err)
	}
	// A rename replaces the file in one step, so that a crash leaves the old or the new one.
	if err := os.WriteFile(s.path+".new", data, 0o600); err != nil {
		return fmt.Errorf("keeping parameters: %w", err)
	}
	if err := os.Rename(s.path+".new", s.path); err != nil {
		return fmt.Errorf("keeping parameters: %w", err)
	}
	return nil
}

// list finds the parameters of an account and region that a filter takes, sorted by name.
func (s *store) list(account, region string, takes func(*parameter) bool) []*parameter {
	s.mu.RLock()
	defer s.mu.RUnlock()
	var found []*parameter
	for k, p := range s.parameters {
		if k.Account == account && k.Region == region && takes(p) {
			found = append(found, p)
		}
	}
	slices.SortFunc(found, func(a, b *parameter) int { return strings.Compare(a.Key.Name, b.Key.Name) })
	return found
}
