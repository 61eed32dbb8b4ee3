package picture_test

import (
	"bytes"
	"encoding/binary"
	"testing"

	"github.com/tenantstack/tenantstack/functions/internal/picture"
)

// The orientation is found wherever a format has its EXIF data.
func TestOrientationOfFormats(t *testing.T) {
	big, little := exif(binary.BigEndian, 6), exif(binary.LittleEndian, 6)
	jpegFile, pngFile := asJPEG(t, corners(80, 40)), asPNG(t, corners(80, 40))
	prefixed := func(data []byte) []byte { return append([]byte("Exif\x00\x00"), data...) }
	pngWith := func(at int, data []byte) []byte {
		return bytes.Join([][]byte{pngFile[:at], pngChunk("eXIf", data), pngFile[at:]}, nil)
	}
	webp := func(odd bool, more ...[]byte) []byte {
		return riff(append([][]byte{vp8x(80, 40), chunk("VP8L", vp8l(80, 40, odd))}, more...)...)
	}
	for name, test := range map[string]struct {
		kind   string
		file   []byte
		turned bool
	}{
		"JPEG, big endian":        {"image/jpeg", withSegment(jpegFile, 0xe1, prefixed(big)), true},
		"JPEG, little endian":     {"image/jpeg", withSegment(jpegFile, 0xe1, prefixed(little)), true},
		"JPEG, fill bytes":        {"image/jpeg", bytes.Join([][]byte{jpegFile[:2], {0xff, 0xff}, segment(0xe1, prefixed(big)...), jpegFile[2:]}, nil), true},
		"JPEG, behind XMP":        {"image/jpeg", withSegment(withSegment(jpegFile, 0xe1, prefixed(big)), 0xe1, []byte("http://ns.adobe.com/xap/1.0/\x00")), true},
		"JPEG, the first one":     {"image/jpeg", withSegment(withSegment(jpegFile, 0xe1, prefixed(exif(binary.BigEndian, 3))), 0xe1, prefixed(big)), true},
		"JPEG, none":              {"image/jpeg", jpegFile, false},
		"JPEG, other segment":     {"image/jpeg", withSegment(jpegFile, 0xe2, prefixed(big)), false},
		"JPEG, behind the image":  {"image/jpeg", append(bytes.Clone(jpegFile), segment(0xe1, prefixed(big)...)...), false},
		"JPEG, within a comment":  {"image/jpeg", withSegment(jpegFile, 0xfe, segment(0xe1, prefixed(big)...)), false},
		"PNG, before the pixels":  {"image/png", pngWith(33, big), true},
		"PNG, behind the pixels":  {"image/png", pngWith(len(pngFile)-12, little), true},
		"PNG, none":               {"image/png", pngFile, false},
		"WebP, even":              {"image/webp", webp(false, chunk("EXIF", little)), true},
		"WebP, odd":               {"image/webp", webp(true, chunk("EXIF", little)), true},
		"WebP, behind odd chunks": {"image/webp", webp(true, chunk("XMP ", make([]byte, 7)), chunk("abcd", []byte{1}), chunk("EXIF", big)), true},
		"WebP, with a prefix":     {"image/webp", webp(true, chunk("EXIF", prefixed(little))), true},
		"WebP, none":              {"image/webp", webp(true), false},
		"WebP, simple":            {"image/webp", riff(chunk("VP8L", vp8l(80, 40, true))), false},
		"WebP, cut off":           {"image/webp", webp(true, chunk("EXIF", little)[:20]), false},
	} {
		t.Run(name, func(t *testing.T) {
			photo, _, err := picture.Renew(t.Context(), test.kind, test.file)
			if err != nil {
				t.Fatal(err)
			}
			if turned := photo.Width == 40; turned != test.turned {
				t.Errorf("it has %d × %d pixels, want it turned: %v", photo.Width, photo.Height, test.turned)
			}
		})
	}
}

func TestHostileEXIF(t *testing.T) {
	good := exif(binary.LittleEndian, 6)
	changed := func(at int, with ...byte) []byte {
		data := bytes.Clone(good)
		copy(data[at:], with)
		return data
	}
	const first, second = 10, 22 // entries of the directory
	for name, test := range map[string]struct {
		data []byte
		want int
	}{
		"good":                         {good, 6},
		"empty":                        {nil, 1},
		"no TIFF":                      {changed(0, 'X'), 1},
		"byte orders mixed":            {changed(0, 'M', 'M'), 1},
		"BigTIFF":                      {changed(2, 43), 1},
		"directory at the end":         {changed(4, byte(len(good)-1)), 1},
		"directory far behind the end": {changed(4, 255, 255, 255, 255), 1},
		"no entries":                   {changed(8, 0, 0), 1},
		"more entries than there are":  {changed(8, 255, 255), 6},
		"only more entries":            {changed(second, 0, 0)[:second+12], 1},
		"entry cut off":                {good[:second+11], 1},
		"nothing behind the entry":     {good[:second+12], 6},
		"LONG":                         {changed(second+2, 4), 1},
		"two values":                   {changed(second+4, 2), 1},
		"value 0":                      {changed(second+8, 0), 1},
		"value 9":                      {changed(second+8, 9), 1},
		"value 65535":                  {changed(second+8, 255, 255), 1},
		"another tag points far":       {changed(first+8, 255, 255, 255, 255), 6},
		"the first of two":             {changed(first, 0x12, 1, 3, 0, 1, 0, 0, 0, 8, 0), 8},
	} {
		if got := picture.Orientation(test.data); got != test.want {
			t.Errorf("%s: orientation %d, want %d", name, got, test.want)
		}
	}
}

func FuzzOrientation(f *testing.F) {
	f.Add(exif(binary.BigEndian, 6))
	f.Add(exif(binary.LittleEndian, 3))
	f.Fuzz(func(t *testing.T, data []byte) {
		if got := picture.Orientation(data); got < 1 || got > 8 {
			t.Errorf("orientation %d", got)
		}
		// The containers are as hostile as what they hold.
		for kind, file := range map[string][]byte{
			"image/jpeg": append([]byte("\xff\xd8"), data...), "image/webp": append([]byte("RIFF\x00\x00\x00\x00WEBP"), data...),
			"image/png": append([]byte("\x89PNG\r\n\x1a\n"), data...),
		} {
			if got := picture.PixelMemory(kind, file); got < 1 {
				t.Errorf("%s: %d bytes a pixel", kind, got)
			}
		}
	})
}
