package picture

import (
	"bytes"
	"image"

	"github.com/bep/imagemeta"
)

// turn is how a stored picture has to be turned to be seen upright: the value of the
// EXIF tag Orientation, 1 to 8 (CIPA DC-008, "Exchangeable image file format", section 4.6.5).
type turn int

const upright turn = 1

// metadata formats by media type. PNG is not among them: no camera writes it.
var metadata = map[string]imagemeta.ImageFormat{jpegType: imagemeta.JPEG, "image/webp": imagemeta.WebP}

// orientation reads how a file is to be turned. Metadata that cannot be read say nothing,
// as browsers take it.
func orientation(contentType string, file []byte) (found turn) {
	found = upright
	kind, ok := metadata[contentType]
	if !ok {
		return found
	}
	defer func() {
		// The file is whatever somebody sent; that a reader stumbles over it costs no more than the turn.
		if recover() != nil {
			found = upright
		}
	}()
	_, _ = imagemeta.Decode(imagemeta.Options{
		R: bytes.NewReader(file), ImageFormat: kind, Sources: imagemeta.EXIF,
		ShouldHandleTag: func(tag imagemeta.TagInfo) bool {
			return tag.Tag == "Orientation" && tag.Namespace == "IFD0" // IFD1 is the thumbnail inside
		},
		HandleTag: func(tag imagemeta.TagInfo) error {
			if value, ok := tag.Value.(uint16); ok && value >= 1 && value <= 8 {
				found = turn(value)
			}
			return imagemeta.ErrStopWalking
		},
	})
	return found
}

// apply turns a picture upright.
func (t turn) apply(m *image.NRGBA) *image.NRGBA {
	if t == upright {
		return m
	}
	w, h := m.Bounds().Dx(), m.Bounds().Dy()
	size := image.Rect(0, 0, w, h)
	if t >= 5 { // rows become columns
		size = image.Rect(0, 0, h, w)
	}
	out := image.NewNRGBA(size)
	for y := range h {
		for x := range w {
			tx, ty := t.target(x, y, w, h)
			copy(out.Pix[out.PixOffset(tx, ty):][:4], m.Pix[m.PixOffset(x, y):][:4])
		}
	}
	return out
}

// target is where a pixel of the stored picture is seen.
func (t turn) target(x, y, w, h int) (int, int) {
	switch t {
	case 2: // mirrored
		return w - 1 - x, y
	case 3: // upside down
		return w - 1 - x, h - 1 - y
	case 4: // mirrored upside down
		return x, h - 1 - y
	case 5: // mirrored, then a quarter to the left
		return y, x
	case 6: // to be turned a quarter to the right
		return h - 1 - y, x
	case 7: // mirrored, then a quarter to the right
		return h - 1 - y, w - 1 - x
	case 8: // to be turned a quarter to the left
		return y, w - 1 - x
	}
	return x, y
}
