package rest

import (
	"fmt"
	"regexp"
	"slices"
	"strings"
	"time"
	"unicode/utf8"
)

// Rule says what is wrong with a text: words that follow its name, or nothing.
type Rule func(text string) string

// Length bounds the number of Unicode code points, as minLength and maxLength do.
func Length(least, most int) Rule {
	return func(text string) string {
		if n := utf8.RuneCountInString(text); n < least || n > most {
			return fmt.Sprintf("must have %d to %d characters", least, most)
		}
		return ""
	}
}

// Pattern demands that re matches; what says in words what it matches.
func Pattern(re *regexp.Regexp, what string) Rule {
	return func(text string) string {
		if !re.MatchString(text) {
			return "must be " + what
		}
		return ""
	}
}

// OneOf lists all values.
func OneOf(values ...string) Rule {
	return func(text string) string {
		if !slices.Contains(values, text) {
			return "must be one of " + strings.Join(values, ", ")
		}
		return ""
	}
}

var uuid = regexp.MustCompile(`^[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}$`)

// UUID demands a UUID in lower case, the one way in which ids are written.
func UUID(text string) string {
	if !uuid.MatchString(text) {
		return "must be a UUID in lower case"
	}
	return ""
}

// Date demands a full-date of RFC 3339 that exists.
func Date(text string) string {
	if _, err := time.Parse(time.DateOnly, text); err != nil {
		return "must be a date such as 2024-02-29"
	}
	return ""
}
