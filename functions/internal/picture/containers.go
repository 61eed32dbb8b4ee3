package picture

import (
	"bytes"
	"encoding/binary"
	"iter"
)

// Markers of a JPEG (ITU-T T.81, table B.1).
const (
	sof2 = 0xc2 // progressive
	sof0 = 0xc0
	sof1 = 0xc1
	rst0 = 0xd0
	rst7 = 0xd7
	eoi  = 0xd9
	sos  = 0xda
	app1 = 0xe1
)

// lookJPEG counts scans and finds the EXIF segment before them (CIPA DC-008, section 4.7.2).
func lookJPEG(file []byte) header {
	h := header{pixelMemory: 1, turn: upright}
	for marker, segment := range jpegSegments(file) {
		switch marker {
		case sof0, sof1, sof2:
			h.pixelMemory = max(h.pixelMemory, jpegMemory(marker, segment))
		case sos:
			h.scans++
		case app1:
			if exif, ok := bytes.CutPrefix(segment, []byte("Exif\x00\x00")); ok && h.scans == 0 && h.turn == upright {
				h.turn = orientation(exif)
			}
		}
	}
	return h
}

// jpegMemory is what image/jpeg takes for a pixel of a frame: a byte a component, four more when the colors are
// converted, and an int32 a component when the picture is progressive.
func jpegMemory(marker byte, frame []byte) int {
	const components = 5 // offset in a frame header (ITU-T T.81, section B.2.2)
	if len(frame) <= components {
		return 1
	}
	n := int(frame[components])
	memory := n
	if n > 1 {
		memory += 4
	}
	if marker == sof2 {
		memory += 4 * n
	}
	return memory
}

// jpegSegments are the marker segments of a JPEG, each without its length. Markers are looked for where
// image/jpeg does: whatever is between segments, as the data of scans are, is skipped.
func jpegSegments(file []byte) iter.Seq2[byte, []byte] {
	return func(yield func(byte, []byte) bool) {
		rest := file[min(2, len(file)):]
		for {
			_, rest, _ = bytes.Cut(rest, []byte{0xff})
			for len(rest) > 0 && rest[0] == 0xff { // fill bytes
				rest = rest[1:]
			}
			if len(rest) == 0 {
				return
			}
			marker := rest[0]
			rest = rest[1:]
			switch {
			case marker == 0 || marker >= rst0 && marker <= rst7:
				continue
			case marker == eoi || len(rest) < 2:
				return
			}
			length := int(binary.BigEndian.Uint16(rest))
			if length < 2 || length > len(rest) || !yield(marker, rest[2:length]) {
				return
			}
			rest = rest[length:]
		}
	}
}

// lookPNG reads the kind of pixels and finds the eXIf chunk (W3C, "Portable Network Graphics, Third Edition",
// sections 11.2.1 and 11.3.4.5).
func lookPNG(file []byte) header {
	const depth, interlace = 24, 28 // offsets in the file
	h := header{pixelMemory: 4, scans: 1, turn: upright}
	if len(file) <= interlace {
		return h
	}
	if file[depth] == 16 {
		h.pixelMemory = 8
	}
	if file[interlace] != 0 {
		h.pixelMemory *= 2 // each pass is a picture of its own before it is merged
	}
	for rest := file[8:]; len(rest) >= 12; {
		length := uint64(binary.BigEndian.Uint32(rest))
		if 12+length > uint64(len(rest)) {
			return h
		}
		if string(rest[4:8]) == "eXIf" {
			h.turn = orientation(rest[8 : 8+length])
			return h
		}
		rest = rest[12+length:]
	}
	return h
}

// lookWebP finds the EXIF chunk (RFC 9649, sections 2.3 and 2.7.1.5). Chunks of an odd size are padded.
func lookWebP(file []byte) header {
	// VP8L has four bytes a pixel, twice while it is transformed; an alpha channel is VP8L, then a byte
	// a pixel, beside at most three of the colors.
	h := header{pixelMemory: 12, scans: 1, turn: upright}
	for rest := file[min(12, len(file)):]; len(rest) >= 8; {
		length := uint64(binary.LittleEndian.Uint32(rest[4:]))
		if 8+length > uint64(len(rest)) {
			return h
		}
		if string(rest[:4]) == "EXIF" {
			// Some write the prefix that the data have in a JPEG.
			h.turn = orientation(bytes.TrimPrefix(rest[8:8+length], []byte("Exif\x00\x00")))
			return h
		}
		rest = rest[min(8+length+length&1, uint64(len(rest))):]
	}
	return h
}
