// Package target is what the hostile function and its caller tell each other.
package target

// Target is what belongs to a tenant.
type Target struct {
	BillingAccount, AWSAccount, Region string
	// Key is a partition key of the tenant's rows, KittenID an id in KittensTable.
	Key, KittenID                         string
	KittensTable, BreedsTable, KittensARN string
	StreamARN                             string
	SearchEndpoint, Domain                string
	Bucket, ObjectKey, WebBucket          string
	RoleARNs                              []string
	FunctionARN, LogGroup, QueueURL       string
	Parameter                             string
}

// Event is what the function is asked to do.
type Event struct {
	Own, Victim Target
}

// Outcome of an attempt.
type Outcome struct {
	// Name and Group of the attempt.
	Name, Group string
	// Own says what became of the same call on the tenant's own data, Victim on the other's:
	// "ok", or the error's code and message.
	Own, Victim string
	// OwnCode and VictimCode are the codes of the errors.
	OwnCode, VictimCode string
	// OwnAllowed says whether the role is meant to do this with its own data.
	OwnAllowed bool
}
