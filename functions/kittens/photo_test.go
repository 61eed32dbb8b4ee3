package main

import (
	"fmt"
	"net/http"
	"net/url"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

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
		if want := "/kittens-uploads/uploads/12345/incoming/" + k.ID + "/" + up.ID; u.Path != want || !uuid4.MatchString(up.ID) {
			t.Errorf("path %s with id %s, want %s and a random id", u.Path, up.ID, want)
		}
		if got := u.Query().Get("X-Amz-SignedHeaders"); got != "content-length;content-type;host;if-none-match;x-amz-checksum-sha256" {
			t.Errorf("signed headers %s", got)
		}
		expires := a.Now().Truncate(time.Second).Add(5 * time.Minute)
		if up.Method != "PUT" || up.Headers["Content-Length"] != "48213" || up.Headers["Content-Type"] != "image/webp" ||
			up.Headers["If-None-Match"] != "*" || !up.ExpiresAt.Equal(expires) {
			t.Errorf("upload %+v, want the request as it was announced, for 5 minutes", up)
		}

		r := a.call("kittenGet", path(k.ID)).Want(t, http.StatusOK)
		m := members(t, r.Body)
		want := map[string]any{"photoId": up.ID, "status": "pending", "contentType": "image/webp", "size": 48213.0,
			"sha256": "47DEQpj8HBSa+/TImW+5JCeuQeRkm5NMpJWZG3hSuFU=", "expiresAt": expires.Format(time.RFC3339)}
		if diff := cmp.Diff(want, m["photo"]); m["version"] != 2.0 || diff != "" {
			t.Errorf("version %v, want 2; photo (-want +got):\n%s", m["version"], diff)
		}
		if p := a.call("kittenPhotoGet", path(k.ID)).Problem(t, http.StatusNotFound); p.Detail != "The photo of the kitten is pending." {
			t.Errorf("detail %q, want that the photo is pending", p.Detail)
		}

		// Replacing the kitten keeps the photo.
		a.call("kittenPut", path(k.ID), header("If-Match", `"2"`)).Want(t, http.StatusOK)
		if row, err := a.kittens.Get(t.Context(), k.ID); err != nil || row.Photo == nil || row.Photo.ID != up.ID {
			t.Errorf("kitten %+v, %v, want the photo that was announced", row, err)
		}
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

// A row with ids that are none never leads to another key.
func TestForeignPhotoID(t *testing.T) {
	a := newApp(t, 1, nil)
	k := a.create()
	for i, id := range []string{"../../99999/photos/k/p", "a/b", "", "ü"} {
		k.Photo = &photo{ID: id, Status: stored, ContentType: "image/png", Size: 1}
		if _, err := a.kittens.Replace(t.Context(), k.ID, int64(i+1), k); err != nil {
			t.Fatal(err)
		}
		a.call("kittenPhotoGet", path(k.ID)).Problem(t, http.StatusInternalServerError)
	}
}
