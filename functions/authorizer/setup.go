package main

import (
	"errors"
	"fmt"
	"io"
	"io/fs"
	"log/slog"
	"os"
	"path/filepath"
	"strings"

	"github.com/tenantstack/tenantstack/internal/authz"
)

// setUp reads the environment and the table of operations. It makes no request;
// whatever is missing or unknown is an error, and the function does not start.
func setUp(getenv func(string) string, logger *slog.Logger) (*handler, error) {
	data, err := readTable(getenv("LAMBDA_TASK_ROOT"))
	if err != nil {
		return nil, fmt.Errorf("reading the table of operations: %w", err)
	}
	table, err := authz.Decode(data)
	if err != nil {
		return nil, err
	}
	sources, err := accountSources(getenv("ACCOUNT_SOURCES"))
	if err != nil {
		return nil, err
	}
	tenant := getenv("TENANT")
	if tenant == "" {
		return nil, errors.New("reading the environment: TENANT is empty")
	}
	keys, err := authz.NewKeys(authz.KeysConfig{
		Issuer:  getenv("ISSUER"),
		JWKSURI: getenv("JWKS_URI"),
		Report: func(err error) {
			logger.Warn("verification keys", slog.String("error", err.Error()))
		},
	})
	if err != nil {
		return nil, err
	}
	authorizer, err := authz.New(authz.Config{
		Issuer:         getenv("ISSUER"),
		Audience:       getenv("AUDIENCE"),
		Account:        getenv("BILLING_ACCOUNT"),
		AccountSources: sources,
		Table:          table,
		Keys:           keys,
	})
	if err != nil {
		return nil, err
	}
	return newHandler(authorizer, tenant, getenv("BILLING_ACCOUNT"), sources, logger), nil
}

// accountSources splits ACCOUNT_SOURCES; authz.New knows which sources exist.
func accountSources(value string) ([]string, error) {
	if value == "" {
		return nil, nil
	}
	sources := strings.Split(value, ",")
	for _, source := range sources {
		if source == "" {
			return nil, fmt.Errorf("reading the environment: ACCOUNT_SOURCES %q has an empty source", value)
		}
	}
	return sources, nil
}

// readTable finds the table in the root of the deployment package, or beside the
// executable where there is no such root.
func readTable(taskRoot string) ([]byte, error) {
	if taskRoot != "" {
		data, err := os.ReadFile(filepath.Join(taskRoot, authz.TableFile))
		if !errors.Is(err, fs.ErrNotExist) {
			return data, err
		}
	}
	executable, err := os.Executable()
	if err != nil {
		return nil, err
	}
	return os.ReadFile(filepath.Join(filepath.Dir(executable), authz.TableFile))
}

// newLogger writes JSON lines with the tenant on each. LOG_LEVEL is debug, info,
// warn or error; anything else is info.
func newLogger(w io.Writer, getenv func(string) string) *slog.Logger {
	var level slog.Level
	if err := level.UnmarshalText([]byte(getenv("LOG_LEVEL"))); err != nil {
		level = slog.LevelInfo
	}
	return slog.New(slog.NewJSONHandler(w, &slog.HandlerOptions{Level: level})).With(slog.String("tenant", getenv("TENANT")))
}
