package main

import (
	"image/color"
	"net/http"
	"net/http/httptest"
	"net/http/httputil"
	"net/url"
	"os"
	"slices"
	"strings"
	"sync/atomic"
	"testing"
	"time"
)

// requests notes what the bucket is asked for from now on.
func (a *app) requests() *[]string {
	asked := &[]string{}
	a.bucket.Fail(func(method, key string) int {
		*asked = append(*asked, method+" "+strings.TrimPrefix(key, "uploads/12345/"))
		return 0
	})
	return asked
}

// leave stores what an attempt stored that ended before it linked the photo.
func (a *app) leave(kittenID, incoming string) (photoID string) {
	id := incoming[strings.LastIndex(incoming, "/")+1:]
	for _, key := range photoKeys(kittenID, id) {
		a.bucket.Put(key, "image/jpeg", []byte("x"))
	}
	return id
}

// begin counts an attempt that ends its process.
func (a *app) begin(kittenID, photoID string) {
	a.t.Helper()
	r := receiver{kittens: a.kittens, now: a.Now}
	if err := r.settle(a.t.Context(), kittenID, photoID, func(k *kitten) error { return k.announced(photoID).begin(a.Now()) }); err != nil {
		a.t.Fatal(err)
	}
}

// loseAnswer makes functions that start from now on get an error for the first call of an action that DynamoDB
// has carried out.
func (a *app) loseAnswer(action string) {
	a.t.Helper()
	table, err := url.Parse(os.Getenv("AWS_ENDPOINT_URL_DYNAMODB"))
	if err != nil {
		a.t.Fatal(err)
	}
	var lost atomic.Bool
	proxy := &httputil.ReverseProxy{Rewrite: func(r *httputil.ProxyRequest) { r.SetURL(table) }}
	proxy.ModifyResponse = func(r *http.Response) error {
		if strings.HasSuffix(r.Request.Header.Get("X-Amz-Target"), "."+action) && !lost.Swap(true) {
			r.StatusCode = http.StatusInternalServerError
		}
		return nil
	}
	server := httptest.NewServer(proxy)
	a.t.Cleanup(server.Close)
	a.t.Setenv("AWS_ENDPOINT_URL_DYNAMODB", server.URL)
	a.t.Cleanup(func() {
		if !lost.Load() {
			a.t.Errorf("no answer of %s was lost", action)
		}
	})
}

// A file that ends whoever works on it is rejected with the third attempt, and nothing is left of it.
func TestPhotoOfThatProcessesDie(t *testing.T) {
	a := newApp(t, 1, nil)
	k := a.create()
	key := a.send(k.ID, "image/png", tile(t, color.White))
	id := a.leave(k.ID, key)
	for _, wait := range []time.Duration{time.Minute, 2 * time.Minute} {
		a.begin(k.ID, id)
		a.Pass(wait)
	}
	asked := a.requests()
	a.receive(key)
	if p := a.read(k.ID).Photo; p.Status != rejected || p.Reason != "The picture could not be processed." || p.ExpiresAt != nil {
		t.Errorf("photo %+v, want it rejected", p)
	}
	if slices.ContainsFunc(*asked, func(request string) bool { return !strings.HasPrefix(request, http.MethodDelete) }) || len(a.bucket.Keys()) != 0 {
		t.Errorf("asked for %v, left %v, want everything removed and nothing read", *asked, a.bucket.Keys())
	}
	if row, err := a.kittens.Get(t.Context(), k.ID); err != nil || len(row.Photo.Attempts) != 0 {
		t.Errorf("kitten %+v, %v, want no attempts of a photo that is rejected", row, err)
	}
}

// An attempt that failed is followed by another one, and a photo that cannot be fetched does not stay pending.
func TestPhotoAttempts(t *testing.T) {
	a := newApp(t, 1, nil)
	k := a.create()
	key := a.send(k.ID, "image/png", tile(t, color.White))
	failing := func(method, key string) int {
		if method == http.MethodGet {
			return http.StatusBadRequest
		}
		return 0
	}
	a.bucket.Fail(failing)
	for range 3 { // as S3 may tell of one object
		if err := a.tell(key); err == nil {
			t.Error("the file cannot be read: no error")
		}
	}
	a.Pass(time.Minute)
	a.bucket.Fail(nil)
	a.receive(key)
	row, err := a.kittens.Get(t.Context(), k.ID)
	if err != nil || row.Photo.Status != stored || len(row.Photo.Attempts) != 0 {
		t.Errorf("kitten %+v, %v, want the photo stored", row, err)
	}

	key = a.send(k.ID, "image/png", tile(t, color.Black))
	a.bucket.Fail(failing)
	for range maxAttempts {
		if err := a.tell(key); err == nil {
			t.Error("the file cannot be read: no error")
		}
		if p := a.read(k.ID).Replacement; p.Status != pending {
			t.Errorf("replacement %+v, want it pending", p)
		}
		a.Pass(time.Minute)
	}
	a.receive(key)
	if row := a.read(k.ID); row.Photo.Status != stored || row.Replacement.Status != rejected {
		t.Errorf("photo %+v, replacement %+v, want the replacement rejected", row.Photo, row.Replacement)
	}
}

