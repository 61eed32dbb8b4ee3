package dynamodb

import (
	"context"
	"encoding/json"
	"maps"
	"net/http"
	"slices"

	"github.com/tenantstack/tenantstack/internal/localcloud/gate"
)

// checked does a request that may be done, once what the engine would let pass is ruled out.
func (r *request) checked() (answer, *gate.Error) {
	ctx := r.call.HTTP.Context()
	problems, err := r.keyProblems(ctx)
	if err != nil {
		return answer{}, engineDown(err)
	}
	if len(problems) > 0 && r.transaction() {
		out, err := r.cancel(ctx, problems, answer{})
		if err != nil {
			return answer{}, engineDown(err)
		}
		return out, nil
	}
	if r.target == dataTarget+"BatchExecuteStatement" {
		return r.batched(problems)
	}
	if len(problems) > 0 {
		holds, err := r.conditionHolds(ctx)
		if err != nil {
			return answer{}, engineDown(err)
		}
		if holds {
			return answer{}, invalid("%s", problems[slices.Min(slices.Collect(maps.Keys(problems)))])
		}
	}
	out, problem := r.forward()
	if problem == nil && r.transaction() {
		if out, err = r.cancelled(ctx, out); err != nil {
			return answer{}, engineDown(err)
		}
	}
	return out, problem
}

// conditionHolds reports whether the condition of an update holds whose values depend on its item: one that does not is
// answered first. Every other request is wrong by itself, or was read together with its condition.
func (r *request) conditionHolds(ctx context.Context) (bool, error) {
	if r.operation != updateItem.action || !r.exclusive || r.in.get("ConditionExpression") == nil {
		return true, nil
	}
	update := fields{}
	for _, member := range []string{"TableName", "Key", "UpdateExpression", "ConditionExpression",
		"ExpressionAttributeNames", "ExpressionAttributeValues"} {
		if n := r.in.get(member); n != nil {
			update[member] = json.RawMessage(splice(n.raw, within(r.edits, n)))
		}
	}
	body, err := json.Marshal(fields{"Update": update})
	if err != nil {
		return false, err
	}
	in, err := parseJSON(body)
	if err != nil {
		return false, err
	}
	alone := *r
	alone.edits = nil
	why, err := alone.try(ctx, &action{in: in, id: r.used[0].table.id, schema: r.used[0].schema})
	return why.Code == reasonNone, err
}

// batched does a batch of statements. In the place of one that is wrong the engine gets one that does nothing.
func (r *request) batched(problems map[int]string) (answer, *gate.Error) {
	for i := range problems {
		a := &r.actions[i]
		body, err := json.Marshal(a.checkStatement())
		if err != nil {
			return answer{}, engineDown(err)
		}
		r.edits = slices.DeleteFunc(r.edits, func(e edit) bool { return e.at >= a.in.at && e.end <= a.in.at+len(a.in.raw) })
		r.edits = append(r.edits, a.in.replace(body))
	}
	out, problem := r.forward()
	if problem != nil || out.status != http.StatusOK {
		return out, problem
	}
	n, err := parseJSON(out.body)
	responses := n.get("Responses")
	if err != nil || responses == nil || len(responses.list) != len(r.actions) {
		return out, nil
	}
	var edits []edit
	for i := range responses.list {
		failed := responses.list[i].get("Error")
		text, _ := failed.get("Message").text()
		if problems[i] != "" {
			body, err := json.Marshal(fields{"Code": "ValidationError", "Message": problems[i]})
			if err == nil && failed != nil {
				edits = append(edits, failed.replace(body))
			}
		} else if aws := awsText(text); aws != text {
			edits = append(edits, failed.get("Message").replace(quoteJSON(aws)))
		}
	}
	out.body = splice(out.body, sorted(edits))
	return out, nil
}
