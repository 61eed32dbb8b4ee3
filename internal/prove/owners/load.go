package owners

import (
	"errors"
	"fmt"
	"os"

	"github.com/goccy/go-yaml"
	"github.com/tenantstack/tenantstack/internal/cfn"
)

// OwnersFile is a file that says who owns what in templates that this platform did not make.
type OwnersFile struct {
	// Version of the form of the file: 1.
	Version   int `yaml:"version"`
	Ownership `yaml:",inline"`
	// Environments of stacks whose templates do not say it, as aws://<account>/<region>.
	Environments map[string]string `yaml:"environments"`
}

// LoadOwnership reads a file of owners. Unknown fields are refused; syntax errors name line
// and column.
func LoadOwnership(path string) (*OwnersFile, error) {
	data, err := os.ReadFile(path)
	if err != nil {
		return nil, fmt.Errorf("read owners: %w", err)
	}
	f := &OwnersFile{}
	if err := yaml.UnmarshalWithOptions(data, f, yaml.Strict()); err != nil {
		return nil, fmt.Errorf("read owners: %s: %w", path, err)
	}
	var problems []error
	if f.Version != 1 {
		problems = append(problems, fmt.Errorf("read owners: %s: version is %d: write version: 1", path, f.Version))
	}
	if len(f.Tenants) == 0 {
		problems = append(problems, fmt.Errorf("read owners: %s: names no tenants", path))
	}
	for stack, environment := range f.Environments {
		if _, err := cfn.ParseEnvironment(environment); err != nil {
			problems = append(problems, fmt.Errorf("read owners: %s: stack %s: %w", path, stack, err))
		}
	}
	for i := range f.Accepted {
		a := &f.Accepted[i]
		if a.Reason == "" {
			problems = append(problems, fmt.Errorf("read owners: %s: accept %q has no reason", path, a))
		}
		if a.String() == "" {
			problems = append(
				problems,
				fmt.Errorf("read owners: %s: accept[%d] accepts everything: name an action, a type or a place", path, i),
			)
		}
	}
	if err := errors.Join(append(problems, f.Check())...); err != nil {
		return nil, err
	}
	return f, nil
}
