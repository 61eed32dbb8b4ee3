package picture_test

import (
	"bytes"
	"encoding/base64"
	"encoding/binary"
	"errors"
	"fmt"
	"hash/crc32"
	"image"
	"image/color"
	"image/gif"
	"image/jpeg"
	"image/png"
	"math/rand/v2"
	"strings"
	"testing"

	"github.com/tenantstack/tenantstack/functions/internal/picture"
)

// corners is a picture with another color in each corner: red, green, blue, white from the upper
// left, clockwise.
func corners(w, h int) *image.NRGBA {
	m := image.NewNRGBA(image.Rect(0, 0, w, h))
	for y := range h {
		for x := range w {
			c := color.NRGBA{R: 255, A: 255}
			switch {
			case x >= w/2 && y < h/2:
				c = color.NRGBA{G: 255, A: 255}
			case x >= w/2:
				c = color.NRGBA{B: 255, A: 255}
			case y >= h/2:
				c = color.NRGBA{R: 255, G: 255, B: 255, A: 255}
			}
			m.SetNRGBA(x, y, c)
		}
	}
	return m
}

func asPNG(t testing.TB, m image.Image) []byte {
	t.Helper()
	var out bytes.Buffer
	if err := png.Encode(&out, m); err != nil {
		t.Fatal(err)
	}
	return out.Bytes()
}

func asJPEG(t testing.TB, m image.Image) []byte {
	t.Helper()
	var out bytes.Buffer
	if err := jpeg.Encode(&out, m, nil); err != nil {
		t.Fatal(err)
	}
	return out.Bytes()
}

// webp1x1 is a red pixel, lossless, as libwebp writes it.
const webp1x1 = "UklGRh4AAABXRUJQVlA4TBEAAAAvAAAAAAfQ//73v/+BiOh/AAA="

func asWebP(t testing.TB) []byte {
	t.Helper()
	data, err := base64.StdEncoding.DecodeString(webp1x1)
	if err != nil {
		t.Fatal(err)
	}
	return data
}

func decode(t testing.TB, p picture.Picture) image.Image {
	t.Helper()
	m, format, err := image.Decode(bytes.NewReader(p.Data))
	if err != nil {
		t.Fatal(err)
	}
	if "image/"+format != p.ContentType {
		t.Errorf("it is %s and says %s", format, p.ContentType)
	}
	if size := m.Bounds().Size(); size.X != p.Width || size.Y != p.Height {
		t.Errorf("it has %v pixels and says %d × %d", size, p.Width, p.Height)
	}
	return m
}

// near names the color that a pixel is nearly of.
func near(c color.Color) string {
	r, g, b, a := c.RGBA()
	high := func(v uint32) bool { return v > 0x8000 }
	switch {
	case !high(a):
		return "nothing"
	case high(r) && high(g) && high(b):
		return "white"
	case high(r):
		return "red"
	case high(g):
		return "green"
	case high(b):
		return "blue"
	}
	return "black"
}

// clockwise are the colors of a picture's corners from the upper left.
func clockwise(m image.Image) string {
	b := m.Bounds().Inset(2)
	return strings.Join([]string{
		near(m.At(b.Min.X, b.Min.Y)), near(m.At(b.Max.X-1, b.Min.Y)), near(m.At(b.Max.X-1, b.Max.Y-1)), near(m.At(b.Min.X, b.Max.Y-1)),
	}, " ")
}

