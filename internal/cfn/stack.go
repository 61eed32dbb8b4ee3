package cfn

import (
	"bytes"
	"fmt"
	"os"
	"regexp"
)

// stackName is the form of a stack's name (AWS CloudFormation API Reference, "CreateStack").
var stackName = regexp.MustCompile(`^[A-Za-z][-A-Za-z0-9]{0,127}$`)

// ReadTemplate reads one JSON template that was not made by the CDK, as the stack name in
// environment, which [ParseEnvironment] describes.
func ReadTemplate(path, name, environment string) (Stack, error) {
	if _, err := ParseEnvironment(environment); err != nil {
		return Stack{}, fmt.Errorf("read template %q: %w", path, err)
	}
	s, err := readStack(path, name, environment)
	if err != nil {
		return Stack{}, fmt.Errorf("read template: %w", err)
	}
	return s, nil
}

func readStack(path, name, environment string) (Stack, error) {
	if !stackName.MatchString(name) {
		return Stack{}, fmt.Errorf("%q is no name of a stack: want up to 128 letters, digits and hyphens, the first one a letter", name)
	}
	data, err := os.ReadFile(path)
	if err != nil {
		return Stack{}, err
	}
	if text := bytes.TrimSpace(data); len(text) > 0 && text[0] != '{' {
		return Stack{}, fmt.Errorf("%s: begins with %q, so it is no JSON template: convert YAML first, with cfn-flip -j or rain fmt --json, or take the template that cdk synth wrote to cdk.out", path, text[0])
	}
	s := Stack{Name: name, Environment: environment, File: path, Size: len(data)}
	t, faults := parseTemplate(data)
	if len(faults) > 0 {
		return Stack{}, problemsOf(s, faults)
	}
	s.Template = t
	return s, nil
}
