package picture

import (
	"image"
	"io"
	"testing"
)

// Orientation reads EXIF data.
func Orientation(exif []byte) int { return int(orientation(exif)) }

// Fit draws a picture with sides of at most the given length.
var Fit = fit

// PixelMemory is what is counted for a pixel of a file, in bytes.
func PixelMemory(contentType string, file []byte) int {
	return formats[contentType].look(file).pixelMemory
}

// Decoder decodes GIF files until the test ends, which may be in a bubble of its own.
func Decoder(t testing.TB, decode func(io.Reader) (image.Image, error)) {
	outside := busy
	busy = make(chan struct{}, 1)
	t.Cleanup(func() { busy = outside })
	formats["image/gif"] = format{"GIF", func(io.Reader) (image.Config, error) { return image.Config{Width: 1, Height: 1}, nil }, decode,
		func([]byte) header { return header{pixelMemory: 1, turn: upright} }}
	t.Cleanup(func() { delete(formats, "image/gif") })
}
