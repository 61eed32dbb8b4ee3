// Package picture turns uploaded files into pictures that are safe to show: whatever a
// file contains beside its pixels (places, names, scripts, archives appended to it) is gone.
//
// A file is decoded and its pixels are encoded anew. Taking known metadata out of the
// file instead would leave what nobody thought of.
//
// Files come from anybody, so what one of them costs is bounded before it is decoded (sides,
// pixels by kind, scans) and while it is (time). One file is decoded at a time: the memory of a
// process is enough for one.
package picture

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"image"
	"image/draw"
	"image/jpeg"
	"image/png"
	"runtime"
	"runtime/debug"
	"time"
)

const (
	// MaxPixels of a file: more than the cameras of most phones take. Of kinds that take more
	// memory a pixel than MaxMemory/MaxPixels, fewer are accepted.
	MaxPixels = 50_000_000
	// MaxFileSide is the longest side of a file in pixels: more than panoramas of MaxPixels have.
	MaxFileSide = 20_000
	// MaxMemory in bytes is what decoding one file may take. The process of the worst kind, a progressive CMYK JPEG
	// of 44 million pixels at 24 bytes each, was measured to have 1.1 GB at most, and that of an ordinary
	// JPEG of MaxPixels 130 MB; the function has 1769 MB.
	MaxMemory = 1 << 30
	// MaxTime is what one file may take. With one processor, an ordinary JPEG of MaxPixels was measured to take 2 s, a
	// progressive one 5 s, and one of as many scans as are accepted 15 s.
	MaxTime = 25 * time.Second
	// MaxSide of a picture in pixels.
	MaxSide = 2048
	// ThumbnailSide is the same of its thumbnail.
	ThumbnailSide = 320

	pngType     = "image/png"
	jpegType    = "image/jpeg"
	webpType    = "image/webp"
	jpegQuality = 85
)

// Refused says why a file is no acceptable picture, in words for whoever sent it.
type Refused struct {
	// Reason is a sentence.
	Reason string
	// Err is what went wrong, for the log; nil if Reason says all of it.
	Err error
}

// Error implements error.
func (r *Refused) Error() string { return "picture refused: " + r.Reason }

// Unwrap is what went wrong.
func (r *Refused) Unwrap() error { return r.Err }

func refuse(format string, args ...any) error { return &Refused{Reason: fmt.Sprintf(format, args...)} }

// Unprocessable refuses a file that ended who worked on it.
func Unprocessable(err error) *Refused {
	return &Refused{Reason: "The picture could not be processed.", Err: err}
}

// panicked describes a panic. Only what the Go runtime says of it holds nothing of the file for sure.
func panicked(value any) error {
	text := fmt.Sprintf("%T", value)
	if err, ok := value.(runtime.Error); ok {
		text = err.Error()
	}
	return fmt.Errorf("panic: %s\n%s", text, debug.Stack())
}

// Picture is an encoded picture without metadata.
type Picture struct {
	// ContentType is image/jpeg, or image/png of a picture that is transparent somewhere.
	ContentType string
	// Data is the file.
	Data []byte
	// Width and Height in pixels, as the picture is to be seen.
	Width, Height int
}

// renewed is what becomes of a file.
type renewed struct {
	photo, thumbnail Picture
	err              error
}

// busy is held while a file is decoded.
var busy = make(chan struct{}, 1)

// errSlow says that a file took MaxTime.
var errSlow = errors.New("the picture takes too long")

// Renew makes a picture of a file that was announced as contentType, and a thumbnail of the
// picture's type. Errors: a *Refused, that of ctx.
func Renew(ctx context.Context, contentType string, file []byte) (photo, thumbnail Picture, err error) {
	select {
	case busy <- struct{}{}:
	case <-ctx.Done():
		return photo, thumbnail, fmt.Errorf("reading a picture: %w", ctx.Err())
	}
	ctx, cancel := context.WithTimeoutCause(ctx, MaxTime, errSlow)
	defer cancel()
	made := make(chan renewed, 1)
	go func() {
		defer func() {
			if p := recover(); p != nil {
				made <- renewed{err: Unprocessable(panicked(p))}
			}
			// Otherwise Go would let the heap grow to twice the size of this picture before it collects it.
			debug.FreeOSMemory()
			<-busy
		}()
		var r renewed
		r.photo, r.thumbnail, r.err = renew(ctx, contentType, file)
		made <- r
	}()
	var r renewed
	select {
	case r = <-made:
	case <-ctx.Done():
		r.err = ctx.Err()
	}
	switch {
	case r.err == nil || ctx.Err() == nil:
		return r.photo, r.thumbnail, r.err
	case errors.Is(context.Cause(ctx), errSlow):
		return photo, thumbnail, refuse("The picture takes too long to be read.")
	}
	return photo, thumbnail, fmt.Errorf("reading a picture: %w", ctx.Err())
}

// renew is Renew without its bounds of time.
func renew(ctx context.Context, contentType string, file []byte) (photo, thumbnail Picture, err error) {
	f, h, err := inspect(contentType, file)
	if err != nil {
		return photo, thumbnail, err
	}
	source, err := f.decode(&reader{ctx, file})
	if err != nil {
		return photo, thumbnail, refuse("The %s picture is damaged or of a kind that is not supported, such as an animation.", f.name)
	}
	large, err := fit(ctx, source, MaxSide)
	if err != nil {
		return photo, thumbnail, err
	}
	large = h.turn.apply(large)
	small, err := fit(ctx, large, ThumbnailSide)
	if err != nil {
		return photo, thumbnail, err
	}
	if !large.Opaque() {
		if photo, err = encodePNG(large); err != nil || len(photo.Data) <= maxPNG {
			thumbnail, pngErr := encodePNG(small)
			return photo, thumbnail, errors.Join(err, pngErr)
		}
	}
	photo, err = encodeJPEG(large)
	thumbnail, jpegErr := encodeJPEG(small)
	return photo, thumbnail, errors.Join(err, jpegErr)
}

// maxPNG is the size from which transparency is given up: lossless noise gets large.
const maxPNG = 5 << 20

func encodePNG(m *image.NRGBA) (Picture, error) {
	var out bytes.Buffer
	if err := png.Encode(&out, m); err != nil {
		return Picture{}, fmt.Errorf("encoding PNG: %w", err)
	}
	return Picture{pngType, out.Bytes(), m.Bounds().Dx(), m.Bounds().Dy()}, nil
}

// encodeJPEG puts what is transparent onto white.
func encodeJPEG(m *image.NRGBA) (Picture, error) {
	opaque := image.NewRGBA(m.Bounds())
	draw.Draw(opaque, m.Bounds(), image.White, image.Point{}, draw.Src)
	draw.Draw(opaque, m.Bounds(), m, m.Bounds().Min, draw.Over)
	var out bytes.Buffer
	if err := jpeg.Encode(&out, opaque, &jpeg.Options{Quality: jpegQuality}); err != nil {
		return Picture{}, fmt.Errorf("encoding JPEG: %w", err)
	}
	return Picture{jpegType, out.Bytes(), m.Bounds().Dx(), m.Bounds().Dy()}, nil
}
