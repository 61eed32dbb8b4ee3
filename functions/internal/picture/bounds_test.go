package picture_test

import (
	"context"
	"errors"
	"image"
	"image/color"
	"io"
	"math"
	"math/rand/v2"
	"runtime"
	"testing"
	"testing/synctest"
	"time"

	xdraw "golang.org/x/image/draw"

	"github.com/tenantstack/tenantstack/functions/internal/picture"
)

// allocated is what f allocates in bytes, also what it does not need any more.
func allocated(f func()) int {
	var before, after runtime.MemStats
	runtime.ReadMemStats(&before)
	f()
	runtime.ReadMemStats(&after)
	return int(after.TotalAlloc - before.TotalAlloc)
}

// Nothing takes more memory than is counted for it, beside what the picture and its encoding take.
func TestMemory(t *testing.T) {
	const w, h, rest = 3000, 2000, 80 << 20
	m := image.NewNRGBA(image.Rect(0, 0, w, h))
	xdraw.Draw(m, m.Bounds(), image.White, image.Point{}, xdraw.Src)
	for name, test := range map[string]struct {
		kind string
		file []byte
	}{
		"JPEG":                    {"image/jpeg", asJPEG(t, m)},
		"gray JPEG":               {"image/jpeg", asJPEG(t, image.NewGray(m.Rect))},
		"progressive JPEG":        {"image/jpeg", progressive(w, h, 3, 9)},
		"progressive, CMYK":       {"image/jpeg", progressive(w, h, 4, 9)},
		"PNG":                     {"image/png", pngOf(t, w, h, [3]byte{8, 6, 0})},
		"PNG, 1 bit":              {"image/png", pngOf(t, w, h, [3]byte{1, 0, 0})},
		"PNG, interlaced":         {"image/png", pngOf(t, w, h, [3]byte{8, 6, 1})},
		"PNG, 16 bits":            {"image/png", pngOf(t, w, h, [3]byte{16, 6, 0})},
		"PNG, 16 bits interlaced": {"image/png", pngOf(t, w, h, [3]byte{16, 2, 1})},
		"WebP":                    {"image/webp", riff(chunk("VP8L", vp8l(w, h, true)))},
	} {
		counted := picture.PixelMemory(test.kind, test.file) * w * h
		var err error
		took := allocated(func() { _, _, err = picture.Renew(t.Context(), test.kind, test.file) })
		if err != nil {
			t.Errorf("%s: %v", name, err)
		}
		t.Logf("%s: %d MB, counted %d MB", name, took>>20, counted>>20)
		if took > counted+rest {
			t.Errorf("%s took %d MB, want at most %d MB and %d MB beside", name, took>>20, counted>>20, rest>>20)
		}
	}
	for _, size := range []image.Point{{7000, 7000}, {20_000, 2_500}, {2_500, 20_000}, {20_000, 1}, {1, 20_000}} {
		m := image.NewGray(image.Rectangle{Max: size})
		took := allocated(func() {
			if _, err := picture.Fit(t.Context(), m, picture.MaxSide); err != nil {
				t.Error(err)
			}
		})
		if took > 20<<20 {
			t.Errorf("drawing %v smaller took %d MB, want 16 MB for the picture and a few more", size, took>>20)
		}
	}
}

