package main

import (
	"fmt"
	"net/http"
	"regexp"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/tenantstack/tenantstack/functions/internal/rest/resttest"
)

var uuid4 = regexp.MustCompile(`^[0-9a-f]{8}-[0-9a-f]{4}-4[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}$`)

func TestKittenLifecycle(t *testing.T) {
	each(t, func(t *testing.T, a *app) {
		r := a.call("kittensPost").Want(t, http.StatusCreated)
		m := members(t, r.Body)
		id, _ := m["kittenId"].(string)
		if !uuid4.MatchString(id) || r.Header["Location"] != "/api/kittens/"+id || r.Header["ETag"] != `"1"` {
			t.Errorf("created %s with headers %v, want a UUID, its Location and version 1", r.Body, r.Header)
		}
		want := map[string]any{
			"kittenId": id, "name": "Minka", "breed": "british-shorthair", "birthDate": "2024-01-01", "description": "Sleeps on keyboards.",
			"version": 1.0, "createdAt": "2024-03-05T17:12:44.123Z", "updatedAt": "2024-03-05T17:12:44.123Z",
		}
		if diff := cmp.Diff(want, m); diff != "" {
			t.Errorf("created (-want +got):\n%s", diff)
		}
		r = a.call("kittenGet", path(id)).Want(t, http.StatusOK)
		if diff := cmp.Diff(want, members(t, r.Body)); diff != "" || r.Header["ETag"] != `"1"` {
			t.Errorf("read with ETag %s (-want +got):\n%s", r.Header["ETag"], diff)
		}

		a.Pass(time.Hour)
		r = a.call("kittenPut", path(id), body(t, `{"name":"Max","breed":"siam","birthDate":"2023-12-31"}`)).Want(t, http.StatusOK)
		want = map[string]any{
			"kittenId": id, "name": "Max", "breed": "siam", "birthDate": "2023-12-31",
			"version": 2.0, "createdAt": "2024-03-05T17:12:44.123Z", "updatedAt": "2024-03-05T18:12:44.123Z",
		}
		if diff := cmp.Diff(want, members(t, r.Body)); diff != "" || r.Header["ETag"] != `"2"` {
			t.Errorf("replaced with ETag %s (-want +got):\n%s", r.Header["ETag"], diff)
		}

		r = a.call("kittenDelete", path(id), header("If-Match", `"1"`))
		if r.Problem(t, http.StatusPreconditionFailed); r.Header["ETag"] != `"2"` {
			t.Errorf("ETag of 412 is %s, want the current version", r.Header["ETag"])
		}
		r = a.call("kittenDelete", path(id), header("If-Match", `"2"`)).Want(t, http.StatusNoContent)
		if r.Body != "" || r.Header["Content-Type"] != "" {
			t.Errorf("204 has body %q, content type %q", r.Body, r.Header["Content-Type"])
		}
		a.call("kittenGet", path(id)).Problem(t, http.StatusNotFound)
		a.call("kittenDelete", path(id), header("If-Match", `"2"`)).Problem(t, http.StatusNotFound)
		a.call("kittenPut", path(id), header("If-Match", `"2"`)).Problem(t, http.StatusNotFound)
	})
}

func TestPreconditions(t *testing.T) {
	a := newApp(t, 1, nil)
	k := a.create()
	without := func(e resttest.Event) {
		delete(e["headers"].(map[string]any), "If-Match")
		delete(e["multiValueHeaders"].(map[string]any), "If-Match")
	}
	for _, operation := range []string{"kittenPut", "kittenDelete"} {
		a.call(operation, path(k.ID), without).Problem(t, http.StatusPreconditionRequired)
		a.call(operation, path(k.ID), header("If-Match", "*")).Problem(t, http.StatusBadRequest)
		r := a.call(operation, path(k.ID), header("If-Match", `"2"`))
		if r.Problem(t, http.StatusPreconditionFailed); r.Header["ETag"] != `"1"` {
			t.Errorf("%s: ETag of 412 is %s, want the current version", operation, r.Header["ETag"])
		}
	}
	r := a.call("kittenGet", path(k.ID), header("If-None-Match", `W/"1"`)).Want(t, http.StatusNotModified)
	if r.Body != "" || r.Header["ETag"] != `"1"` {
		t.Errorf("304 has body %q and ETag %s, want none and the version", r.Body, r.Header["ETag"])
	}
	a.call("kittenGet", path(k.ID), header("If-None-Match", `"2"`)).Want(t, http.StatusOK)
}

