package main

import (
	"bufio"
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"strings"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/config"
	"github.com/aws/aws-sdk-go-v2/credentials/stscreds"
	"github.com/mattn/go-isatty"
)

// loadAWS reads the AWS configuration. A profile with mfa_serial needs a code, which is asked for at the terminal.
func loadAWS(ctx context.Context, progress io.Writer, options ...func(*config.LoadOptions) error) (aws.Config, error) {
	var in io.Reader
	if isatty.IsTerminal(os.Stdin.Fd()) {
		in = os.Stdin
	}
	c, err := config.LoadDefaultConfig(ctx, append(options, config.WithAssumeRoleCredentialOptions(func(o *stscreds.AssumeRoleOptions) {
		o.TokenProvider = func() (string, error) { return askCode(ctx, in, progress) }
	}))...)
	if err != nil {
		return c, fmt.Errorf("reading the AWS configuration: %w", err)
	}
	return c, nil
}

// errNoTerminal says what to do where nobody can be asked.
var errNoTerminal = errors.New(`the profile asks for an MFA code (mfa_serial), and there is no terminal to type it at: get a session first, with eval "$(aws configure export-credentials --format env)"`)

// askCode asks for the code of an MFA device. Without somebody to ask it fails. stscreds.StdinTokenProvider asks on standard
// output, which may be JSON, and goes on waiting after Ctrl-C.
func askCode(ctx context.Context, in io.Reader, progress io.Writer) (string, error) {
	if in == nil {
		return "", errNoTerminal
	}
	fmt.Fprint(progress, "MFA code of the profile: ")
	type answer struct {
		line string
		err  error
	}
	answers := make(chan answer, 1)
	go func() {
		line, err := bufio.NewReader(in).ReadString('\n')
		answers <- answer{line, err}
	}()
	select {
	case <-ctx.Done():
		return "", context.Cause(ctx)
	case a := <-answers:
		code := strings.TrimSpace(a.line)
		if code == "" {
			return "", errors.Join(errors.New("no MFA code was typed"), a.err)
		}
		return code, nil
	}
}
