package facts

import (
	"fmt"
	"strings"
)

// Notification is what a bucket tells a function of.
type Notification struct {
	// Event such as s3:ObjectCreated:*, and the Function that is told.
	Event, Function string
	// Prefixes that keys have to have.
	Prefixes []string
	// Filtered says that keys are left out otherwise.
	Filtered bool
}

// Expiry is a rule by which a bucket deletes the current versions of its objects.
type Expiry struct {
	Place Place
	// Prefix of the keys, empty for all.
	Prefix string
	// Days after which they are deleted, as they stand; empty if a date is given.
	Days string
}

// expiries reads the lifecycle of a bucket. What a rule says of older versions deletes nothing that is current
// (Amazon S3 User Guide, "Lifecycle configuration elements"). A rule for tags or sizes may be about any object.
func (t *reader) expiries(id string, properties map[string]any) {
	for i, item := range items(object(properties["LifecycleConfiguration"])["Rules"]) {
		rule := object(item)
		if text(rule["Status"]) == "Disabled" || rule["ExpirationInDays"] == nil && rule["ExpirationDate"] == nil {
			continue
		}
		t.Expiries = append(t.Expiries, Expiry{
			Place:  t.place(id, fmt.Sprintf("Properties.LifecycleConfiguration.Rules[%d]", i)),
			Prefix: text(rule["Prefix"]), Days: scalarText(rule["ExpirationInDays"]),
		})
	}
}

func (t *reader) bucket(id string, properties map[string]any) {
	t.expiries(id, properties)
	place := t.place(id, "Properties")
	for _, item := range items(object(properties["NotificationConfiguration"])["LambdaConfigurations"]) {
		c := object(item)
		n := Notification{Event: text(c["Event"]), Function: text(c["Function"])}
		for _, item := range items(object(object(c["Filter"])["S3Key"])["Rules"]) {
			rule := object(item)
			if strings.EqualFold(text(rule["Name"]), "prefix") {
				n.Prefixes = append(n.Prefixes, text(rule["Value"]))
			} else {
				n.Filtered = true
			}
		}
		t.Notifications[place.Resource()] = append(t.Notifications[place.Resource()], n)
	}
}

// Domain is one of OpenSearch Service.
type Domain struct {
	Place Place
	Arn   string
	// ExplicitIndex is the advanced setting rest.action.multi.allow_explicit_index, empty if it is not set.
	ExplicitIndex string
	// Anonymous says that anonymous access is enabled.
	Anonymous bool
}

func (t *reader) domain(id string, properties map[string]any) {
	t.Domains = append(t.Domains, Domain{
		Place: t.place(id, "Properties.AdvancedOptions"), Arn: t.targetArn(id, "domain", ""),
		ExplicitIndex: scalarText(object(properties["AdvancedOptions"])["rest.action.multi.allow_explicit_index"]),
		Anonymous:     isTrue(object(properties["AdvancedSecurityOptions"])["AnonymousAuthEnabled"]),
	})
}

// backupSelection of no resource is one of all resources in the account that the role may back up (AWS Backup Developer
// Guide, "BackupSelection").
func (t *reader) backupSelection(id string, properties map[string]any) {
	if len(items(object(properties["BackupSelection"])["Resources"])) == 0 {
		t.unknown(
			"AWS::Backup::BackupSelection",
			t.place(id, "Properties.BackupSelection.Resources"),
			"the selection names no resources, so it is of all in the account",
			"name the resources of the stack",
		)
	}
}
