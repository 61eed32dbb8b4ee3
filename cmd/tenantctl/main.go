// Command tenantctl works on tenants.yaml, the contract and what cdk synth makes of them.
package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"os/signal"
	"syscall"

	"github.com/tenantstack/tenantstack/api"
	"github.com/tenantstack/tenantstack/tenant"
)

func main() {
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	defer stop()
	err := newRoot().ExecuteContext(ctx)
	if err == nil {
		return
	}
	tell(os.Stderr, err)
	os.Exit(1)
}

// tell says what went wrong. Problems of a file begin with the file's name, as those of
// a compiler do; everything else with the command's.
func tell(w io.Writer, err error) {
	for _, e := range flatten(err) {
		var tenants tenant.Problems
		var contract api.Problems
		switch {
		case errors.Is(e, errReported):
		case errors.As(e, &tenants), errors.As(e, &contract):
			fmt.Fprintln(w, e)
		default:
			fmt.Fprintln(w, "tenantctl:", e)
		}
	}
}

// errReported ends the command after everything there is to say has been said.
var errReported = errors.New("reported")
