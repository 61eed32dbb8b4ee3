package lint

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strings"

	"golang.org/x/sync/errgroup"
)

// defaultRegion is where templates are checked that are made for no region.
const defaultRegion = "us-east-1"

// assembly is what a synthesized folder holds.
type assembly struct {
	Templates []string // file names, sorted
	Regions   []string // that the stacks are for, sorted; never empty
}

// readAssembly lists the templates of the stacks of manifest.json, which an earlier synth's
// leftovers are not among; without a manifest, all *.template.json.
func readAssembly(dir string) (assembly, error) {
	data, err := os.ReadFile(filepath.Join(dir, "manifest.json"))
	if errors.Is(err, fs.ErrNotExist) {
		return globAssembly(dir)
	}
	if err != nil {
		return assembly{}, fmt.Errorf("reading the cloud assembly: %w", err)
	}
	var manifest struct {
		Artifacts map[string]struct {
			Type        string `json:"type"`
			Environment string `json:"environment"` // aws://<account>/<region>
			Properties  struct {
				TemplateFile string `json:"templateFile"`
			} `json:"properties"`
		} `json:"artifacts"`
	}
	if err := json.Unmarshal(data, &manifest); err != nil {
		return assembly{}, fmt.Errorf("reading the cloud assembly's manifest.json: %w", err)
	}
	var a assembly
	for _, artifact := range manifest.Artifacts {
		if artifact.Type != "aws:cloudformation:stack" {
			continue
		}
		a.Templates = append(a.Templates, artifact.Properties.TemplateFile)
		region := artifact.Environment[strings.LastIndex(artifact.Environment, "/")+1:]
		if region == "" || region == "unknown-region" {
			region = defaultRegion
		}
		a.Regions = append(a.Regions, region)
	}
	return a.sorted(dir)
}

func globAssembly(dir string) (assembly, error) {
	paths, err := filepath.Glob(filepath.Join(dir, "*.template.json"))
	if err != nil {
		return assembly{}, fmt.Errorf("listing templates: %w", err)
	}
	a := assembly{Regions: []string{defaultRegion}}
	for _, path := range paths {
		a.Templates = append(a.Templates, filepath.Base(path))
	}
	return a.sorted(dir)
}

func (a assembly) sorted(dir string) (assembly, error) {
	if len(a.Templates) == 0 {
		return a, fmt.Errorf("listing templates: %s holds none; run synth first", filepath.Base(dir))
	}
	slices.Sort(a.Templates)
	slices.Sort(a.Regions)
	a.Regions = slices.Compact(a.Regions)
	return a, nil
}

// inspect runs both checkers at the same time over the templates of a folder, which
// holds nothing else, and adds the resources' types where a checker does not tell them.
func inspect(ctx context.Context, v venv, dir string, a assembly) ([]finding, error) {
	var lint, security []finding
	group, ctx := errgroup.WithContext(ctx)
	group.Go(func() (err error) {
		lint, err = v.cfnLint(ctx, dir, a.Templates, a.Regions)
		return err
	})
	group.Go(func() (err error) {
		security, err = v.checkov(ctx, dir, a.Templates)
		return err
	})
	if err := group.Wait(); err != nil {
		return nil, err
	}
	types, err := resourceTypes(dir, a.Templates)
	if err != nil {
		return nil, err
	}
	findings := append(lint, security...)
	for i, f := range findings {
		if f.Type == "" {
			findings[i].Type = types[f.Template+"#"+f.ID]
		}
	}
	return findings, nil
}

// resourceTypes maps template#logical id to the resource's type.
func resourceTypes(dir string, templates []string) (map[string]string, error) {
	types := map[string]string{}
	for _, name := range templates {
		data, err := os.ReadFile(filepath.Join(dir, name))
		if err != nil {
			return nil, fmt.Errorf("reading a template: %w", err)
		}
		var template struct {
			Resources map[string]struct{ Type string }
		}
		if err := json.Unmarshal(data, &template); err != nil {
			return nil, fmt.Errorf("reading template %s: %w", name, err)
		}
		for id, resource := range template.Resources {
			types[name+"#"+id] = resource.Type
		}
	}
	return types, nil
}
