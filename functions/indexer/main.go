// Command indexer keeps the search indices in step with the tables: it is called with batches of
// DynamoDB stream records and writes each into the index of the billing account that its key names.
//
// One binary serves two functions. A cell's shared indexer reads the shared tables of all
// accounts, and assumes an account's own index-writer role for what belongs to it, so that IAM keeps a
// wrong record out of another account's index. A tenant's own indexer writes with its own role and
// refuses records of any other account.
//
// A record only says which row to look at. The row is read, with ConsistentRead and with the role that
// writes its account's index, and the index gets what the row is then: see package search. So records may come
// twice, late and in any order, and a batch may be repeated whole.
package main

import (
	"context"
	"fmt"
	"io"
	"log/slog"
	"os"

	"github.com/aws/aws-lambda-go/lambda"
	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/config"
	"github.com/aws/aws-sdk-go-v2/service/dynamodbstreams"
	"github.com/aws/aws-sdk-go-v2/service/sqs"
	"github.com/aws/aws-sdk-go-v2/service/ssm"
	"github.com/aws/aws-sdk-go-v2/service/sts"
)

func main() {
	ix, err := start(context.Background(), os.Getenv, os.Stdout)
	if err != nil {
		slog.New(slog.NewJSONHandler(os.Stdout, nil)).Error("starting the indexer failed", "operation", operation, "error", err.Error())
		os.Exit(1)
	}
	lambda.Start(ix.handle)
}

// operation is the function's name in logs.
const operation = "indexer"

// start makes the indexer that the environment describes.
func start(ctx context.Context, getenv func(string) string, out io.Writer) (*indexer, error) {
	s, err := readSettings(getenv)
	if err != nil {
		return nil, err
	}
	cfg, err := config.LoadDefaultConfig(ctx)
	if err != nil {
		return nil, fmt.Errorf("loading the AWS configuration: %w", err)
	}
	log := slog.New(slog.NewJSONHandler(out, &slog.HandlerOptions{Level: s.logLevel})).With("operation", operation)
	if s.tenant != "" {
		log = log.With("tenant", s.tenant)
	}
	return &indexer{
		settings: s,
		accounts: accountsOf(s, cfg),
		streams:  dynamodbstreams.NewFromConfig(cfg),
		queue:    sqs.NewFromConfig(cfg),
		samples:  newSamples(),
		log:      log,
	}, nil
}

func accountsOf(s settings, cfg aws.Config) accounts {
	if s.account != "" {
		return &ownAccount{account: s.account, cfg: cfg, endpoint: s.endpoint, reader: newRowReader(s, cfg)}
	}
	return newSharedAccounts(s, cfg, sts.NewFromConfig(cfg), ssm.NewFromConfig(cfg))
}
