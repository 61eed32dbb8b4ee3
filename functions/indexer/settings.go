package main

import (
	"errors"
	"fmt"
	"log/slog"
	"strings"
)

// settings are the function's environment.
type settings struct {
	// tenant and account are empty in a cell's shared indexer.
	tenant, account string
	// endpoint of the account's domain; in a shared indexer, of those accounts that have no other. It
	// may be empty there.
	endpoint string
	// rolePrefix and parameterPrefix, followed by an account, are the ARN of the role that writes its
	// index and the name of the parameter that holds the endpoint of its domain.
	rolePrefix, parameterPrefix string
	// tables are names in x-tables by names in DynamoDB.
	tables map[string]string
	// deadLetters is the URL of the queue that failed batches go to; without it there is no replay.
	deadLetters string
	logLevel    slog.Level
}

// readSettings reports everything that is wrong at once.
func readSettings(getenv func(string) string) (settings, error) {
	s := settings{
		tenant:          getenv("TENANT"),
		account:         getenv("BILLING_ACCOUNT"),
		endpoint:        getenv("SEARCH_ENDPOINT"),
		rolePrefix:      getenv("INDEX_WRITER_ROLE_ARN_PREFIX"),
		parameterPrefix: getenv("SEARCH_ENDPOINT_PARAMETER_PREFIX"),
		deadLetters:     getenv("DEAD_LETTER_QUEUE_URL"),
	}
	var problems []error
	problem := func(format string, args ...any) { problems = append(problems, fmt.Errorf(format, args...)) }
	if level := getenv("LOG_LEVEL"); level != "" {
		if err := s.logLevel.UnmarshalText([]byte(level)); err != nil {
			problem("LOG_LEVEL is %q, want debug, info, warn or error", level)
		}
	}
	switch index := getenv("SEARCH_INDEX"); {
	case s.account == "":
		if s.rolePrefix == "" || s.parameterPrefix == "" {
			problem("want BILLING_ACCOUNT, or INDEX_WRITER_ROLE_ARN_PREFIX and SEARCH_ENDPOINT_PARAMETER_PREFIX")
		}
	case s.rolePrefix != "":
		problem("want BILLING_ACCOUNT or INDEX_WRITER_ROLE_ARN_PREFIX, not both")
	case !isAccount(s.account):
		problem("BILLING_ACCOUNT is %q, want at most 32 characters of [a-z0-9-], beginning with a letter or a digit", s.account)
	case index != s.account:
		problem("SEARCH_INDEX is %q, want the billing account %q", index, s.account)
	case s.endpoint == "":
		problem("SEARCH_ENDPOINT is not set")
	}
	var err error
	if s.tables, err = readTables(getenv("TABLES")); err != nil {
		problems = append(problems, err)
	}
	if len(problems) > 0 {
		return settings{}, fmt.Errorf("reading the environment: %w", errors.Join(problems...))
	}
	return s, nil
}

// readTables reads <name in DynamoDB>=<name in x-tables>, separated by commas.
func readTables(list string) (map[string]string, error) {
	tables := map[string]string{}
	for entry := range strings.SplitSeq(list, ",") {
		name, table, ok := strings.Cut(entry, "=")
		if !ok || name == "" || table == "" || tables[name] != "" {
			return nil, fmt.Errorf("TABLES is %q, want <name of the table>=<its name in x-tables>[,…]", list)
		}
		tables[name] = table
	}
	return tables, nil
}
