package apigateway

import (
	"fmt"
	"net/url"
	"regexp"

	"github.com/santhosh-tekuri/jsonschema/v6"
	"golang.org/x/text/language"
	"golang.org/x/text/message"
)

// printer words the errors of schemas.
var printer = message.NewPrinter(language.English)

// compileRegexp compiles the pattern of a schema. Patterns that Go's linear-time engine does not
// have, such as those that look ahead, are refused rather than left to an engine that a hostile
// body could keep busy.
func compileRegexp(pattern string) (jsonschema.Regexp, error) {
	re, err := regexp.Compile(pattern)
	if err != nil {
		return nil, fmt.Errorf("the pattern %q is not one that is served here: %w", pattern, err)
	}
	return re, nil
}

// noLoader keeps schemas from naming other documents.
type noLoader struct{}

// Load implements jsonschema.URLLoader.
func (noLoader) Load(ref string) (any, error) {
	if u, err := url.Parse(ref); err == nil && u.Scheme == "document" {
		return nil, fmt.Errorf("%s names nothing in the document", ref)
	}
	return nil, fmt.Errorf("%q is no part of the document", ref)
}
