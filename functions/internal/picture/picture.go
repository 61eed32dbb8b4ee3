// Package picture turns uploaded files into pictures that are safe to show: whatever a
// file contains beside its pixels (places, names, scripts, archives appended to it) is gone.
//
// A file is decoded and its pixels are encoded anew. Taking known metadata out of the
// file instead would leave what nobody thought of.
package picture

import (
	"bytes"
	"errors"
	"fmt"
	"image"
	"image/jpeg"
	"image/png"
	"net/http"

	"golang.org/x/image/draw"
	"golang.org/x/image/webp"
)

const (
	// MaxPixels of a file: more than the cameras of phones take, and little enough to be
	// decoded in the memory of a function, at 8 bytes a pixel at most.
	MaxPixels = 50_000_000
	// MaxSide of a picture in pixels.
	MaxSide = 2048
	// ThumbnailSide is the same of its thumbnail.
	ThumbnailSide = 320

	pngType     = "image/png"
	jpegType    = "image/jpeg"
	jpegQuality = 85
)

// Refused says why a file is no acceptable picture, in words for whoever sent it.
type Refused struct {
	// Reason is a sentence.
	Reason string
}

// Error implements error.
func (r *Refused) Error() string { return "picture refused: " + r.Reason }

func refuse(format string, args ...any) error { return &Refused{fmt.Sprintf(format, args...)} }

// Picture is an encoded picture without metadata.
type Picture struct {
	// ContentType is image/jpeg, or image/png of a picture that is transparent somewhere.
	ContentType string
	// Data is the file.
	Data []byte
	// Width and Height in pixels, as the picture is to be seen.
	Width, Height int
}

// format is a kind of files that is accepted.
type format struct {
	name   string
	config func([]byte) (image.Config, error)
	decode func([]byte) (image.Image, error)
}

// formats by media type.
var formats = map[string]format{
	pngType: {"PNG",
		func(data []byte) (image.Config, error) { return png.DecodeConfig(bytes.NewReader(data)) },
		func(data []byte) (image.Image, error) { return png.Decode(bytes.NewReader(data)) }},
	jpegType: {"JPEG",
		func(data []byte) (image.Config, error) { return jpeg.DecodeConfig(bytes.NewReader(data)) },
		func(data []byte) (image.Image, error) { return jpeg.Decode(bytes.NewReader(data)) }},
	"image/webp": {"WebP",
		func(data []byte) (image.Config, error) { return webp.DecodeConfig(bytes.NewReader(data)) },
		func(data []byte) (image.Image, error) { return webp.Decode(bytes.NewReader(data)) }},
}

// Renew makes a picture of a file that was announced as contentType, and a thumbnail of the
// picture's type. Errors: a *Refused.
func Renew(contentType string, file []byte) (photo, thumbnail Picture, err error) {
	f, ok := formats[contentType]
	if !ok {
		return photo, thumbnail, refuse("Files of type %s are not accepted; send PNG, JPEG or WebP.", contentType)
	}
	// What a file is follows from its first bytes (WHATWG, "MIME Sniffing", section 6.1).
	if found := http.DetectContentType(file); found != contentType {
		if other, known := formats[found]; known {
			return photo, thumbnail, refuse("The file is a %s picture and was announced as %s.", other.name, f.name)
		}
		return photo, thumbnail, refuse("The file is no %s picture, whatever its name says.", f.name)
	}
	config, err := f.config(file)
	switch {
	case err != nil:
		return photo, thumbnail, refuse("The %s picture cannot be read.", f.name)
	case config.Width < 1 || config.Height < 1:
		return photo, thumbnail, refuse("The picture has no pixels.")
	case config.Width > MaxPixels/config.Height:
		return photo, thumbnail, refuse("The picture has %d × %d pixels; at most %d million are accepted.", config.Width, config.Height, MaxPixels/1_000_000)
	}
	source, err := f.decode(file)
	if err != nil {
		return photo, thumbnail, refuse("The %s picture is damaged or of a kind that is not supported, such as an animation.", f.name)
	}
	turn := orientation(contentType, file)
	large := turn.apply(fit(source, MaxSide))
	small := fit(large, ThumbnailSide)
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

// fit is the picture with sides of at most the given length, drawn anew.
func fit(source image.Image, side int) *image.NRGBA {
	size := source.Bounds().Size()
	w, h := size.X, size.Y
	if longest := max(w, h); longest > side {
		w, h = max(1, w*side/longest), max(1, h*side/longest)
	}
	out := image.NewNRGBA(image.Rect(0, 0, w, h))
	if w == size.X && h == size.Y {
		draw.Draw(out, out.Bounds(), source, source.Bounds().Min, draw.Src)
	} else {
		draw.CatmullRom.Scale(out, out.Bounds(), source, source.Bounds(), draw.Src, nil)
	}
	return out
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
