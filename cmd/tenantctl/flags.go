package main

import (
	"errors"
	"fmt"
	"slices"
	"strings"

	"github.com/spf13/cobra"
	"github.com/spf13/pflag"
)

// refuseEmptyFlags refuses flags that were given without a value, as a script does whose variable is not set. A selection that is
// empty would mean everything.
func refuseEmptyFlags(c *cobra.Command, _ []string) error {
	var problems []error
	c.Flags().Visit(func(f *pflag.Flag) {
		if isEmpty(f.Value) {
			problems = append(problems, emptyFlag(f))
		}
	})
	return errors.Join(problems...)
}

func isEmpty(v pflag.Value) bool {
	if list, ok := v.(pflag.SliceValue); ok {
		all := list.GetSlice()
		return len(all) == 0 || slices.ContainsFunc(all, isBlank)
	}
	return v.Type() == "string" && isBlank(v.String())
}

func isBlank(s string) bool { return strings.TrimSpace(s) == "" }

func emptyFlag(f *pflag.Flag) error {
	what := "give it a value"
	if _, list := f.Value.(pflag.SliceValue); list {
		what = fmt.Sprintf("name %ss", f.Name)
	}
	if _, required := f.Annotations[cobra.BashCompOneRequiredFlag]; !required {
		what += " or leave it out"
	}
	return fmt.Errorf("--%s is empty: %s", f.Name, what)
}