// Of writers that change the same version one succeeds, and the others are told the new one.
func TestConcurrentPuts(t *testing.T) {
	const writers, rounds = 8, 5
	each(t, func(t *testing.T, a *app) {
		k := a.create()
		f := a.Start(t, "kittenPut")
		for version := 1; version <= rounds; version++ {
			results := make([]resttest.Result, writers)
			var all sync.WaitGroup
			for i := range writers {
				e := resttest.Load(t, "testdata/kittenPut.json").Path("kittenId", k.ID).Header("If-Match", fmt.Sprintf(`"%d"`, version)).
					Body(t, map[string]string{"name": fmt.Sprintf("writer %d", i), "breed": "siam", "birthDate": "2024-01-01"})
				all.Go(func() { results[i] = resttest.Invoke(t, f, e) })
			}
			all.Wait()
			winner := ""
			next := fmt.Sprintf(`"%d"`, version+1)
			for i, r := range results {
				switch {
				case r.Status == http.StatusOK && winner == "":
					winner = fmt.Sprintf("writer %d", i)
				case r.Status != http.StatusPreconditionFailed:
					t.Errorf("version %d, writer %d: status %d: %s", version, i, r.Status, r.Body)
				}
				if r.Header["ETag"] != next {
					t.Errorf("version %d, writer %d: ETag %s, want %s", version, i, r.Header["ETag"], next)
				}
			}
			row, err := a.kittens.Get(t.Context(), k.ID)
			if err != nil || row.Name != winner || row.Version != int64(version+1) {
				t.Fatalf("after version %d: %+v, %v, want %q", version, row, err, winner)
			}
		}
	})
}

func TestKittenFaults(t *testing.T) {
	a := newApp(t, 1, nil)
	valid := map[string]any{"name": "Minka", "breed": "siam", "birthDate": "2024-01-01"}
	const line = "must be one line without space at its ends"
	for name, test := range map[string]struct {
		member string
		value  any
		detail string
	}{
		"empty name":            {"name", "", "must have 1 to 80 characters"},
		"long name":             {"name", strings.Repeat("🐱", 81), "must have 1 to 80 characters"},
		"space":                 {"name", " ", line},
		"space before":          {"name", " Minka", line},
		"no-break space after":  {"name", "Minka\u00a0", line},
		"byte order mark":       {"name", "\ufeffMinka", line},
		"two lines":             {"name", "Min\nka", line},
		"line separator":        {"name", "Min\u2028ka", line},
		"breed in capitals":     {"breed", "Siam", "must be small letters, digits and hyphens, beginning with a letter"},
		"breed with line break": {"breed", "siam\n", "must be small letters, digits and hyphens, beginning with a letter"},
		"long breed":            {"breed", strings.Repeat("a", 41), "must have 1 to 40 characters"},
		"no day":                {"birthDate", "2023-02-29", "must be a date such as 2024-02-29"},
		"time":                  {"birthDate", "2024-01-01T00:00:00Z", "must be a date such as 2024-02-29"},
		"long description":      {"description", strings.Repeat("ä", 4001), "must have 0 to 4000 characters"},
		"no text":               {"description", nil, "must be a string"},
		"version":               {"version", 3, "is not known"},
		"id":                    {"kittenId", "3f0c1f9e-6d1b-4c52-9a57-1d2f8a6b7c01", "is not known"},
		"account":               {"billingAccount", "99999", "is not known"},
		"photo":                 {"photo", map[string]string{"key": "uploads/99999/x/y"}, "is not known"},
	} {
		t.Run(name, func(t *testing.T) {
			input := map[string]any{}
			for member, value := range valid {
				input[member] = value
			}
			input[test.member] = test.value
			for _, operation := range []string{"kittensPost", "kittenPut"} {
				p := a.call(operation, body(t, input)).Problem(t, http.StatusBadRequest)
				if len(p.Errors) != 1 || p.Errors[0].Pointer != "/"+test.member || p.Errors[0].Detail != test.detail {
					t.Errorf("%s: faults %+v, want /%s %s", operation, p.Errors, test.member, test.detail)
				}
			}
		})
	}
	p := a.call("kittensPost", body(t, `{"name":"","breed":"","age":1}`)).Problem(t, http.StatusBadRequest)
	if len(p.Errors) != 4 {
		t.Errorf("faults %+v, want all four", p.Errors)
	}
}

