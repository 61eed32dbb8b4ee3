package picture_test

import (
	"bytes"
	"compress/zlib"
	"encoding/binary"
	"hash/crc32"
	"testing"
)

// exif is a TIFF file whose first directory says the orientation and holds a place.
func exif(order binary.AppendByteOrder, orientation uint16) []byte {
	out := []byte("MM")
	if order == binary.AppendByteOrder(binary.LittleEndian) {
		out = []byte("II")
	}
	short := func(v ...uint16) {
		for _, v := range v {
			out = order.AppendUint16(out, v)
		}
	}
	long := func(v ...uint32) {
		for _, v := range v {
			out = order.AppendUint32(out, v)
		}
	}
	short(42)
	long(8)
	short(2, 0x010e, 2) // ImageDescription, ASCII
	long(8, 8+2+2*12+4)
	short(0x0112, 3) // Orientation, SHORT
	long(1)
	short(orientation, 0)
	long(0)
	return append(out, "at home\x00"...)
}

// segment is a marker segment of a JPEG.
func segment(marker byte, payload ...byte) []byte {
	return append([]byte{0xff, marker, byte((len(payload) + 2) >> 8), byte(len(payload) + 2)}, payload...)
}

// withSegment puts a segment behind the first marker of a JPEG.
func withSegment(file []byte, marker byte, payload []byte) []byte {
	return bytes.Join([][]byte{file[:2], segment(marker, payload...), file[2:]}, nil)
}

// withEXIF puts an EXIF segment with an orientation and a place behind the JPEG's first marker.
func withEXIF(file []byte, orientation uint16) []byte {
	return withSegment(file, 0xe1, append([]byte("Exif\x00\x00"), exif(binary.BigEndian, orientation)...))
}

// progressive is a progressive JPEG in one color: a scan sets the first coefficient of all components, and the
// others go through one of them and change nothing, in runs of as many blocks as can be.
func progressive(w, h, components, scans int) []byte {
	out := bytes.NewBuffer([]byte{0xff, 0xd8})
	add := func(marker byte, payload ...byte) { out.Write(segment(marker, payload...)) }
	if components == 4 {
		add(0xee, append([]byte("Adobe"), 0, 100, 0, 0, 0, 0, 0)...) // CMYK
	}
	add(0xdb, append([]byte{0}, bytes.Repeat([]byte{1}, 64)...)...)
	frame := []byte{8, byte(h >> 8), byte(h), byte(w >> 8), byte(w), byte(components)}
	scan := []byte{byte(components)}
	for c := range components {
		frame = append(frame, byte(c+1), 0x11, 0)
		scan = append(scan, byte(c+1), 0)
	}
	add(0xc2, frame...)
	// One code of one bit in each table: no difference for DC, and a run of 1<<14 + 14 bits blocks for AC.
	one := append([]byte{1}, make([]byte, 15)...)
	add(0xc4, append(append([]byte{0x00}, one...), 0x00)...)
	add(0xc4, append(append([]byte{0x10}, one...), 0xe0)...)
	blocks := (w + 7) / 8 * ((h + 7) / 8)
	add(0xda, append(scan, 0, 0, 0)...)
	out.Write(make([]byte, (blocks*components+7)/8))
	runs := blocks/(1<<15-1) + 1
	// A run has the bit 0 and 14 bits of its length, here all but the last one set: FF is escaped.
	var bits bytes.Buffer
	w2 := bitWriter{out: &bits, high: true}
	for range runs {
		w2.write(0, 1)
		w2.write(1<<14-1, 14)
	}
	w2.flush()
	data := bytes.ReplaceAll(bits.Bytes(), []byte{0xff}, []byte{0xff, 0})
	for range scans - 1 {
		add(0xda, 1, 1, 0, 1, 63, 0)
		out.Write(data)
	}
	out.Write([]byte{0xff, 0xd9})
	return out.Bytes()
}

// bitWriter writes bits, of each byte the lowest first or the highest.
type bitWriter struct {
	out  *bytes.Buffer
	high bool
	b, n uint
}

