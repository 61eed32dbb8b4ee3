package report

import (
	"bytes"
	"encoding/json"
	"fmt"
	"io"
	"maps"
	"os"
	"path/filepath"
	"slices"

	"github.com/tenantstack/tenantstack/internal/prove/facts"
)

// SARIF 2.1.0, as far as code review reads it (OASIS, "Static Analysis Results Interchange
// Format (SARIF) Version 2.1.0").
type (
	sarifLog struct {
		Schema  string     `json:"$schema"`
		Version string     `json:"version"`
		Runs    []sarifRun `json:"runs"`
	}
	sarifRun struct {
		Tool        sarifTool         `json:"tool"`
		Invocations []sarifInvocation `json:"invocations"`
		Results     []sarifResult     `json:"results"`
	}
	// sarifInvocation says how the proof went, beside its results (section 3.20).
	sarifInvocation struct {
		ExecutionSuccessful bool                `json:"executionSuccessful"`
		Notifications       []sarifNotification `json:"toolExecutionNotifications,omitempty"`
	}
	sarifNotification struct {
		Level   string    `json:"level"`
		Message sarifText `json:"message"`
	}
	sarifTool struct {
		Driver sarifDriver `json:"driver"`
	}
	sarifDriver struct {
		Name           string      `json:"name"`
		InformationURI string      `json:"informationUri"`
		Rules          []sarifRule `json:"rules"`
	}
	sarifRule struct {
		ID               string    `json:"id"`
		ShortDescription sarifText `json:"shortDescription"`
	}
	sarifText struct {
		Text string `json:"text"`
	}
	sarifResult struct {
		RuleID              string            `json:"ruleId"`
		Level               string            `json:"level"`
		Message             sarifText         `json:"message"`
		Locations           []sarifLocation   `json:"locations"`
		PartialFingerprints map[string]string `json:"partialFingerprints"`
	}
	sarifLocation struct {
		PhysicalLocation struct {
			ArtifactLocation struct {
				URI string `json:"uri"`
			} `json:"artifactLocation"`
			Region struct {
				StartLine int `json:"startLine"`
			} `json:"region"`
		} `json:"physicalLocation"`
		LogicalLocations []sarifLogical `json:"logicalLocations"`
	}
	sarifLogical struct {
		FullyQualifiedName string `json:"fullyQualifiedName"`
	}
)

var ruleTexts = map[Rule]string{
	CrossTenant:       "A principal of a tenant can reach what is not the tenant's own",
	UnknownPrincipal:  "A policy lets in a principal that no template declares",
	WildcardPrincipal: "A policy lets in everyone",
	BorrowedRole:      "A resource of a tenant runs with a role of somebody else",
	OpenMethod:        "A request reaches an API without the authorizer",
	PublicBucket:      "A bucket can become public",
	InvalidPolicy:     "A policy has something that AWS would refuse or ignore",
	NotUnderstood:     "Something the proof cannot judge, which counts as reachable",
	Unresolved:        "A template value that cannot be resolved",
	Ambiguous:         "Two tenants own the same",
	DataLoss:          "What a tenant has can be deleted, or is not protected",
	Configuration:     "What a template says of a function or a stage is not what tenants.yaml says",
	Idle:              "Something is accepted that nothing needs",
	CannotWork:        "A role is not allowed what its operations need",
}

// Rules are all rules that a finding can be of, sorted.
func Rules() []Rule { return slices.Sorted(maps.Keys(ruleTexts)) }

// WriteSARIF writes the findings for code review. Files are named relative to root.
func (r *Report) WriteSARIF(w io.Writer, root string) error {
	run := sarifRun{Results: []sarifResult{}}
	run.Tool.Driver = sarifDriver{Name: "tenantctl prove", InformationURI: "https://github.com/tenantstack/tenantstack"}
	for _, rule := range Rules() {
		run.Tool.Driver.Rules = append(
			run.Tool.Driver.Rules,
			sarifRule{ID: string(rule), ShortDescription: sarifText{ruleTexts[rule]}},
		)
	}
	invocation := sarifInvocation{ExecutionSuccessful: true}
	for _, text := range r.notCheckedTexts() {
		invocation.Notifications = append(
			invocation.Notifications,
			sarifNotification{Level: "note", Message: sarifText{"Not checked: " + text}},
		)
	}
	run.Invocations = []sarifInvocation{invocation}
	lines := lineFinder{files: map[string][]byte{}}
	for _, f := range r.Findings {
		result := sarifResult{
			RuleID: string(f.Rule), Level: "error", Message: sarifText{f.title() + ": " + f.Message + ". Fix: " + f.Fix},
			PartialFingerprints: map[string]string{
				"statement/v1": fmt.Sprintf("%s/%s/%s/%s", f.Rule, f.Place.Stack, f.Place.LogicalID, f.Place.Sid),
			},
		}
		var location sarifLocation
		location.PhysicalLocation.ArtifactLocation.URI = relative(root, f.Place.File)
		location.PhysicalLocation.Region.StartLine = lines.line(f.Place)
		location.LogicalLocations = []sarifLogical{{f.Place.String()}}
		result.Locations = []sarifLocation{location}
		run.Results = append(run.Results, result)
	}
	encoder := json.NewEncoder(w)
	encoder.SetIndent("", "  ")
	return encoder.Encode(
		sarifLog{Schema: "https://json.schemastore.org/sarif-2.1.0.json", Version: "2.1.0", Runs: []sarifRun{run}},
	)
}

func relative(root, file string) string {
	absolute, err := filepath.Abs(file)
	if err != nil {
		return filepath.ToSlash(file)
	}
	if path, err := filepath.Rel(root, absolute); err == nil {
		return filepath.ToSlash(path)
	}
	return filepath.ToSlash(file)
}

// lineFinder finds the lines of resources in templates.
type lineFinder struct {
	files map[string][]byte
}

// line of a statement with a Sid, else of its resource, else 1.
func (l lineFinder) line(p facts.Place) int {
	data, ok := l.files[p.File]
	if !ok {
		// A template that cannot be read again has no lines to show.
		data, _ = os.ReadFile(p.File)
		l.files[p.File] = data
	}
	at := slices.Max([]int{0, bytes.Index(data, fmt.Appendf(nil, "\n  %q: {", p.LogicalID))})
	if p.Sid != "" {
		if i := bytes.Index(data[at:], fmt.Appendf(nil, "\"Sid\": %q", p.Sid)); i >= 0 {
			at += i
		}
	}
	return bytes.Count(data[:at], []byte("\n")) + 1
}
