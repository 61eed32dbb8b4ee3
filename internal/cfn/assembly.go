// Package cfn reads what CloudFormation is given, a cloud assembly that the CDK wrote or a
// single template, and resolves the intrinsic functions of a template to the values that
// AWS would put there.
//
// What only AWS can know, such as a generated name, stays in the result as a marker (see
// [Opaque]); what cannot be resolved is a [Problem]. Nothing is ever resolved to an empty
// string by omission, so that a reader of policies can trust what it sees.
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
	// MaxTemplateBytes is the size of a template passed as an S3 object, in bytes. What the
	// quota calls 1 MB, CloudFormation refuses with "Template may not exceed 1000000 bytes in size".
	MaxTemplateBytes = 1_000_000
)

// Assembly is a folder that cdk synth wrote, usually cdk.out.
type Assembly struct {
	// Dir is the folder.
	Dir string
	// Stacks sorted by name, with those of nested assemblies (stages of the CDK).
	Stacks []Stack
}

// Stack is one stack of an assembly.
type Stack struct {
	// Name of the stack in CloudFormation.
	Name string
	// Environment is aws://<account>/<region>; see [ParseEnvironment].
	Environment string
	// File is the path of the template.
	File string
	// Size of the template in bytes.
	Size int
	// Template of the stack.
	Template Template
	// Assets are what the assembly says of the files that are published for the stack: their names for people by the
	// keys of the objects in S3. It is nil if the assembly does not say.
	Assets map[string]string
}

// manifest is the part of manifest.json that names the stacks (AWS CDK, "Cloud Assembly
// Specification").
type manifest struct {
	Version   string              `json:"version"`
	Artifacts map[string]artifact `json:"artifacts"`
}

// artifact is one thing of an assembly that is deployed or published.
type artifact struct {
	Type         string   `json:"type"`
	Environment  string   `json:"environment"`
	Dependencies []string `json:"dependencies"`
	Properties   struct {
		TemplateFile  string `json:"templateFile"`
		StackName     string `json:"stackName"`
		DirectoryName string `json:"directoryName"`
		File          string `json:"file"`
	} `json:"properties"`
}

// ReadAssembly reads every stack of a cloud assembly.
func ReadAssembly(dir string) (*Assembly, error) {
	m, err := readManifest(dir)
	if err != nil {
		return nil, fmt.Errorf("read cloud assembly: %w", err)
	}
	a := &Assembly{Dir: dir}
	var problems []error
	for id, artifact := range m.Artifacts {
		switch artifact.Type {
		case "aws:cloudformation:stack":
			name := cmp.Or(artifact.Properties.StackName, id)
			stack, err := readStack(filepath.Join(dir, artifact.Properties.TemplateFile), name, artifact.Environment)
			if err != nil {
				problems = append(problems, fmt.Errorf("read stack %s: %w", id, err))
				continue
			}
			if stack.Assets, err = m.assets(dir, artifact); err != nil {
				problems = append(problems, fmt.Errorf("read the assets of stack %s: %w", id, err))
			}
			a.Stacks = append(a.Stacks, stack)
		case "cdk:cloud-assembly":
			stacks, err := readNested(dir, artifact.Properties.DirectoryName)
			if err != nil {
				problems = append(problems, fmt.Errorf("read nested assembly %s: %w", id, err))
			}
			a.Stacks = append(a.Stacks, stacks...)
		}
	}
	slices.SortFunc(a.Stacks, func(x, y Stack) int {
		return cmp.Or(cmp.Compare(x.Name, y.Name), cmp.Compare(x.File, y.File))
	})
	return a, errors.Join(problems...)
}

func readManifest(dir string) (manifest, error) {
	var m manifest
	path := filepath.Join(dir, "manifest.json")
	data, err := os.ReadFile(path)
	if errors.Is(err, fs.ErrNotExist) {
		return m, fmt.Errorf("no manifest.json in %q: run cdk synth first, or name the folder it wrote", dir)
	}
	if err != nil {
		return m, err
	}
	if faults := check(data); len(faults) > 0 {
		return m, fmt.Errorf("%s: %w", path, problemsOf(Stack{}, faults))
	}
	if err := json.Unmarshal(data, &m); err != nil {
		return m, fmt.Errorf("%s: %w", path, err)
	}
	return m, nil
}

// readNested reads the assembly of a stage. It has to lie below dir, so that assemblies
// cannot nest without end.
func readNested(dir, name string) ([]Stack, error) {
	if !filepath.IsLocal(name) || filepath.Clean(name) == "." {
		return nil, fmt.Errorf("directoryName %q is no folder below %q", name, dir)
	}
	nested, err := ReadAssembly(filepath.Join(dir, name))
	if nested == nil {
		return nil, err
	}
	return nested.Stacks, err
}