func TestRenew(t *testing.T) {
	transparent := corners(600, 400)
	transparent.SetNRGBA(300, 200, color.NRGBA{})
	noise := image.NewNRGBA(image.Rect(0, 0, 2048, 1024))
	random := rand.New(rand.NewPCG(1, 2))
	for i := range noise.Pix {
		noise.Pix[i] = byte(random.Uint32())
	}
	for name, test := range map[string]struct {
		kind string
		file []byte
		want string
	}{
		"PNG":              {"image/png", asPNG(t, corners(600, 400)), "image/jpeg 600 × 400, 320 × 213"},
		"JPEG":             {"image/jpeg", asJPEG(t, corners(600, 400)), "image/jpeg 600 × 400, 320 × 213"},
		"WebP":             {"image/webp", asWebP(t), "image/jpeg 1 × 1, 1 × 1"},
		"transparent":      {"image/png", asPNG(t, transparent), "image/png 600 × 400, 320 × 213"},
		"transparent, big": {"image/png", asPNG(t, noise), "image/jpeg 2048 × 1024, 320 × 160"},
		"large":            {"image/jpeg", asJPEG(t, corners(5000, 2500)), "image/jpeg 2048 × 1024, 320 × 160"},
		"tall":             {"image/png", asPNG(t, corners(3, 9000)), "image/jpeg 1 × 2048, 1 × 320"},
		"longest":          {"image/png", pngOf(t, 20_000, 1, [3]byte{1, 0, 0}), "image/jpeg 2048 × 1, 320 × 1"},
		"most scans":       {"image/jpeg", progressive(16, 24, 3, 100), "image/jpeg 16 × 24, 16 × 24"},
		"CMYK":             {"image/jpeg", progressive(16, 24, 4, 2), "image/jpeg 16 × 24, 16 × 24"},
		"interlaced":       {"image/png", pngOf(t, 17, 9, [3]byte{16, 2, 1}), "image/jpeg 17 × 9, 17 × 9"},
		"scans in a thumbnail": {"image/jpeg", withSegment(asJPEG(t, corners(8, 8)), 0xe2, bytes.Repeat([]byte("\xff\xda\x00\x08"), 200)),
			"image/jpeg 8 × 8, 8 × 8"},
		"small":   {"image/png", asPNG(t, corners(8, 8)), "image/jpeg 8 × 8, 8 × 8"},
		"gray":    {"image/jpeg", asJPEG(t, image.NewGray(image.Rect(0, 0, 10, 10))), "image/jpeg 10 × 10, 10 × 10"},
		"palette": {"image/png", asPNG(t, image.NewPaletted(image.Rect(0, 0, 10, 10), color.Palette{color.Black, color.White})), "image/jpeg 10 × 10, 10 × 10"},
		"16 bits": {"image/png", asPNG(t, image.NewNRGBA64(image.Rect(0, 0, 10, 10))), "image/png 10 × 10, 10 × 10"},
	} {
		t.Run(name, func(t *testing.T) {
			photo, thumbnail, err := picture.Renew(t.Context(), test.kind, test.file)
			if err != nil {
				t.Fatal(err)
			}
			got := fmt.Sprintf("%s %d × %d, %d × %d", photo.ContentType, photo.Width, photo.Height, thumbnail.Width, thumbnail.Height)
			if got != test.want || thumbnail.ContentType != photo.ContentType {
				t.Errorf("got %s, thumbnail of type %s, want %s", got, thumbnail.ContentType, test.want)
			}
			decode(t, photo)
			decode(t, thumbnail)
		})
	}
}

// A picture is upright whatever its EXIF orientation says, and has no metadata.
func TestOrientation(t *testing.T) {
	file := asJPEG(t, corners(80, 40))
	for orientation, want := range map[uint16]string{
		0: "red green blue white", 1: "red green blue white", 2: "green red white blue", 3: "blue white red green", 4: "white blue green red",
		5: "red white blue green", 6: "white red green blue", 7: "blue green red white", 8: "green blue white red", 9: "red green blue white",
	} {
		photo, thumbnail, err := picture.Renew(t.Context(), "image/jpeg", withEXIF(file, orientation))
		if err != nil {
			t.Fatal(err)
		}
		for _, p := range []picture.Picture{photo, thumbnail} {
			if got := clockwise(decode(t, p)); got != want {
				t.Errorf("orientation %d: corners %s, want %s", orientation, got, want)
			}
			if bytes.Contains(p.Data, []byte("Exif")) || bytes.Contains(p.Data, []byte("at home")) {
				t.Errorf("orientation %d: the metadata is still there", orientation)
			}
		}
		if turned := orientation >= 5 && orientation <= 8; turned != (photo.Width == 40) {
			t.Errorf("orientation %d: %d × %d", orientation, photo.Width, photo.Height)
		}
	}
}

// What a file has beside its pixels is gone.
func TestNothingButPixels(t *testing.T) {
	const html = "<script>alert(document.domain)</script>"
	text := "tEXtComment\x00" + html
	chunk := binary.BigEndian.AppendUint32(nil, uint32(len(text)-4))
	chunk = append(chunk, text...)
	chunk = append(chunk, 0, 0, 0, 0) // a wrong checksum of an ancillary chunk
	pngFile, jpegFile := asPNG(t, corners(20, 20)), asJPEG(t, corners(20, 20))
	comment := append([]byte{0xff, 0xfe, 0, byte(len(html) + 2)}, html...)
	for name, file := range map[string]struct {
		kind string
		data []byte
	}{
		"HTML behind a PNG":   {"image/png", append(bytes.Clone(pngFile), html...)},
		"HTML behind a JPEG":  {"image/jpeg", append(bytes.Clone(jpegFile), html...)},
		"zip behind a JPEG":   {"image/jpeg", append(bytes.Clone(jpegFile), "PK\x03\x04"+html+"PK\x05\x06"...)},
		"comment in a JPEG":   {"image/jpeg", append(append(bytes.Clone(jpegFile[:2]), comment...), jpegFile[2:]...)},
		"HTML behind a WebP":  {"image/webp", append(asWebP(t), html...)},
		"text within a PNG":   {"image/png", append(append(bytes.Clone(pngFile[:33]), chunk...), pngFile[33:]...)},
		"metadata of a place": {"image/jpeg", withEXIF(jpegFile, 1)},
	} {
		photo, thumbnail, err := picture.Renew(t.Context(), file.kind, file.data)
		var refused *picture.Refused
		if errors.As(err, &refused) {
			continue // as good
		}
		if err != nil {
			t.Errorf("%s: %v", name, err)
		}
		for _, p := range []picture.Picture{photo, thumbnail} {
			if bytes.Contains(p.Data, []byte("script")) || bytes.Contains(p.Data, []byte("PK\x03\x04")) || bytes.Contains(p.Data, []byte("at home")) {
				t.Errorf("%s: it is still there", name)
			}
		}
	}
}

