package picture

import (
	"bytes"
	"context"
	"image"
	"image/jpeg"
	"image/png"
	"io"
	"net/http"

	"golang.org/x/image/webp"
)

// format is a kind of files that is accepted.
type format struct {
	name   string
	config func(io.Reader) (image.Config, error)
	decode func(io.Reader) (image.Image, error)
	// look reads what the decoder does not tell beforehand. Files that it cannot read are left to the decoder.
	look func(file []byte) header
}

// formats by media type.
var formats = map[string]format{
	pngType:  {"PNG", png.DecodeConfig, png.Decode, lookPNG},
	jpegType: {"JPEG", jpeg.DecodeConfig, jpeg.Decode, lookJPEG},
	webpType: {"WebP", webp.DecodeConfig, webp.Decode, lookWebP},
}

// header is what is known of a file before it is decoded.
type header struct {
	// pixelMemory is what the decoder takes for a pixel in bytes, at most and with what it does not need any more.
	pixelMemory int
	// scans is how often all pixels are gone through.
	scans int
	turn  turn
}

// maxScans of a JPEG: encoders make about ten. A scan may change nothing and have a few bytes only, and still takes
// the decoder more than a nanosecond a pixel.
const maxScans = 100

// inspect decides whether a file may be decoded. It takes time in proportion to the file. Errors: a *Refused.
func inspect(contentType string, file []byte) (format, header, error) {
	f, ok := formats[contentType]
	if !ok {
		return f, header{}, refuse("Files of type %s are not accepted; send PNG, JPEG or WebP.", contentType)
	}
	// What a file is follows from its first bytes (WHATWG, "MIME Sniffing", section 6.1).
	if found := http.DetectContentType(file); found != contentType {
		if other, known := formats[found]; known {
			return f, header{}, refuse("The file is a %s picture and was announced as %s.", other.name, f.name)
		}
		return f, header{}, refuse("The file is no %s picture, whatever its name says.", f.name)
	}
	config, err := f.config(bytes.NewReader(file))
	if err != nil {
		return f, header{}, refuse("The %s picture cannot be read.", f.name)
	}
	h := f.look(file)
	pixels := min(MaxPixels, MaxMemory/h.pixelMemory)
	switch {
	case config.Width < 1 || config.Height < 1:
		return f, h, refuse("The picture has no pixels.")
	case config.Width > pixels/config.Height && pixels < MaxPixels:
		return f, h, refuse("The picture has %d × %d pixels; at most %d million of its kind are accepted.", config.Width, config.Height, pixels/1_000_000)
	case config.Width > pixels/config.Height:
		return f, h, refuse("The picture has %d × %d pixels; at most %d million are accepted.", config.Width, config.Height, pixels/1_000_000)
	case max(config.Width, config.Height) > MaxFileSide:
		return f, h, refuse("The picture has %d × %d pixels; at most %d a side are accepted.", config.Width, config.Height, MaxFileSide)
	case h.scans > maxScans:
		return f, h, refuse("The picture is made of %d scans; at most %d are accepted.", h.scans, maxScans)
	}
	return f, h, nil
}

// reader gives a file to a decoder for as long as ctx lasts, so that decoding ends with it. The pieces are
// small since a few bytes may mean a lot of work.
type reader struct {
	ctx  context.Context
	rest []byte
}

// piece is how many bytes a decoder gets at a time.
const piece = 512

// Read implements io.Reader.
func (r *reader) Read(p []byte) (int, error) {
	if err := r.ctx.Err(); err != nil {
		return 0, err
	}
	n := copy(p[:min(len(p), piece)], r.rest)
	r.rest = r.rest[n:]
	if n == 0 && len(p) > 0 {
		return 0, io.EOF
	}
	return n, nil
}
