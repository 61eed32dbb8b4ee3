package opensearch

import (
	"fmt"
	"strings"
)

// allNames is the name of everything that a domain has.
const allNames = "_all"

// backing is how the node's names of the indices of a data stream begin: .ds-<stream>-000001.
const backing = ".ds-"

// isPattern says whether a name may stand for several things.
func isPattern(name string) bool { return name == allNames || strings.Contains(name, "*") }

// everything matches all names of the domain.
func (d *domain) everything() string { return d.prefix + "*" }

// rename is the node's name of a domain's name or pattern. Names that could mean something else than
// one thing of the domain are refused: lists, exclusions, date math, other clusters.
func (d *domain) rename(name string) (string, error) {
	if name == allNames {
		return d.everything(), nil
	}
	if err := checkName(name); err != nil {
		return "", err
	}
	if rest, ok := strings.CutPrefix(name, backing); ok {
		return backing + d.prefix + rest, nil
	}
	return d.prefix + name, nil
}

// renameList renames a list of names that are separated by commas.
func (d *domain) renameList(list string) (string, error) {
	if !strings.Contains(list, ",") {
		return d.rename(list)
	}
	names := strings.Split(list, ",")
	for i, name := range names {
		renamed, err := d.rename(name)
		if err != nil {
			return "", err
		}
		names[i] = renamed
	}
	return strings.Join(names, ","), nil
}

// maxName is the length limit of a name on the node in bytes.
const maxName = 255

func checkName(name string) error {
	switch {
	case name == "" || name == "." || name == "..":
		return fmt.Errorf("%q is no name", name)
	case len(name) > maxName:
		return fmt.Errorf("a name has %d characters, the limit is %d", len(name), maxName)
	case strings.IndexByte("_-+", name[0]) >= 0:
		return fmt.Errorf("name %q must not begin with one of _-+", name)
	}
	for i := range len(name) {
		if c := name[i]; !unreserved(c) && strings.IndexByte("*@$=", c) < 0 {
			return fmt.Errorf("name %q must not contain %q", name, c)
		}
	}
	return nil
}
