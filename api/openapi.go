package api

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"net/url"
	"reflect"
	"slices"
	"strings"

	"github.com/getkin/kin-openapi/openapi3"
)

// validate holds the document against the OpenAPI library: required fields, schemas,
// patterns, examples and whatever else the grammar does not know. What the library would
// do once for every reference, which takes seconds for a few hundred operations, it does
// once for every component.
func (r *reader) validate() {
	document, err := loadOpenAPI(r.root.valueWithout(r.broken))
	if err != nil {
		// What was left out may be the reason, and is reported already.
		if len(r.broken) == 0 {
			r.report(nil, "correct it as OpenAPI 3.0.3 has it", "%v", err)
		}
		return
	}
	o := attachOrigins(document, r.root, r.broken)
	r.checkExamples(o.schemas)
	o.detachReferences()
	r.libraryErrors(validateOpenAPI(document), o.places)
}

// loadOpenAPI decodes a document. The library gets JSON, so that it cannot read the source in
// another way than this package has; every reference has been checked to stay inside.
func loadOpenAPI(value any) (document *openapi3.T, err error) {
	defer recoverLibrary(&err)
	data, err := json.Marshal(value)
	if err != nil {
		return nil, fmt.Errorf("encoding the document: %w", err)
	}
	loader := openapi3.NewLoader()
	loader.IsExternalRefsAllowed = false
	loader.ReadFromURIFunc = func(_ *openapi3.Loader, location *url.URL) ([]byte, error) {
		return nil, fmt.Errorf("reading %q: a contract is one file", location)
	}
	return loader.LoadFromData(data)
}

func validateOpenAPI(document *openapi3.T) (err error) {
	defer recoverLibrary(&err)
	return document.Validate(context.Background(), openapi3.EnableMultiError(),
		openapi3.DisableExamplesValidation(), openapi3.DisableSchemaDefaultsValidation())
}

// recoverLibrary makes an error of a panic: the library has some for documents that no
// one tried on it.
func recoverLibrary(err *error) {
	if p := recover(); p != nil {
		*err = fmt.Errorf("the OpenAPI library fails on the document: %v", p)
	}
}

// libraryErrors turns the library's errors into problems.
func (r *reader) libraryErrors(err error, places map[*openapi3.Origin]*node) {
	var list openapi3.MultiError
	switch {
	case err == nil:
		return
	case isList(err) && errors.As(err, &list):
		for _, inner := range list {
			r.libraryErrors(inner, places)
		}
		return
	case is[*openapi3.PathParametersError](err), isReported(err) && len(r.problems) > 0:
		// The library takes the + of a greedy variable for a part of its name.
		return
	}
	place, cause := r.placeOf(err, places)
	if r.lostMember(place) || missesField(err) && r.incomplete[place.pointer()] {
		return
	}
	message := cause.Error()
	if schema := (*openapi3.SchemaError)(nil); errors.As(err, &schema) && schema.Reason != "" {
		message = schema.Reason
	}
	message = strings.Join(strings.Fields(message), " ")
	r.report(place, libraryFix(err), "%s", cut(message, maxReason))
}

// maxReason is the length of a reason that the OpenAPI library gives.
const maxReason = 400

// isReported says that the grammar and the checks of this package say it with a better
// place. Where they found nothing, the library's word stands.
func isReported(err error) bool {
	return is[*openapi3.DuplicateOperationIDError](err) ||
		is[*openapi3.ConflictingPathsError](err) ||
		is[*openapi3.PathMustStartWithSlashError](err) ||
		is[*openapi3.ExtraSiblingFieldsError](err) ||
		is[*openapi3.FieldVersionMismatchError](err) ||
		is[*openapi3.SecurityRequirementSchemeUndefinedError](err)
}

// missesField says that the error may be for a required field that is missing.
func missesField(err error) bool {
	return is[*openapi3.RequiredFieldError](err) ||
		is[*openapi3.InvalidParameterInError](err) ||
		is[*openapi3.InvalidSecuritySchemeTypeError](err)
}

func is[T error](err error) bool {
	var target T
	return errors.As(err, &target)
}

func libraryFix(err error) string {
	switch {
	case is[*openapi3.SchemaPatternRegexError](err):
		return "write the pattern in the syntax of RE2, which the functions' language has"
	case is[*openapi3.RequiredFieldError](err):
		return "add it"
	default:
		return "correct it as OpenAPI 3.0.3 has it"
	}
}

// placeOf follows the chain of an error to the innermost place it names, and strips what
// only names places.
func (r *reader) placeOf(err error, places map[*openapi3.Origin]*node) (*node, error) {
	place, cause := r.root, err
	for e := err; e != nil; e = errors.Unwrap(e) {
		switch wrapper := e.(type) {
		case *openapi3.SectionValidationError:
			place, cause = cmpNode(place.get(wrapper.Section), place), wrapper.Cause
		case *openapi3.PathValidationError:
			place, cause = cmpNode(place.get(wrapper.Path), place), wrapper.Cause
		case *openapi3.OperationValidationError:
			place, cause = cmpNode(place.get(strings.ToLower(wrapper.Method)), place), wrapper.Cause
		case *openapi3.ComponentValidationError:
			place, cause = cmpNode(r.component(wrapper), place), wrapper.Cause
		}
		if origin := originOf(e); origin != nil && places[origin] != nil {
			place = places[origin]
		}
		if undefined, ok := e.(*openapi3.SecurityRequirementSchemeUndefinedError); ok {
			place = cmpNode(r.root.lookup(undefined.JSONPointer), place)
		}
	}
	return place, cause
}

// component finds the component of an error, which names the section in the singular.
func (r *reader) component(e *openapi3.ComponentValidationError) *node {
	components := r.root.get("components")
	if !components.isObject() {
		return nil
	}
	singular := strings.ReplaceAll(strings.ToLower(e.Section), " ", "")
	for _, section := range components.items {
		name := strings.ToLower(section.token)
		if strings.TrimSuffix(name, "s") == singular || strings.TrimSuffix(name, "ies")+"y" == singular {
			return section.get(e.Name)
		}
	}
	return nil
}

func cmpNode(n, otherwise *node) *node {
	if n != nil {
		return n
	}
	return otherwise
}

// originOf is the Origin field that most of the library's errors have.
func originOf(err error) *openapi3.Origin {
	v := reflect.ValueOf(err)
	if v.Kind() != reflect.Pointer || v.IsNil() || v.Elem().Kind() != reflect.Struct {
		return nil
	}
	field := v.Elem().FieldByName("Origin")
	if !field.IsValid() {
		return nil
	}
	origin, _ := field.Interface().(*openapi3.Origin)
	return origin
}

// lostMember says that a member of n was left out: what the library misses there is
// reported already.
func (r *reader) lostMember(n *node) bool {
	return slices.ContainsFunc(n.items, func(item *node) bool { return r.broken[item] })
}
