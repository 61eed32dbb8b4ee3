package template

import (
	"encoding/json"
	"fmt"
	"os"
	"path"
	"path/filepath"
)

// readAssets maps the object keys of file assets to their files (AWS CDK, "Cloud assembly schema":
// asset manifests).
func readAssets(dir string) (map[string]string, error) {
	files := map[string]string{}
	var manifests []string
	for _, pattern := range []string{"*.assets.json", "assembly-*/*.assets.json"} {
		found, err := filepath.Glob(filepath.Join(dir, pattern))
		if err != nil {
			return nil, err
		}
		manifests = append(manifests, found...)
	}
	for _, name := range manifests {
		data, err := os.ReadFile(name)
		if err != nil {
			return nil, fmt.Errorf("reading the assets: %w", err)
		}
		var manifest struct {
			Files map[string]struct {
				Source       struct{ Path, Packaging string }
				Destinations map[string]struct{ ObjectKey string }
			}
		}
		if err := json.Unmarshal(data, &manifest); err != nil {
			return nil, fmt.Errorf("reading the assets: %s: %w", name, err)
		}
		for _, f := range manifest.Files {
			for _, d := range f.Destinations {
				if f.Source.Path != "" {
					files[path.Base(d.ObjectKey)] = filepath.Join(filepath.Dir(name), f.Source.Path)
				}
			}
		}
	}
	return files, nil
}
