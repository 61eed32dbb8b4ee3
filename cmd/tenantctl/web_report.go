package main

import (
	"cmp"
	"errors"
	"fmt"
	"io"
	"strings"
	"time"

	"github.com/tenantstack/tenantstack/internal/release"
)

// webReport says what becomes of tenants.
type webReport struct {
	o   *webRelease
	out io.Writer
	// notes takes what is neither a result nor a failure.
	notes io.Writer
	start time.Time
	width int
}

func newWebReport(o *webRelease, out, notes io.Writer, sites []release.Site) *webReport {
	r := &webReport{o: o, out: out, notes: notes, start: time.Now()}
	for _, s := range sites {
		r.width = max(r.width, len(s.Tenant))
	}
	return r
}

// line says what became of one tenant. Why one failed is said at the end, where it is not lost among the others.
func (r *webReport) line(done, of int, result release.Result) {
	if r.o.quiet || r.o.asJSON {
		return
	}
	number := fmt.Sprint(of)
	fmt.Fprintf(r.out, "[%*d/%s] %-*s  %s, %.1f s\n", len(number), done, number, r.width, result.Tenant, became(result, r.o.dryRun), result.Took.Seconds())
}

// became says what became of a tenant, or would become of it.
func became(r release.Result, dryRun bool) string {
	would := ""
	if dryRun {
		would = "would be "
	}
	var text string
	switch r.Action {
	case release.Failed:
		return "FAILED, see below"
	case release.Interrupted:
		return "interrupted"
	case release.Left:
		return "left as it is, with " + cmp.Or(r.Release, "no release")
	case release.UpToDate:
		text = "up to date with " + r.Release
		if r.RolledBackFrom != "" {
			text += " (rolled back before, from " + r.RolledBackFrom + ")"
		}
		return text
	case release.RolledBack:
		text = fmt.Sprintf("%srolled back to %s from %s", would, r.Release, r.Before)
	case release.Repaired:
		text = would + "repaired, " + r.Release
	default:
		text = would + "released, " + r.Release
	}
	if r.Files > 0 {
		text += fmt.Sprintf(", %s (%s)", count(r.Files, "new file"), size(r.Bytes))
	}
	if r.Config {
		text += ", new config.json"
	}
	if r.Deleted > 0 {
		text += fmt.Sprintf(", %s deleted", count(r.Deleted, "old file"))
	}
	return text
}

func size(bytes int64) string {
	switch {
	case bytes >= 1<<20:
		return fmt.Sprintf("%.1f MB", float64(bytes)/(1<<20))
	case bytes >= 1<<10:
		return fmt.Sprintf("%.0f KB", float64(bytes)/(1<<10))
	}
	return fmt.Sprintf("%d B", bytes)
}

// tally counts results.
func tally(results []release.Result) map[release.Action]int {
	n := map[release.Action]int{}
	for _, r := range results {
		n[r.Action]++
	}
	return n
}

// end sums up, and returns the failures.
func (r *webReport) end(results []release.Result) error {
	n := tally(results)
	if r.o.asJSON {
		if err := printJSON(r.out, resultsJSON(r.o.dryRun, results)); err != nil {
			return err
		}
		if n[release.Failed]+n[release.Interrupted] > 0 {
			return errReported
		}
		return nil
	}
	fmt.Fprintf(r.out, "%s: %s, in %.1f s\n", count(len(results), "tenant"), summary(results, r.o.dryRun), time.Since(r.start).Seconds())
	warn(r.notes, release.Warnings(results))
	problems := release.Failures(results)
	if n[release.Interrupted] > 0 {
		problems = append(problems, fmt.Errorf("interrupted: %d of %s done; run it again: what is done is not repeated", len(results)-n[release.Interrupted]-n[release.Failed], count(len(results), "tenant")))
	} else if n[release.Failed] > 0 {
		problems = append(problems, fmt.Errorf("failed for %d of %s; run it again when the reasons are gone: what is done is not repeated", n[release.Failed], count(len(results), "tenant")))
	}
	return errors.Join(problems...)
}

// warn tells of what does not make a command fail.
func warn(w io.Writer, warnings []error) {
	for _, err := range warnings {
		fmt.Fprintln(w, "tenantctl: warning:", err)
	}
}

// summary says how many tenants each thing became of.
func summary(results []release.Result, dryRun bool) string {
	n := tally(results)
	would := ""
	if dryRun {
		would = "would be "
	}
	var parts []string
	for _, a := range []struct {
		action release.Action
		text   string
	}{
		{release.Released, would + "released"}, {release.RolledBack, would + "rolled back"}, {release.Repaired, would + "repaired"},
		{release.Left, "left as they are"},
		{release.UpToDate, "up to date"}, {release.Failed, "failed"}, {release.Interrupted, "not done"},
	} {
		if n[a.action] > 0 {
			parts = append(parts, fmt.Sprintf("%d %s", n[a.action], a.text))
		}
	}
	return strings.Join(parts, ", ")
}

// releaseJSON is what web release --json prints.
type releaseJSON struct {
	DryRun  bool         `json:"dryRun,omitempty"`
	Tenants []resultJSON `json:"tenants"`
}

type resultJSON struct {
	Tenant         string         `json:"tenant"`
	Action         release.Action `json:"action"`
	Release        string         `json:"release,omitempty"`
	Before         string         `json:"before,omitempty"`
	RolledBackFrom string         `json:"rolledBackFrom,omitempty"`
	Files          int            `json:"files"`
	Bytes          int64          `json:"bytes"`
	Config         bool           `json:"config"`
	Deleted        int            `json:"deleted"`
	Invalidation   string         `json:"invalidation,omitempty"`
	Millis         int64          `json:"millis"`
	Warnings       []string       `json:"warnings,omitempty"`
	Error          string         `json:"error,omitempty"`
}

func resultsJSON(dryRun bool, results []release.Result) releaseJSON {
	out := releaseJSON{DryRun: dryRun, Tenants: []resultJSON{}}
	for _, r := range results {
		j := resultJSON{Tenant: r.Tenant, Action: r.Action, Release: r.Release, Before: r.Before, RolledBackFrom: r.RolledBackFrom, Files: r.Files,
			Bytes: r.Bytes, Config: r.Config, Deleted: r.Deleted, Invalidation: r.Invalidation, Millis: r.Took.Milliseconds(), Warnings: texts(r.Warnings)}
		if r.Err != nil {
			j.Error = r.Err.Error()
		}
		out.Tenants = append(out.Tenants, j)
	}
	return out
}

func texts(all []error) []string {
	var out []string
	for _, err := range all {
		out = append(out, err.Error())
	}
	return out
}
