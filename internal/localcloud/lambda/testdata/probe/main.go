// Command probe is a Lambda function that does what its event asks for, good or bad.
package main

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"strings"
	"time"

	"github.com/aws/aws-lambda-go/lambda"
	"github.com/aws/aws-lambda-go/lambdacontext"
	"github.com/aws/aws-sdk-go-v2/config"
	awslambda "github.com/aws/aws-sdk-go-v2/service/lambda"
)

type event struct {
	Do    string
	N     int
	Text  string
	Label string
}

var calls int

func main() {
	switch mode := os.Getenv("INIT"); mode {
	case "fail":
		fmt.Println("init fails")
		os.Exit(7)
	case "exit0":
		os.Exit(0)
	case "slow-once":
		// Slow only where it has not been before: the marker outlives the process.
		marker := os.Getenv("MARKER")
		if _, err := os.Stat(marker); err != nil {
			_ = os.WriteFile(marker, nil, 0o600)
			time.Sleep(time.Hour)
		}
	case "hang":
		time.Sleep(time.Hour)
	}
	options := []lambda.Option{}
	if path := os.Getenv("SIGTERM_FILE"); path != "" {
		options = append(options, lambda.WithEnableSIGTERM(func() { _ = os.WriteFile(path, []byte("bye"), 0o600) }))
	}
	lambda.StartWithOptions(handle, options...)
}

func handle(ctx context.Context, raw json.RawMessage) (any, error) {
	calls++
	var e event
	if err := json.Unmarshal(raw, &e); err != nil {
		return nil, err
	}
	lc, _ := lambdacontext.FromContext(ctx)
	switch e.Do {
	case "", "echo":
		return map[string]any{"pid": os.Getpid(), "calls": calls, "text": e.Text, "handler": os.Getenv("_HANDLER"), "arn": lc.InvokedFunctionArn,
			"requestId": lc.AwsRequestID, "client": lc.ClientContext.Custom, "trace": os.Getenv("_X_AMZN_TRACE_ID"), "key": os.Getenv("AWS_ACCESS_KEY_ID")}, nil
	case "env":
		return os.Environ(), nil
	case "sleep":
		time.Sleep(time.Duration(e.N) * time.Millisecond)
		return os.Getpid(), nil
	case "hang":
		fmt.Println("about to hang")
		select {}
	case "panic":
		panic("the probe panics: " + e.Text)
	case "error":
		return nil, errors.New(e.Text)
	case "exit":
		fmt.Println("about to exit")
		os.Exit(e.N)
	case "flood":
		line := []byte(strings.Repeat("x", 99) + "\n")
		block := bytes.Repeat(line, 100)
		for range e.N {
			_, _ = os.Stdout.Write(block)
		}
		return "flooded", nil
	case "newlines":
		block := bytes.Repeat([]byte("\n"), 1<<20)
		for range e.N {
			_, _ = os.Stdout.Write(block)
		}
		return "flooded", nil
	case "longline":
		_, _ = os.Stdout.Write(append(bytes.Repeat([]byte("y"), e.N), '\n'))
		return "ok", nil
	case "print":
		fmt.Println(e.Text)
		fmt.Fprintln(os.Stderr, "stderr: "+e.Text)
		fmt.Print("without end")
		return "printed", nil
	case "large":
		return strings.Repeat("z", e.N), nil
	case "child":
		cmd := exec.Command("sleep", "600")
		if err := cmd.Start(); err != nil {
			return nil, err
		}
		return []int{os.Getpid(), cmd.Process.Pid}, nil
	case "recurse":
		if e.N == 0 {
			return 0, nil
		}
		return recurse(ctx, lc.InvokedFunctionArn, e.N-1)
	case "write":
		return nil, os.WriteFile(os.Getenv("LAMBDA_TASK_ROOT")+"/planted", nil, 0o600)
	}
	return nil, fmt.Errorf("the probe cannot %q", e.Do)
}

func recurse(ctx context.Context, arn string, n int) (any, error) {
	cfg, err := config.LoadDefaultConfig(ctx)
	if err != nil {
		return nil, err
	}
	payload, err := json.Marshal(event{Do: "recurse", N: n})
	if err != nil {
		return nil, err
	}
	out, err := awslambda.NewFromConfig(cfg).Invoke(ctx, &awslambda.InvokeInput{FunctionName: &arn, Payload: payload})
	if err != nil {
		return nil, err
	}
	if out.FunctionError != nil {
		return nil, fmt.Errorf("%s: %s", *out.FunctionError, out.Payload)
	}
	var depth int
	if err := json.Unmarshal(out.Payload, &depth); err != nil {
		return nil, err
	}
	return depth + 1, nil
}
