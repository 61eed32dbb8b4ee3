package tenant

import (
	"fmt"
	"strings"
	"unicode/utf8"
)

// MaxFileSize is how large a tenants.yaml may be, in bytes.
const MaxFileSize = 8 << 20

const (
	byteOrderMark = "\ufeff"
	// What the YAML lexer spends on these is quadratic in their length.
	maxBlankLines = 100
	maxAngles     = 100
)

var lineBreaks = strings.NewReplacer("\r\n", "\n", "\r", "\n")

// normalize turns the bytes of a file into text that the lexer takes, line for line
// and character for character, and reports what no tenants.yaml may hold. Refused
// characters and tabs become one space, so that the rest of the file is still read.
// It returns the places of tabs, for whether these are wrong depends on what they are
// part of, and false when nothing more can be said about the file.
func (r *report) normalize(data []byte) (text string, tabs []span, ok bool) {
	if len(data) > MaxFileSize {
		r.add(span{1, 1, 1}, "", fmt.Sprintf("the file is larger than %d MiB", MaxFileSize>>20),
			"check that this is the right file")
		return "", nil, false
	}
	// The conversion makes every byte that is not UTF-8 one U+FFFD.
	text = lineBreaks.Replace(string([]rune(string(data))))
	valid := utf8.Valid(data)
	marked := strings.HasPrefix(text, byteOrderMark)
	text = strings.TrimSuffix(strings.TrimPrefix(text, byteOrderMark), "\n")
	r.lines = strings.Split(text, "\n")
	for i, line := range r.lines {
		cleaned, places, bad := cleanLine(i+1, line)
		r.lines[i] = cleaned
		tabs = append(tabs, places...)
		if bad != nil && valid {
			r.add(*bad, "", fmt.Sprintf("character %U is not allowed in YAML text", []rune(line)[bad.column-1]),
				"delete it, or write it as an escape in double quotes")
		}
	}
	if marked {
		r.add(span{1, 1, 1}, "", "the file begins with a byte order mark (U+FEFF)", "save it as UTF-8 without a byte order mark")
	}
	if !valid {
		r.addEncoding(data)
		return "", nil, false
	}
	return strings.Join(r.lines, "\n") + "\n", tabs, r.checkLines()
}

// addEncoding reports the first byte that is not UTF-8.
func (r *report) addEncoding(data []byte) {
	i := 0
	for n := 0; ; i += n {
		var c rune
		if c, n = utf8.DecodeRune(data[i:]); c == utf8.RuneError && n == 1 {
			break
		}
	}
	message := fmt.Sprintf("byte 0x%02x is not UTF-8", data[i])
	if i == 0 && len(data) > 1 && (data[0] == 0xff && data[1] == 0xfe || data[0] == 0xfe && data[1] == 0xff) {
		message = "the file is UTF-16"
	}
	before := lineBreaks.Replace(strings.TrimPrefix(string(data[:i]), byteOrderMark))
	start := strings.LastIndexByte(before, '\n') + 1
	r.add(span{strings.Count(before, "\n") + 1, utf8.RuneCountInString(before[start:]) + 1, 1}, "", message, "save the file as UTF-8")
}

// cleanLine replaces tabs and refused characters by spaces. It returns the places of
// runs of tabs and of the first refused character.
func cleanLine(number int, line string) (clean string, tabs []span, bad *span) {
	if !strings.ContainsFunc(line, func(c rune) bool { return c == '\t' || refused(c) }) {
		return line, nil, nil
	}
	text := []rune(line)
	for i, c := range text {
		switch {
		case c == '\t':
			if n := len(tabs); n > 0 && tabs[n-1].column+tabs[n-1].width == i+1 {
				tabs[n-1].width++
			} else {
				tabs = append(tabs, span{number, i + 1, 1})
			}
			text[i] = ' '
		case refused(c):
			if bad == nil {
				bad = &span{number, i + 1, 1}
			}
			text[i] = ' '
		}
	}
	return string(text), tabs, bad
}

// refused says that a character is outside of what YAML 1.2.2 section 5.1 allows, or is a
// line break to YAML 1.1 alone, so that two readers would see different lines.
func refused(c rune) bool {
	switch {
	case c == '\t', c == '\n':
		return false
	case c < ' ', c >= 0x7f && c <= 0x9f, c == 0x2028, c == 0x2029, c == 0xfeff, c == 0xfffe, c == 0xffff:
		return true
	}
	return false
}

// checkLines reports what must not reach the lexer.
func (r *report) checkLines() bool {
	ok, blank := true, 0
	for i, line := range r.lines {
		blank++
		if strings.TrimSpace(line) != "" {
			blank = 0
		}
		switch {
		case strings.HasPrefix(line, "<<<<<<< "):
			r.add(span{i + 1, 1, len(line)}, "", "a merge conflict begins here", "keep one side, and delete the lines that begin with <<<<<<<, ======= and >>>>>>>")
			ok = false
		case strings.Contains(line, strings.Repeat("<", maxAngles)):
			r.add(span{i + 1, strings.Index(line, "<") + 1, maxAngles}, "", fmt.Sprintf("%d or more < stand in a row", maxAngles), "delete them")
			return false
		case blank > maxBlankLines:
			r.add(span{i + 1, 1, 1}, "", fmt.Sprintf("more than %d empty lines stand in a row", maxBlankLines), "delete some")
			return false
		}
	}
	return ok
}
