package bundle

import (
	"path/filepath"
	"strings"
	"testing"
)

func TestCheck(t *testing.T) {
	dir := t.TempDir()
	for name, content := range map[string]string{
		"kittens/main.go":  imports + "var _ = rest.Handle(\"kittenGet\", nil)\n\nvar _ = rest.Handle(\"kittensGett\", nil)\n\nfunc main() { rest.Main() }\n",
		"admin/main.go":    imports + "var _ = rest.Handle(\"breedsGet\", nil)\n\nfunc main() { rest.Main() }\n",
		"breeds/main.go":   "package main\n\nfunc main() {}\n",
		"library/a.go":     "package library\n",
		"events/main.go":   imports + "var _ = rest.HandleEvent(\"sent\", nil)\nvar _ = rest.Handle(\"asked\", nil)\n",
		"dynamic/main.go":  imports + "var _ = rest.Handle(rest.ID, nil)\n",
		"repeated/main.go": imports + "var _ = rest.Handle(\"a\", nil)\nvar _ = rest.Handle(\"a\", nil)\n",
	} {
		write(t, filepath.Join(dir, "functions", name), content)
	}
	tests := []struct {
		name string
		want []Want
		errs []string
	}{
		{name: "implemented", want: []Want{{Package: "kittens", OperationID: "kittenGet", Where: "GET /kittens/{kittenId}"}, {Package: "admin", OperationID: "breedsGet", Where: "GET /breeds"}}},
		{name: "nothing"},
		{name: "misspelt", want: []Want{{Package: "kittens", OperationID: "kittensGet", Where: "GET /kittens"}, {Package: "kittens", OperationID: "kittenGet", Where: "GET /kittens/{kittenId}"}}, errs: []string{
			`GET /kittens: functions/kittens does not implement kittensGet; it implements kittenGet, kittensGett; did you mean kittensGett at functions/kittens/main.go:7?; add var _ = rest.Handle("kittensGet", …) to the package`,
		}},
		{name: "all at once", want: []Want{
			{Package: "kittens", OperationID: "photoDelete", Where: "DELETE /kittens/{kittenId}/photo"},
			{Package: "kitten", OperationID: "kittenPut", Where: "PUT /kittens/{kittenId}"},
			{Package: "breeds", OperationID: "breedsGet", Where: "GET /breeds"},
			{Package: "library", OperationID: "libraryGet", Where: "GET /library"},
			{Package: "../kittens", OperationID: "a", Where: "GET /a"},
			{Package: "nothing", OperationID: "b", Where: "GET /b"},
		}, errs: []string{
			`DELETE /kittens/{kittenId}/photo: functions/kittens does not implement photoDelete; it implements kittenGet, kittensGett; add var _ = rest.Handle("photoDelete", …) to the package`,
			`PUT /kittens/{kittenId}: functions/kitten does not exist (did you mean functions/kittens?): create it with a package main that declares var _ = rest.Handle("kittenPut", …)`,
			`GET /breeds: functions/breeds does not implement breedsGet; it implements no operation; functions/admin implements it at functions/admin/main.go:5: is x-function.package to be admin?; add var _ = rest.Handle("breedsGet", …) to the package`,
			`GET /library: functions/library has no package main: add a main.go whose main calls rest.Main, and declare var _ = rest.Handle("libraryGet", …)`,
			`GET /a: package "../kittens" is not the name of a folder of functions that can hold one`,
			`GET /b: functions/nothing does not exist: create it`,
		}},
		{name: "events", want: []Want{
			{Package: "events", OperationID: "sent", Where: "event sent", Event: true}, {Package: "events", OperationID: "came", Where: "event came", Event: true},
			{Package: "events", OperationID: "asked", Where: "event asked", Event: true}, {Package: "events", OperationID: "sent", Where: "GET /sent"},
		}, errs: []string{
			`event came: functions/events does not implement came; it implements asked, sent; add var _ = rest.HandleEvent("came", …) to the package`,
			`event asked: functions/events registers asked at functions/events/main.go:6 for the other kind of function: write var _ = rest.HandleEvent("asked", …) there`,
			`GET /sent: functions/events registers sent at functions/events/main.go:5 for the other kind of function: write var _ = rest.Handle("sent", …) there`,
		}},
		{name: "unreadable registrations are told once", want: []Want{
			{Package: "dynamic", OperationID: "a", Where: "GET /a"}, {Package: "dynamic", OperationID: "b", Where: "GET /b"}, {Package: "repeated", OperationID: "a", Where: "GET /c"},
		}, errs: []string{
			"reading the operations of functions/dynamic: functions/dynamic/main.go:5: rest.Handle has the operation id rest.ID",
			"reading the operations of functions/repeated: functions/repeated/main.go:6: operation a is already registered at functions/repeated/main.go:5",
		}},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) { checkErrors(t, Check(dir, test.want), test.errs) })
	}
	if err := Check(t.TempDir(), []Want{{Package: "kittens", OperationID: "kittensGet", Where: "GET /kittens"}}); err == nil ||
		!strings.Contains(err.Error(), "functions/kittens does not exist (the module has no folder functions)") {
		t.Errorf("without functions: %v", err)
	}
}

func TestNearest(t *testing.T) {
	tests := []struct {
		name       string
		candidates []string
		want       int
	}{
		{"kittensGet", []string{"kittensPost", "kittensget", "kitensGet"}, 1},
		{"a", []string{"b"}, 0},
		{"ab", []string{"xy"}, -1},
		{"kittens", nil, -1},
		{"", []string{"a", ""}, 1},
		{"photoDelete", []string{"photoGet", "kittenGet"}, -1},
	}
	for _, test := range tests {
		if got := nearest(test.name, test.candidates); got != test.want {
			t.Errorf("nearest(%q, %q) = %d, want %d", test.name, test.candidates, got, test.want)
		}
	}
}
