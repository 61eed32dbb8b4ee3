package dynamodb

import (
	"crypto/sha256"
	"encoding/json"
	"maps"
	"net/http"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/tenantstack/tenantstack/internal/localcloud/gate"
)

// own has an operation done here and not by the engine, on a table that exists.
func (r *request) own(id tableID, do func(*table) (any, *gate.Error)) {
	t, _ := r.use(id)
	if t == nil {
		r.refused = notFound(id)
		return
	}
	r.answer = func() (answer, *gate.Error) {
		out, problem := do(t)
		if problem != nil {
			return answer{}, problem
		}
		return encoded(out)
	}
}

func encoded(out any) (answer, *gate.Error) {
	if out == nil {
		return answer{status: http.StatusOK}, nil
	}
	body, err := json.Marshal(out)
	if err != nil {
		return answer{}, engineDown(err)
	}
	return answer{http.StatusOK, body}, nil
}

// change keeps a change of a table's settings.
func (r *request) change(t *table, change func(*settings)) *gate.Error {
	if err := r.service.set(t, change); err != nil {
		return &gate.Error{Status: http.StatusInternalServerError, Code: "InternalServerError", Message: err.Error()}
	}
	return nil
}

type fields map[string]any

// describeEndpoints answers the address that the request came to.
func (r *request) describeEndpoints(tableID) {
	r.answer = func() (answer, *gate.Error) {
		return encoded(fields{"Endpoints": []fields{{"Address": r.call.HTTP.Host, "CachePeriodInMinutes": 1440}}})
	}
}

func (r *request) describeTimeToLive(id tableID) {
	r.own(id, func(t *table) (any, *gate.Error) {
		d := fields{"TimeToLiveStatus": "DISABLED"}
		if ttl := t.settings.Load().ttl; ttl != "" {
			d = fields{"TimeToLiveStatus": "ENABLED", "AttributeName": ttl}
		}
		return fields{"TimeToLiveDescription": d}, nil
	})
}

func (r *request) updateTimeToLive(id tableID) {
	in := r.object(r.in, "TimeToLiveSpecification")
	attribute, enabled := r.text(in, "AttributeName"), in.get("Enabled")
	if attribute == "" || len(attribute) > 255 || enabled == nil || enabled.kind != isBool {
		r.fail(invalid("TimeToLiveSpecification has to have AttributeName and Enabled"))
		return
	}
	enable := string(enabled.raw) == "true"
	r.own(id, func(t *table) (any, *gate.Error) {
		switch now := t.settings.Load().ttl; {
		case enable && now == attribute:
			return nil, invalid("TimeToLive is already enabled")
		case enable && now != "":
			return nil, invalid("TimeToLive is active on a different AttributeName: current AttributeName is %s", now)
		case !enable && now == "":
			return nil, invalid("TimeToLive is already disabled")
		case !enable && now != attribute:
			return nil, invalid("TimeToLive is active on a different AttributeName: current AttributeName is %s", now)
		}
		problem := r.change(t, func(s *settings) {
			if s.ttl = ""; enable {
				s.ttl = attribute
			}
		})
		t.expiries.rescan()
		return fields{"TimeToLiveSpecification": fields{"AttributeName": attribute, "Enabled": enable}}, problem
	})
}

// Point-in-time recovery is kept as a setting alone: nothing can be restored.
func (r *request) describeContinuousBackups(id tableID) {
	r.own(id, func(t *table) (any, *gate.Error) { return r.backups(t), nil })
}

func (r *request) updateContinuousBackups(id tableID) {
	enabled := r.object(r.in, "PointInTimeRecoverySpecification").get("PointInTimeRecoveryEnabled")
	if enabled == nil || enabled.kind != isBool {
		r.fail(invalid("PointInTimeRecoverySpecification has to have PointInTimeRecoveryEnabled"))
		return
	}
	r.own(id, func(t *table) (any, *gate.Error) {
		problem := r.change(t, func(s *settings) { s.recovery = string(enabled.raw) == "true" })
		return r.backups(t), problem
	})
}

func (r *request) backups(t *table) fields {
	d := fields{"PointInTimeRecoveryStatus": "DISABLED"}
	if t.settings.Load().recovery {
		now := r.service.now().Truncate(time.Second).Unix()
		d = fields{"PointInTimeRecoveryStatus": "ENABLED", "RecoveryPeriodInDays": 35, "EarliestRestorableDateTime": now, "LatestRestorableDateTime": now}
	}
	return fields{"ContinuousBackupsDescription": fields{"ContinuousBackupsStatus": "ENABLED", "PointInTimeRecoveryDescription": d}}
}

type tag struct{ key, value string }

