package main

import (
	"fmt"
	"net/http"
	"net/url"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/tenantstack/tenantstack/functions/internal/rest/resttest"
)

func TestPhoto(t *testing.T) {
	each(t, func(t *testing.T, a *app) {
		k := a.create()
		a.call("kittenPhotoGet", path(k.ID)).Problem(t, http.StatusNotFound)

		var up photoUpload
		a.call("kittenPhotoPost", path(k.ID)).Want(t, http.StatusCreated).Decode(t, &up)
		u, err := url.Parse(up.URL)
		if err != nil {
			t.Fatal(err)
		}
		if prefix := "/uploads/12345/" + k.ID + "/"; !strings.HasPrefix(u.Path, prefix) || !uuid4.MatchString(strings.TrimPrefix(u.Path, prefix)) {
			t.Errorf("path %s, want a random name below %s", u.Path, prefix)
		}
		if got := u.Query().Get("X-Amz-SignedHeaders"); got != "content-length;content-type;host;if-none-match;x-amz-checksum-sha256" {
			t.Errorf("signed headers %s", got)
		}
		if up.Method != "PUT" || up.Headers["Content-Length"] != "48213" || up.Headers["Content-Type"] != "image/webp" ||
			up.Headers["If-None-Match"] != "*" || !up.ExpiresAt.Equal(a.Now().Truncate(time.Second).Add(5*time.Minute)) {
			t.Errorf("upload %+v, want the request as it was announced, for 5 minutes", up)
		}

		r := a.call("kittenGet", path(k.ID)).Want(t, http.StatusOK)
		m := members(t, r.Body)
		p, _ := m["photo"].(map[string]any)
		if m["version"] != 2.0 || p["status"] != "pending" || p["size"] != 48213.0 || len(p) != 4 {
			t.Errorf("kitten %s, want version 2 with a pending photo and no key", r.Body)
		}

		var down photoDownload
		a.call("kittenPhotoGet", path(k.ID)).Want(t, http.StatusOK).Decode(t, &down)
		d, err := url.Parse(down.URL)
		if err != nil || d.Path != u.Path || d.Query().Get("response-content-type") != "image/webp" || d.Query().Get("X-Amz-Expires") != "300" {
			t.Errorf("download %s, %v, want the uploaded object as image/webp", down.URL, err)
		}
		if down.ContentType != "image/webp" || down.Size != 48213 || down.SHA256 != "47DEQpj8HBSa+/TImW+5JCeuQeRkm5NMpJWZG3hSuFU=" {
			t.Errorf("download %+v, want what was announced", down)
		}

		// Replacing the kitten keeps the photo.
		a.call("kittenPut", path(k.ID), header("If-Match", `"2"`)).Want(t, http.StatusOK)
		a.call("kittenPhotoGet", path(k.ID)).Want(t, http.StatusOK)
	})
}

func TestPhotoFaults(t *testing.T) {
	a := newApp(t, 1, nil)
	k := a.create()
	const digest = "47DEQpj8HBSa+/TImW+5JCeuQeRkm5NMpJWZG3hSuFU="
	for name, test := range map[string]struct {
		kind, size, sha256 string
		status             int
	}{
		"largest":           {"image/png", "10485760", digest, 201},
		"too large":         {"image/png", "10485761", digest, 413},
		"much too large":    {"image/png", "1e15", digest, 413},
		"beyond integers":   {"image/png", "1e300", digest, 400},
		"empty":             {"image/png", "0", digest, 400},
		"negative":          {"image/png", "-1", digest, 400},
		"fraction":          {"image/png", "1.5", digest, 400},
		"script":            {"image/svg+xml", "1", digest, 400},
		"HTML":              {"text/html", "1", digest, 400},
		"type parameter":    {"image/png; x=y", "1", digest, 400},
		"header injection":  {`image/png\r\nx-amz-acl: public-read`, "1", digest, 400},
		"hexadecimal":       {"image/png", "1", strings.Repeat("ab", 32), 400},
		"URL alphabet":      {"image/png", "1", strings.ReplaceAll(strings.ReplaceAll(digest, "+", "-"), "/", "_"), 400},
		"short digest":      {"image/png", "1", digest[4:], 400},
		"spare bits":        {"image/png", "1", digest[:42] + "V=", 400},
		"too large, faulty": {"text/html", "10485761", digest, 400},
	} {
		t.Run(name, func(t *testing.T) {
			text := fmt.Sprintf(`{"contentType":"%s","size":%s,"sha256":"%s"}`, test.kind, test.size, test.sha256)
			a.call("kittenPhotoPost", path(k.ID), body(t, text)).Want(t, test.status)
		})
	}
	row, err := a.kittens.Get(t.Context(), k.ID)
	if err != nil || row.Version != 2 || row.Photo.Size != 10485760 {
		t.Errorf("kitten %+v, %v, want only the accepted photo", row, err)
	}
}

// Announcing a photo takes turns with other changes: none is lost.
func TestPhotoBesideOtherChanges(t *testing.T) {
	const times = 4
	a := newApp(t, 1, nil)
	k := a.create()
	photos, puts := a.Start(t, "kittenPhotoPost"), a.Start(t, "kittenPut")
	var all sync.WaitGroup
	var announced, renamed int
	all.Go(func() {
		for range times {
			r := resttest.Invoke(t, photos, resttest.Load(t, "testdata/kittenPhotoPost.json").Path("kittenId", k.ID))
			if r.Status == http.StatusCreated {
				announced++
			} else if r.Status != http.StatusConflict {
				t.Errorf("photo: status %d: %s", r.Status, r.Body)
			}
		}
	})
	all.Go(func() {
		version := `"1"`
		for range times {
			r := resttest.Invoke(t, puts, resttest.Load(t, "testdata/kittenPut.json").Path("kittenId", k.ID).Header("If-Match", version))
			if r.Status == http.StatusOK {
				renamed++
			} else if r.Status != http.StatusPreconditionFailed {
				t.Errorf("put: status %d: %s", r.Status, r.Body)
			}
			version = r.Header["ETag"]
		}
	})
	all.Wait()
	row, err := a.kittens.Get(t.Context(), k.ID)
	if want := int64(1 + announced + renamed); err != nil || row.Version != want || announced == 0 || row.Photo == nil {
		t.Errorf("kitten %+v, %v, want version %d and a photo", row, err, want)
	}
}

// A row that names another account's object is never signed.
func TestForeignPhotoKey(t *testing.T) {
	a := newApp(t, 1, nil)
	k := a.create()
	for i, key := range []string{"uploads/99999/k/p", "uploads/12345/../99999/p", ""} {
		k.Photo = &photo{Key: key, Status: pending, ContentType: "image/png", Size: 1}
		if _, err := a.kittens.Replace(t.Context(), k.ID, int64(i+1), k); err != nil {
			t.Fatal(err)
		}
		a.call("kittenPhotoGet", path(k.ID)).Problem(t, http.StatusInternalServerError)
	}
}
