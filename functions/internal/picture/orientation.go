package picture

import (
	"encoding/binary"
	"image"
)

// turn is how a stored picture has to be turned to be seen upright: the value of the
// EXIF tag Orientation, 1 to 8 (CIPA DC-008, "Exchangeable image file format", section 4.6.5).
type turn int

const upright turn = 1

// orientation reads how a picture is to be turned from its EXIF data, a TIFF file: the tag Orientation of its first
// directory (TIFF 6.0, section 2). Nothing else of it is read, and the only offset that is followed is that of
// the directory. Data that cannot be read say nothing, as browsers take it.
func orientation(exif []byte) turn {
	const (
		entrySize      = 12
		tagOrientation = 0x0112
		typeShort      = 3
	)
	var order binary.ByteOrder = binary.LittleEndian
	switch {
	case len(exif) < 8:
		return upright
	case string(exif[:4]) == "MM\x00\x2a":
		order = binary.BigEndian
	case string(exif[:4]) != "II\x2a\x00":
		return upright
	}
	start := uint64(order.Uint32(exif[4:]))
	if start+2 > uint64(len(exif)) {
		return upright
	}
	directory := exif[start:]
	entries := directory[2:]
	for range order.Uint16(directory) {
		if len(entries) < entrySize {
			return upright
		}
		if order.Uint16(entries) == tagOrientation {
			value := turn(order.Uint16(entries[8:]))
			if order.Uint16(entries[2:]) == typeShort && order.Uint32(entries[4:]) == 1 && value >= 1 && value <= 8 {
				return value
			}
			return upright
		}
		entries = entries[entrySize:]
	}
	return upright
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
