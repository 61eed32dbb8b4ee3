// Command tenantctl works on tenants.yaml, the contract and what cdk synth makes of them.
package main

import (
	"context"
	"errors"
	"fmt"
	"os"
	"os/signal"
	"syscall"
)

func main() {
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	defer stop()
	err := newRoot().ExecuteContext(ctx)
	if err == nil {
		return
	}
	if !errors.Is(err, errReported) {
		fmt.Fprintln(os.Stderr, "tenantctl:", err)
	}
	os.Exit(1)
}

// errReported ends the command after everything there is to say has been said.
var errReported = errors.New("reported")
