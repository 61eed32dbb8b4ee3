package main

import (
	"bytes"
	"crypto/sha256"
	"encoding/base64"
	"encoding/json"
	"fmt"
	"image"
	"image/color"
	"image/png"
	"net/http"
	"net/url"
	"slices"
	"strings"
	"sync"
	"testing"

	"github.com/aws/aws-lambda-go/lambdacontext"
	"github.com/google/go-cmp/cmp"

	"github.com/tenantstack/tenantstack/functions/internal/rest/resttest"
)

// tile is a PNG of one color.
func tile(t testing.TB, c color.Color) []byte {
	t.Helper()
	m := image.NewNRGBA(image.Rect(0, 0, 640, 480))
	for i := range 640 * 480 {
		m.Set(i%640, i/640, c)
	}
	var out bytes.Buffer
	if err := png.Encode(&out, m); err != nil {
		t.Fatal(err)
	}
	return out.Bytes()
}

// send announces a file, stores it as S3 does, and returns its key.
func (a *app) send(kittenID, contentType string, file []byte) string {
	a.t.Helper()
	digest := sha256.Sum256(file)
	var up photoUpload
	a.call("kittenPhotoPost", path(kittenID), body(a.t, map[string]any{
		"contentType": contentType, "size": len(file), "sha256": base64.StdEncoding.EncodeToString(digest[:]),
	})).Want(a.t, http.StatusCreated).Decode(a.t, &up)
	u, err := url.Parse(up.URL)
	if err != nil {
		a.t.Fatal(err)
	}
	key := strings.TrimPrefix(u.Path, "/kittens-uploads/")
	a.bucket.Put(key, contentType, file)
	return key
}

// tell invokes photoUploaded as S3 does for an object.
func (a *app) tell(key string) error {
	a.t.Helper()
	if a.functions["photoUploaded"] == nil {
		a.functions["photoUploaded"] = a.Start(a.t, "photoUploaded")
	}
	e := resttest.Load(a.t, "testdata/photoUploaded.json")
	object := e["Records"].([]any)[0].(map[string]any)["s3"].(map[string]any)["object"].(map[string]any)
	object["key"] = url.QueryEscape(key)
	payload, err := json.Marshal(e)
	if err != nil {
		a.t.Fatal(err)
	}
	ctx := lambdacontext.NewContext(a.t.Context(), &lambdacontext.LambdaContext{AwsRequestID: "8f507cfc-xmpl-4697-b07a-ac58fc914c95"})
	out, err := a.functions["photoUploaded"].Invoke(ctx, payload)
	if len(out) > 0 {
		a.t.Errorf("an event was answered with %s", out)
	}
	return err
}

// receive demands that the file is dealt with.
func (a *app) receive(key string) {
	a.t.Helper()
	if err := a.tell(key); err != nil {
		a.t.Errorf("telling of %s: %v", key, err)
	}
}

// read is a kitten as the API shows it.
func (a *app) read(id string) kitten {
	a.t.Helper()
	var k kitten
	a.call("kittenGet", path(id)).Want(a.t, http.StatusOK).Decode(a.t, &k)
	return k
}

func photoKeys(kittenID, photoID string) []string {
	key := "uploads/12345/photos/" + kittenID + "/" + photoID
	return []string{key, key + "-thumbnail"}
}

