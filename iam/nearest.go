package iam

import "strings"

// ReferenceDate is the date of the Service Authorization Reference that this package knows,
// such as 2026-09-26.
func ReferenceDate() string {
	for line := range strings.Lines(referenceText) {
		if !strings.HasPrefix(line, "#") {
			break
		}
		if _, date, ok := strings.Cut(line, "Date of the data: "); ok {
			return strings.TrimSpace(date)
		}
	}
	return ""
}

// NearestKey is the condition key that was probably meant by one that does not exist, empty
// if none is near.
func NearestKey(key string) string {
	flat := strings.ToLower(strings.Join(strings.Fields(key), ""))
	if spec, ok := LookupKey(flat); ok && !strings.Contains(spec.Name, "${") {
		return spec.Name
	}
	names := make([]string, 0, 256)
	for _, spec := range globalKeys {
		names = append(names, spec.Name)
	}
	prefix, _, _ := strings.Cut(flat, ":")
	if service, ok := referenceServices().described[prefix]; ok {
		for _, spec := range service.parsed().keys {
			names = append(names, spec.Name)
		}
	}
	return nearest(flat, names)
}

// NearestAction is the action that was probably meant by one that does not exist, empty if
// none is near.
func NearestAction(action string) string {
	flat := strings.ToLower(strings.Join(strings.Fields(action), ""))
	service, _, _ := strings.Cut(flat, ":")
	return nearest(flat, actionNames(service))
}

// actionNames are the actions of a service as policies name them.
func actionNames(service string) []string {
	var names []string
	for _, a := range ExpandAction(service + ":*") {
		names = append(names, a.String())
	}
	return names
}

// nearest is the name with the fewest edits, three at most and fewer for a short name.
func nearest(flat string, names []string) string {
	return nearestWithin(flat, names, min(3, len(flat)/4))
}

// nearestWithin is the name with the fewest edits, limit at most; the first of equals.
func nearestWithin(flat string, names []string, limit int) string {
	best, fewest := "", limit+1
	for _, name := range names {
		if d := edits(flat, strings.ToLower(name), fewest); d < fewest {
			best, fewest = name, d
		}
	}
	return best
}

// edits is the Levenshtein distance of a and b; limit or more if it is at least that.
func edits(a, b string, limit int) int {
	if len(a)-len(b) >= limit || len(b)-len(a) >= limit {
		return limit
	}
	row := make([]int, len(b)+1)
	for j := range row {
		row[j] = j
	}
	for i := range len(a) {
		diagonal := row[0]
		row[0] = i + 1
		for j := range len(b) {
			cost := 1
			if a[i] == b[j] {
				cost = 0
			}
			diagonal, row[j+1] = row[j+1], min(row[j+1]+1, row[j]+1, diagonal+cost)
		}
	}
	return row[len(b)]
}
