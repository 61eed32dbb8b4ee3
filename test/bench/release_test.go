package bench

import (
	"bytes"
	"context"
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"math/rand/v2"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"

	"github.com/tenantstack/tenantstack/internal/localcloud"
	"github.com/tenantstack/tenantstack/internal/release"
	"github.com/tenantstack/tenantstack/plan"
	"github.com/tenantstack/tenantstack/test/localtest"
)

// releaseTenants is how many tenants a release is measured with.
const releaseTenants = 100

// BenchmarkRelease releases the web application to a hundred tenants of the local cloud: one whose files are all new,
// one with a single changed file, one that every tenant has, and back.
func BenchmarkRelease(b *testing.B) {
	localtest.Assembly(b) // without make synth there is nothing to run
	project := manyTenants(b, releaseTenants)
	c := localtest.Start(b, localcloud.Options{Assembly: filepath.Join(project, "cdk.out")})
	p, err := plan.Load(filepath.Join(project, "tenants.yaml"), filepath.Join(project, "api", "openapi.yaml"), plan.Selection{})
	if err != nil {
		b.Fatal(err)
	}
	sites := release.Sites(p)
	clients := map[plan.Environment]release.Clients{}
	for _, s := range sites {
		clients[s.Environment] = release.NewClients(c.AWS(s.Environment.Account, "", s.Environment.Region))
	}
	releaser := release.New(release.Options{Connect: func(_ context.Context, env plan.Environment) (release.Clients, error) { return clients[env], nil }})
	seed := 0
	measure := func(name string, action release.Action, do func(*testing.B) []release.Result) {
		b.Run(name, func(b *testing.B) {
			for b.Loop() {
				for _, r := range do(b) {
					if r.Err != nil || r.Action != action {
						b.Fatalf("%+v", r)
					}
				}
			}
			b.ReportMetric(float64(len(sites)*b.N)/b.Elapsed().Seconds(), "tenants/s")
		})
	}
	next := func(changed int) *release.Build {
		seed++
		return application(b, seed, changed)
	}
	measure("all-files-new", release.Released, func(b *testing.B) []release.Result {
		return releaser.Release(b.Context(), next(applicationFiles), sites)
	})
	last := next(1)
	releaser.Release(b.Context(), last, sites)
	measure("one-file-new", release.Released, func(b *testing.B) []release.Result {
		last = next(1)
		return releaser.Release(b.Context(), last, sites)
	})
	measure("up-to-date", release.UpToDate, func(b *testing.B) []release.Result { return releaser.Release(b.Context(), last, sites) })
	measure("rollback", release.RolledBack, func(b *testing.B) []release.Result {
		b.StopTimer()
		releaser.Release(b.Context(), next(1), sites)
		b.StartTimer()
		results, err := releaser.Rollback(b.Context(), release.Back{}, sites)
		if err != nil {
			b.Fatal(err)
		}
		return results
	})
}

// manyTenants is a copy of the project with other tenants, synthesized.
func manyTenants(b *testing.B, n int) string {
	b.Helper()
	dir := b.TempDir()
	list := exec.Command("git", "ls-files", "-z", "--cached", "--others", "--exclude-standard", "--", ".", ":!web", ":!docs")
	list.Dir = filepath.Join("..", "..")
	names, err := list.Output()
	if err != nil {
		b.Fatal(err)
	}
	for name := range bytes.SplitSeq(bytes.TrimRight(names, "\x00"), []byte{0}) {
		if data, err := os.ReadFile(filepath.Join("..", "..", string(name))); err == nil { // or it was just removed
			put(b, filepath.Join(dir, string(name)), data)
		}
	}
	file := filepath.Join(dir, "tenants.yaml")
	shipped, err := os.ReadFile(file)
	if err != nil {
		b.Fatal(err)
	}
	before, _, found := strings.Cut(string(shipped), "\ntenants:\n")
	if !found {
		b.Fatalf("%s has no tenants", file)
	}
	var tenants strings.Builder
	tenants.WriteString(before + "\ntenants:\n")
	for i := range n {
		fmt.Fprintf(&tenants, "  - {id: tenant-%03d, billingAccount: \"%d\", cell: eu-1, tier: standard}\n", i, 10000+i)
	}
	put(b, file, []byte(tenants.String()))
	synth := exec.Command("go", "run", ".")
	synth.Dir = dir
	synth.Env = append(os.Environ(), "CDK_OUTDIR="+filepath.Join(dir, "cdk.out"), "CDK_VALIDATION=false")
	if out, err := synth.CombinedOutput(); err != nil {
		b.Fatalf("synthesizing %d tenants: %v\n%s", n, err, out)
	}
	return dir
}

func put(b *testing.B, name string, data []byte) {
	b.Helper()
	err := os.MkdirAll(filepath.Dir(name), 0o755)
	if err == nil {
		err = os.WriteFile(name, data, 0o644)
	}
	if err != nil {
		b.Fatal(err)
	}
}

// applicationFiles and applicationFile are the number of files of an application beside index.html, and the size of each in bytes.
const (
	applicationFiles = 12
	applicationFile  = 30 << 10
)

// application is a build of which some files are of a seed alone.
func application(b *testing.B, seed, changed int) *release.Build {
	b.Helper()
	dir := b.TempDir()
	var index strings.Builder
	index.WriteString("<!doctype html>")
	for i := range applicationFiles {
		own := uint64(0)
		if i < changed {
			own = uint64(seed)
		}
		random := rand.New(rand.NewPCG(own, uint64(i)))
		content := make([]byte, applicationFile)
		for j := range content {
			content[j] = 'a' + byte(random.IntN(26))
		}
		sum := sha256.Sum256(content)
		name := fmt.Sprintf("assets/chunk%d-%s.js", i, hex.EncodeToString(sum[:4]))
		put(b, filepath.Join(dir, name), content)
		fmt.Fprintf(&index, `<script type="module" src="/%s"></script>`, name)
	}
	put(b, filepath.Join(dir, "index.html"), []byte(index.String()))
	build, err := release.Load(dir)
	if err != nil {
		b.Fatal(err)
	}
	return build
}
