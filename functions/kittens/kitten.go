package main

import (
	"regexp"
	"strings"
	"time"
	"unicode"

	"github.com/tenantstack/tenantstack/functions/internal/rest"
	"github.com/tenantstack/tenantstack/functions/internal/store"
)

// table of the kittens.
var table = store.Schema{Table: "kittens", SortKey: "kittenId", Sharded: true}

// kitten is a row, and the contract's Kitten.
type kitten struct {
	ID          string    `dynamodbav:"kittenId" json:"kittenId"`
	Name        string    `dynamodbav:"name" json:"name"`
	Breed       string    `dynamodbav:"breed" json:"breed"`
	BirthDate   string    `dynamodbav:"birthDate" json:"birthDate"`
	Description string    `dynamodbav:"description,omitempty" json:"description,omitempty"`
	Photo       *photo    `dynamodbav:"photo,omitempty" json:"photo,omitempty"`
	Replacement *photo    `dynamodbav:"replacement,omitempty" json:"replacement,omitempty"`
	Version     int64     `dynamodbav:"version" json:"version"`
	CreatedAt   time.Time `dynamodbav:"createdAt" json:"createdAt"`
	UpdatedAt   time.Time `dynamodbav:"updatedAt" json:"updatedAt"`
}

var breedID = regexp.MustCompile(`^[a-z][a-z0-9-]*$`)

// read sets what a caller decides about a kitten from the body, the contract's KittenInput.
// An empty description is the same as none. That the breed exists is not demanded:
// breeds come and go without the kittens.
func (k *kitten) read(in *rest.Input) {
	body := in.Body()
	k.Name = body.String("name", rest.Length(1, 80), oneLine)
	k.Breed = body.String("breed", rest.Length(1, 40), rest.Pattern(breedID, "small letters, digits and hyphens, beginning with a letter"))
	k.BirthDate = body.String("birthDate", rest.Date)
	k.Description = body.OptionalString("description", rest.Length(0, 4000))
}

// oneLine is the contract's pattern ^\S(.*\S)?$ as JSON Schema reads it, with ECMA-262's
// meaning of white space and of line terminators, which is not that of Go's regular expressions.
func oneLine(text string) string {
	if strings.ContainsAny(text, "\n\r\u2028\u2029") || strings.TrimFunc(text, whiteSpace) != text {
		return "must be one line without space at its ends"
	}
	return ""
}

// whiteSpace is ECMA-262's (section 12.2).
func whiteSpace(r rune) bool {
	return r == '\t' || r == '\v' || r == '\f' || r == '\ufeff' || unicode.Is(unicode.Zs, r)
}

// kittenID is the path parameter.
func kittenID(in *rest.Input) string { return in.Path("kittenId", rest.UUID) }