func TestPhotoStored(t *testing.T) {
	each(t, func(t *testing.T, a *app) {
		k := a.create()
		a.receive(a.send(k.ID, "image/png", tile(t, color.NRGBA{R: 200, A: 255})))
		first := a.read(k.ID)
		if p := first.Photo; p.Status != stored || p.ContentType != "image/jpeg" || p.Width != 640 || p.Height != 480 || p.ExpiresAt != nil || first.Version != 4 {
			t.Fatalf("photo %+v of version %d, want it stored as JPEG of 640 × 480 pixels, version 4", p, first.Version)
		}
		if got, want := a.bucket.Keys(), photoKeys(k.ID, first.Photo.ID); !slices.Equal(got, want) {
			t.Errorf("objects %v, want %v", got, want)
		}
		object, _ := a.bucket.Get(photoKeys(k.ID, first.Photo.ID)[0])
		digest := sha256.Sum256(object.Data)
		if base64.StdEncoding.EncodeToString(digest[:]) != first.Photo.SHA256 || int64(len(object.Data)) != first.Photo.Size || object.ContentType != "image/jpeg" {
			t.Errorf("object of type %s is not what %+v says", object.ContentType, first.Photo)
		}

		var down photoDownload
		a.call("kittenPhotoGet", path(k.ID)).Want(t, http.StatusOK).Decode(t, &down)
		for i, text := range []string{down.URL, down.ThumbnailURL} {
			u, err := url.Parse(text)
			if err != nil || u.Host != "acme.example.com" || u.Path != "/"+photoKeys(k.ID, first.Photo.ID)[i] ||
				u.Query().Get("response-content-type") != "image/jpeg" || u.Query().Get("response-content-disposition") != `inline; filename="photo.jpg"` {
				t.Errorf("download %s, %v, want the stored object at the site, inline", text, err)
			}
		}
		var list struct{ Items []item }
		a.call("kittensGet", func(e resttest.Event) {
			delete(e, "queryStringParameters")
			delete(e, "multiValueQueryStringParameters")
		}).
			Want(t, http.StatusOK).Decode(t, &list)
		if len(list.Items) != 1 || !strings.HasPrefix(list.Items[0].ThumbnailURL, "https://acme.example.com/"+photoKeys(k.ID, first.Photo.ID)[1]+"?") {
			t.Errorf("list %+v, want a URL of the thumbnail", list)
		}

		// Another photo takes its place once it is stored.
		key := a.send(k.ID, "image/png", tile(t, color.NRGBA{B: 200, A: 255}))
		k = a.read(k.ID)
		if diff := cmp.Diff(first.Photo, k.Photo); diff != "" || k.Replacement == nil || k.Replacement.Status != pending {
			t.Errorf("replacement %+v, want it pending; photo (-want +got):\n%s", k.Replacement, diff)
		}
		a.receive(key)
		k = a.read(k.ID)
		if k.Replacement != nil || k.Photo.Status != stored || k.Photo.ID == first.Photo.ID {
			t.Errorf("photo %+v, replacement %+v, want the other photo alone", k.Photo, k.Replacement)
		}
		if got, want := a.bucket.Keys(), photoKeys(k.ID, k.Photo.ID); !slices.Equal(got, want) {
			t.Errorf("objects %v, want %v", got, want)
		}

		// The photo goes with the kitten.
		a.call("kittenDelete", path(k.ID), header("If-Match", fmt.Sprintf(`"%d"`, k.Version))).Want(t, http.StatusNoContent)
		if got := a.bucket.Keys(); len(got) != 0 {
			t.Errorf("objects %v are left of a kitten that was removed", got)
		}
	})
}

func TestPhotoRejected(t *testing.T) {
	a := newApp(t, 1, nil)
	k := a.create()
	a.receive(a.send(k.ID, "image/png", []byte("<svg onload=alert(1)>")))
	k = a.read(k.ID)
	if p := k.Photo; p.Status != rejected || p.Reason != "The file is no PNG picture, whatever its name says." || p.ExpiresAt != nil {
		t.Errorf("photo %+v, want it rejected with the reason", p)
	}
	a.call("kittenPhotoGet", path(k.ID)).Problem(t, http.StatusNotFound)
	if log := a.Log.String(); !strings.Contains(log, "upload rejected") || !strings.Contains(log, k.Photo.ID) {
		t.Errorf("the rejection is not in the log:\n%s", log)
	}
	// A good one takes the place of a rejected one, and a rejected one that of none.
	a.receive(a.send(k.ID, "image/png", tile(t, color.White)))
	good := a.read(k.ID).Photo
	a.receive(a.send(k.ID, "image/jpeg", tile(t, color.White)))
	k = a.read(k.ID)
	if diff := cmp.Diff(good, k.Photo); diff != "" || k.Photo.Status != stored || k.Replacement == nil || k.Replacement.Status != rejected {
		t.Errorf("replacement %+v, want it rejected; photo (-want +got):\n%s", k.Replacement, diff)
	}
	if got, want := a.bucket.Keys(), photoKeys(k.ID, good.ID); !slices.Equal(got, want) {
		t.Errorf("objects %v, want %v", got, want)
	}
}

// Files that nobody waits for are removed.
func TestPhotoDiscarded(t *testing.T) {
	a := newApp(t, 1, nil)
	k := a.create()
	early := a.send(k.ID, "image/png", tile(t, color.Black))
	late := a.send(k.ID, "image/png", tile(t, color.White))
	a.receive(early)
	if p := a.read(k.ID).Photo; p.Status != pending || !strings.HasSuffix(late, p.ID) {
		t.Errorf("photo %+v, want the later one, pending", p)
	}
	a.call("kittenDelete", path(k.ID), header("If-Match", `"3"`)).Want(t, http.StatusNoContent)
	a.receive(late)
	if got := a.bucket.Keys(); len(got) != 0 {
		t.Errorf("objects %v, want none", got)
	}
	for _, key := range []string{"uploads/12345/photos/" + k.ID + "/x", "uploads/99999/incoming/k/p", "uploads/12345/incoming/../p", "x"} {
		a.bucket.Put(key, "image/png", nil)
		a.receive(key)
		if _, ok := a.bucket.Get(key); !ok {
			t.Errorf("%s was removed", key)
		}
	}
}