// tags of the request.
func (r *request) tags() []tag {
	list := r.list(r.in, "Tags")
	if list == nil {
		return nil
	}
	var out []tag
	for i := range list.list {
		t := tag{r.text(&list.list[i], "Key"), r.text(&list.list[i], "Value")}
		if t.key == "" || len(t.key) > 128 || len(t.value) > 256 || strings.HasPrefix(strings.ToLower(t.key), "aws:") {
			r.fail(invalid("Tag %q is invalid: a key has 1 to 128 characters and does not begin with aws:, a value has at most 256", t.key))
			return nil
		}
		out = append(out, t)
	}
	return out
}

// tagKeys of UntagResource.
func (r *request) tagKeys() []string {
	list := r.list(r.in, "TagKeys")
	if list == nil {
		return nil
	}
	var out []string
	for i := range list.list {
		key, ok := list.list[i].text()
		if !ok {
			r.fail(malformed("TagKeys is no list of strings"))
			return nil
		}
		out = append(out, key)
	}
	return out
}

const maxTags = 50

func (r *request) tagResource(id tableID) {
	tags := r.tags()
	r.own(id, func(t *table) (any, *gate.Error) {
		all := maps.Clone(t.settings.Load().tags)
		if all == nil {
			all = map[string]string{}
		}
		for _, tag := range tags {
			all[tag.key] = tag.value
		}
		if len(all) > maxTags {
			return nil, invalid("One or more parameter values were invalid: Too many tags: a resource has at most %d", maxTags)
		}
		return nil, r.change(t, func(s *settings) { s.tags = all })
	})
}

func (r *request) untagResource(id tableID) {
	names := r.tagKeys()
	r.own(id, func(t *table) (any, *gate.Error) {
		return nil, r.change(t, func(s *settings) {
			for _, key := range names {
				delete(s.tags, key)
			}
		})
	})
}

func (r *request) listTagsOfResource(id tableID) {
	r.own(id, func(t *table) (any, *gate.Error) {
		tags, list := t.settings.Load().tags, []fields{}
		for _, key := range slices.Sorted(maps.Keys(tags)) {
			list = append(list, fields{"Key": key, "Value": tags[key]})
		}
		return fields{"Tags": list}, nil
	})
}

// ofStream says whether ResourceArn is that of a stream.
func (r *request) ofStream() bool { return strings.Contains(r.text(r.in, "ResourceArn"), "/stream/") }

func (s *settings) policyOf(stream bool) **policy {
	if stream {
		return &s.streamPolicy
	}
	return &s.policy
}

// revision names a policy as it is.
func (p *policy) revision() string {
	sum := sha256.Sum256([]byte(p.text))
	id := ""
	for _, b := range sum[:10] {
		id += strconv.Itoa(int(b))
	}
	return id
}

// matches says whether ExpectedRevisionId, if it is there, is the policy's (DynamoDB API Reference,
// "PutResourcePolicy"; NO_POLICY expects none).
func (p *policy) matches(expected string) bool {
	switch {
	case expected == "":
		return true
	case p == nil:
		return expected == "NO_POLICY"
	}
	return expected == p.revision()
}

var errPolicyNotFound = failed("PolicyNotFoundException", "The operation tried to access a nonexistent resource-based policy, or its revision does not match")

func (r *request) putResourcePolicy(id tableID) {
	p, err := parsePolicy(r.text(r.in, "Policy"))
	if err != nil {
		r.refuse(invalid("Invalid policy document: %v", err))
	} else if p == nil {
		r.fail(invalid("PutResourcePolicy has no Policy"))
	}
	expected, stream := r.text(r.in, "ExpectedRevisionId"), r.ofStream()
	r.own(id, func(t *table) (any, *gate.Error) {
		if !(*t.settings.Load().policyOf(stream)).matches(expected) {
			return nil, errPolicyNotFound
		}
		return fields{"RevisionId": p.revision()}, r.change(t, func(s *settings) { *s.policyOf(stream) = p })
	})
}

func (r *request) getResourcePolicy(id tableID) {
	stream := r.ofStream()
	r.own(id, func(t *table) (any, *gate.Error) {
		p := *t.settings.Load().policyOf(stream)
		if p == nil {
			return nil, errPolicyNotFound
		}
		return fields{"Policy": p.text, "RevisionId": p.revision()}, nil
	})
}

func (r *request) deleteResourcePolicy(id tableID) {
	expected, stream := r.text(r.in, "ExpectedRevisionId"), r.ofStream()
	r.own(id, func(t *table) (any, *gate.Error) {
		p := *t.settings.Load().policyOf(stream)
		if !p.matches(expected) {
			return nil, errPolicyNotFound
		}
		out := fields{}
		if p != nil {
			out["RevisionId"] = p.revision()
		}
		return out, r.change(t, func(s *settings) { *s.policyOf(stream) = nil })
	})
}
