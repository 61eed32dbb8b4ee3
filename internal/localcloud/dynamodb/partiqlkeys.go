package dynamodb

import (
	"context"
	"encoding/json"
	"strings"
)

// setType is the type of a set by its first element; empty if that does not say it.
func (e *expression) setType() string {
	if len(e.args) > 0 {
		switch e.args[0].kind {
		case exprString:
			return "SS"
		case exprNumber:
			return "NS"
		}
	}
	return ""
}

// operand is an expression as what an update assigns; nil if its type is not known.
func (e *expression) operand(parameters *node) *operand {
	switch {
	case e.kind == exprString:
		return &operand{typ: "S", size: len(e.text)}
	case e.kind == exprNumber:
		return &operand{typ: "N"}
	case e.kind == exprParameter:
		if parameters != nil && e.place < len(parameters.list) {
			return literal(&parameters.list[e.place])
		}
	case e.kind == exprList, e.kind == exprOther && e.text == "list_append":
		return &operand{typ: "L"}
	case e.typ != "":
		return &operand{typ: e.typ}
	case e.steps != nil:
		return &operand{path: e.steps}
	case e.kind == exprOther && e.text == "if_not_exists" && len(e.args) == 2:
		return &operand{path: e.args[0].steps, otherwise: e.args[1].operand(parameters)}
	}
	return nil
}

// assignsStatement is assigns of an INSERT or an UPDATE.
func (r *request) assignsStatement(id tableID, s *schema, st *statement, in *node) {
	parameters := r.list(in, "Parameters")
	var all []assignment
	for attribute, expression := range st.item {
		if value := expression.operand(parameters); value != nil {
			value.size = 0 // which the engine bounds in whole items
			all = append(all, assignment{attribute, value})
		}
	}
	for _, set := range st.sets {
		if len(set.target) == 1 {
			all = append(all, assignment{set.target[0].name, set.value.operand(parameters)})
		}
	}
	r.assigns(keyChange{schema: s, item: r.service.selected(id, st, parameters), existing: true}, all)
}

// selected reads the item that the condition of an UPDATE names.
func (s *Service) selected(id tableID, st *statement, parameters *node) func(context.Context) (*node, error) {
	return func(ctx context.Context) (*node, error) {
		in := fields{"Statement": "SELECT * FROM " + quoteName(id.name) + " WHERE " + st.condition, "ConsistentRead": true}
		if parameters != nil && st.first < st.parameters {
			var given []json.RawMessage
			for i := range parameters.list[st.first:] {
				given = append(given, parameters.list[st.first+i].raw)
			}
			in["Parameters"] = given
		}
		var out struct{ Items []json.RawMessage }
		err := s.engine.call(ctx, id.home, dataTarget+"ExecuteStatement", in, &out)
		if err != nil || len(out.Items) != 1 {
			return nil, ignoreRefusal(err)
		}
		return parseJSON(out.Items[0])
	}
}

// quoteName writes a name of PartiQL.
func quoteName(name string) string { return `"` + strings.ReplaceAll(name, `"`, `""`) + `"` }
