package dynamodb

import (
	"slices"
	"strconv"

	"github.com/tenantstack/tenantstack/iam"
)

// partiqlActions by verb (DynamoDB Developer Guide, "IAM security policies with PartiQL for DynamoDB").
var partiqlActions = map[string]string{
	"SELECT": "PartiQLSelect", "INSERT": "PartiQLInsert", "UPDATE": "PartiQLUpdate", "DELETE": "PartiQLDelete",
}

// maxStatement bounds statements (DynamoDB API Reference, "ExecuteStatement").
const maxStatement = 8192

// executeStatement derives ExecuteStatement.
func executeStatement(r *request) {
	if r.members(r.in, r.operation) {
		r.statement(r.in, "")
	}
}

// executeStatements derives the operations on several statements.
func executeStatements(member string) func(*request) {
	return func(r *request) {
		if !r.members(r.in, r.operation) {
			return
		}
		list := r.list(r.in, member)
		if list == nil || len(list.list) == 0 || len(list.list) > 100 {
			r.fail(invalid("%s has to have 1 to 100 statements", member))
			return
		}
		for i := range list.list {
			if !r.members(&list.list[i], member) {
				return
			}
			r.statement(&list.list[i], r.operation)
			r.acted(&list.list[i])
		}
	}
}

// statement derives what one statement does. PartiQL has no names that are ARNs.
func (r *request) statement(in *node, enclosing string) {
	text := r.text(in, "Statement")
	if len(text) > maxStatement {
		r.fail(invalid("Statement is longer than %d characters", maxStatement))
		return
	}
	st, err := parseStatement(text)
	if err != nil || st.exists && r.operation != "ExecuteTransaction" {
		r.fail(invalid("Statement wasn't well formed, can't be processed: %.200q: %v", text, errStatement))
		return
	}
	id, ok := r.tableText(st.table)
	if !ok {
		return
	}
	if st.index != "" && (st.verb != "SELECT" || !validName(st.index)) {
		r.fail(invalid("This operation is not supported on the index %q", st.index))
		return
	}
	c := iam.Context{}
	t, s := r.use(id)
	var leading []string
	if t != nil {
		leading = r.statementKeys(st, s, in)
		if st.verb != "SELECT" {
			r.assignsStatement(id, s, st, in)
			r.writes = append(r.writes, write{table: t, schema: s, action: partiqlActions[st.verb], attributes: st.attributes})
		}
	}
	lead(c, leading)
	attributes(st.attributes).describe(c)
	if st.verb == "SELECT" {
		c[keyFullScan] = []string{strconv.FormatBool(len(leading) == 0)}
		c["dynamodb:Select"] = []string{"SPECIFIC_ATTRIBUTES"}
		if st.all {
			c["dynamodb:Select"] = []string{"ALL_ATTRIBUTES"}
		}
	}
	r.returns(c, in)
	if st.returning != "" {
		c["dynamodb:ReturnValues"] = []string{st.returning}
	}
	if enclosing != "" {
		c[keyEnclosing] = []string{enclosing}
	}
	r.access(partiqlActions[st.verb], id, indexPart(st.index), t, c)
}

// statementKeys are the partition keys that a statement is limited to; none if it is not. A value that
// cannot be a key refuses the statement, as the engine does.
func (r *request) statementKeys(st *statement, s *schema, in *node) []string {
	k, ok := s.of(st.index)
	if !ok {
		r.refuse(invalid("The table does not have the specified index: %s", st.index))
		return nil
	}
	parameters := r.list(in, "Parameters")
	if given := 0; st.parameters > 0 {
		if parameters != nil {
			given = len(parameters.list)
		}
		if given != st.parameters {
			r.refuse(invalid("Number of parameters in request and statement don't match."))
			return nil
		}
	}
	var values []*expression
	if st.verb == "INSERT" {
		if v := st.item[k.partition]; v != nil && v.isValue() {
			values = []*expression{v}
		} else {
			r.refuse(invalid("Key attribute should be present in the item: Key %s", k.partition))
		}
	} else if limits, ok := st.where.limits(k.partition); ok {
		values = limits
	}
	var leading []string
	for _, v := range values {
		key, err := v.keyValue(parameters)
		if err != nil || string(key.kind) != s.types[k.partition] {
			r.refuse(invalid("The value of %s is not of type %s: %v", k.partition, s.types[k.partition], errKeyValue))
			return nil
		}
		if !slices.Contains(leading, key.text) {
			leading = append(leading, key.text)
		}
	}
	return leading
}

func (e *expression) keyValue(parameters *node) (keyValue, error) {
	switch e.kind {
	case exprString:
		return keyValue{'S', e.text}, nil
	case exprNumber:
		n, err := canonicalNumber(e.text)
		return keyValue{'N', n}, err
	case exprParameter:
		if parameters != nil && e.place < len(parameters.list) {
			return readKeyValue(&parameters.list[e.place])
		}
	}
	return keyValue{}, errKeyValue
}
