package lint

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path"
	"path/filepath"
	"strings"
)

// venv is a virtual environment with the checkers.
type venv string

// check tells whether the checkers are installed in the versions of requirements.txt.
func (v venv) check(requirements string) error {
	data, err := os.ReadFile(requirements)
	if err != nil {
		return fmt.Errorf("reading the checkers' versions: %w", err)
	}
	for line := range strings.Lines(string(data)) {
		name, version, _ := strings.Cut(strings.TrimSpace(line), "==")
		if name != "cfn-lint" && name != "checkov" {
			continue
		}
		pattern := filepath.Join(string(v), "lib/python*/site-packages", strings.ReplaceAll(name, "-", "_")+"-"+version+".dist-info")
		if found, err := filepath.Glob(pattern); err != nil || len(found) == 0 {
			return fmt.Errorf("looking for %s %s in the virtual environment %q: it is not there; install test/lint/requirements.txt into it", name, version, v)
		}
	}
	return nil
}

// run starts a checker in a folder and returns its standard output. The exit codes
// beside 0 that mean findings are given, as a mask of bits.
func (v venv) run(ctx context.Context, dir string, findings int, tool string, args ...string) ([]byte, error) {
	cmd := exec.CommandContext(ctx, filepath.Join(string(v), "bin", tool), args...)
	cmd.Dir = dir
	// Settings of the machine and of the person, which both read from files and variables,
	// do not take part, and nothing is asked of the network.
	cmd.Env = []string{"PATH=" + os.Getenv("PATH"), "HOME=" + dir, "LANG=C.UTF-8", "LOG_LEVEL=WARNING", "CKV_SKIP_PACKAGE_UPDATE_CHECK=true"}
	var out, stderr bytes.Buffer
	cmd.Stdout, cmd.Stderr = &out, &stderr
	err := cmd.Run()
	var exit *exec.ExitError
	if errors.As(err, &exit) && exit.ExitCode() > 0 && exit.ExitCode()&^findings == 0 {
		err = nil
	}
	if err != nil {
		return nil, fmt.Errorf("running %s: %w\n%s", tool, err, tail(stderr.String()+out.String(), 2000))
	}
	return out.Bytes(), nil
}

// tail is the last n bytes of a text at most.
func tail(s string, n int) string { return s[max(0, len(s)-n):] }

// cfnLint checks the templates of a folder for regions. Suppressions in a template's
// metadata do not count for it (--mandatory-checks).
func (v venv) cfnLint(ctx context.Context, dir string, templates, regions []string) ([]finding, error) {
	args := append([]string{"--format", "json", "--mandatory-checks", "E", "W", "--regions"}, regions...)
	// Bits of the exit code: 2 for errors, 4 for warnings, 8 for information.
	out, err := v.run(ctx, dir, 2|4|8, "cfn-lint", append(append(args, "--template"), templates...)...)
	if err != nil {
		return nil, err
	}
	return parseCfnLint(out)
}

func parseCfnLint(out []byte) ([]finding, error) {
	var matches []struct {
		Filename string
		Message  string
		Rule     struct{ ID string }
		Location struct {
			Path  []any
			Start struct{ LineNumber int }
		}
	}
	if err := json.Unmarshal(out, &matches); err != nil {
		return nil, fmt.Errorf("reading the output of cfn-lint: %w\n%s", err, tail(string(out), 2000))
	}
	findings := make([]finding, len(matches))
	for i, m := range matches {
		findings[i] = finding{
			Check: m.Rule.ID, Message: m.Message, Template: path.Base(m.Filename), Line: m.Location.Start.LineNumber,
			ID: subject(m.Location.Path),
		}
	}
	return findings, nil
}

// subject of a path in a template: a logical id, or the first two elements of
// what is no resource.
func subject(location []any) string {
	var names []string
	for _, element := range location[:min(2, len(location))] {
		names = append(names, fmt.Sprint(element))
	}
	if len(names) == 2 && names[0] == "Resources" {
		return names[1]
	}
	return strings.Join(names, "/")
}

// checkov checks all templates of a folder, in one run: most of its time goes into starting.
func (v venv) checkov(ctx context.Context, dir string, templates []string) ([]finding, error) {
	out, err := v.run(ctx, dir, 1, "checkov", "--directory", ".", "--framework", "cloudformation", "--skip-download", "--compact", "--output", "json")
	if err != nil {
		return nil, err
	}
	return parseCheckov(out, templates)
}

// checkovRecord is the result of one check of one resource.
type checkovRecord struct {
	ID       string `json:"check_id"`
	Name     string `json:"check_name"`
	File     string `json:"file_path"`
	Lines    []int  `json:"file_line_range"`
	Resource string `json:"resource"`
}

// parseCheckov reads checkov's output. Checkov passes over files that it cannot read and
// ends well, so a template without any result is an error.
func parseCheckov(out []byte, templates []string) ([]finding, error) {
	var report struct {
		Results struct {
			Passed        []checkovRecord `json:"passed_checks"`
			Failed        []checkovRecord `json:"failed_checks"`
			Skipped       []checkovRecord `json:"skipped_checks"`
			ParsingErrors []string        `json:"parsing_errors"`
		}
	}
	if err := json.Unmarshal(out, &report); err != nil {
		return nil, fmt.Errorf("reading the output of checkov: %w\n%s", err, tail(string(out), 2000))
	}
	if broken := report.Results.ParsingErrors; len(broken) > 0 {
		return nil, fmt.Errorf("running checkov: it cannot read %s", strings.Join(broken, ", "))
	}
	checked := map[string]bool{}
	var findings []finding
	add := func(records []checkovRecord, suppressed bool) {
		for _, r := range records {
			f := finding{Check: r.ID, Message: r.Name, Template: path.Base(r.File), Suppressed: suppressed}
			f.Type, f.ID, _ = strings.Cut(r.Resource, ".")
			if len(r.Lines) > 0 {
				f.Line = r.Lines[0]
			}
			checked[f.Template] = true
			findings = append(findings, f)
		}
	}
	add(report.Results.Passed, false)
	findings = nil // passed checks only show which templates were read
	add(report.Results.Failed, false)
	add(report.Results.Skipped, true)
	for _, template := range templates {
		if !checked[template] {
			return nil, fmt.Errorf("running checkov: it found nothing to check in %s", template)
		}
	}
	return findings, nil
}
