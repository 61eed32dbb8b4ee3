// Command authorizer is the Lambda authorizer of a tenant's API: API Gateway asks
// it whether the bearer of a token may call an operation.
package main

import (
	"fmt"
	"log/slog"
	"os"

	"github.com/aws/aws-lambda-go/lambda"
)

func main() {
	logger := newLogger(os.Stdout, os.Getenv)
	h, err := setUp(os.Getenv, logger)
	if err != nil {
		logger.Error("starting the authorizer failed", slog.String("error", err.Error()))
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
	lambda.Start(h.handle)
}
