package apigateway

import (
	"context"
	"fmt"
	"maps"
	"reflect"

	"github.com/tenantstack/tenantstack/internal/localcloud/resource"
)

const (
	typeRestAPI    = "AWS::ApiGateway::RestApi"
	typeDeployment = "AWS::ApiGateway::Deployment"
	typeStage      = "AWS::ApiGateway::Stage"
	typeAccount    = "AWS::ApiGateway::Account"
	// typeAuthorizer is of APIs without a document, which are not served.
	typeAuthorizer = "AWS::ApiGateway::Authorizer"
)

// Types implements resource.Provider.
func (s *Service) Types() []string {
	return []string{typeRestAPI, typeDeployment, typeStage, typeAccount}
}

// Put implements resource.Provider. As on AWS, a stage serves the document that its deployment
// found when it was made; a later document is served when a new deployment is. An account only
// names the role that writes logs, which nothing here needs.
func (s *Service) Put(_ context.Context, r resource.Resource) error {
	var err error
	switch r.Type {
	case typeRestAPI:
		err = s.putAPI(r)
	case typeDeployment:
		err = s.putDeployment(r)
	case typeStage:
		err = s.putStage(r)
	case typeAccount:
	default:
		err = fmt.Errorf("type %s is none of %v", r.Type, s.Types())
	}
	if err != nil {
		return fmt.Errorf("creating %s %s: %w", r.Type, r, err)
	}
	return nil
}

// Delete implements resource.Provider.
func (s *Service) Delete(_ context.Context, r resource.Resource) error {
	var ids struct{ RestApiId, StageName string }
	if err := r.Decode(&ids); err != nil {
		return fmt.Errorf("deleting %s: %w", r, err)
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	switch r.Type {
	case typeRestAPI:
		delete(s.apis, r.Name)
	case typeDeployment:
		if a := s.apis[ids.RestApiId]; a != nil {
			delete(a.deployments, r.Name)
		}
	case typeStage:
		if a := s.apis[ids.RestApiId]; a != nil {
			a.replace(ids.StageName, nil)
		}
	}
	return nil
}

func (s *Service) putAPI(r resource.Resource) error {
	if r.Name == "" {
		return fmt.Errorf("the API has no id")
	}
	d, err := compile(r, s.note)
	if err != nil {
		return err
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	a := s.apis[r.Name]
	if a == nil {
		a = &api{deployments: map[string]*definition{}}
		s.apis[r.Name] = a
	}
	if a.latest != nil && reflect.DeepEqual(a.latest.source, d.source) {
		return nil // a template that did not change updates nothing
	}
	if err := d.mode.update(a.latest, d); err != nil {
		return err
	}
	a.latest = d
	return nil
}

func (s *Service) putDeployment(r resource.Resource) error {
	var p struct {
		RestApiId, StageName string
		StageDescription     map[string]any
	}
	if err := r.Decode(&p); err != nil {
		return err
	}
	s.mu.Lock()
	a := s.apis[p.RestApiId]
	if a == nil {
		s.mu.Unlock()
		return fmt.Errorf("RestApiId %q: there is no such API", p.RestApiId)
	}
	if a.deployments[r.Name] == nil {
		a.deployments[r.Name] = a.latest
	}
	s.mu.Unlock()
	if p.StageName == "" {
		return nil
	}
	// A deployment may make a stage of its own (CloudFormation User Guide, "AWS::ApiGateway::Deployment").
	properties := map[string]any{"RestApiId": p.RestApiId, "DeploymentId": r.Name, "StageName": p.StageName}
	maps.Copy(properties, p.StageDescription)
	properties["StageName"] = p.StageName
	stage := r
	stage.Type, stage.Properties = typeStage, properties
	return s.putStage(stage)
}

func (s *Service) putStage(r resource.Resource) error {
	var p stageProperties
	if err := r.Decode(&p); err != nil {
		return err
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	a := s.apis[p.RestApiId]
	if a == nil {
		return fmt.Errorf("RestApiId %q: there is no such API", p.RestApiId)
	}
	d := a.deployments[p.DeploymentId]
	if d == nil {
		return fmt.Errorf("DeploymentId %q: API %s has no such deployment", p.DeploymentId, p.RestApiId)
	}
	if old := a.stage(p.StageName); old != nil && old.definition == d && reflect.DeepEqual(old.properties, p) {
		return nil // the caches and the throttle go on
	}
	st, err := newStage(d, p, s.o.Now)
	if err != nil {
		return err
	}
	a.replace(p.StageName, st)
	return nil
}

// replace sets a stage, or removes it if it is nil.
func (a *api) replace(name string, st *stage) {
	stages := map[string]*stage{}
	if old := a.stages.Load(); old != nil {
		maps.Copy(stages, *old)
	}
	if st == nil {
		delete(stages, name)
	} else {
		stages[name] = st
	}
	a.stages.Store(&stages)
}
