package rest

import (
	"context"
	"crypto/rand"
	"encoding/binary"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"os"
	"strconv"
	"strings"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/config"
	"github.com/aws/aws-sdk-go-v2/service/dynamodb"

	"github.com/tenantstack/tenantstack/functions/internal/store"
)

// maxShards is the greatest KEY_SHARDS.
const maxShards = 64

// Outside is what a function finds around it. Tests put their own in its place.
type Outside struct {
	// Getenv reads an environment variable; an absent one is empty.
	Getenv func(string) string
	// AWS gives credentials, region and endpoints of the clients.
	AWS func(context.Context) (aws.Config, error)
	// Now is the clock of the rows, not that of durations.
	Now func() time.Time
	// Random is a source of cryptographically secure bytes.
	Random io.Reader
	// Log takes one JSON object a line.
	Log io.Writer
}

// Process is the outside of a Lambda function.
func Process() Outside {
	return Outside{
		Getenv: os.Getenv,
		AWS: func(ctx context.Context) (aws.Config, error) {
			// Connections within a region that are not made in a second are not made at all
			// (AWS SDKs and Tools Reference Guide, "Smart configuration defaults").
			return config.LoadDefaultConfig(ctx, config.WithDefaultsMode(aws.DefaultsModeInRegion))
		},
		Now:    time.Now,
		Random: rand.Reader,
		Log:    os.Stdout,
	}
}

// Deps gives an operation what it depends on while it is built. What is missing is
// collected and reported by New all at once.
type Deps struct {
	outside   Outside
	operation string
	account   string
	log       *slog.Logger
	aws       *aws.Config
	dynamo    *dynamodb.Client
	layouts   layouts
	events    map[string]EventHandler
	missing   []error
}

// EventHandler works on an event that is not a request: member is the value of
// the event's member that it was registered for.
type EventHandler func(ctx context.Context, member json.RawMessage) error

func newDeps(operation string, outside Outside) *Deps {
	d := &Deps{
		outside:   outside,
		operation: operation,
		log:       logger(outside, operation),
		events:    map[string]EventHandler{},
	}
	d.account = d.Env("BILLING_ACCOUNT")
	return d
}

// err is everything that was missing.
func (d *Deps) err() error { return errors.Join(d.missing...) }

// Fail records that something the operation depends on cannot be had; nil records nothing.
// New reports it after the operation was built.
func (d *Deps) Fail(err error) {
	if err != nil {
		d.missing = append(d.missing, err)
	}
}

func (d *Deps) fail(format string, args ...any) { d.Fail(fmt.Errorf(format, args...)) }

// Env is the value of an environment variable that must be set.
func (d *Deps) Env(name string) string {
	value := d.outside.Getenv(name)
	if value == "" {
		d.fail("environment variable %s is not set", name)
	}
	return value
}

// Account is the billing account that the function was deployed for.
func (d *Deps) Account() string { return d.account }

// Log is the function's log. A line holds no token, header value, body or personal data.
func (d *Deps) Log() *slog.Logger { return d.log }

// Now is the current time in UTC, in whole milliseconds.
func (d *Deps) Now() time.Time { return d.outside.Now().UTC().Truncate(time.Millisecond) }

// NewID is a random UUID (RFC 9562 section 5.4, version 4).
func (d *Deps) NewID() string { return d.uuid(4) }

// NewOrderedID is a UUID that is greater than those made in milliseconds before
// (RFC 9562 section 5.7, version 7): rows with such ids are in the order of their creation.
func (d *Deps) NewOrderedID() string { return d.uuid(7) }

func (d *Deps) uuid(version byte) string {
	var b [16]byte
	if _, err := io.ReadFull(d.outside.Random, b[:]); err != nil {
		panic(err) // the system's source does not fail
	}
	if version == 7 {
		var ms [8]byte
		binary.BigEndian.PutUint64(ms[:], uint64(d.Now().UnixMilli()))
		copy(b[:6], ms[2:])
	}
	b[6] = b[6]&0x0f | version<<4
	b[8] = b[8]&0x3f | 0x80
	return fmt.Sprintf("%x-%x-%x-%x-%x", b[:4], b[4:6], b[6:8], b[8:10], b[10:])
}

// AWS is the configuration of the operation's clients.
func (d *Deps) AWS() aws.Config {
	if d.aws == nil {
		loaded, err := d.outside.AWS(context.Background())
		if err != nil {
			d.fail("loading the AWS configuration: %w", err)
		}
		d.aws = &loaded
	}
	return *d.aws
}

// OnEvent makes f work on events that the function sends to itself: SelfEvent makes them. An event that has the
// member and is not for the function's account is refused.
func (d *Deps) OnEvent(member string, f EventHandler) { d.events[member] = f }

// Table is the function's own account's rows of the schema's table.
func Table[T any](d *Deps, schema store.Schema) *store.Table[T] {
	if d.dynamo == nil {
		d.dynamo = dynamodb.NewFromConfig(d.AWS())
	}
	shards := 1
	if schema.Sharded {
		shards = d.shards()
	}
	suffix := strings.ToUpper(strings.ReplaceAll(schema.Table, "-", "_"))
	name := d.Env("TABLE_" + suffix)
	d.layouts.add(d, schema, name, d.Env("LAYOUT_"+suffix))
	return store.New[T](store.Config{Client: d.dynamo, Name: name, Account: d.account, Shards: shards}, schema)
}

// shards is KEY_SHARDS.
func (d *Deps) shards() int {
	text := d.Env("KEY_SHARDS")
	n, err := strconv.Atoi(text)
	if text != "" && (err != nil || n < 1 || n > maxShards) {
		d.fail("environment variable KEY_SHARDS: %q is no number from 1 to %d", text, maxShards)
	}
	return n
}
