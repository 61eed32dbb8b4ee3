package cfn

import (
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
)

// assetManifest is the part of a stack's asset manifest that names files (AWS CDK, "Cloud Assembly
// Specification").
type assetManifest struct {
	Files map[string]struct {
		DisplayName  string `json:"displayName"`
		Destinations map[string]struct {
			ObjectKey string `json:"objectKey"`
		} `json:"destinations"`
	} `json:"files"`
}

// assets are the names of the files that a stack needs, by the keys of their objects; nil if the assembly has no
// asset manifest of the stack.
func (m manifest) assets(dir string, stack artifact) (map[string]string, error) {
	var out map[string]string
	for _, id := range stack.Dependencies {
		a := m.Artifacts[id]
		if a.Type != "cdk:asset-manifest" {
			continue
		}
		if !filepath.IsLocal(a.Properties.File) {
			return nil, fmt.Errorf("the file %q of %s does not lie below %q", a.Properties.File, id, dir)
		}
		path := filepath.Join(dir, a.Properties.File)
		data, err := os.ReadFile(path)
		if errors.Is(err, fs.ErrNotExist) {
			continue // a copy of the templates alone
		}
		if err != nil {
			return nil, err
		}
		var assets assetManifest
		if err := json.Unmarshal(data, &assets); err != nil {
			return nil, fmt.Errorf("%s: %w", path, err)
		}
		if out == nil {
			out = map[string]string{}
		}
		for _, f := range assets.Files {
			for _, d := range f.Destinations {
				out[d.ObjectKey] = f.DisplayName
			}
		}
	}
	return out, nil
}