func TestRefused(t *testing.T) {
	pngFile, jpegFile := asPNG(t, corners(20, 20)), asJPEG(t, corners(20, 20))
	var animation bytes.Buffer
	if err := gif.EncodeAll(&animation, &gif.GIF{Image: []*image.Paletted{image.NewPaletted(image.Rect(0, 0, 2, 2), color.Palette{color.Black})}, Delay: []int{1}}); err != nil {
		t.Fatal(err)
	}
	bomb := bytes.Clone(pngFile)
	binary.BigEndian.PutUint32(bomb[16:], 60_000)
	binary.BigEndian.PutUint32(bomb[20:], 60_000)
	binary.BigEndian.PutUint32(bomb[29:], crc32.ChecksumIEEE(bomb[12:29]))
	for name, test := range map[string]struct {
		kind string
		file []byte
		want string
	}{
		"SVG as PNG":      {"image/png", []byte(`<svg xmlns="http://www.w3.org/2000/svg" onload="alert(1)"/>`), "The file is no PNG picture, whatever its name says."},
		"HTML as PNG":     {"image/png", []byte("<!doctype html><script>alert(1)</script>"), "The file is no PNG picture, whatever its name says."},
		"HTML as JPEG":    {"image/jpeg", []byte("<!doctype html>"), "The file is no JPEG picture, whatever its name says."},
		"JPEG as PNG":     {"image/png", jpegFile, "The file is a JPEG picture and was announced as PNG."},
		"PNG as WebP":     {"image/webp", pngFile, "The file is a PNG picture and was announced as WebP."},
		"GIF as PNG":      {"image/png", animation.Bytes(), "The file is no PNG picture, whatever its name says."},
		"SVG":             {"image/svg+xml", []byte("<svg/>"), "Files of type image/svg+xml are not accepted; send PNG, JPEG or WebP."},
		"empty":           {"image/png", nil, "The file is no PNG picture, whatever its name says."},
		"signature alone": {"image/png", pngFile[:8], "The PNG picture cannot be read."},
		"HTML with signature": {"image/jpeg", []byte("\xff\xd8\xff<script>alert(1)</script>"),
			"The JPEG picture cannot be read."},
		"cut off":      {"image/png", pngFile[:len(pngFile)/2], "The PNG picture is damaged or of a kind that is not supported, such as an animation."},
		"bomb":         {"image/png", bomb, "The picture has 60000 × 60000 pixels; at most 50 million are accepted."},
		"WebP cut off": {"image/webp", asWebP(t)[:20], "The WebP picture cannot be read."},
		"long line": {"image/png", pngOf(t, 50_000_000, 1, [3]byte{1, 0, 0}),
			"The picture has 50000000 × 1 pixels; at most 20000 a side are accepted."},
		"tall line":      {"image/png", pngOf(t, 1, 20_001, [3]byte{1, 0, 0}), "The picture has 1 × 20001 pixels; at most 20000 a side are accepted."},
		"too many scans": {"image/jpeg", progressive(16, 16, 1, 101), "The picture is made of 101 scans; at most 100 are accepted."},
		"scans behind others": {"image/jpeg", withSegment(progressive(7000, 7000, 1, 1100), 0xfe, []byte("\xff\xda")),
			"The picture is made of 1100 scans; at most 100 are accepted."},
		"heavy kind": {"image/jpeg", progressive(7000, 7000, 4, 1), "The picture has 7000 × 7000 pixels; at most 44 million of its kind are accepted."},
	} {
		t.Run(name, func(t *testing.T) {
			_, _, err := picture.Renew(t.Context(), test.kind, test.file)
			var refused *picture.Refused
			if !errors.As(err, &refused) || refused.Reason != test.want {
				t.Errorf("got %v, want %q", err, test.want)
			}
		})
	}
}

func FuzzRenew(f *testing.F) {
	f.Add(uint8(0), asPNG(f, corners(9, 7)))
	f.Add(uint8(1), withEXIF(asJPEG(f, corners(9, 7)), 6))
	f.Add(uint8(2), asWebP(f))
	kinds := []string{"image/png", "image/jpeg", "image/webp"}
	f.Fuzz(func(t *testing.T, kind uint8, file []byte) {
		if config, _, err := image.DecodeConfig(bytes.NewReader(file)); err == nil && config.Width*config.Height > 1<<20 {
			return // nothing new, and slow
		}
		photo, thumbnail, err := picture.Renew(t.Context(), kinds[int(kind)%len(kinds)], file)
		var refused *picture.Refused
		if err != nil {
			if !errors.As(err, &refused) {
				t.Errorf("an error that is no refusal: %v", err)
			}
			return
		}
		decode(t, photo)
		decode(t, thumbnail)
	})
}

// BenchmarkRenew is a photo of a phone's camera, 12 million pixels.
func BenchmarkRenew(b *testing.B) {
	file := asJPEG(b, corners(4000, 3000))
	for b.Loop() {
		if _, _, err := picture.Renew(b.Context(), "image/jpeg", file); err != nil {
			b.Fatal(err)
		}
	}
}
