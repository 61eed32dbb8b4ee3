package dynamodb

import (
	"net/http"
	"strings"
)

// awsAnswer writes the engine's answer to an operation on items as AWS does.
func awsAnswer(out answer) answer {
	out.body = plainNumbers(out.body)
	if out.status == http.StatusOK {
		return out
	}
	n, err := parseJSON(out.body)
	if err != nil {
		return out
	}
	var edits []edit
	// The engine gives the error of ExecuteStatement the code that an error within BatchExecuteStatement has (DynamoDB
	// API Reference, "ExecuteStatement", Errors).
	if code, _ := n.get("__type").text(); strings.HasSuffix(code, "#DuplicateItem") {
		edits = append(edits, n.get("__type").replace(quoteJSON(code+"Exception")))
	}
	if text, _ := n.get("Message").text(); awsText(text) != text {
		edits = append(edits, n.get("Message").replace(quoteJSON(awsText(text))))
	}
	out.body = splice(out.body, sorted(edits))
	return out
}

// engineTexts are texts of errors that are the engine's own, and AWS's.
var engineTexts = strings.NewReplacer(
	"A value provided cannot be converted into a number", errNotNumber,
	"DynamoDB only supports precision up to 38 digits", errPrecision,
	"The number of conditions on the keys is invalid", errKeySchema,
)

// awsText is the text of an error as AWS writes it.
func awsText(text string) string { return engineTexts.Replace(text) }