// A file of another size than was announced, which the signature does not let happen.
func TestPhotoOfAnotherSize(t *testing.T) {
	for name, change := range map[string]func([]byte) []byte{
		"longer":  func(file []byte) []byte { return append(file, 0) },
		"shorter": func(file []byte) []byte { return file[:len(file)-1] },
	} {
		a := newApp(t, 1, nil)
		k := a.create()
		file := tile(t, color.White)
		key := a.send(k.ID, "image/png", file)
		a.bucket.Put(key, "image/png", change(bytes.Clone(file)))
		a.receive(key)
		if p := a.read(k.ID).Photo; p.Status != rejected || p.Reason != "The file has another size than was announced." {
			t.Errorf("%s: photo %+v, want it rejected", name, p)
		}
	}
}

// S3 tells of an object at least once, and Lambda repeats what failed: whatever fails, and
// however often it is told, one photo is stored and nothing else is left.
func TestPhotoEventsRepeated(t *testing.T) {
	a := newApp(t, 1, nil)
	k := a.create()
	for step, request := range []struct{ method, suffix string }{
		{"GET", ""}, {"PUT", ""}, {"PUT", "-thumbnail"}, {"DELETE", ""},
	} {
		before := a.read(k.ID).Photo
		key := a.send(k.ID, "image/png", tile(t, color.Gray{Y: uint8(step)}))
		id := key[strings.LastIndex(key, "/")+1:]
		a.bucket.Fail(func(method, key string) int {
			if method == request.method && strings.HasSuffix(key, id+request.suffix) {
				return http.StatusBadRequest
			}
			return 0
		})
		if err := a.tell(key); err == nil {
			t.Errorf("%s of …%s fails: no error", request.method, request.suffix)
		}
		if p := a.read(k.ID).Photo; before != nil && request.method != "DELETE" && p.ID != before.ID {
			t.Errorf("%s of …%s fails: photo %+v, want the one before", request.method, request.suffix, p)
		}
		a.bucket.Fail(nil)
		var all sync.WaitGroup
		for range 4 {
			all.Go(func() { _ = a.tell(key) })
		}
		all.Wait()
		a.receive(key)
		row := a.read(k.ID)
		if row.Photo.ID != id || row.Photo.Status != stored || row.Replacement != nil {
			t.Errorf("after %s of …%s failed: %+v, want the photo stored", request.method, request.suffix, row)
		}
		if got, want := a.bucket.Keys(), photoKeys(k.ID, id); !slices.Equal(got, want) {
			t.Errorf("after %s of …%s failed: objects %v, want %v", request.method, request.suffix, got, want)
		}
	}
}

// A kitten that is changed or removed while its photo is being made.
func TestPhotoOfAKittenThatChanges(t *testing.T) {
	a := newApp(t, 1, nil)
	k := a.create()
	key := a.send(k.ID, "image/png", tile(t, color.White))
	once := sync.OnceFunc(func() {
		a.call("kittenPut", path(k.ID), header("If-Match", `"3"`)).Want(t, http.StatusOK)
	})
	a.bucket.Fail(func(method, _ string) int {
		if method == http.MethodPut {
			once()
		}
		return 0
	})
	a.receive(key)
	row := a.read(k.ID)
	if row.Version != 5 || row.Photo.Status != stored {
		t.Errorf("kitten %+v, want the change and the photo", row)
	}

	key = a.send(k.ID, "image/png", tile(t, color.Black))
	once = sync.OnceFunc(func() {
		a.call("kittenDelete", path(k.ID), header("If-Match", `"7"`)).Want(t, http.StatusNoContent)
	})
	a.receive(key)
	if got := a.bucket.Keys(); len(got) != 0 {
		t.Errorf("objects %v are left of a kitten that was removed", got)
	}
}

// The function takes no requests, and the operations take no events of S3.
func TestEventsAreNoRequests(t *testing.T) {
	a := newApp(t, 1, nil)
	for function, file := range map[string]string{"photoUploaded": "kittenGet", "kittenGet": "photoUploaded"} {
		payload, err := json.Marshal(resttest.Load(t, "testdata/"+file+".json"))
		if err != nil {
			t.Fatal(err)
		}
		if out, err := a.Start(t, function).Invoke(t.Context(), payload); err == nil {
			t.Errorf("%s took %s: %s", function, file, out)
		}
	}
}