// What an attempt stored before its photo was superseded, rejected or lost its kitten is removed with the next.
func TestPhotoLeftByAnEarlierAttempt(t *testing.T) {
	for name, change := range map[string]func(a *app, k kitten){
		"superseded": func(a *app, k kitten) { a.send(k.ID, "image/png", tile(t, color.Black)) },
		"kitten gone": func(a *app, k kitten) {
			a.call("kittenDelete", path(k.ID), header("If-Match", `"2"`)).Want(t, http.StatusNoContent)
		},
		"rejected": func(a *app, k kitten) {
			row, err := a.kittens.Get(t.Context(), k.ID)
			if err == nil {
				row.Photo.Status = rejected
				_, err = a.kittens.Replace(t.Context(), k.ID, row.Version, row)
			}
			if err != nil {
				t.Fatal(err)
			}
		},
	} {
		t.Run(name, func(t *testing.T) {
			a := newApp(t, 1, nil)
			k := a.create()
			key := a.send(k.ID, "image/png", tile(t, color.White))
			a.leave(k.ID, key)
			change(a, k)
			photos := func(key string) bool { return strings.Contains(key, "/photos/") }
			a.bucket.Fail(func(method, key string) int {
				if method == http.MethodDelete && photos(key) {
					return http.StatusBadRequest
				}
				return 0
			})
			if err := a.tell(key); err == nil {
				t.Error("the photo cannot be removed: no error")
			}
			asked := a.requests()
			a.receive(key)
			if left := a.bucket.Keys(); slices.ContainsFunc(left, photos) || slices.Contains(left, key) {
				t.Errorf("objects %v are left", left)
			}
			if slices.ContainsFunc(*asked, func(request string) bool { return !strings.HasPrefix(request, http.MethodDelete) }) {
				t.Errorf("asked for %v, want only deletions", *asked)
			}
		})
	}
}

// A file that is sent again within the minutes of its signature, after the first one was dealt with, is removed and not read.
func TestPhotoSentAgain(t *testing.T) {
	for name, file := range map[string][]byte{"stored": tile(t, color.White), "rejected": []byte("<svg/>")} {
		a := newApp(t, 1, nil)
		k := a.create()
		key := a.send(k.ID, "image/png", file)
		a.receive(key)
		before, kept := a.read(k.ID), a.bucket.Keys()
		a.bucket.Put(key, "image/png", file)
		asked := a.requests()
		a.receive(key)
		if after := a.read(k.ID); after.Version != before.Version || after.Photo.Status != name {
			t.Errorf("%s: kitten %+v, want it unchanged", name, after)
		}
		if !slices.Equal(a.bucket.Keys(), kept) || slices.ContainsFunc(*asked, func(request string) bool { return !strings.HasPrefix(request, http.MethodDelete) }) {
			t.Errorf("%s: asked for %v, left %v, want only deletions and %v", name, *asked, a.bucket.Keys(), kept)
		}
	}
}

// A kitten is removed with its photo also when the answer of the table was lost and the SDK deletes once more.
func TestDeleteWhoseAnswerIsLost(t *testing.T) {
	a := newApp(t, 1, nil)
	k := a.create()
	a.receive(a.send(k.ID, "image/png", tile(t, color.White)))
	k = a.read(k.ID)
	a.loseAnswer("DeleteItem")
	a.call("kittenDelete", path(k.ID), header("If-Match", `"4"`)).Want(t, http.StatusNoContent)
	if left := a.bucket.Keys(); len(left) != 0 {
		t.Errorf("objects %v are left of a kitten that was removed", left)
	}
	a.call("kittenDelete", path(k.ID), header("If-Match", `"4"`)).Problem(t, http.StatusNotFound)
	other := a.create()
	a.call("kittenDelete", path(other.ID), header("If-Match", `"2"`)).Problem(t, http.StatusPreconditionFailed)
}