func (w *bitWriter) write(value, bits uint) {
	for i := range bits {
		if w.high {
			w.b |= value >> (bits - 1 - i) & 1 << (7 - w.n)
		} else {
			w.b |= value >> i & 1 << w.n
		}
		if w.n++; w.n == 8 {
			w.out.WriteByte(byte(w.b))
			w.b, w.n = 0, 0
		}
	}
}

func (w *bitWriter) flush() {
	if w.n > 0 {
		w.write(0, 8-w.n)
	}
}

// chunk is one of a RIFF file, padded to an even size (RFC 9649, section 2.3).
func chunk(name string, payload []byte) []byte {
	out := binary.LittleEndian.AppendUint32([]byte(name), uint32(len(payload)))
	return append(append(out, payload...), make([]byte, len(payload)%2)...)
}

// riff is a WebP file of chunks.
func riff(chunks ...[]byte) []byte {
	body := append([]byte("WEBP"), bytes.Join(chunks, nil)...)
	return append(binary.LittleEndian.AppendUint32([]byte("RIFF"), uint32(len(body))), body...)
}

// vp8l is a lossless picture in one color, which takes no bits a pixel, and as many bytes at its end as make its size
// odd or even.
func vp8l(w, h int, odd bool) []byte {
	var out bytes.Buffer
	bits := bitWriter{out: &out}
	bits.write(0x2f, 8)
	bits.write(uint(w-1), 14)
	bits.write(uint(h-1), 14)
	bits.write(0, 1+3+1+1+1) // no alpha, version, transforms, color cache, or further codes
	for _, value := range []uint{10, 200, 30, 255, 0} {
		bits.write(0b101, 3) // a code of one value of 8 bits
		bits.write(value, 8)
	}
	bits.flush()
	out.Write(make([]byte, 4))
	if (out.Len()%2 == 1) != odd {
		out.WriteByte(0)
	}
	return out.Bytes()
}

// vp8x says that there are EXIF data (RFC 9649, section 2.7).
func vp8x(w, h int) []byte {
	return chunk("VP8X", []byte{8, 0, 0, 0, byte(w - 1), byte((w - 1) >> 8), 0, byte(h - 1), byte((h - 1) >> 8), 0})
}

// pngChunk is one of a PNG.
func pngChunk(name string, payload []byte) []byte {
	out := binary.BigEndian.AppendUint32(nil, uint32(len(payload)))
	out = append(append(out, name...), payload...)
	return binary.BigEndian.AppendUint32(out, crc32.ChecksumIEEE(out[4:]))
}

// pngOf is a PNG whose pixels are all zero. kind is the depth, the color type, and whether it is interlaced
// (W3C, "Portable Network Graphics", section 11.2.1).
func pngOf(t testing.TB, w, h int, kind [3]byte) []byte {
	t.Helper()
	header := binary.BigEndian.AppendUint32(binary.BigEndian.AppendUint32(nil, uint32(w)), uint32(h))
	header = append(header, kind[0], kind[1], 0, 0, kind[2])
	samples := map[byte]int{0: 1, 2: 3, 4: 2, 6: 4}[kind[1]]
	rows := [][2]int{{w, h}}
	if kind[2] == 1 {
		rows = nil
		for _, p := range [7][4]int{{0, 0, 8, 8}, {4, 0, 8, 8}, {0, 4, 4, 8}, {2, 0, 4, 4}, {0, 2, 2, 4}, {1, 0, 2, 2}, {0, 1, 1, 2}} {
			rows = append(rows, [2]int{(w - p[0] + p[2] - 1) / p[2], (h - p[1] + p[3] - 1) / p[3]})
		}
	}
	var data bytes.Buffer
	z := zlib.NewWriter(&data)
	for _, r := range rows {
		row := make([]byte, 1+(r[0]*samples*int(kind[0])+7)/8)
		for range r[1] {
			if _, err := z.Write(row); err != nil {
				t.Fatal(err)
			}
		}
	}
	if err := z.Close(); err != nil {
		t.Fatal(err)
	}
	return bytes.Join([][]byte{[]byte("\x89PNG\r\n\x1a\n"), pngChunk("IHDR", header), pngChunk("IDAT", data.Bytes()), pngChunk("IEND", nil)}, nil)
}
