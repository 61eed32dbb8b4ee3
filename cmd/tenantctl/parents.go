package main

import (
	"errors"
	"fmt"
	"strings"

	"github.com/spf13/cobra"
)

// suggestionDistance is how many letters a command may differ in to be suggested, as at the top level.
const suggestionDistance = 2

// takesFiles marks a command that has others below it and takes files as well.
const takesFiles = "takesFiles"

// refuseUnknownCommands has every command that has others below it refuse the name of one that is not there. Cobra does so at the
// top level only; elsewhere it shows the help and reports success.
func refuseUnknownCommands(parent *cobra.Command) {
	for _, c := range parent.Commands() {
		refuseUnknownCommands(c)
	}
	if !parent.HasSubCommands() || !parent.HasParent() || parent.Annotations[takesFiles] != "" {
		return
	}
	parent.Args = unknownCommand
	if !parent.Runnable() {
		parent.RunE = func(c *cobra.Command, _ []string) error { return c.Help() }
		parent.DisableFlagsInUseLine = true
	}
}

func unknownCommand(c *cobra.Command, args []string) error {
	if len(args) == 0 {
		return nil
	}
	c.SuggestionsMinimumDistance = suggestionDistance
	text := fmt.Sprintf("unknown command %q for %q", args[0], c.CommandPath())
	if near := c.SuggestionsFor(args[0]); len(near) > 0 {
		text += "\n\nDid you mean this?\n\t" + strings.Join(near, "\n\t") + "\n"
	}
	return errors.New(text)
}