// Whatever the contract allows is data, stored and returned as it is.
func TestHostileTextIsData(t *testing.T) {
	each(t, func(t *testing.T, a *app) {
		for _, text := range []string{
			"<script>alert(1)</script>", "'; DROP TABLE kittens;--", `"}{"`, "nul\x00nul", "\u202eright to left", "🐱" + strings.Repeat("\u0301", 40),
			"${jndi:ldap://x}", "../../etc/passwd", "{{7*7}}", strings.Repeat("🐱", 80), "\\u0000", "ﷺ", "a\u0085b",
		} {
			k := a.create(body(t, map[string]string{"name": text, "breed": "siam", "birthDate": "0000-02-29", "description": text + "\n\t " + text}))
			var got kitten
			a.call("kittenGet", path(k.ID)).Want(t, http.StatusOK).Decode(t, &got)
			if got.Name != text || got.Description != text+"\n\t "+text {
				t.Errorf("%q came back as %q, %q", text, got.Name, got.Description)
			}
		}
	})
}

func TestHostileIDs(t *testing.T) {
	a := newApp(t, 4, nil)
	for _, id := range []string{
		"", ".", "..", "../breeds", "..%2f..%2fadmin", "12345#0", "99999", "3F0C1F9E-6D1B-4C52-9A57-1D2F8A6B7C01",
		"3f0c1f9e-6d1b-4c52-9a57-1d2f8a6b7c01\n", "3f0c1f9e-6d1b-4c52-9a57-1d2f8a6b7c01%00", "{3f0c1f9e6d1b4c529a571d2f8a6b7c01}",
		strings.Repeat("9", 5000), "ünïcödé", "%", "null", "3f0c1f9e-6d1b-4c52-9a57-1d2f8a6b7c01/photo",
	} {
		for _, operation := range []string{"kittenGet", "kittenPut", "kittenDelete", "kittenPhotoPost", "kittenPhotoGet"} {
			a.call(operation, path(id)).Problem(t, http.StatusBadRequest)
		}
	}
	for _, operation := range []string{"kittenGet", "kittenPut", "kittenDelete", "kittenPhotoPost", "kittenPhotoGet"} {
		a.call(operation, path("00000000-0000-0000-0000-000000000000")).Problem(t, http.StatusNotFound)
	}
}

func TestRequestOfAnotherAccount(t *testing.T) {
	a := newApp(t, 1, nil)
	k := a.create()
	for _, operation := range []string{"kittensGet", "kittensPost", "kittenGet", "kittenPut", "kittenDelete", "kittenPhotoPost", "kittenPhotoGet"} {
		a.call(operation, path(k.ID), func(e resttest.Event) {
			e.Context("authorizer", map[string]any{"account": "12346", "principalId": "x"})
		}).Problem(t, http.StatusForbidden)
	}
	if row, err := a.kittens.Get(t.Context(), k.ID); err != nil || row.Version != 1 {
		t.Errorf("the kitten is %+v, %v, want it unchanged", row, err)
	}
}
