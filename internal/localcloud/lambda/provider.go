package lambda

import (
	"context"
	"errors"
	"fmt"
	"maps"
	"reflect"
	"strings"
	"time"

	"github.com/tenantstack/tenantstack/internal/localcloud/resource"
)

const (
	functionType    = "AWS::Lambda::Function"
	versionType     = "AWS::Lambda::Version"
	aliasType       = "AWS::Lambda::Alias"
	permissionType  = "AWS::Lambda::Permission"
	eventInvokeType = "AWS::Lambda::EventInvokeConfig"
)

// Types implements [resource.Provider].
func (s *Service) Types() []string {
	return []string{functionType, versionType, aliasType, permissionType, eventInvokeType}
}

// Put implements [resource.Provider]. A function whose code or configuration changed gets new
// processes; what runs ends on the old ones.
func (s *Service) Put(ctx context.Context, r resource.Resource) error {
	var err error
	switch r.Type {
	case functionType:
		err = s.putFunction(ctx, r)
	case versionType:
		err = s.putVersion(r)
	case aliasType:
		err = s.putAlias(r)
	case permissionType:
		err = s.putPermission(r)
	case eventInvokeType:
		err = s.putEventInvoke(r)
	default:
		err = fmt.Errorf("type %s is none of %s", r.Type, strings.Join(s.Types(), ", "))
	}
	if err != nil {
		return fmt.Errorf("creating %s (%s): %w", r, r.Type, err)
	}
	return nil
}

// Delete implements [resource.Provider]. Invocations in flight end first.
func (s *Service) Delete(_ context.Context, r resource.Resource) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	owner, qualifier := splitARN(r.ARN)
	switch r.Type {
	case functionType:
		if f := s.functions[r.ARN]; f != nil {
			f.retire()
		}
	case versionType:
		if f := s.functions[owner]; f != nil && f.versions[qualifier] != nil {
			f.replace(f.versions[qualifier])
			delete(f.versions, qualifier)
		}
	case aliasType:
		if f := s.functions[owner]; f != nil {
			delete(f.aliases, qualifier)
		}
	case permissionType:
		delete(s.permissions, r.String())
		s.indexPolicies()
	case eventInvokeType:
		delete(s.invokes, r.String())
	}
	return nil
}

func (s *Service) putFunction(ctx context.Context, r resource.Resource) error {
	c, err := readConfig(r)
	if err != nil {
		return err
	}
	if c.code, err = s.code.get(ctx, r.Asset, []string{c.name}); err != nil {
		return err
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.closed {
		return errClosing()
	}
	f := s.functions[c.arn]
	if f == nil {
		f = &function{arn: c.arn, versions: map[string]*pool{}, aliases: map[string]alias{}, old: map[*pool]struct{}{},
			processes: map[*process]struct{}{}, asyncSlots: make(chan struct{}, s.o.MaxPerFunction)}
		s.functions[c.arn] = f
	}
	if f.latest != nil {
		if reflect.DeepEqual(f.latest.config, c) {
			return nil
		}
		f.replace(f.latest)
	}
	f.latest, f.modified = newPool(s, f, c), s.o.Now()
	if c.deadLetters != "" {
		s.o.Progress(r.String() + ": the dead-letter queue " + c.deadLetters + " gets nothing in the local cloud")
	}
	return nil
}

// replace retires a pool that gets no further events.
func (f *function) replace(p *pool) {
	f.old[p] = struct{}{}
	p.retire()
}

// retire ends a function: it is unknown from now on.
func (f *function) retire() {
	if f.latest != nil {
		f.replace(f.latest)
		f.latest = nil
	}
	for _, p := range f.versions {
		f.replace(p)
	}
	clear(f.versions)
	clear(f.aliases)
}

// putVersion freezes $LATEST as it is. A version that exists stays as it was (AWS Lambda Developer
// Guide, "Manage Lambda function versions").
func (s *Service) putVersion(r resource.Resource) error {
	owner, version := splitARN(r.ARN)
	if version == "" {
		return fmt.Errorf("ARN %q: it has no version", r.ARN)
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	f, err := s.known(owner)
	if err != nil {
		return err
	}
	if f.versions[version] == nil {
		frozen := *f.latest.config
		frozen.version = version
		f.versions[version] = newPool(s, f, &frozen)
	}
	return nil
}

func (s *Service) putAlias(r resource.Resource) error {
	var p struct {
		FunctionVersion, Description string
		RoutingConfig                struct {
			AdditionalVersionWeights []struct {
				FunctionVersion string
				FunctionWeight  float64
			}
		}
	}
	if err := r.Decode(&p); err != nil {
		return err
	}
	owner, name := splitARN(r.ARN)
	if name == "" {
		return fmt.Errorf("ARN %q: it has no alias", r.ARN)
	}
	a := alias{version: p.FunctionVersion, description: p.Description, weights: map[string]float64{}}
	for _, w := range p.RoutingConfig.AdditionalVersionWeights {
		a.weights[w.FunctionVersion] = w.FunctionWeight
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	f, err := s.known(owner)
	if err != nil {
		return err
	}
	var unknown []error
	for version := range maps.Keys(a.weights) {
		unknown = append(unknown, f.knownVersion(version))
	}
	if err := errors.Join(append(unknown, f.knownVersion(a.version))...); err != nil {
		return err
	}
	f.aliases[name] = a
	return nil
}

func (f *function) knownVersion(version string) error {
	if version != latestVersion && f.versions[version] == nil {
		return fmt.Errorf("FunctionVersion %q: %s has no such version", version, f.arn)
	}
	return nil
}

// known finds a function that exists. s.mu is held.
func (s *Service) known(arn string) (*function, error) {
	f := s.functions[arn]
	if f == nil || f.latest == nil {
		return nil, fmt.Errorf("there is no function %s", arn)
	}
	return f, nil
}

// eventInvokeConfig is how asynchronous events of a function are tried again.
type eventInvokeConfig struct {
	arn     string
	retries int
	age     time.Duration
}

func (s *Service) putEventInvoke(r resource.Resource) error {
	p := struct {
		FunctionName, Qualifier  string
		MaximumRetryAttempts     int
		MaximumEventAgeInSeconds int
		DestinationConfig        struct{ OnSuccess, OnFailure struct{ Destination string } }
	}{MaximumRetryAttempts: 2, MaximumEventAgeInSeconds: 6 * 60 * 60}
	if err := r.Decode(&p); err != nil {
		return err
	}
	ref, problem := parseReference(p.FunctionName, r.Region, r.Account)
	if problem != nil {
		return problem
	}
	if p.Qualifier != "" && p.Qualifier != latestVersion {
		ref.qualifier = p.Qualifier
	}
	if p.DestinationConfig.OnSuccess.Destination != "" || p.DestinationConfig.OnFailure.Destination != "" {
		s.o.Progress(r.String() + ": destinations of asynchronous events get nothing in the local cloud")
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	s.invokes[r.String()] = eventInvokeConfig{ref.arn(), p.MaximumRetryAttempts, time.Duration(p.MaximumEventAgeInSeconds) * time.Second}
	return nil
}
