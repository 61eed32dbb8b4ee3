// Package cfn reads what the CDK synthesizes: a cloud assembly and its CloudFormation
// templates.
package cfn

import (
	"cmp"
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
)

// Quotas of a template (CloudFormation User Guide, "Understand CloudFormation quotas").
const (
	// MaxResources is how many resources a template may declare.
	MaxResources = 500
	// MaxTemplateBytes is the size of a template passed as an S3 object, in bytes.
	MaxTemplateBytes = 1 << 20
)

// Assembly is a folder that cdk synth wrote, usually cdk.out.
type Assembly struct {
	// Dir is the folder.
	Dir string
	// Stacks sorted by name.
	Stacks []Stack
}

// Stack is one stack of an assembly.
type Stack struct {
	// Name of the stack in CloudFormation.
	Name string
	// Environment is aws://<account>/<region>.
	Environment string
	// File is the path of the template.
	File string
	// Size of the template in bytes.
	Size int
	// Template of the stack.
	Template Template
}

// Template is a CloudFormation template as far as it is read without resolving it.
type Template struct {
	// Description of the stack.
	Description string `json:"Description"`
	// Resources by logical id.
	Resources map[string]Resource `json:"Resources"`
}

// Resource is one resource of a template.
type Resource struct {
	// Type such as AWS::Lambda::Function.
	Type string `json:"Type"`
	// Properties as they stand, with intrinsic functions.
	Properties json.RawMessage `json:"Properties"`
}

// Count is the number of resources of a type.
func (t Template) Count(resourceType string) int {
	n := 0
	for _, r := range t.Resources {
		if r.Type == resourceType {
			n++
		}
	}
	return n
}

// manifest is the part of manifest.json that names the stacks (AWS CDK, "Cloud Assembly
// Specification").
type manifest struct {
	Version   string `json:"version"`
	Artifacts map[string]struct {
		Type        string `json:"type"`
		Environment string `json:"environment"`
		Properties  struct {
			TemplateFile string `json:"templateFile"`
			StackName    string `json:"stackName"`
		} `json:"properties"`
	} `json:"artifacts"`
}

// ReadAssembly reads every stack of a cloud assembly.
func ReadAssembly(dir string) (*Assembly, error) {
	var m manifest
	path := filepath.Join(dir, "manifest.json")
	data, err := os.ReadFile(path)
	if errors.Is(err, fs.ErrNotExist) {
		return nil, fmt.Errorf("read cloud assembly: no manifest.json in %q: run cdk synth first, or name the folder it wrote", dir)
	}
	if err != nil {
		return nil, fmt.Errorf("read cloud assembly: %w", err)
	}
	if err := json.Unmarshal(data, &m); err != nil {
		return nil, fmt.Errorf("read cloud assembly: %s: %w", path, err)
	}
	a := &Assembly{Dir: dir}
	var problems []error
	for id, artifact := range m.Artifacts {
		if artifact.Type != "aws:cloudformation:stack" {
			continue
		}
		stack, err := readStack(filepath.Join(dir, artifact.Properties.TemplateFile))
		if err != nil {
			problems = append(problems, fmt.Errorf("read stack %s: %w", id, err))
			continue
		}
		stack.Name, stack.Environment = cmp.Or(artifact.Properties.StackName, id), artifact.Environment
		a.Stacks = append(a.Stacks, stack)
	}
	slices.SortFunc(a.Stacks, func(x, y Stack) int { return cmp.Compare(x.Name, y.Name) })
	return a, errors.Join(problems...)
}

func readStack(path string) (Stack, error) {
	data, err := os.ReadFile(path)
	if err != nil {
		return Stack{}, err
	}
	s := Stack{File: path, Size: len(data)}
	if err := json.Unmarshal(data, &s.Template); err != nil {
		return Stack{}, fmt.Errorf("%s: %w", path, err)
	}
	return s, nil
}
