package cfn

import (
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
)

func TestAssetsOfStacks(t *testing.T) {
	manifest := func(file string) string {
		return `{"artifacts":{
			"a":{"type":"aws:cloudformation:stack","environment":"aws://1/eu","properties":{"templateFile":"a.json"},"dependencies":["b","a.assets"]},
			"b":{"type":"aws:cloudformation:stack","environment":"aws://1/eu","properties":{"templateFile":"a.json"}},
			"a.assets":{"type":"cdk:asset-manifest","properties":{"file":"` + file + `"}}}}`
	}
	for name, test := range map[string]struct {
		file, assets, problem string
		want                  map[string]string
	}{
		"files": {file: "a.assets.json", assets: `{"files":{
			"1":{"displayName":"Code/kittens","destinations":{"x":{"objectKey":"1.zip"},"y":{"objectKey":"p/1.zip"}}},
			"2":{"destinations":{"x":{"objectKey":"2.json"}}}}}`,
			want: map[string]string{"1.zip": "Code/kittens", "p/1.zip": "Code/kittens", "2.json": ""}},
		"no files":              {file: "a.assets.json", assets: `{}`, want: map[string]string{}},
		"templates alone":       {file: "a.assets.json"},
		"no JSON":               {file: "a.assets.json", assets: `{`, problem: "read the assets of stack a"},
		"outside of the folder": {file: "../a.assets.json", problem: `"../a.assets.json" of a.assets does not lie below`},
	} {
		t.Run(name, func(t *testing.T) {
			dir := t.TempDir()
			write(t, dir, "manifest.json", manifest(test.file))
			write(t, dir, "a.json", `{"Resources":{}}`)
			if test.assets != "" {
				write(t, dir, "a.assets.json", test.assets)
			}
			got, err := ReadAssembly(dir)
			if test.problem != "" {
				if err == nil || !strings.Contains(err.Error(), test.problem) {
					t.Fatalf("got %v, want %q", err, test.problem)
				}
				return
			}
			if err != nil {
				t.Fatal(err)
			}
			if diff := cmp.Diff([]map[string]string{test.want, nil}, []map[string]string{got.Stacks[0].Assets, got.Stacks[1].Assets}); diff != "" {
				t.Error(diff)
			}
		})
	}
}
