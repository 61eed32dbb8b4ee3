//go:build !unix

package main

import "github.com/spf13/cobra"

// localCommands are none: the engines of the local cloud need a Unix.
func localCommands() []*cobra.Command { return nil }