// Pictures are drawn smaller as golang.org/x/image/draw does with the same kernel.
func TestFit(t *testing.T) {
	random := rand.New(rand.NewPCG(1, 2))
	for _, size := range []image.Point{{700, 300}, {300, 700}, {101, 100}, {1000, 3}, {3, 1000}, {1000, 999}} {
		source := image.NewNRGBA(image.Rectangle{Max: size}.Add(image.Pt(5, 7)))
		for y := range size.Y {
			for x := range size.X {
				wave := func(period float64) uint8 {
					return uint8(127 + 100*math.Sin(float64(x+2*y)/period) + 20*random.Float64())
				}
				source.SetNRGBA(x+5, y+7, color.NRGBA{wave(3), wave(11), wave(50), 255 - uint8(random.IntN(2)*random.IntN(200))})
			}
		}
		got, err := picture.Fit(t.Context(), source, 100)
		if err != nil {
			t.Fatal(err)
		}
		want := image.NewNRGBA(got.Bounds())
		xdraw.CatmullRom.Scale(want, want.Bounds(), source, source.Bounds(), xdraw.Src, nil)
		// What can be seen is compared: colors multiplied by alpha.
		seen, wanted := image.NewRGBA(got.Bounds()), image.NewRGBA(got.Bounds())
		xdraw.Copy(seen, image.Point{}, got, got.Bounds(), xdraw.Src, nil)
		xdraw.Copy(wanted, image.Point{}, want, got.Bounds(), xdraw.Src, nil)
		worst := 0.0
		for i := range seen.Pix {
			worst = max(worst, math.Abs(float64(seen.Pix[i])-float64(wanted.Pix[i])))
		}
		if worst > 2 {
			t.Errorf("%v to %v: a value differs by %v", size, got.Bounds().Size(), worst)
		}
	}
}

// An edge stays an edge: what the kernel overshoots is cut off.
func TestFitEdges(t *testing.T) {
	source := image.NewNRGBA(image.Rect(0, 0, 300, 300))
	for y := range 300 {
		for x := 150; x < 300; x++ {
			source.SetNRGBA(x, y, color.NRGBA{R: 255, A: 255})
		}
	}
	got, err := picture.Fit(t.Context(), source, 100)
	if err != nil {
		t.Fatal(err)
	}
	if left, right := got.NRGBAAt(10, 50), got.NRGBAAt(90, 50); left != (color.NRGBA{}) || right != (color.NRGBA{R: 255, A: 255}) {
		t.Errorf("left %v, right %v, want nothing and red", left, right)
	}
	for x := range 100 {
		if c := got.NRGBAAt(x, 50); c.G != 0 || c.B != 0 || c.A > 0 && c.R < 254 {
			t.Errorf("at %d is %v, want red of any opacity", x, c)
		}
	}
}

const gifFile = "GIF89a"

func TestTooSlow(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		picture.Decoder(t, func(r io.Reader) (image.Image, error) {
			for {
				time.Sleep(time.Second)
				if n, err := r.Read(make([]byte, 1)); n == 0 && !errors.Is(err, io.EOF) {
					return nil, err
				}
			}
		})
		start := time.Now()
		_, _, err := picture.Renew(t.Context(), "image/gif", []byte(gifFile))
		var refused *picture.Refused
		if !errors.As(err, &refused) || refused.Reason != "The picture takes too long to be read." {
			t.Errorf("got %v, want that it takes too long", err)
		}
		if took := time.Since(start); took != picture.MaxTime {
			t.Errorf("it took %v, want %v", took, picture.MaxTime)
		}
		// Whose caller has no time left is not at fault.
		ctx, cancel := context.WithTimeout(t.Context(), 3*time.Second)
		defer cancel()
		_, _, err = picture.Renew(ctx, "image/gif", []byte(gifFile))
		if errors.As(err, &refused) || !errors.Is(err, context.DeadlineExceeded) {
			t.Errorf("got %v, want that the caller's time is over", err)
		}
		// The next picture waits for the end of the one before and has all of its time.
		if _, _, err := picture.Renew(t.Context(), "image/png", asPNG(t, corners(20, 20))); err != nil {
			t.Errorf("the next picture: %v", err)
		}
		synctest.Wait()
	})
}

func TestPanic(t *testing.T) {
	picture.Decoder(t, func(io.Reader) (image.Image, error) {
		var none []int
		_ = none[len(gifFile)]
		return nil, nil
	})
	_, _, err := picture.Renew(t.Context(), "image/gif", []byte(gifFile))
	var refused *picture.Refused
	if !errors.As(err, &refused) || refused.Reason != "The picture could not be processed." || refused.Err == nil {
		t.Errorf("got %v, want that it could not be processed, and why", err)
	}
	if _, _, err := picture.Renew(t.Context(), "image/png", asPNG(t, corners(20, 20))); err != nil {
		t.Errorf("the next picture: %v", err)
	}
}
